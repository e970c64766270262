//! The bell on SQS: three FIFO queues without content-based deduplication.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use provisioning::ports::{Bell, Doorbell, Lane, StoreError, StoreResult};
use provisioning::target::Kind;
use uuid::Uuid;

use crate::dynamodb::unavailable;

/// Most entries of one `SendMessageBatch`.
const ENTRIES: usize = 10;
/// Most bytes of one `SendMessageBatch`; SQS takes 256 KiB, the rest is left for what is counted beside the bodies.
const BYTES: usize = 250 * 1024;
/// How often an entry is sent at most; the SDK's own retries of a whole request come on top.
const ATTEMPTS: u32 = 4;
/// The pause before an entry is sent again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(100);

/// The queues' URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrls {
    /// `user-sync.fifo`
    pub user_sync: String,
    /// `group-sync.fifo`
    pub group_sync: String,
    /// `jobs.fifo`
    pub jobs: String,
}

/// Rings by sending messages.
#[derive(Debug, Clone)]
pub struct SqsBell {
    client: Client,
    queues: QueueUrls,
    lanes: u32,
}

impl SqsBell {
    /// A bell on these queues. `lanes` is the number of message groups an application has in each of the two sync queues.
    pub fn new(client: Client, queues: QueueUrls, lanes: u32) -> Self {
        Self { client, queues, lanes }
    }

    /// Sends all to one queue; those that SQS refused for a reason of its own are sent again, alone.
    async fn send_all(&self, queue: &str, entries: Vec<SendMessageBatchRequestEntry>) -> StoreResult<()> {
        let mut waiting = entries;
        let mut refused = 0;
        let mut reason = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            let mut again = Vec::new();
            for batch in batches(std::mem::take(&mut waiting)) {
                let sent = self.client.send_message_batch().queue_url(queue).set_entries(Some(batch.clone()));
                let answer =
                    sent.send().await.map_err(|error| unavailable("the queue (SendMessageBatch)", &error))?;
                for failed in answer.failed() {
                    failed.code().clone_into(&mut reason);
                    if failed.sender_fault() {
                        refused += 1;
                    } else {
                        again.extend(batch.iter().find(|entry| entry.id() == failed.id()).cloned());
                    }
                }
            }
            waiting = again;
            if waiting.is_empty() {
                break;
            }
        }
        match waiting.len() + refused {
            0 => Ok(()),
            lost => Err(StoreError::Unavailable {
                what: "the queue (SendMessageBatch)",
                detail: format!("{lost} messages were not accepted ({reason})"),
            }),
        }
    }

    fn queue(&self, doorbell: &Doorbell) -> &str {
        match doorbell {
            Doorbell::Link { key, .. } => match key.kind() {
                Kind::User => &self.queues.user_sync,
                Kind::Group => &self.queues.group_sync,
            },
            Doorbell::Job { .. } | Doorbell::DirectoryJob { .. } => &self.queues.jobs,
        }
    }

    fn entry(
        &self,
        index: usize,
        lane: Lane,
        cause: &str,
        doorbell: &Doorbell,
    ) -> StoreResult<SendMessageBatchRequestEntry> {
        let malformed = |detail: String| StoreError::Corrupt { what: "the queue", detail };
        let body = serde_json::to_string(doorbell)
            .map_err(|error| malformed(format!("a doorbell has no JSON ({:?})", error.classify())))?;
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_body(body)
            .message_group_id(accepted_group(doorbell.message_group(lane, self.lanes)))
            .message_deduplication_id(doorbell.deduplication_id(cause))
            .build()
            .map_err(|error| malformed(error.to_string()))
    }
}

#[async_trait]
impl Bell for SqsBell {
    async fn ring(&self, lane: Lane, cause: &str, doorbells: &[Doorbell]) -> StoreResult<()> {
        let mut entries = [
            (&self.queues.user_sync, Vec::new()),
            (&self.queues.group_sync, Vec::new()),
            (&self.queues.jobs, Vec::new()),
        ];
        for (index, doorbell) in doorbells.iter().enumerate() {
            let queue = self.queue(doorbell);
            let entry = self.entry(index, lane, cause, doorbell)?;
            if let Some((_, entries)) = entries.iter_mut().find(|(url, _)| *url == queue) {
                entries.push(entry);
            }
        }
        // One queue that does not answer must not keep the others from being told.
        let sends = entries.into_iter().map(|(queue, entries)| self.send_all(queue, entries));
        futures::future::join_all(sends).await.into_iter().collect()
    }
}

/// SQS takes 128 characters of ASCII without spaces. Any other group's name is replaced by one made from it.
fn accepted_group(group: String) -> String {
    if group.len() <= 128 && group.chars().all(|character| character.is_ascii_graphic()) {
        return group;
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, group.as_bytes()).to_string()
}

/// Cuts entries into what one request takes.
fn batches(entries: Vec<SendMessageBatchRequestEntry>) -> Vec<Vec<SendMessageBatchRequestEntry>> {
    let mut batches: Vec<Vec<_>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.message_body().len();
        match batches.last_mut() {
            Some(batch) if batch.len() < ENTRIES && bytes + size <= BYTES => {
                batch.push(entry);
                bytes += size;
            }
            _ => {
                batches.push(vec![entry]);
                bytes = size;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: usize, bytes: usize) -> SendMessageBatchRequestEntry {
        SendMessageBatchRequestEntry::builder()
            .id(id.to_string())
            .message_body("x".repeat(bytes))
            .build()
            .unwrap()
    }

    fn sizes(entries: Vec<SendMessageBatchRequestEntry>) -> Vec<usize> {
        batches(entries).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_request_takes_ten_entries() {
        assert_eq!(sizes((0..23).map(|id| entry(id, 100)).collect()), [10, 10, 3]);
    }

    #[test]
    fn a_request_takes_no_more_bytes_than_sqs_does() {
        assert_eq!(sizes((0..4).map(|id| entry(id, 100 * 1024)).collect()), [2, 2]);
    }

    #[test]
    fn nothing_to_send_is_no_request() {
        assert!(batches(Vec::new()).is_empty());
    }

    #[test]
    fn a_group_name_that_sqs_refuses_is_replaced_by_one_that_stands_for_it() {
        let (plain, long) = ("crm-live-3".to_owned(), "ü".repeat(200));
        assert_eq!(accepted_group(plain.clone()), plain);
        assert_eq!(accepted_group(long.clone()), accepted_group(long.clone()));
        assert_eq!(accepted_group(long).len(), 36);
    }
}
