//! `jobs`: does one page of a long walk for each message of `jobs.fifo`.

use aws::lambda::{Batch, SqsBatchResponse, SqsEvent};
use provisioning::ports::Doorbell;
use provisioning::sweep::Sweeper;
use provisioning::sync::Handled;

/// Does the pages a batch rings for, one after the other. A page that a table kept from being done comes again.
pub async fn handle(event: SqsEvent, sweeper: &Sweeper) -> SqsBatchResponse {
    let batch = Batch::read(event);
    let mut handled = Vec::with_capacity(batch.doorbells.len());
    for doorbell in &batch.doorbells {
        handled.push(page(doorbell, sweeper).await);
    }
    batch.response(&handled)
}

async fn page(doorbell: &Doorbell, sweeper: &Sweeper) -> Handled {
    let Doorbell::Job { application, job, step } = doorbell else {
        tracing::error!("a doorbell of a link came to jobs.fifo; it is dropped");
        return Handled::Yes;
    };
    match sweeper.page(application, job, *step).await {
        Ok(()) => Handled::Yes,
        Err(error) => {
            tracing::warn!(%application, %job, step, %error, "a page was not done");
            Handled::No
        }
    }
}
