//! What is done to each object, as a preview says it and as events tell it.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::preview::{PreviewRow, RowAction};
use provisioning::target::{Change, Kind};
use provisioning::value::Value;

use crate::target::MANAGER;
use crate::world::World;

/// What is done to one object, however many requests it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Deed {
    pub(super) action: String,
    pub(super) changes: BTreeSet<String>,
    /// Whose account is named as his manager's at the end, where that is sent.
    pub(super) manager: Option<String>,
    pub(super) reason: String,
    pub(super) added: BTreeSet<String>,
    pub(super) removed: BTreeSet<String>,
}

pub(super) type Deeds = BTreeMap<String, Deed>;

fn texts(changes: &[Change]) -> BTreeSet<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// Changes of anything but the manager: his id may come in a request of its own.
pub(super) fn without_manager(changes: &[Change]) -> Vec<Change> {
    changes.iter().filter(|change| change.attribute.to_string() != MANAGER).cloned().collect()
}

/// Who a manager's account belongs to; nobody where it is cleared.
fn manager(world: &World, changes: &[Change]) -> Option<String> {
    let change = changes.iter().rfind(|change| change.attribute.to_string() == MANAGER)?;
    let Some(Value::Text(account)) = &change.new else { return Some("nobody".into()) };
    let state = world.memory.state();
    let owner =
        state.owners.iter().find(|((_, _, kind, id), _)| *kind == Kind::User && id.as_str() == account);
    Some(owner.map_or_else(|| account.clone(), |(_, key)| key.object.id().to_owned()))
}

pub(super) fn previewed(world: &World, rows: &[PreviewRow]) -> Deeds {
    let deed = |row: &PreviewRow| Deed {
        action: match row.action {
            RowAction::Conflict | RowAction::Blocked => "Hold".to_owned(),
            action => format!("{action:?}"),
        },
        changes: texts(&without_manager(&row.changes)),
        manager: row
            .follows
            .first()
            .map(|follows| follows.user.to_string())
            .or_else(|| manager(world, &row.changes)),
        reason: row.reason.clone().unwrap_or_default(),
        added: row.added.names.iter().cloned().collect(),
        removed: row.removed.names.iter().cloned().collect(),
    };
    rows.iter().map(|row| (format!("{} {}", row.object.kind(), row.object.id()), deed(row))).collect()
}

/// The events about one object as one deed: a group is made or let go, and its members follow in requests of their own.
pub(super) fn told(world: &World, events: &[Outcome]) -> Deeds {
    let mut deeds = Deeds::new();
    // What was seen to be changed at the target is told, and is nothing that is done.
    for event in events.iter().filter(|event| event.action != Action::Drift) {
        let Some(target) = &event.target else { continue };
        let deed = deeds.entry(format!("{} {}", target.kind, target.key)).or_default();
        if deed.action.is_empty() || event.action != Action::Update {
            deed.action = format!("{:?}", event.action);
        }
        if event.result == OutcomeResult::Failure {
            deed.reason.clone_from(&event.reason);
        }
        deed.changes.extend(texts(&without_manager(&event.changes)));
        deed.manager = manager(world, &event.changes).or(deed.manager.take());
        deed.added.extend(event.added.iter().cloned());
        deed.removed.extend(event.removed.iter().cloned());
    }
    deeds
}

/// Whose deeds are not the same.
pub(super) fn differing(one: &Deeds, other: &Deeds) -> BTreeSet<String> {
    let objects: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    objects.into_iter().filter(|object| one.get(*object) != other.get(*object)).cloned().collect()
}

pub(super) fn shown(one: &Deeds, other: &Deeds, objects: &BTreeSet<String>) -> String {
    let line = |object: &String| {
        format!("{object}\n  previewed {:?}\n  done      {:?}\n", one.get(object), other.get(object))
    };
    objects.iter().map(line).collect()
}
