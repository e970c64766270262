//! What is done about what somebody changed at the target (DESIGN section 9, drift).

use serde::{Deserialize, Serialize};

/// The administrator's choices, one for each kind of drift. An account that was turned off at the target is only told of:
/// nobody but a person turns it on again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftPolicy {
    /// An attribute that we keep shows another value.
    pub attributes: OnDrift,
    /// A member whom we added is gone, or an account of ours is in a group that it should not be in.
    pub members: OnDrift,
    /// An account or a group was deleted.
    pub deleted_at_target: OnDeletion,
    /// An account that we turned off, or deleted, is active.
    pub reactivated_at_target: OnDrift,
}

/// What is done about a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDrift {
    /// It is told, once.
    #[default]
    Report,
    /// It is told, and what was sent is sent again.
    Repair,
}

/// What is done about an account or group that somebody deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDeletion {
    /// It is told, and not made again.
    #[default]
    Report,
    /// It is told, and matched and made anew while it is wanted.
    Recreate,
}

impl Default for DriftPolicy {
    fn default() -> Self {
        Self {
            attributes: OnDrift::Report,
            members: OnDrift::Report,
            deleted_at_target: OnDeletion::Report,
            reactivated_at_target: OnDrift::Repair,
        }
    }
}
