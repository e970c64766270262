//! Carrying plans out: one object at one application is read, planned, claimed, sent and settled (rule 3).
//!
//! [`Worker::work_off`] takes a batch of doorbells. Each becomes a task under its own deadline and panic boundary;
//! `user` and `group` hold the two kinds of task, `settlement` the conditional writes around a request, `failure` what
//! is done about an answer that is not success, `counterpart` how a counterpart is found.

mod asked_for;
mod batch;
mod counterpart;
mod failure;
mod group;
mod lacking;
mod learned;
mod members;
mod paced;
mod permit;
mod references;
mod settlement;
mod task;
mod user;

use std::sync::Arc;
use std::time::Duration;

pub use batch::Handled;
pub(crate) use batch::NO_CREDENTIALS;
pub(crate) use counterpart::{Keys, baseline, listed, with_owners};
pub(crate) use group::shown_members;
pub(crate) use members::everybody;
pub(crate) use paced::{Haste, Paced};

use crate::clock::Clock;
use crate::ports::{Bell, Connector, SecretStore, Tables};
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
    /// Rings groups that a user's deletion waits for.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Claim tokens.
    pub randomness: Arc<dyn Randomness>,
    // Configuration.
    /// How long a task may take; its claim lasts a little longer.
    pub task_deadline: Duration,
}
