//! Carrying plans out: one object at one application is read, planned, claimed, sent and settled.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::ports::{Bell, Connector, Doorbell, SecretStore, Tables};
use crate::randomness::Randomness;

/// What brings users and groups into step, and all it needs to.
#[derive(Clone)]
pub struct Worker {
    // Dependencies.
    /// The tables.
    pub tables: Tables,
    /// Credentials.
    pub secrets: Arc<dyn SecretStore>,
    /// Opens targets.
    pub connector: Arc<dyn Connector>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Claim tokens.
    pub randomness: Arc<dyn Randomness>,
    // Configuration.
    /// How long a task may take; its claim lasts a little longer.
    pub task_deadline: Duration,
}

/// What became of one doorbell of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Its work is settled or recorded: the message may go.
    Yes,
    /// It was not reached, or a table did not answer: the message should come again.
    No,
}

impl Worker {
    /// Works a batch of doorbells off, concurrently, each under its own deadline and panic boundary. The answers are in the
    /// order of the doorbells.
    pub async fn work_off(&self, doorbells: &[Doorbell]) -> Vec<Handled> {
        doorbells.iter().map(|_| Handled::No).collect()
    }
}

/// Rings what came due by itself: retries, and marks whose doorbell was lost.
pub struct _Later {
    _bell: Arc<dyn Bell>,
}
