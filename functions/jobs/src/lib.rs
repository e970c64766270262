//! `jobs`: does one page of a long walk for each message of `jobs.fifo`.

use aws::lambda::{Batch, SqsBatchResponse, SqsEvent};
use provisioning::directory::job::DirectoryWorker;
use provisioning::ids::{ApplicationId, JobId};
use provisioning::ports::{Doorbell, StoreResult};
use provisioning::preview::Previewer;
use provisioning::sweep::Sweeper;
use provisioning::sync::Handled;

/// Who does which pages.
#[derive(Clone)]
pub struct Jobs {
    /// Those of applications.
    pub sweeper: Sweeper,
    /// Those of previews.
    pub previewer: Previewer,
    /// Those of the directory.
    pub directory: DirectoryWorker,
}

/// Does the pages a batch rings for, one after the other. A page that a table kept from being done comes again.
pub async fn handle(event: SqsEvent, jobs: &Jobs) -> SqsBatchResponse {
    let batch = Batch::read(event);
    let mut handled = Vec::with_capacity(batch.doorbells.len());
    for doorbell in &batch.doorbells {
        handled.push(page(doorbell, jobs).await);
    }
    batch.response(&handled)
}

async fn page(doorbell: &Doorbell, jobs: &Jobs) -> Handled {
    let (done, job, step) = match doorbell {
        Doorbell::Job { application, job, step } => {
            (of_application(jobs, application, job, *step).await, job, step)
        }
        Doorbell::DirectoryJob { job, step } => (jobs.directory.page(job, *step).await, job, step),
        Doorbell::Link { .. } => {
            tracing::error!("a doorbell of a link came to jobs.fifo; it is dropped");
            return Handled::Yes;
        }
    };
    match done {
        Ok(()) => Handled::Yes,
        Err(error) => {
            tracing::warn!(%job, step, %error, "a page was not done");
            Handled::No
        }
    }
}

/// A sweep's page or a preview's: their ids are of one kind, and whose job it is not does nothing.
async fn of_application(jobs: &Jobs, application: &ApplicationId, job: &JobId, step: u64) -> StoreResult<()> {
    jobs.sweeper.page(application, job, step).await?;
    jobs.previewer.page(application, job, step).await
}
