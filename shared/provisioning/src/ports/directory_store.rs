//! The directory table.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;

use super::{StoreError, StoreResult};
use crate::directory::{Group, User, UserRecord};
use crate::ids::{GroupId, SourceId, UserId};

/// Reads and writes users, groups and memberships. Every read is consistent unless its name says `propose`.
#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// A user and all his groups. `None` where neither he nor a membership of his is there.
    async fn user(&self, id: &UserId) -> StoreResult<Option<UserRecord>>;
    /// Those of these users that are there.
    async fn users(&self, ids: &[UserId]) -> StoreResult<HashMap<UserId, User>>;
    /// Those of these users that are members of the group.
    async fn members_among(&self, group: &GroupId, users: &[UserId]) -> StoreResult<BTreeSet<UserId>>;
    /// A group.
    async fn group(&self, id: &GroupId) -> StoreResult<Option<Group>>;
    /// The group's members in the order of their ids, `limit` at most, behind `after`.
    async fn members_page(
        &self,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<UserId>>;
    /// The id of the user who bears this name, without regard to case.
    async fn user_named(&self, username: &str) -> StoreResult<Option<UserId>>;
    /// The id of the group that bears this name, without regard to case.
    async fn group_named(&self, name: &str) -> StoreResult<Option<GroupId>>;
    /// The id of the user with this source id.
    async fn user_from_source(&self, source_id: &SourceId) -> StoreResult<Option<UserId>>;
    /// The id of the group with this source id.
    async fn group_from_source(&self, source_id: &SourceId) -> StoreResult<Option<GroupId>>;
    /// Who bears these names, without regard to case, or has these source ids.
    async fn users_bearing(
        &self,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<UserId>>;
    /// Which groups bear these names, without regard to case, or have these source ids.
    async fn groups_bearing(
        &self,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<GroupId>>;
    /// Ids of users from an index, `limit` at most, behind `cursor`.
    async fn propose_users(&self, cursor: Option<String>, limit: usize) -> StoreResult<Proposed<UserId>>;
    /// Ids of groups from an index, `limit` at most, behind `cursor`.
    async fn propose_groups(&self, cursor: Option<String>, limit: usize) -> StoreResult<Proposed<GroupId>>;
    /// A page of everything, for comparing with a complete file; in no order. `cursor` is what the last page gave.
    async fn everything(&self, cursor: Option<String>) -> StoreResult<DirectoryPage>;

    /// Creates or replaces a user and adds and removes memberships, all or nothing (up to 45 memberships in one
    /// transaction; more are written in further ones, additions first).
    async fn write_user(&self, write: &UserWrite) -> Result<(), DirectoryWriteError>;
    /// Deletes a small group at once and marks a large one as being deleted: either is out of scope from now on. What is
    /// left of a marked one is taken down in pages.
    async fn begin_group_deletion(&self, id: &GroupId) -> StoreResult<()>;
    /// Takes down one page, a few seconds' work, of a user who is marked as being deleted; `true` once nothing of him is
    /// left. Whoever bears the id by now and is not marked is left alone.
    async fn take_down_user(&self, id: &UserId) -> StoreResult<bool>;
    /// Takes down one page of a group that is marked as being deleted; `true` once nothing of it is left. One that bears
    /// the id by now and is not marked is left alone.
    async fn take_down_group(&self, id: &GroupId) -> StoreResult<bool>;
    /// Deletes a user: out of scope at once, his memberships with him. One who is not there is deleted already.
    async fn delete_user(&self, id: &UserId) -> StoreResult<()>;
    /// Creates or replaces a group.
    async fn write_group(&self, write: &GroupWrite) -> Result<(), DirectoryWriteError>;
    /// Deletes a group and its memberships, in pages. One that is not there is deleted already.
    async fn delete_group(&self, id: &GroupId) -> StoreResult<()>;
}

/// What is to become of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWrite {
    /// As he was read, `None` if he is new: the write is refused if he has changed since.
    pub old: Option<User>,
    /// As he is to be.
    pub new: User,
    /// Groups he joins.
    pub join: BTreeSet<GroupId>,
    /// Groups he leaves.
    pub leave: BTreeSet<GroupId>,
}

/// What is to become of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWrite {
    /// As it was read, `None` if it is new.
    pub old: Option<Group>,
    /// As it is to be.
    pub new: Group,
}

/// Why a directory write was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryWriteError {
    /// Another user or group bears the name (or the source id), without regard to case.
    #[error("the name '{0}' is taken")]
    NameTaken(String),
    /// Another has the source id.
    #[error("the id '{0}' is taken")]
    SourceIdTaken(SourceId),
    /// The object changed since it was read, or a group named in the write is not there. Read again.
    #[error("it was changed at the same time")]
    Changed,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who bears which name, and who has which source id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearers<Id> {
    /// By folded name.
    pub by_name: HashMap<String, Id>,
    /// By source id.
    pub by_source_id: HashMap<SourceId, Id>,
}

/// A page of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed<Id> {
    /// The ids.
    pub ids: Vec<Id>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<String>,
}

/// One item of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryItem {
    /// A user.
    User(User),
    /// A group.
    Group(Group),
    /// A membership.
    Membership(GroupId, UserId),
}

/// A page of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryPage {
    /// Its items.
    pub items: Vec<DirectoryItem>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<String>,
}
