//! What happens to an account or group that is no longer wanted, and whose an account is that
//! was there before us (DESIGN sections 7 and 8).

mod adoption;
mod drift;

use std::time::Duration;

pub use adoption::{Adopt, ReactivateAdopted};
pub use drift::{DriftPolicy, OnDeletion, OnDrift};

use serde::{Deserialize, Serialize};

use crate::fuse::Limits;

/// The administrator's choices, each with its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// A user in a selected group is disabled. Never a deletion: `Delete` here means deactivate.
    pub on_disable: Departure,
    /// A user is in no selected group any more.
    pub on_unassign: Departure,
    /// A user was deleted from the directory.
    pub on_delete: Departure,
    /// A group is no longer selected, or was deleted from the directory.
    pub on_deselect: DeselectedGroup,
    /// How long a user must be out of every selected group before he is removed, in seconds: a move from one group
    /// to another is two changes.
    pub grace_seconds: u32,
    /// An account that bears a user's name and no externalId.
    pub adopt: Adopt,
    /// Accounts that bear a user's name and the externalId of another source are adopted too: a migration from that source.
    pub take_over: bool,
    /// An account is looked for by the user's e-mail address too, where it is mapped and nothing bears his name.
    pub match_email: bool,
    /// An account that is to be adopted and was turned off, not by us.
    pub reactivate_adopted: ReactivateAdopted,
    /// What is done about what somebody changed at the target.
    pub drift: DriftPolicy,
    /// How much is taken away within 24 hours before a person is asked.
    pub fuse: Limits,
}

/// What is done to an account that should no longer be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Departure {
    /// `active` becomes false.
    #[default]
    Deactivate,
    /// The account is deleted.
    Delete,
    /// The account stays as it is.
    Leave,
}

/// What is done to a group that is no longer provisioned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeselectedGroup {
    /// The members we pushed go, the group stays.
    #[default]
    Empty,
    /// A group we created is deleted; an adopted one is emptied of our members.
    Delete,
    /// Group and members stay; an adopted group still loses the members we pushed.
    Leave,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            on_disable: Departure::default(),
            on_unassign: Departure::default(),
            on_delete: Departure::default(),
            on_deselect: DeselectedGroup::default(),
            grace_seconds: 60,
            adopt: Adopt::default(),
            take_over: false,
            match_email: false,
            reactivate_adopted: ReactivateAdopted::default(),
            drift: DriftPolicy::default(),
            fuse: Limits::default(),
        }
    }
}

impl Policy {
    /// The grace as a duration.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds.into())
    }
}
