//! Jobs of the directory itself: deletions and imports.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{DueItem, StoreResult};
use crate::directory::job::DirectoryJob;
use crate::ids::JobId;

/// Keeps jobs of the directory. Every read is consistent unless its name says `propose`. What is due is put off with
/// [`super::LinkStore::postpone`], as all that is due is.
#[async_trait]
pub trait DirectoryJobStore: Send + Sync {
    /// Marks the user or group that the job deletes and puts the job, both or neither.
    async fn start_deletion(&self, job: &DirectoryJob) -> StoreResult<Started>;
    /// Puts a new job that deletes nothing.
    async fn put(&self, job: &DirectoryJob) -> StoreResult<()>;
    /// A job.
    async fn job(&self, id: &JobId) -> StoreResult<Option<DirectoryJob>>;
    /// Lets an import run if it is still at `before.step` and no other runs.
    async fn run_import(&self, before: &DirectoryJob, after: &DirectoryJob) -> StoreResult<ImportRun>;
    /// Writes a job's progress if it is still at `before.step`; `false` where somebody else did that page. An import that is
    /// not due any more lets another one run.
    async fn advance(&self, before: &DirectoryJob, after: &DirectoryJob) -> StoreResult<bool>;
    /// Jobs that are due until `until`, oldest first.
    async fn propose_due(&self, until: Timestamp, limit: usize) -> StoreResult<Vec<DueItem>>;
}

/// What became of an import that was to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportRun {
    /// It runs.
    Yes,
    /// Somebody else changed it.
    Changed,
    /// Another one runs.
    Other(JobId),
}

/// What became of a deletion that was to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It began.
    Yes,
    /// It had begun before.
    UnderWay,
    /// There is nothing to delete.
    NotThere,
}
