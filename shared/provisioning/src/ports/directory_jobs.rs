//! Deletions as jobs, as who serves a person asks for them.

use async_trait::async_trait;

use super::StoreResult;
use crate::ids::{GroupId, UserId};

/// Starts what takes longer than a person waits. From the answer on the user or group counts as deleted; his memberships
/// go page by page.
#[async_trait]
pub trait DirectoryJobs: Send + Sync {
    /// Begins to delete a user; `false` where there is none. A second call on one under way starts nothing new.
    async fn delete_user(&self, id: &UserId) -> StoreResult<bool>;
    /// Begins to delete a group; `false` where there is none. A second call on one under way starts nothing new.
    async fn delete_group(&self, id: &GroupId) -> StoreResult<bool>;
}
