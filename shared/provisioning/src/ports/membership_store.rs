//! Memberships as they were pushed to targets, and those still to be settled.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::ids::{ApplicationId, GroupId, RemoteId, UserId};
use crate::link::MemberRemoval;

/// Keeps pushed memberships and todo rows. Every read is consistent.
#[async_trait]
pub trait MembershipStore: Send + Sync {
    /// Records that a membership of each of these users is to be looked at. A row that is there gets a new token.
    async fn put_todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<()>;
    /// The group's rows, `limit` at most.
    async fn todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        limit: usize,
    ) -> StoreResult<Vec<Todo>>;
    /// Removes each row unless it got a new token since it was read.
    async fn finish_todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        rows: &[Todo],
    ) -> StoreResult<()>;

    /// Records members before the request that adds them, with the remote ids it names.
    async fn record_pushed(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        members: &[Pushed],
    ) -> StoreResult<()>;
    /// Writes what is said of removing members, each as it was read and as it is to be. One that changed since is passed over;
    /// whether there was none such.
    async fn restamp(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        members: &[(Pushed, Pushed)],
    ) -> StoreResult<bool>;
    /// Forgets members after the request that removed them.
    async fn forget_pushed(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<()>;
    /// Those of these users that are pushed in the group.
    async fn pushed_among(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, Pushed>>;
    /// The users pushed in the group in the order of their ids, `limit` at most, behind `after`.
    async fn pushed_page(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<Pushed>>;
    /// The memberships of a user that are pushed, as they were recorded: what was said of removing one stands in its group's rows
    /// alone.
    async fn pushed_of(
        &self,
        application: &ApplicationId,
        user: &UserId,
    ) -> StoreResult<Vec<(GroupId, Pushed)>>;
    /// The groups in which a user is pushed.
    async fn groups_pushed_in(
        &self,
        application: &ApplicationId,
        user: &UserId,
    ) -> StoreResult<Vec<GroupId>> {
        Ok(self.pushed_of(application, user).await?.into_iter().map(|(group, _)| group).collect())
    }
}

/// A membership that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// Whose.
    pub user: UserId,
    /// Renewed by every put.
    pub token: String,
}

/// A membership at a target that is there through us.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pushed {
    /// Whose.
    pub user: UserId,
    /// The remote id that was named; another one must be pushed again.
    pub remote_id: RemoteId,
    /// At which target.
    pub target_generation: u64,
    /// Since when it is there through us; `None` where it was there before.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub since: Option<Timestamp>,
    /// What was said of removing it, since it was last wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<MemberRemoval>,
}
