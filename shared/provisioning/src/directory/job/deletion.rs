//! Beginning a deletion.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::{DirectoryJob, Work};
use crate::clock::Clock;
use crate::fuse::GroupWeighing;
use crate::ids::{GroupId, JobId, UserId};
use crate::ports::{Bell, DirectoryJobStore, DirectoryJobs, Lane, Started, StoreError, StoreResult};

/// Begins deletions.
#[derive(Clone)]
pub struct Deletions {
    /// The jobs.
    pub jobs: Arc<dyn DirectoryJobStore>,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl DirectoryJobs for Deletions {
    async fn delete_user(&self, id: &UserId) -> StoreResult<bool> {
        self.begin(&format!("user {id}"), Work::DeleteUser(id.clone())).await
    }

    async fn delete_group(&self, id: &GroupId) -> StoreResult<bool> {
        // Before the first membership goes it is known whether too much goes with it.
        self.begin(&group_named(id), Work::WeighGroup(GroupWeighing::of(id.clone()))).await
    }
}

impl Deletions {
    async fn begin(&self, what: &str, work: Work) -> StoreResult<bool> {
        let now = self.clock.now();
        let job = DirectoryJob::new(id_of(what)?, work, now);
        match self.jobs.start_deletion(&job).await? {
            Started::Yes => {
                // An id may come back where ids are made from names, and its job with it; the time tells the two apart.
                let cause = now.as_millisecond().to_string();
                self.bell.ring(Lane::Live, &cause, &[job.doorbell()]).await?;
                Ok(true)
            }
            Started::UnderWay => Ok(true),
            Started::NotThere => Ok(false),
        }
    }
}

/// Whether it is not known yet what the deletion of a group takes with it. Nobody takes anything away for it until then.
///
/// # Errors
///
/// A table did not answer.
pub async fn is_weighed_still(jobs: &dyn DirectoryJobStore, group: &GroupId) -> StoreResult<bool> {
    let job = jobs.job(&id_of(&group_named(group))?).await?;
    Ok(job.is_some_and(|job| !job.is_over() && matches!(job.work, Work::WeighGroup(_))))
}

/// Under what the job of a group's deletion is known.
fn group_named(id: &GroupId) -> String {
    format!("group {id}")
}

/// The id of the job that deletes something: always the same, so that there is one job however often it is asked for.
fn id_of(what: &str) -> StoreResult<JobId> {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("rollcall:delete {what}").as_bytes()).to_string();
    id.parse().map_err(|_| StoreError::Corrupt { what: "a deletion", detail: "its job has no id".into() })
}
