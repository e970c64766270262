//! Event source mappings: what Lambda does between a table's stream and a function. Records are filtered, handed over in
//! batches, and handed over again where the function fails; how far each function is, is kept with the tables.

mod delivery;
mod filter;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws::stream::StreamEvent;
use provisioning::clock::Clock;
use tokio::sync::watch;

pub use filter::Filter;

use crate::database::{Database, DatabaseError};

/// A function that a stream feeds.
#[async_trait]
pub trait StreamFunction: Send + Sync {
    /// Hands records over. `None`: all were handled. Else the sequence number from which on they come again, as in Lambda's
    /// `batchItemFailures`; an empty one means all of them.
    ///
    /// # Errors
    ///
    /// The function failed as a whole, with its reason: all come again.
    async fn invoke(&self, event: StreamEvent) -> Result<Option<String>, String>;
}

/// Which records of which table go to which function.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The function's name; its checkpoint is kept under it.
    pub function: &'static str,
    /// The table's name.
    pub table: String,
    /// The records it wants.
    pub filter: Filter,
    /// Most records of a batch, at most 1,000.
    pub batch: usize,
    /// How long a batch is gathered after its first record. Lambda: `MaximumBatchingWindowInSeconds`.
    pub window: Duration,
}

/// A mapping at work.
pub struct EventSource {
    mapping: Mapping,
    database: Database,
    function: Arc<dyn StreamFunction>,
    clock: Arc<dyn Clock>,
    read: watch::Sender<Option<u64>>,
    given_up: Arc<AtomicU64>,
}

/// How far a mapping has read, as others see it.
#[derive(Clone)]
pub struct Progress {
    read: watch::Receiver<Option<u64>>,
    given_up: Arc<AtomicU64>,
}

impl Progress {
    /// Whether all that was written until the count of writes was `writes` has been read and handled.
    pub fn covers(&self, writes: u64) -> bool {
        self.read.borrow().is_some_and(|read| read >= writes)
    }

    /// Records that were given up after all attempts; only a sweep finds what they told.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }
}

impl EventSource {
    /// A mapping, not yet reading.
    pub fn new(
        mapping: Mapping,
        database: Database,
        function: Arc<dyn StreamFunction>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { mapping, database, function, clock, read: watch::Sender::new(None), given_up: Arc::default() }
    }

    /// How far it has read.
    pub fn progress(&self) -> Progress {
        Progress { read: self.read.subscribe(), given_up: Arc::clone(&self.given_up) }
    }

    /// Reads until `stop` says so; a batch that was begun is handled first. Records are handed over at least once: the
    /// checkpoint follows the function's success.
    pub async fn run(self, after: Option<String>, mut stop: watch::Receiver<bool>) {
        let mut after = after;
        let mut writes = self.database.writes();
        while !*stop.borrow() {
            let seen = *writes.borrow_and_update();
            match self.step(&mut after, &stop).await {
                Ok(true) => {}
                Ok(false) => {
                    self.read.send_replace(Some(seen));
                    tokio::select! {
                        changed = writes.changed() => if changed.is_err() { return },
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                    self.clock.sleep(self.mapping.window).await;
                }
                Err(error) => {
                    tracing::error!(function = self.mapping.function, %error, "a stream cannot be read");
                    tokio::select! {
                        () = self.clock.sleep(Duration::from_secs(1)) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
            }
        }
    }

    /// Handles one batch; `false` at the stream's end.
    async fn step(
        &self,
        after: &mut Option<String>,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, DatabaseError> {
        let Mapping { function, table, filter, batch, .. } = &self.mapping;
        let page = self.database.stream_page(table, after.as_deref(), *batch).await?;
        let Some(last) = page.records.last().map(|record| record.dynamodb.sequence_number.clone()) else {
            return Ok(false);
        };
        let wanted: Vec<_> = page.records.into_iter().filter(|record| filter.wants(record)).collect();
        if !wanted.is_empty() && !self.deliver(&wanted, stop).await {
            // Stopped before all was handled: it comes again at the next start.
            return Ok(true);
        }
        self.database.save_checkpoint(table, function, &last).await?;
        *after = Some(last);
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
