//! `group-sync`: brings one group at one application into step, for each message of `group-sync.fifo`.

use aws::lambda::{Batch, SqsBatchResponse, SqsEvent};
use provisioning::sync::Worker;

/// Works a batch of messages off. What could not be reached comes again; what failed at the target is recorded in its link and
/// does not.
pub async fn handle(event: SqsEvent, worker: &Worker) -> SqsBatchResponse {
    let batch = Batch::read(event);
    let handled = worker.work_off(&batch.doorbells).await;
    batch.response(&handled)
}
