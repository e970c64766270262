//! Imports: a directory file laid over the directory.
//!
//! A plan is pure data: first all that adds (groups, users, attributes, memberships), then all that removes. Whoever
//! carries it out may leave the second half out, as the fuse demands. It is made from the file and the directory as it
//! is, so that after a crash, planning again finishes what was begun.

mod apply;
mod counts;
mod naming;
mod order;
mod pairing;
mod plan;
mod snapshot;
mod values;

use std::collections::{BTreeMap, HashMap};

pub use apply::{Applied, Extent, ImportFailure, Progress, apply};
pub use counts::ImportCounts;
pub use naming::Namespace;
pub(super) use plan::laid_over;
pub use plan::plan;
pub use snapshot::Snapshot;
pub use values::RefusedValue;

use super::{Group, User, UserRecord};
use crate::ids::{GroupId, UserId};
use crate::ports::{GroupWrite, UserWrite};

/// What brings the directory to what a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
    // Additions.
    /// Groups to create or rename, in waves: a name is free when a later wave takes it.
    pub groups: Vec<Vec<GroupWrite>>,
    /// Users to create or change and the groups they join, in waves. None of them loses anything by it.
    pub users: Vec<Vec<UserWrite>>,
    // Removals.
    /// Users who are disabled or leave groups.
    pub departures: Vec<UserWrite>,
    /// Users the file does not name.
    pub deleted_users: Vec<User>,
    /// Groups the file does not name.
    pub deleted_groups: Vec<Group>,
    // What cannot be done now.
    /// Names that become free only by the removals: plan again after them.
    pub waiting: Vec<Waiting>,
    /// Users or groups who exchange names in a circle: each name is taken until the other is free.
    pub circular: Vec<String>,
    /// Values that their attributes do not hold; what was there stays.
    pub refused: Vec<RefusedValue>,
    // What comes of it.
    /// All users as they will be once nothing waits any more.
    pub users_after: HashMap<UserId, UserRecord>,
    /// All groups as they will be then.
    pub groups_after: BTreeMap<GroupId, Group>,
}

/// A name that the file gives to somebody while another bears it who is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The name.
    pub name: String,
    /// Whether it is a group's.
    pub is_group: bool,
}

impl ImportPlan {
    /// How much it does.
    pub fn counts(&self) -> ImportCounts {
        ImportCounts::of(self)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(Vec::is_empty) && self.users.iter().all(Vec::is_empty) && !self.removes()
    }

    /// Whether it takes anything away.
    pub fn removes(&self) -> bool {
        !(self.departures.is_empty() && self.deleted_users.is_empty() && self.deleted_groups.is_empty())
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
