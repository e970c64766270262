//! What a line makes of a user: pure.

use std::collections::BTreeSet;

use super::EntryResult;
use crate::directory::file::FileUser;
use crate::directory::import::laid_over;
use crate::directory::{Status, User, UserRecord};
use crate::ids::{GroupId, UserId};
use crate::ports::UserWrite;

/// How much of a line is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// What adds.
    Additions,
    /// All of it.
    Everything,
}

/// What a line makes of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    /// The write, where one is needed.
    pub(super) write: Option<UserWrite>,
    /// What becomes of the line by it.
    pub(super) result: EntryResult,
    /// It takes something that the write leaves.
    pub(super) departs: bool,
    /// It takes the right to sign in.
    pub(super) disables: bool,
    /// It takes that from somebody who has it, or his last group.
    pub(super) removes: bool,
    /// Memberships that it takes.
    pub(super) leaves: u64,
}

/// Plans a line for a user who is there as `record`, or is new. `wanted` are all his groups, where the line says them. With
/// `keep_name` he stays called as he is: the name on the line is not free.
pub(super) fn plan(
    line: &FileUser,
    id: UserId,
    record: Option<&UserRecord>,
    wanted: Option<BTreeSet<GroupId>>,
    keep_name: bool,
    extent: Extent,
) -> Planned {
    let old = record.and_then(UserRecord::present);
    let have = record.map(|record| record.groups.clone()).unwrap_or_default();
    let want = wanted.unwrap_or_else(|| have.clone());
    let mut new = laid_over(line, id, old);
    if let Some(old) = old.filter(|_| keep_name) {
        new.username.clone_from(&old.username);
    }
    let join: BTreeSet<_> = want.difference(&have).cloned().collect();
    let leave: BTreeSet<_> = have.difference(&want).cloned().collect();
    let active = old.is_some_and(|old| old.status == Status::Active);
    let disables = active && new.status == Status::Disabled;
    let added = old.map_or_else(|| new.clone(), |old| without_losses(&new, old));
    let departs = added != new || !leave.is_empty();
    // Whoever leaves a group may lose every account that hangs on it, whatever groups he keeps.
    let removes = active && (disables || !leave.is_empty());
    let leaves = leave.len() as u64;
    let (new, leave) = match extent {
        Extent::Additions => (added, BTreeSet::new()),
        Extent::Everything => (new, leave),
    };
    let result = match old {
        None => EntryResult::Created,
        Some(_) if disables && extent == Extent::Everything => EntryResult::Disabled,
        Some(old) if *old != new || !join.is_empty() || !leave.is_empty() => EntryResult::Updated,
        Some(_) => EntryResult::Unchanged,
    };
    let write = (result != EntryResult::Unchanged).then(|| UserWrite { old: old.cloned(), new, join, leave });
    Planned { write, result, departs, disables, removes, leaves }
}

/// What is to be, but nothing of what was is taken away. A name is: who signs in by it is shut out where it changes by mistake.
fn without_losses(new: &User, old: &User) -> User {
    let kept = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
    let mut custom = old.custom.clone();
    custom.extend(new.custom.clone());
    User {
        username: old.username.clone(),
        email: kept(&new.email, &old.email),
        first_name: kept(&new.first_name, &old.first_name),
        last_name: kept(&new.last_name, &old.last_name),
        display_name: kept(&new.display_name, &old.display_name),
        status: if old.status == Status::Active { Status::Active } else { new.status },
        custom,
        ..new.clone()
    }
}
