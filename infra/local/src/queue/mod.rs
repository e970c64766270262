//! Embedded queues: `user-sync.fifo`, `group-sync.fifo` and `jobs.fifo` in this process.
//!
//! They end with the process. Nothing is lost by that: the marks in the tables say what is due (rule 2), and the engine
//! rings again when it starts.

mod event_source;
mod fifo;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use provisioning::clock::Clock;
use provisioning::ports::{Bell, Doorbell, Lane, StoreError, StoreResult};
use provisioning::target::Kind;
use tokio::sync::watch;

pub use event_source::{QueueFunction, QueueSource};
pub use fifo::{Fifo, FifoSettings, Received, Sent};

/// Most messages of one batch, as with SQS and Lambda.
pub const BATCH: usize = 10;

/// One embedded queue; clones share it.
#[derive(Clone)]
pub struct EmbeddedQueue {
    fifo: Arc<Mutex<Fifo>>,
    clock: Arc<dyn Clock>,
    /// Counts what changes the queue; who waits for a message sleeps until then.
    changes: watch::Sender<u64>,
}

impl EmbeddedQueue {
    /// An empty queue.
    pub fn new(settings: FifoSettings, clock: Arc<dyn Clock>) -> Self {
        Self { fifo: Arc::new(Mutex::new(Fifo::new(settings))), clock, changes: watch::Sender::new(0) }
    }

    /// Sends a message.
    pub fn send(&self, group: &str, deduplication_id: &str, body: String) -> Sent {
        let sent = self.lock().send(self.clock.now(), group, deduplication_id, body);
        self.changed();
        sent
    }

    /// At most `max` messages that are there now.
    pub fn receive(&self, max: usize) -> Vec<Received> {
        self.lock().receive(self.clock.now(), max)
    }

    /// Waits until there are messages, and takes at most `max`.
    pub async fn next_batch(&self, max: usize) -> Vec<Received> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let batch = self.receive(max);
            if !batch.is_empty() {
                return batch;
            }
            let visible = self.lock().next_visible();
            let wait = visible.and_then(|at| Duration::try_from(at.duration_since(self.clock.now())).ok());
            tokio::select! {
                _ = changes.changed() => {}
                () = sleep(self.clock.as_ref(), wait), if visible.is_some() => {}
            }
        }
    }

    /// Deletes a message that was received; `false` where the receipt is void.
    pub fn delete(&self, receipt: u64) -> bool {
        let deleted = self.lock().delete(self.clock.now(), receipt);
        self.changed();
        deleted
    }

    /// Sets anew when a received message becomes visible again; `false` where the receipt is void.
    pub fn change_visibility(&self, receipt: u64, wait: Duration) -> bool {
        let known = self.lock().change_visibility(self.clock.now(), receipt, wait);
        self.changed();
        known
    }

    /// Messages that wait, and messages in flight.
    pub fn depth(&self) -> (usize, usize) {
        let fifo = self.lock();
        (fifo.waiting(), fifo.in_flight())
    }

    /// How many messages were given up, and the newest of them.
    pub fn dead_letters(&self) -> (u64, Vec<String>) {
        self.lock().dead_letters()
    }

    /// A number that changes with everything sent, deleted or made visible.
    pub fn changes(&self) -> u64 {
        *self.changes.borrow()
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Fifo> {
        self.fifo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message is visible at its time, not before: the least wait keeps a clock that is slightly early from spinning.
async fn sleep(clock: &dyn Clock, wait: Option<Duration>) {
    clock.sleep(wait.unwrap_or_default().max(Duration::from_millis(1))).await;
}

/// The three queues, and the bell that rings through them.
#[derive(Clone)]
pub struct Queues {
    /// `user-sync.fifo`
    pub user_sync: EmbeddedQueue,
    /// `group-sync.fifo`
    pub group_sync: EmbeddedQueue,
    /// `jobs.fifo`
    pub jobs: EmbeddedQueue,
    lanes: u32,
}

impl Queues {
    /// Three empty queues. `lanes` is the number of lanes of an application (DESIGN section 6).
    pub fn new(settings: &FifoSettings, lanes: u32, clock: &Arc<dyn Clock>) -> Self {
        let queue = || EmbeddedQueue::new(settings.clone(), Arc::clone(clock));
        Self { user_sync: queue(), group_sync: queue(), jobs: queue(), lanes }
    }

    /// All three, with their names.
    pub fn all(&self) -> [(&'static str, &EmbeddedQueue); 3] {
        [("user-sync", &self.user_sync), ("group-sync", &self.group_sync), ("jobs", &self.jobs)]
    }

    /// Whether nothing waits and nothing is in flight.
    pub fn are_empty(&self) -> bool {
        self.all().iter().all(|(_, queue)| queue.depth() == (0, 0))
    }

    /// A number that changes with everything that happens in one of them.
    pub fn changes(&self) -> u64 {
        self.all().iter().map(|(_, queue)| queue.changes()).sum()
    }

    fn queue_of(&self, doorbell: &Doorbell) -> &EmbeddedQueue {
        match doorbell {
            Doorbell::Link { key, .. } => match key.kind() {
                Kind::User => &self.user_sync,
                Kind::Group => &self.group_sync,
            },
            Doorbell::Job { .. } | Doorbell::DirectoryJob { .. } => &self.jobs,
        }
    }
}

#[async_trait]
impl Bell for Queues {
    async fn ring(&self, lane: Lane, cause: &str, doorbells: &[Doorbell]) -> StoreResult<()> {
        let mut full = 0_usize;
        for doorbell in doorbells {
            let body = serde_json::to_string(doorbell)
                .map_err(|error| StoreError::Corrupt { what: "a doorbell", detail: error.to_string() })?;
            let group = doorbell.message_group(lane, self.lanes);
            if self.queue_of(doorbell).send(&group, &doorbell.deduplication_id(cause), body) == Sent::Full {
                full += 1;
            }
        }
        if full > 0 {
            let detail = format!("{full} of {} messages were refused: the queue is full", doorbells.len());
            return Err(StoreError::Unavailable { what: "an embedded queue", detail });
        }
        Ok(())
    }
}
