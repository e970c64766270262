//! Doing the pages of jobs.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{DirectoryJob, Work};
use crate::clock::Clock;
use crate::directory::import_job::{ImportRunner, ImportState};
use crate::ids::JobId;
use crate::ports::{Bell, Lane, StoreResult, Tables};

/// How long one message is worked on before the next is rung.
const PAGE_LASTS: SignedDuration = SignedDuration::from_secs(8);

/// Does the pages of the directory's jobs.
#[derive(Clone)]
pub struct DirectoryWorker {
    /// The tables.
    pub tables: Tables,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl DirectoryWorker {
    /// Does the page `step` of a job and those behind it for some seconds, then rings the next. A page that was done
    /// already is done by nobody.
    ///
    /// # Errors
    ///
    /// A store did not answer, not even to note that it failed: the message must come again.
    pub async fn page(&self, id: &JobId, step: u64) -> StoreResult<()> {
        let began = self.clock.now();
        let job = self.tables.directory_jobs.job(id).await?;
        let Some(mut job) = job.filter(|job| job.step == step && !job.is_over()) else { return Ok(()) };
        let mut runner = ImportRunner::new(self.tables.clone(), id.clone());
        loop {
            let (work, over) = match self.work(&job, &mut runner).await {
                Ok(done) => done,
                Err(error) => {
                    tracing::warn!(job = %id, step = job.step, %error, "a page failed and comes again");
                    let failed = job.after_failure(error.to_string(), self.clock.now());
                    return self.tables.directory_jobs.advance(&job, &failed).await.map(|_| ());
                }
            };
            let next = job.after_page(work, over, self.clock.now());
            if !self.tables.directory_jobs.advance(&job, &next).await? || next.is_over() {
                return Ok(());
            }
            if self.clock.now().duration_since(began) >= PAGE_LASTS {
                return self.bell.ring(Lane::Live, "", &[next.doorbell()]).await;
            }
            job = next;
        }
    }

    /// Does one page, and says how the work stands and whether it is over.
    async fn work(&self, job: &DirectoryJob, runner: &mut ImportRunner) -> StoreResult<(Work, bool)> {
        let directory = &self.tables.directory;
        let over = match &job.work {
            Work::DeleteUser(user) => directory.take_down_user(user).await?,
            Work::WeighGroup(weighing) => {
                let next = weighing.page(&self.tables, self.clock.now()).await?;
                let work = next.map_or_else(|| Work::DeleteGroup(weighing.group.clone()), Work::WeighGroup);
                return Ok((work, false));
            }
            Work::DeleteGroup(group) => directory.take_down_group(group).await?,
            Work::Import(import) => {
                let import = runner.page(import, job.step, self.clock.now()).await?;
                let over = import.state != ImportState::Running;
                return Ok((Work::Import(Box::new(import)), over));
            }
        };
        Ok((job.work.clone(), over))
    }
}
