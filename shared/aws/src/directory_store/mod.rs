//! The directory table: users, groups and memberships.

mod bearers;
mod delete;
mod listing;
mod read;
mod write;

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use provisioning::directory::{Group, User, UserRecord};
use provisioning::ids::{GroupId, SourceId, UserId};
use provisioning::ports::{
    Bearers, DirectoryPage, DirectoryStore, DirectoryWriteError, GroupWrite, Proposed, StoreResult, UserWrite,
};
use provisioning::target::Kind;

use crate::dynamodb::{Item, batch_get, decode};
use crate::tables::keys;

const WHAT: &str = "the directory store";

/// The directory in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDirectoryStore {
    client: Client,
    table: String,
}

impl DynamoDirectoryStore {
    /// The store in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

#[async_trait]
impl DirectoryStore for DynamoDirectoryStore {
    async fn user(&self, id: &UserId) -> StoreResult<Option<UserRecord>> {
        self.record(id).await
    }

    /// A user who is being deleted counts as deleted, so he is left out.
    async fn users(&self, ids: &[UserId]) -> StoreResult<HashMap<UserId, User>> {
        let keys: BTreeSet<_> = ids.iter().map(keys::profile).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let users = items.into_iter().map(|item| decode::<User>(WHAT, item));
        let present = users.filter(|user| !matches!(user, Ok(user) if user.deleting));
        present.map(|user| user.map(|user| (user.id.clone(), user))).collect()
    }

    async fn members_among(&self, group: &GroupId, users: &[UserId]) -> StoreResult<BTreeSet<UserId>> {
        let keys: BTreeSet<_> = users.iter().map(|user| keys::group_membership(group, user)).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        items.iter().map(read::member).collect()
    }

    async fn group(&self, id: &GroupId) -> StoreResult<Option<Group>> {
        self.get(&keys::meta(id)).await?.map(|item| decode(WHAT, item)).transpose()
    }

    async fn members_page(
        &self,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<UserId>> {
        let rows = self.memberships(&keys::group(group), after.map(UserId::as_str), limit).await?;
        rows.iter().map(read::member).collect()
    }

    async fn user_named(&self, username: &str) -> StoreResult<Option<UserId>> {
        self.owner(&keys::name_guard(Kind::User, username)).await
    }

    async fn group_named(&self, name: &str) -> StoreResult<Option<GroupId>> {
        self.owner(&keys::name_guard(Kind::Group, name)).await
    }

    async fn user_from_source(&self, source_id: &SourceId) -> StoreResult<Option<UserId>> {
        self.owner(&keys::source_guard(Kind::User, source_id)).await
    }

    async fn group_from_source(&self, source_id: &SourceId) -> StoreResult<Option<GroupId>> {
        self.owner(&keys::source_guard(Kind::Group, source_id)).await
    }

    async fn users_bearing(
        &self,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<UserId>> {
        self.bearers(Kind::User, names, source_ids).await
    }

    async fn groups_bearing(
        &self,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<GroupId>> {
        self.bearers(Kind::Group, names, source_ids).await
    }

    async fn propose_users(&self, cursor: Option<String>, limit: usize) -> StoreResult<Proposed<UserId>> {
        self.proposed(Kind::User, cursor, limit).await
    }

    async fn propose_groups(&self, cursor: Option<String>, limit: usize) -> StoreResult<Proposed<GroupId>> {
        self.proposed(Kind::Group, cursor, limit).await
    }

    async fn everything(&self, cursor: Option<String>) -> StoreResult<DirectoryPage> {
        self.page(cursor).await
    }

    async fn write_user(&self, write: &UserWrite) -> Result<(), DirectoryWriteError> {
        self.put_user(write).await
    }

    async fn begin_group_deletion(&self, id: &GroupId) -> StoreResult<()> {
        self.begin_deletion(Kind::Group, id.as_str(), &keys::meta(id)).await
    }

    async fn take_down_user(&self, id: &UserId) -> StoreResult<bool> {
        self.take_down(Kind::User, id.as_str(), &keys::profile(id)).await
    }

    async fn take_down_group(&self, id: &GroupId) -> StoreResult<bool> {
        self.take_down(Kind::Group, id.as_str(), &keys::meta(id)).await
    }

    async fn delete_user(&self, id: &UserId) -> StoreResult<()> {
        self.delete(Kind::User, id.as_str(), &keys::profile(id)).await
    }

    async fn write_group(&self, write: &GroupWrite) -> Result<(), DirectoryWriteError> {
        self.put_group(write).await
    }

    async fn delete_group(&self, id: &GroupId) -> StoreResult<()> {
        self.delete(Kind::Group, id.as_str(), &keys::meta(id)).await
    }
}

/// The attributes by which a stored user or group is known to be as it was read.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &[
            "username",
            "source_id",
            "email",
            "first_name",
            "last_name",
            "display_name",
            "status",
            "custom",
            "deleting",
        ],
        Kind::Group => &["name", "source_id", "deleting"],
    }
}

/// The attribute with the name that is guarded.
fn name_field(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "username",
        Kind::Group => "name",
    }
}

/// Whether a deletion is under way.
fn is_deleting(item: &Item) -> bool {
    item.get("deleting").is_some_and(|value| value.as_bool() == Ok(&true))
}
