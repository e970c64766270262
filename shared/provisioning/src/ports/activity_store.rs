//! The activity log's table.

use async_trait::async_trait;

use super::StoreResult;
use crate::activity::Outcome;
use crate::ids::ApplicationId;

/// Keeps events. An event put again under its id is the same item.
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// Puts events.
    async fn put(&self, outcomes: &[Outcome]) -> StoreResult<()>;
    /// An application's events, newest first, `limit` at most.
    async fn of_application(
        &self,
        application: &ApplicationId,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<ActivityPage>;
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPage {
    /// The events, newest first.
    pub outcomes: Vec<Outcome>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<String>,
}
