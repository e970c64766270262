//! Recorded work: the mark, the claim, and what went wrong last (DESIGN rules 2 and 3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is to be done about a link. A mark raises `generation` and sets `due_at`; only who has seen that generation
/// may clear `due_at`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Raised by every mark.
    #[serde(default)]
    pub generation: u64,
    /// Raised by every write of the whole link: who read it before one cannot write over it, however alike the two look.
    #[serde(default)]
    pub revision: u64,
    /// When its bell is rung (again); `None` when nothing is to be done. A mark that is rung at once is due a while later,
    /// in case the bell is lost; a retry or a grace is due when it ends.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// The application version the newest mark was made under; who holds an older one reloads.
    #[serde(default)]
    pub application_version: u64,
    /// The sweep whose mark is the newest, if it was one: such work counts toward the sweep's window.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_sweep: bool,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// Outcomes told so far; numbers them.
    #[serde(default)]
    pub settlements: u64,
    /// Failures in a row.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last attempt failed, or what stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Who works on a link, and until when he is believed to. It is the only exclusion there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique to one attempt.
    pub token: String,
    /// After this the claim is void. Every request made under it has ended before.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}

impl Work {
    /// Whether somebody else works on it at `now`.
    pub fn is_claimed(&self, now: Timestamp) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.until > now)
    }

    /// Whether its first attempt is still to come or under way.
    pub fn is_fresh(&self) -> bool {
        self.due_at.is_some() && self.attempts == 0
    }

    /// The same, by a mark made under this application version or a newer one. A worker that holds an older version may be
    /// about to clear an older mark, so only such a mark stands for what this version wants.
    pub fn is_fresh_under(&self, version: u64) -> bool {
        self.is_fresh() && self.application_version >= version
    }
}

/// A mark to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The application version it is made under.
    pub application_version: u64,
    /// When its bell is rung (again).
    pub due_at: Timestamp,
    /// A sweep marks.
    pub by_sweep: bool,
    /// The group is to be compared in full.
    pub compare: bool,
}
