//! The activity log as a ledger: replayed from its first event it must end in what the target shows, and it must not
//! tell of more writes than the target saw.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::target::{Change, Kind};
use provisioning::value::Value;

/// What the log says there is.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<String, Account>,
    groups: BTreeMap<String, Group>,
    /// Events that tell of a write, by kind.
    pub told: BTreeMap<Kind, usize>,
}

#[derive(Debug, Default)]
struct Account {
    name: String,
    title: String,
    active: bool,
}

#[derive(Debug, Default)]
struct Group {
    name: String,
    members: BTreeSet<String>,
}

impl Ledger {
    /// Replays events, oldest first.
    pub fn replay(events: &[Outcome], case: &str) -> Self {
        let mut ledger = Self::default();
        let mut ids = BTreeSet::new();
        for event in events {
            assert!(ids.insert(&event.id), "{case}: the event {} is there twice", event.id);
            assert!(!event.reason.is_empty(), "{case}: {event:?} has no reason");
            if event.result == OutcomeResult::Success {
                ledger.take(event);
            }
        }
        ledger
    }

    fn take(&mut self, event: &Outcome) {
        let Some(target) = &event.target else { return };
        if event.requests.iter().any(|request| request.method != "GET") {
            *self.told.entry(target.kind).or_default() += 1;
        }
        match target.kind {
            Kind::User if event.action == Action::Delete => {
                self.accounts.remove(&target.key);
            }
            Kind::User => {
                let account = self.accounts.entry(target.key.clone()).or_default();
                if account.name.is_empty() {
                    account.name.clone_from(&target.name);
                }
                event.changes.iter().for_each(|change| account.take(change));
            }
            Kind::Group => {
                let group = self.groups.entry(target.key.clone()).or_default();
                let renamed =
                    event.changes.iter().find(|change| change.attribute.to_string() == "displayName");
                if let Some(Value::Text(name)) = renamed.and_then(|change| change.new.as_ref()) {
                    group.name.clone_from(name);
                }
                group.members.extend(event.added.iter().cloned());
                for name in &event.removed {
                    group.members.remove(name);
                }
            }
        }
    }

    /// Titles of accounts by name; `None` where the account is off.
    pub fn accounts(&self) -> BTreeMap<String, Option<String>> {
        let titles = self.accounts.values();
        titles.map(|account| (account.name.clone(), account.active.then(|| account.title.clone()))).collect()
    }

    /// Members of groups by name.
    pub fn members(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.groups.values().map(|group| (group.name.clone(), group.members.clone())).collect()
    }
}

impl Account {
    fn take(&mut self, change: &Change) {
        let text = || match &change.new {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        match change.attribute.to_string().as_str() {
            "userName" => self.name = text(),
            "title" => self.title = text(),
            "active" => self.active = change.new == Some(Value::Boolean(true)),
            _ => {}
        }
    }
}

/// The events, a line each.
pub fn shown(events: &[Outcome]) -> String {
    let line = |event: &Outcome| {
        let changes: Vec<_> = event.changes.iter().map(ToString::to_string).collect();
        let requests = event.requests.iter().map(|request| format!("{} {}", request.method, request.path));
        let requests: Vec<_> = requests.collect();
        let name = event.target.as_ref().map_or("", |target| &target.name);
        let Outcome { result, action, added, removed, reason, .. } = event;
        format!("{result:?} {action:?} {name}: {changes:?} +{added:?} -{removed:?} {requests:?} {reason}\n")
    };
    events.iter().map(line).collect()
}
