//! The activity log as people read it: newest first, filtered, a page at a time.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StoreResult;
use crate::activity::{EventName, Outcome, OutcomeResult};
use crate::ids::ApplicationId;
use crate::target::Kind;

/// Reads events. What was written in the last moments may be missing.
#[async_trait]
pub trait ActivityLog: Send + Sync {
    /// Events newest first, behind `after`, `limit` at most. A call reads so many events and days at most: where a filter
    /// lets few pass, a page may have fewer than `limit`, or none, and still not be the last.
    async fn page(
        &self,
        of: &ActivityOf,
        filter: &ActivityFilter,
        after: Option<&ActivityPosition>,
        limit: usize,
    ) -> StoreResult<EventPage>;
}

/// Whose events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityOf {
    /// All there are.
    Everything,
    /// An application's.
    Application(ApplicationId),
    /// A user's or group's, at every application, by our id.
    Object(Kind, String),
    /// What administrators did.
    Administrators,
}

/// Which of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Those that ended so.
    pub result: Option<OutcomeResult>,
    /// Those of this name.
    pub event: Option<EventName>,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

impl ActivityFilter {
    /// Whether an event within the time is one of them.
    pub fn lets_pass(&self, outcome: &Outcome) -> bool {
        self.result.is_none_or(|result| outcome.result == result)
            && self.event.is_none_or(|event| outcome.event == event)
    }
}

/// Where an event stands in the log. Any is one: it says where to read on and gives access to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPosition {
    /// Its time.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Its id, which tells events of one millisecond apart.
    pub id: String,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, newest first.
    pub outcomes: Vec<Outcome>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<ActivityPosition>,
}
