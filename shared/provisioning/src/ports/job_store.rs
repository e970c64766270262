//! Jobs, and what a sweep's listing of a target found.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::application::SweepNote;
use crate::ids::{ApplicationId, JobId};
use crate::sweep::SweepJob;
use crate::target::{Found, Kind, MatchKey};

/// Keeps jobs and found rows. Every read is consistent.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Puts a new job and notes it as the application's sweep, replacing one under way. `false`: the application is no more at
    /// this version, so what the job was to do is not what is wanted now.
    async fn start(&self, job: &SweepJob, version: Option<u64>) -> StoreResult<bool>;
    /// The same of a sweep that reads the target by itself: only if none is under way, and none has come to its end since
    /// `read_at` was noted. Of all who start one at once, one does.
    async fn start_unless_read(&self, job: &SweepJob, read_at: Option<Timestamp>) -> StoreResult<bool>;
    /// A job.
    async fn job(&self, application: &ApplicationId, id: &JobId) -> StoreResult<Option<SweepJob>>;
    /// Writes a job's progress and what the application notes of it, if the job is still at `before.step` and still the
    /// application's sweep; `false` where somebody else did that page. A finished job is no longer noted;
    /// of one that was to read the target, it is noted when it began.
    async fn advance(
        &self,
        before: &SweepJob,
        after: &SweepJob,
        note: Option<&SweepNote>,
    ) -> StoreResult<bool>;
    /// Keeps what a page of a listing found, by externalId and by name, for two days.
    async fn put_found(
        &self,
        application: &ApplicationId,
        listing: &JobId,
        kind: Kind,
        found: &[Found],
    ) -> StoreResult<()>;
    /// What a listing found under a key.
    async fn found(
        &self,
        application: &ApplicationId,
        listing: &JobId,
        kind: Kind,
        key: &MatchKey,
    ) -> StoreResult<Vec<Found>>;
}
