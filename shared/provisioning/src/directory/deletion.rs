//! Deleting while the caller waits.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ids::{GroupId, UserId};
use crate::ports::{DirectoryJobs, DirectoryStore, StoreResult};

/// Takes users and groups down before it answers. It suits small directories and tests: a group of many members takes longer
/// than an API call may.
#[derive(Clone)]
pub struct AtOnce(Arc<dyn DirectoryStore>);

impl AtOnce {
    /// Deletes from this directory.
    pub fn new(directory: Arc<dyn DirectoryStore>) -> Self {
        Self(directory)
    }
}

#[async_trait]
impl DirectoryJobs for AtOnce {
    async fn delete_user(&self, id: &UserId) -> StoreResult<bool> {
        let there = self.0.user(id).await?.is_some_and(|record| record.user.is_some());
        if there {
            self.0.delete_user(id).await?;
        }
        Ok(there)
    }

    async fn delete_group(&self, id: &GroupId) -> StoreResult<bool> {
        let there = self.0.group(id).await?.is_some();
        if there {
            self.0.delete_group(id).await?;
        }
        Ok(there)
    }
}
