//! Previews and their rows.

use std::collections::HashMap;

use async_trait::async_trait;

use super::StoreResult;
use crate::ids::{ApplicationId, JobId, RemoteId, UserId};
use crate::link::Object;
use crate::preview::{PreviewJob, PreviewRow};
use crate::target::Kind;

/// Keeps previews until they expire. Every read is consistent.
#[async_trait]
pub trait PreviewStore: Send + Sync {
    /// Puts a new preview and makes it the application's current one: pages of another are done no more.
    async fn start(&self, job: &PreviewJob) -> StoreResult<()>;
    /// A preview.
    async fn preview(&self, application: &ApplicationId, id: &JobId) -> StoreResult<Option<PreviewJob>>;
    /// The application's current preview.
    async fn current(&self, application: &ApplicationId) -> StoreResult<Option<JobId>>;
    /// Writes a preview's progress, if it is still at `before.step`; `false` where somebody else did that page.
    async fn advance(&self, before: &PreviewJob, after: &PreviewJob) -> StoreResult<bool>;
    /// Puts rows, each in the place of one of the same object, and who takes which account.
    async fn put_rows(&self, job: &PreviewJob, rows: &[PreviewRow]) -> StoreResult<()>;
    /// Those of these users' rows that are there.
    async fn rows_among(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, PreviewRow>>;
    /// Who takes an account or group at the target by this preview.
    async fn taken_by(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        kind: Kind,
        remote_id: &RemoteId,
    ) -> StoreResult<Option<Object>>;
    /// A page of rows behind an object: groups, then users, each in the order of their ids.
    async fn rows(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        after: Option<&Object>,
        limit: usize,
    ) -> StoreResult<Vec<PreviewRow>>;
}
