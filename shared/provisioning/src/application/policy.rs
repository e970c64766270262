//! What happens to an account or group that is no longer wanted (DESIGN sections 7 and 8).

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
        }
    }
}

impl Policy {
    /// The grace as a duration.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds.into())
    }
}
