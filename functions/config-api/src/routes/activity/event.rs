//! An event as it is shown, and the words by which events are filtered.

use provisioning::activity::{EventName, Outcome, OutcomeResult};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use utoipa::PartialSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};

/// An event in the envelope of Duo's Activity Log.
#[derive(Debug, Clone)]
pub struct Event(pub Outcome);

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_envelope().serialize(serializer)
    }
}

impl PartialSchema for Event {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let time = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        let object = |names: &[&str]| {
            names
                .iter()
                .fold(ObjectBuilder::new().schema_type(Type::Object), |object, name| object.required(*name))
        };
        let action = object(&["name", "details"]).property("name", WireEventName::schema()).property(
            "details",
            text().description(Some("JSON in a string: action, reason, changes, members, requests")),
        );
        let outcome = object(&["result", "reason"])
            .property("result", WireResult::schema())
            .property("reason", text().min_length(Some(1)));
        object(&["activity_id", "ts", "action", "actor", "application", "target", "outcome"])
            .property("outcome", outcome)
            .property("activity_id", text().description(Some("The same event has the same id, however often it is read")))
            .property("ts", time)
            .property("action", action)
            .property("actor", object(&["type", "name"]).property("type", text()).property("name", text()))
            .property("application", object(&["key", "name"]).property("key", text()).property("name", text()))
            .description(Some("An event, in the envelope of Duo's Activity Log. `target` is null for the application as a whole"))
            .examples([json!({"activity_id": "crm#user#4711:7", "ts": "2026-11-23T10:00:00Z",
                "action": {"name": "provisioning_user_sync", "details": "{\"action\":\"update\"}"},
                "actor": {"type": "system", "key": null, "name": "Rollcall", "details": null},
                "application": {"key": "crm", "name": "CRM", "type": "provisioning"}, "target": null, "old_target": null,
                "outcome": {"result": "SUCCESS", "reason": "title changed"}})])
            .into()
    }
}

impl utoipa::ToSchema for Event {}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum WireResult {
    /// It is as wanted now.
    Success,
    /// It is not.
    Failure,
}

impl From<WireResult> for OutcomeResult {
    fn from(result: WireResult) -> Self {
        match result {
            WireResult::Success => Self::Success,
            WireResult::Failure => Self::Failure,
        }
    }
}

/// The names of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum WireEventName {
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

impl From<WireEventName> for EventName {
    fn from(name: WireEventName) -> Self {
        match name {
            WireEventName::ConfigUpdate => Self::ConfigUpdate,
            WireEventName::Enable => Self::Enable,
            WireEventName::Disable => Self::Disable,
            WireEventName::UserSync => Self::UserSync,
            WireEventName::GroupSync => Self::GroupSync,
        }
    }
}
