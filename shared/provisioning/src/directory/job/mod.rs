//! Jobs of the directory itself: what takes longer than one call. A job is a row; each message does one page of it, and
//! only who holds the current step advances it, so that it may die at any point and be rung as often as one likes.

mod deletion;
mod worker;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use deletion::{Deletions, is_weighed_still};
pub use worker::DirectoryWorker;

use super::import_job::Import;
use crate::clock::after;
use crate::fuse::GroupWeighing;
use crate::ids::{GroupId, JobId, UserId};
use crate::ports::Doorbell;

/// When the next page is rung again, should its bell be lost. Longer than any page takes.
const RING_AGAIN: Duration = Duration::from_secs(120);

/// A job of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryJob {
    /// Which.
    pub id: JobId,
    /// Raised by every page.
    pub step: u64,
    /// When its next page is rung again, should its doorbell be lost; `None` once it is over.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// When it began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub ended_at: Option<Timestamp>,
    /// Failures of its pages in a row.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last page failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What it does.
    pub work: Work,
}

/// What a job of the directory does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Takes down a user who is marked as being deleted.
    DeleteUser(UserId),
    /// Counts whom a group takes with it that is marked as being deleted, then takes it down.
    WeighGroup(GroupWeighing),
    /// Takes down a group that is marked as being deleted.
    DeleteGroup(GroupId),
    /// Lays a file over the directory.
    Import(Box<Import>),
}

impl DirectoryJob {
    /// A job that begins now.
    pub fn new(id: JobId, work: Work, now: Timestamp) -> Self {
        Self {
            id,
            step: 0,
            due_at: Some(after(now, RING_AGAIN)),
            started_at: now,
            ended_at: None,
            attempts: 0,
            problem: None,
            work,
        }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.due_at.is_none()
    }

    /// What rings for its next page.
    pub fn doorbell(&self) -> Doorbell {
        Doorbell::DirectoryJob { job: self.id.clone(), step: self.step }
    }

    /// The job, under way anew.
    pub(super) fn again(&self, work: Work, now: Timestamp) -> Self {
        Self { started_at: self.started_at, ended_at: None, ..self.after_page(work, false, now) }
    }

    /// The job, ended by a person.
    pub(super) fn cancelled(&self, import: Import, now: Timestamp) -> Self {
        self.after_page(Work::Import(Box::new(import)), true, now)
    }

    /// The job behind a page that was done.
    fn after_page(&self, work: Work, over: bool, now: Timestamp) -> Self {
        Self {
            step: self.step + 1,
            due_at: (!over).then(|| after(now, RING_AGAIN)),
            ended_at: over.then_some(now),
            attempts: 0,
            problem: None,
            work,
            ..self.clone()
        }
    }

    /// The job behind a page that failed: it comes again soon, then at growing distances.
    fn after_failure(&self, problem: String, now: Timestamp) -> Self {
        let attempts = self.attempts.saturating_add(1);
        let pause = Duration::from_secs(match attempts {
            1 => 2,
            2 => 10,
            3 => 60,
            _ => 600,
        });
        Self {
            step: self.step + 1,
            due_at: Some(after(now, pause)),
            attempts,
            problem: Some(problem),
            ..self.clone()
        }
    }
}
