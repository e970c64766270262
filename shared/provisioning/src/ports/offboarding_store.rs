//! When people were offboarded.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::ids::UserId;

/// Remembers since when a user is offboarded. Every read is consistent.
#[async_trait]
pub trait OffboardingStore: Send + Sync {
    /// Notes the time, replacing an earlier one: he may have come back in between.
    async fn note(&self, user: &UserId, at: Timestamp) -> StoreResult<()>;
    /// The time that was noted last.
    async fn noted(&self, user: &UserId) -> StoreResult<Option<Timestamp>>;
}
