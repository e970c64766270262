//! A sweep's progress, as it is kept between pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Pulse;
use crate::application::{Listing, SweepPhase};
use crate::ids::{ApplicationId, GroupId, JobId, UserId};
use crate::target::Kind;

/// A sweep. One page is done per message; `step` counts them, and only who holds the current step advances it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepJob {
    /// Which.
    pub id: JobId,
    /// Whose.
    pub application: ApplicationId,
    /// Raised by every page.
    pub step: u64,
    /// Where it stands; `None` once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// When the phase it stands in began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub phase_began_at: Timestamp,
    /// When its next page is rung again, should its doorbell be lost.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// When it began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub started_at: Timestamp,
    /// The listing it makes.
    pub listing: Listing,
    /// The listing is complete.
    #[serde(default)]
    pub listed: bool,
    /// What it has seen and marked.
    #[serde(default)]
    pub counts: Counts,
    /// How much was settled some seconds ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulse: Option<Pulse>,
    /// The same, some seconds before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulse_before: Option<Pulse>,
    /// Removals a person allowed beforehand, above which the fuse holds.
    #[serde(default)]
    pub allowed_removals: Option<u64>,
    /// Removals found but held by the fuse.
    #[serde(default)]
    pub held: u64,
    /// Failures of its pages in a row.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last page failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Where a sweep stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The phase.
    pub phase: SweepPhase,
    /// Where in it.
    pub step: Step,
}

/// Where in a phase a sweep stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// At its beginning.
    Start,
    /// Listing: the next page of a kind starts here (1-based).
    Page(Kind, u64),
    /// Users: behind this member of this group. Groups: behind this group.
    Behind(GroupId, Option<UserId>),
    /// Counting and removals: behind this index cursor of a kind.
    Cursor(Kind, Option<String>),
    /// All is marked; what is marked must be worked off first.
    Draining,
}

/// What a sweep has seen and marked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Users in the selected groups, each counted once, when the sweep came to its users.
    #[serde(default)]
    pub users_in_scope: u64,
    /// Those of them it has looked at.
    #[serde(default)]
    pub users: u64,
    /// Of those, marked.
    pub users_marked: u64,
    /// Selected groups.
    pub groups: u64,
    /// Linked accounts, for the fuse's percentage.
    pub linked: u64,
    /// Accounts no longer wanted.
    pub removals: u64,
    /// Linked groups.
    #[serde(default)]
    pub linked_groups: u64,
    /// Groups no longer wanted that would be emptied or deleted.
    #[serde(default)]
    pub group_removals: u64,
    /// Memberships that were pushed before groups were compared.
    #[serde(default)]
    pub pushed: u64,
    /// Memberships that users would lose who keep their accounts, with nothing in their stead.
    #[serde(default)]
    pub memberships_lost: u64,
    /// The same, of users who moved to another group.
    #[serde(default)]
    pub memberships_moved: u64,
    /// Memberships that are pushed once groups were compared.
    #[serde(default)]
    pub memberships: u64,
}

impl SweepJob {
    /// Whether it is over.
    pub fn is_done(&self) -> bool {
        self.position.is_none()
    }
}
