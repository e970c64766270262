//! Handing a batch to a function until it is handled: from the first failed record on, and in halves.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws::stream::StreamEvent;
use dynoxide::actions::get_records::Record;
use futures::FutureExt as _;
use serde_json::json;
use tokio::sync::watch;

use super::EventSource;

/// A record that failed alone this often is given up, as the template's `MaximumRetryAttempts` says.
const ATTEMPTS: u32 = 10;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

impl EventSource {
    /// Whether all was handled, or given up; `false` where the stop came first.
    pub(super) async fn deliver(&self, records: &[Record], stop: &watch::Receiver<bool>) -> bool {
        // The next part to be handed over lies on top.
        let mut parts = vec![(0..records.len(), 0_u32)];
        while let Some((part, attempts)) = parts.pop() {
            let Some(failed) = self.hand_over(&records[part.clone()]).await else { continue };
            let (failed, attempts) = (part.start + failed, attempts + 1);
            if *stop.borrow() {
                return false;
            }
            if failed > part.start {
                // What came before it is handled.
                parts.push((failed..part.end, 0));
            } else if part.len() > 1 {
                let middle = part.start + part.len() / 2;
                parts.push((middle..part.end, 0));
                parts.push((part.start..middle, attempts));
            } else if attempts < ATTEMPTS {
                parts.push((part, attempts));
            } else {
                self.give_up(&records[part]);
            }
            let backoff = FIRST_BACKOFF.saturating_mul(1 << attempts.min(10)).min(LONGEST_BACKOFF);
            self.clock.sleep(backoff).await;
        }
        true
    }

    /// Which record failed first; `None` where none did.
    async fn hand_over(&self, records: &[Record]) -> Option<usize> {
        let function = self.mapping.function;
        let event = match event(records) {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(function, category = ?error.classify(), "a batch is no stream event");
                return Some(0);
            }
        };
        match AssertUnwindSafe(self.function.invoke(event)).catch_unwind().await {
            Ok(Ok(None)) => None,
            Ok(Ok(Some(sequence_number))) => {
                let found =
                    records.iter().position(|record| record.dynamodb.sequence_number == sequence_number);
                Some(found.unwrap_or(0))
            }
            Ok(Err(error)) => {
                tracing::warn!(function, error, "a batch of stream records failed");
                Some(0)
            }
            Err(_) => {
                tracing::error!(function, "the function panicked on a batch of stream records");
                Some(0)
            }
        }
    }

    fn give_up(&self, records: &[Record]) {
        let numbers: Vec<_> = records.iter().map(|record| record.dynamodb.sequence_number.as_str()).collect();
        // A sweep finds what the record would have told.
        tracing::error!(function = self.mapping.function, ?numbers, "a stream record is given up");
        self.given_up.fetch_add(numbers.len() as u64, Ordering::Relaxed);
    }
}

/// The records as Lambda hands them to a function.
fn event(records: &[Record]) -> serde_json::Result<StreamEvent> {
    serde_json::from_value(json!({ "Records": records }))
}
