//! What the fuse holds.

use std::fmt::Write as _;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Fuse;
use crate::application::Configured;
use crate::clock::Clock;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, MemberRemoval, Object, Removal, RemovalKind, Trouble};
use crate::ports::{Bell, Pushed, StoreResult, Tables};

/// Links read at a time.
const CONCURRENT: usize = 16;
/// Links listed at a time, and members read together.
const PAGE: usize = 200;

/// Shows what the fuse holds, and carries out what a person decides.
#[derive(Clone)]
pub struct HeldRemovals {
    /// The tables.
    pub tables: Tables,
    /// Rings for what is approved.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// The whole list at one moment. A person decides about exactly this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256, in hexadecimal, of who is held, what he would lose, and since when.
    pub digest: String,
    /// Accounts held that would be taken out of use.
    pub accounts: u64,
    /// Accounts held that would lose a value or their name.
    pub changes: u64,
    /// Groups held.
    pub groups: u64,
    /// Memberships held of users who keep their accounts.
    pub memberships: u64,
    /// When the fuse blew; `None` where it has not.
    pub blown_at: Option<Timestamp>,
    /// Over what.
    pub why: Option<String>,
}

/// A membership that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMember {
    /// In which group.
    pub group: GroupId,
    /// Whose, as it was pushed.
    pub member: Pushed,
    /// Since when.
    pub since: Timestamp,
}

/// All that is held.
#[derive(Debug)]
pub(super) struct List {
    /// Links of accounts and groups that are held, and of groups that hold members, by key.
    pub links: Vec<Link>,
    /// Memberships, by group and user.
    pub members: Vec<HeldMember>,
}

impl HeldRemovals {
    /// Seals the list as it is.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn seal(&self, configured: &Configured) -> StoreResult<Sealed> {
        self.sealed(configured, &self.list(configured).await?).await
    }

    /// Memberships that are held, by group and user, behind one of them; `limit` at most.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn members(
        &self,
        configured: &Configured,
        behind: Option<&(GroupId, UserId)>,
        limit: usize,
    ) -> StoreResult<Vec<HeldMember>> {
        let mut found = Vec::new();
        for link in self.links(configured).await? {
            let Object::Group(group) = &link.key.object else { continue };
            let after = match behind {
                Some((last, _)) if group < last => continue,
                Some((last, user)) if group == last => Some(user),
                _ => None,
            };
            found.extend(self.members_of(configured, &link, after.cloned(), limit - found.len()).await?);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    pub(super) async fn list(&self, configured: &Configured) -> StoreResult<List> {
        let links = self.links(configured).await?;
        let mut members = Vec::new();
        for link in &links {
            members.extend(self.members_of(configured, link, None, usize::MAX).await?);
        }
        Ok(List { links, members })
    }

    pub(super) fn fuse<'a>(&'a self, configured: &'a Configured) -> Fuse<'a> {
        let application = &configured.application;
        Fuse { tables: &self.tables, application: &application.id, limits: application.policy.fuse }
    }

    /// Every link in which something is held, by key.
    async fn links(&self, configured: &Configured) -> StoreResult<Vec<Link>> {
        let application = &configured.application.id;
        let mut links = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.tables.links.propose_trouble(application, Trouble::Held, cursor, PAGE).await?;
            let reads: Vec<_> = page.keys.iter().map(|key| self.tables.links.link(key)).collect();
            let read: Vec<Option<Link>> = stream::iter(reads).buffered(CONCURRENT).try_collect().await?;
            links.extend(read.into_iter().flatten().filter(|link| Trouble::of(link) == Some(Trouble::Held)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        links.sort_by(|one, other| one.key.cmp(&other.key));
        links.dedup_by(|one, other| one.key == other.key);
        Ok(links)
    }

    /// Whether a group holds members still.
    pub(super) async fn holds_members(&self, configured: &Configured, link: &Link) -> StoreResult<bool> {
        Ok(!self.members_of(configured, link, None, 1).await?.is_empty())
    }

    /// The members of a group whose removal is held, `limit` at most. What was held at another target is nobody's to decide here.
    async fn members_of(
        &self,
        configured: &Configured,
        link: &Link,
        mut after: Option<UserId>,
        limit: usize,
    ) -> StoreResult<Vec<HeldMember>> {
        let mut found = Vec::new();
        let Object::Group(group) = &link.key.object else { return Ok(found) };
        let generation = configured.application.target_generation;
        while link.holds_members && found.len() < limit {
            let application = &link.key.application;
            let page = self.tables.memberships.pushed_page(application, group, after.as_ref(), PAGE).await?;
            after = page.last().filter(|_| page.len() == PAGE).map(|last| last.user.clone());
            let here = page.into_iter().filter(|member| member.target_generation == generation);
            found.extend(here.filter_map(|member| match member.removal {
                Some(MemberRemoval::Held(since)) => Some(HeldMember { group: group.clone(), member, since }),
                _ => None,
            }));
            if after.is_none() {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    pub(super) async fn sealed(&self, configured: &Configured, list: &List) -> StoreResult<Sealed> {
        let window = self.tables.fuse.window(&configured.application.id).await?;
        let held = list.links.iter().filter(|link| link.is_held());
        let (groups, accounts): (Vec<_>, Vec<_>) =
            held.partition(|link| matches!(link.key.object, Object::Group(_)));
        let changes = accounts.iter().filter(|link| link.held() == Some(RemovalKind::Change)).count();
        let (blown_at, why) = window.blown.map(|blown| (blown.at, blown.why)).unzip();
        Ok(Sealed {
            digest: digest(list),
            accounts: (accounts.len() - changes) as u64,
            changes: changes as u64,
            groups: groups.len() as u64,
            memberships: list.members.len() as u64,
            blown_at,
            why,
        })
    }
}

/// The same list has the same digest, in whatever order it was read.
fn digest(list: &List) -> String {
    let mut hasher = Sha256::new();
    for link in &list.links {
        let Some(Removal::Held { kind, since }) = link.removal else { continue };
        hasher.update(format!("{}\n{kind}\n{}\n", link.key, since.as_millisecond()));
    }
    for HeldMember { group, member, since } in &list.members {
        hasher.update(format!("{group}#member#{}\n{}\n", member.user, since.as_millisecond()));
    }
    let bytes = hasher.finalize();
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
