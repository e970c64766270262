//! An event of the activity log, as it is held against the target's log.

use std::collections::BTreeMap;
use std::fmt;

use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::target::Kind;

use crate::chance::SimulatedClock;

/// What an event says of one user or group.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: u64,
    pub kind: Kind,
    pub key: String,
    pub remote_id: Option<String>,
    pub action: Action,
    pub succeeded: bool,
    pub reason: String,
    /// Old and new of each attribute.
    pub changes: BTreeMap<String, (Option<String>, Option<String>)>,
    /// Members by name.
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// A request to write was refused for good.
    pub refused: bool,
    /// The requests that wrote: method and path.
    pub written: Vec<(String, String)>,
}

/// The events about users and groups in their order.
pub fn all(log: &BTreeMap<String, Outcome>) -> Vec<Event> {
    let mut events: Vec<Event> = log.values().filter_map(Event::of).collect();
    events.sort_by_key(|event| event.at);
    events
}

impl Event {
    /// `None`: it is about the application as a whole.
    fn of(outcome: &Outcome) -> Option<Self> {
        let target = outcome.target.as_ref()?;
        let text = |value: &Option<provisioning::value::Value>| value.as_ref().map(ToString::to_string);
        let changes = outcome.changes.iter();
        let changes = changes
            .map(|change| (change.attribute.to_string(), (text(&change.old), text(&change.new))))
            .collect();
        let writes = outcome.requests.iter().filter(|note| note.method != "GET");
        let refused = writes.clone().any(|note| matches!(note.status, Some(400..=428)));
        let written = writes.filter(|note| note.status == Some(200));
        Some(Self {
            at: SimulatedClock::millis_at(outcome.at),
            kind: target.kind,
            key: target.key.clone(),
            remote_id: target.remote_id.as_ref().map(ToString::to_string),
            action: outcome.action,
            succeeded: outcome.result == OutcomeResult::Success,
            reason: outcome.reason.clone(),
            changes,
            refused,
            added: outcome.added.clone(),
            removed: outcome.removed.clone(),
            written: written.map(|note| (note.method.clone(), note.path.clone())).collect(),
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind, key, action, reason, .. } = self;
        let how = if self.succeeded { "well" } else { "not" };
        let remote_id = self.remote_id.as_deref().unwrap_or("none");
        write!(f, "{at} told of {kind} {key} ({remote_id}): {action:?} {how}: {reason}")?;
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
        for (name, (old, new)) in &self.changes {
            write!(f, " {name}={} -> {}", shown(old), shown(new))?;
        }
        self.added.iter().try_for_each(|name| write!(f, " +{name}"))?;
        self.removed.iter().try_for_each(|name| write!(f, " -{name}"))?;
        self.written.iter().try_for_each(|(method, path)| write!(f, " {method} {path}"))
    }
}
