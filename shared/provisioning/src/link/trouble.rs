//! What keeps a link from being in step.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Link, State};

/// Why a link is not in step although nothing is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trouble {
    /// The last attempt failed, or a member of the group was refused; it is tried again.
    Failed,
    /// A required attribute has no value.
    Blocked,
    /// A person must decide.
    Conflict,
    /// Its counterpart was deleted at the target by somebody else.
    Missing,
    /// Its removal waits for a person, or that of members of the group.
    Held,
    /// Somebody changed its counterpart at the target, and it is not repaired.
    Drift,
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Failed, Self::Blocked, Self::Conflict, Self::Missing, Self::Held, Self::Drift];

    /// The trouble a link is in.
    pub fn of(link: &Link) -> Option<Self> {
        if link.waits() {
            return Some(Self::Held);
        }
        match link.state {
            State::Blocked => Some(Self::Blocked),
            State::Conflict => Some(Self::Conflict),
            State::Missing => Some(Self::Missing),
            _ if link.work.attempts > 0 || !link.parked.is_empty() => Some(Self::Failed),
            _ => link.observed.has_drifted().then_some(Self::Drift),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Conflict => "conflict",
            Self::Missing => "missing",
            Self::Held => "held",
            Self::Drift => "drift",
        })
    }
}
