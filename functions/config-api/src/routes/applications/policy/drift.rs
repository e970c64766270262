//! What is done about what somebody changed at the target.

use provisioning::application::{DriftPolicy as Chosen, OnDeletion, OnDrift};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is done about what somebody changed at the target: an answer for each kind of drift. Drift is found by the sweep that
/// reads the target, which runs once a week. What is reported is told once in the log, and listed by `GET …/drift` as long as it
/// is so.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DriftPolicy {
    /// An attribute that is kept shows another value than was sent.
    attributes: WhenDifferent,
    /// A member whom we added is gone, or a user of ours is in a group that he should not be in. Members who are nobody's of
    /// ours are never looked at.
    members: WhenDifferent,
    /// An account or a group was deleted. Where more are gone than the fuse lets go, nothing is sent until a person resumes the
    /// application: its target is likely another one than it was.
    deleted_at_target: WhenDeleted,
    /// An account was turned off. It is never turned on again by itself, for somebody may have had a reason: a person does that,
    /// by `POST …/drift/users/{user}/repair`.
    deactivated_at_target: WhenDeactivated,
    /// An account that we had turned off, or deleted, is active. It is told as a security event in any case.
    reactivated_at_target: WhenDifferent,
}

/// What is done about a difference.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenDifferent {
    /// It is told.
    Report,
    /// It is told, and what was sent is sent again.
    Repair,
}

/// What is done about what was deleted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenDeleted {
    /// It is told, and not made again.
    Report,
    /// It is told, and made anew while it is wanted.
    Recreate,
}

/// What is done about an account that was turned off at the target.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenDeactivated {
    /// It is told.
    Report,
}

impl Default for DriftPolicy {
    fn default() -> Self {
        Chosen::default().into()
    }
}

impl From<OnDrift> for WhenDifferent {
    fn from(answer: OnDrift) -> Self {
        match answer {
            OnDrift::Report => Self::Report,
            OnDrift::Repair => Self::Repair,
        }
    }
}

impl From<WhenDifferent> for OnDrift {
    fn from(answer: WhenDifferent) -> Self {
        match answer {
            WhenDifferent::Report => Self::Report,
            WhenDifferent::Repair => Self::Repair,
        }
    }
}

impl From<Chosen> for DriftPolicy {
    fn from(chosen: Chosen) -> Self {
        Self {
            attributes: chosen.attributes.into(),
            members: chosen.members.into(),
            deleted_at_target: match chosen.deleted_at_target {
                OnDeletion::Report => WhenDeleted::Report,
                OnDeletion::Recreate => WhenDeleted::Recreate,
            },
            deactivated_at_target: WhenDeactivated::Report,
            reactivated_at_target: chosen.reactivated_at_target.into(),
        }
    }
}

impl From<DriftPolicy> for Chosen {
    fn from(policy: DriftPolicy) -> Self {
        let DriftPolicy {
            attributes,
            members,
            deleted_at_target,
            deactivated_at_target: WhenDeactivated::Report,
            reactivated_at_target,
        } = policy;
        Self {
            attributes: attributes.into(),
            members: members.into(),
            deleted_at_target: match deleted_at_target {
                WhenDeleted::Report => OnDeletion::Report,
                WhenDeleted::Recreate => OnDeletion::Recreate,
            },
            reactivated_at_target: reactivated_at_target.into(),
        }
    }
}
