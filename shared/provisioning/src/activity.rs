//! What the activity log tells: outcomes ride on the write that settles them (rule 8) and become events under the
//! same id.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::application::Application;
use crate::ids::{ApplicationId, RemoteId};
use crate::target::{Change, Kind, RequestNote};

/// What happened to one object, or to the provisioning of an application as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Deterministic: the link and the generation and attempt it settles. The same outcome told again has the same id.
    pub id: String,
    /// When it was settled.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Actor::is_system")]
    pub actor: Actor,
    /// Which event it is.
    pub event: EventName,
    /// Whether it went well.
    pub result: OutcomeResult,
    /// What was done, or tried.
    pub action: Action,
    /// Why: never empty.
    pub reason: String,
    /// Somebody may have access who should not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security: bool,
    /// At which application.
    pub application: ApplicationId,
    /// The application's name at the time.
    pub application_name: String,
    /// The object concerned; none for the application as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetNote>,
    /// Old and new of each attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Members added, by name; at most [`MEMBERS_SHOWN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Members removed, by name; at most [`MEMBERS_SHOWN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// How many were added in all.
    #[serde(default)]
    pub added_count: usize,
    /// How many were removed in all.
    #[serde(default)]
    pub removed_count: usize,
    /// The requests made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestNote>,
}

impl Outcome {
    /// The success of what is about an application as a whole. `id` names it for good.
    pub fn of_application(
        application: &Application,
        id: String,
        event: EventName,
        reason: String,
        (actor, at): (Actor, Timestamp),
    ) -> Self {
        Self {
            id,
            at,
            actor,
            event,
            result: OutcomeResult::Success,
            action: Action::Configure,
            reason,
            security: false,
            application: application.id.clone(),
            application_name: application.name.clone(),
            target: None,
            changes: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            added_count: 0,
            removed_count: 0,
            requests: Vec::new(),
        }
    }

    /// The event of a configuration write. A version is written once, so its id is unique.
    pub fn of_configuration(
        application: &Application,
        event: EventName,
        reason: String,
        by: (Actor, Timestamp),
    ) -> Self {
        let id = format!("{}#configuration#{}", application.id, application.version);
        Self::of_application(application, id, event, reason, by)
    }
}

/// Most members an event names; the counts tell the rest.
pub const MEMBERS_SHOWN: usize = 50;

/// Who did something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Rollcall itself.
    #[default]
    System,
    /// A signed-in administrator, by his name.
    Administrator(String),
}

impl Actor {
    /// Whether it is Rollcall itself.
    pub fn is_system(&self) -> bool {
        *self == Self::System
    }

    /// As people know him.
    pub fn name(&self) -> &str {
        match self {
            Self::System => "Rollcall",
            Self::Administrator(name) => name,
        }
    }

    fn to_envelope(&self) -> serde_json::Value {
        match self {
            Self::System => json!({"type": "system", "key": null, "name": "Rollcall", "details": null}),
            Self::Administrator(name) => json!({"type": "admin", "key": name, "name": name, "details": null}),
        }
    }
}

/// The names of events, in the style of Duo's Activity Log, but ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventName {
    /// Provisioning configuration changed.
    #[serde(rename = "provisioning_config_update")]
    ConfigUpdate,
    /// Provisioning enabled.
    #[serde(rename = "provisioning_enable")]
    Enable,
    /// Provisioning disabled.
    #[serde(rename = "provisioning_disable")]
    Disable,
    /// A user was synchronised, or could not be.
    #[serde(rename = "provisioning_user_sync")]
    UserSync,
    /// A group was synchronised, or could not be.
    #[serde(rename = "provisioning_group_sync")]
    GroupSync,
}

/// `SUCCESS` or `FAILURE`, as Duo's log has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OutcomeResult {
    /// It is as wanted now.
    Success,
    /// It is not, and `reason` says why.
    Failure,
}

/// What was done to the counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Made.
    Create,
    /// Changed.
    Update,
    /// An account that was there before was linked.
    Adopt,
    /// Turned off.
    Deactivate,
    /// Turned on again.
    Reactivate,
    /// Deleted.
    Delete,
    /// Let go as it is.
    Release,
    /// Nothing could be done: a person or a value is missing.
    Hold,
    /// Somebody changed it at the target.
    Drift,
    /// The configuration was changed.
    Configure,
}

/// The object an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetNote {
    /// Our id.
    pub key: String,
    /// Users or groups.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its id at the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_id: Option<RemoteId>,
}

impl Outcome {
    /// The event in the envelope of Duo's Activity Log (DESIGN section 10), so that a parser for it reads ours. `details` are
    /// JSON in a string, as there.
    pub fn to_envelope(&self) -> serde_json::Value {
        let Self {
            id,
            at,
            actor,
            event,
            result,
            action,
            reason,
            application,
            application_name,
            target,
            changes,
            ..
        } = self;
        let details = json!({
            "action": action, "reason": reason, "security": self.security, "changes": changes,
            "members_added": self.added, "members_removed": self.removed,
            "members_added_count": self.added_count, "members_removed_count": self.removed_count,
            "requests": self.requests,
        });
        json!({
            "activity_id": id,
            "ts": at.to_string(),
            "action": {"name": event, "details": details.to_string()},
            "actor": actor.to_envelope(),
            "application": {"key": application, "name": application_name, "type": "provisioning"},
            "target": target.as_ref().map(|target| json!({
                "key": target.key, "name": target.name, "type": target.kind,
                "details": json!({"remote_id": target.remote_id}).to_string(),
            })),
            "old_target": null,
            "outcome": {"result": result, "reason": reason},
        })
    }
}
