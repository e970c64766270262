//! What Lambda does between a queue and a function: batches of at most ten go to the function, several at a time; what it
//! handled is deleted, the rest comes again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws::lambda::SqsEvent;
use futures::FutureExt as _;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{BATCH, EmbeddedQueue, Received};

/// A function that a queue feeds.
#[async_trait]
pub trait QueueFunction: Send + Sync {
    /// Hands a batch over; answers with the ids of the messages that are to come again.
    ///
    /// # Errors
    ///
    /// The function failed as a whole, with its reason: all come again.
    async fn invoke(&self, event: SqsEvent) -> Result<Vec<String>, String>;
}

/// A message that failed comes again after this, doubled at each receive. On AWS it is the visibility timeout that passes;
/// here nobody waits for six minutes.
const FIRST_RETURN: Duration = Duration::from_millis(200);
const LONGEST_RETURN: Duration = Duration::from_secs(30);

/// A queue's mapping to a function.
pub struct QueueSource {
    /// The function's name.
    pub function: &'static str,
    /// What feeds it.
    pub queue: EmbeddedQueue,
    /// Who is fed.
    pub handler: Arc<dyn QueueFunction>,
    /// Most batches at a time. Lambda: `MaximumConcurrency`.
    pub concurrency: usize,
}

impl QueueSource {
    /// Feeds the function until `stop` says so, and then waits for the batches that were begun.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let free = Arc::new(Semaphore::new(self.concurrency));
        let mut running = JoinSet::new();
        loop {
            let permit = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                permit = Arc::clone(&free).acquire_owned() => permit,
            };
            let batch = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                batch = self.queue.next_batch(BATCH) => batch,
            };
            let (function, queue, handler) = (self.function, self.queue.clone(), Arc::clone(&self.handler));
            running.spawn(async move {
                let _permit = permit;
                hand_over(function, &queue, handler.as_ref(), batch).await;
            });
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }
}

async fn hand_over(function: &str, queue: &EmbeddedQueue, handler: &dyn QueueFunction, batch: Vec<Received>) {
    let failed = match event(&batch) {
        Ok(event) => AssertUnwindSafe(handler.invoke(event)).catch_unwind().await,
        Err(error) => Ok(Err(format!("a batch is no queue event ({:?})", error.classify()))),
    };
    let failed = failed.unwrap_or_else(|_| Err("the function panicked".into())).unwrap_or_else(|error| {
        tracing::warn!(function, error, "a batch of messages failed");
        batch.iter().map(|message| message.id.to_string()).collect()
    });
    for message in batch {
        if failed.contains(&message.id.to_string()) {
            let wait = FIRST_RETURN.saturating_mul(1 << message.receives.saturating_sub(1).min(10));
            queue.change_visibility(message.receipt, wait.min(LONGEST_RETURN));
        } else {
            queue.delete(message.receipt);
        }
    }
}

/// The batch as Lambda hands it to a function.
fn event(batch: &[Received]) -> serde_json::Result<SqsEvent> {
    let records: Vec<_> = batch
        .iter()
        .map(|message| {
            json!({
                "messageId": message.id.to_string(),
                "receiptHandle": message.receipt.to_string(),
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": message.receives.to_string(),
                    "MessageGroupId": message.group,
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "awsRegion": "local",
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records }))
}
