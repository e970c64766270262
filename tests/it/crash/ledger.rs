//! The activity log as a ledger: replayed from its first event, it must end in what the target shows, and it must not
//! tell of more writes than the target saw.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::target::Kind;
use provisioning::value::Value;

use crate::world::World;

pub async fn check_ledger(world: &World, case: &str) {
    let events = world.events().await;
    let mut titles: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut told: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for event in &events {
        assert!(ids.insert(&event.id), "{case}: the event {} is there twice", event.id);
        assert!(!event.reason.is_empty(), "{case}: {event:?} has no reason");
        let Some(target) = event.target.as_ref().filter(|_| event.result == OutcomeResult::Success) else {
            continue;
        };
        let writes = event.requests.iter().filter(|request| request.method != "GET").count();
        if writes > 0 {
            *told.entry(target.kind).or_default() += 1;
        }
        match target.kind {
            Kind::User => {
                let title = titles.entry(target.key.clone()).or_default();
                for change in event.changes.iter().filter(|change| change.attribute.to_string() == "title") {
                    *title = match &change.new {
                        Some(Value::Text(new)) => Some(new.clone()),
                        _ => None,
                    };
                }
                if event.action == Action::Deactivate {
                    *title = None;
                }
                if event.action == Action::Delete {
                    titles.remove(&target.key);
                }
            }
            Kind::Group => {
                let group = members.entry(target.key.clone()).or_default();
                group.extend(event.added.iter().cloned());
                event.removed.iter().for_each(|name| {
                    group.remove(name);
                });
            }
        }
    }
    let shown = world.accounts();
    assert_eq!(
        titles,
        shown,
        "{case}: the log tells another story than the target\n{}",
        shown_events(&events)
    );
    let keys: BTreeMap<&str, &str> = [("Sales", "sales"), ("Engineering", "eng"), ("Engines", "eng")].into();
    let shown: BTreeMap<String, BTreeSet<String>> = world
        .memberships()
        .into_iter()
        .map(|(name, members)| (keys[name.as_str()].to_owned(), members))
        .collect();
    assert_eq!(
        members,
        shown,
        "{case}: the log tells other members than the target\n{}",
        shown_events(&events)
    );
    let writes = world.writes();
    for (kind, path) in [(Kind::User, "/Users"), (Kind::Group, "/Groups")] {
        let seen = writes.iter().filter(|write| write.contains(path)).count();
        let told = told.get(&kind).copied().unwrap_or_default();
        assert!(told <= seen, "{case}: {told} writes of {kind}s are told and {seen} were made\n{writes:#?}");
    }
}

/// The events, a line each.
fn shown_events(events: &[Outcome]) -> String {
    let line = |event: &Outcome| {
        let changes: Vec<_> = event.changes.iter().map(ToString::to_string).collect();
        let requests: Vec<_> =
            event.requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
        let name = event.target.as_ref().map_or("", |target| &target.key);
        let (added, removed) = (&event.added, &event.removed);
        format!(
            "{:?} {:?} {name}: {changes:?} +{added:?} -{removed:?} {requests:?} {}\n",
            event.result, event.action, event.reason
        )
    };
    events.iter().map(line).collect()
}
