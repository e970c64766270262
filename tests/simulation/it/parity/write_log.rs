//! A preview's rows held against what the target's own write log shows of the run after it.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::link::{Link, Object};
use provisioning::preview::{PreviewRow, RowAction};
use provisioning::value::Value;

use super::deeds::without_manager;
use crate::effect::{Effect, Sum};
use crate::target::MANAGER;
use crate::world::World;

/// What the target's own write log, from so many writes on, made of each user and group that has a link. A write about anything else
/// stands under the id it was about.
pub(super) fn written(world: &World, from: usize) -> BTreeMap<String, Sum> {
    let state = world.memory.state();
    let contents = world.service.contents();
    let mut by_object: BTreeMap<String, Vec<Effect>> = BTreeMap::new();
    for effect in &contents.effects[from..] {
        let is_his = |link: &&Link| {
            link.key.object.kind() == effect.kind
                && link.remote_id.as_ref().is_some_and(|id| id.as_str() == effect.id)
        };
        let link = state.links.values().find(is_his);
        let object = link.map(|link| format!("{} {}", effect.kind, link.key.object.id()));
        by_object.entry(object.unwrap_or_else(|| effect.id.clone())).or_default().push(effect.clone());
    }
    by_object.into_iter().map(|(object, effects)| (object, Sum::of(&effects))).collect()
}

/// By every name that a preview may call whom an account is of.
pub(super) fn names(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let state = world.memory.state();
    let users = state.links.values().filter_map(|link| match (&link.key.object, &link.remote_id) {
        (Object::User(user), Some(remote_id)) => {
            let name = state.users.get(user).map(|user| user.username.clone());
            let sent = link.sent.get(&"userName".parse().unwrap()).map(ToString::to_string);
            Some((
                remote_id.to_string(),
                [Some(user.to_string()), name, sent].into_iter().flatten().collect(),
            ))
        }
        _ => None,
    });
    users.collect()
}

/// Whom a row says to be named as the manager at the end: by his account's id, or, where that is still to come, by his own;
/// `Some(None)` where none is.
fn said_manager(row: &PreviewRow) -> Option<Option<String>> {
    let follows = row.follows.first().map(|follows| Some(follows.user.to_string()));
    let changes = || row.changes.iter().rfind(|change| change.attribute.to_string() == MANAGER);
    follows.or_else(|| {
        let change = changes().filter(|change| change.old != change.new)?;
        Some(match &change.new {
            Some(Value::Text(account)) => Some(account.clone()),
            _ => None,
        })
    })
}

/// Whether the account that the target shows as the manager's now is the one that was said; neither, where nothing was.
fn is_managed_by(
    said: Option<&Option<String>>,
    shown: Option<(Option<String>, Option<String>)>,
    names: &BTreeMap<String, BTreeSet<String>>,
) -> bool {
    match (said, shown) {
        (None, None) => true,
        (Some(None), Some((_, shown))) => shown.is_none(),
        (Some(Some(said)), Some((_, Some(shown)))) => {
            let account = shown.trim_matches('"');
            said == account || names.get(account).is_some_and(|names| names.contains(said))
        }
        _ => false,
    }
}

/// Whether anything is to be written: of the others a person decides, or it is only noted.
pub(super) fn writes_something(row: &PreviewRow) -> bool {
    let acts = !matches!(row.action, RowAction::Conflict | RowAction::Blocked);
    let changes = row.changes.iter().any(|change| change.old != change.new);
    let members = row.added.count + row.removed.count > 0;
    acts && (changes || members || row.action == RowAction::Delete)
}

/// About whom a row is.
pub(super) fn about(row: &PreviewRow) -> String {
    format!("{} {}", row.object.kind(), row.object.id())
}

/// Of whom a preview's rows and what the target's write log shows of the run after it are not the same, and how.
pub(super) fn unlike(
    rows: &[PreviewRow],
    written: &BTreeMap<String, Sum>,
    names: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<String, String> {
    let mut said: BTreeMap<String, &PreviewRow> = rows.iter().map(|row| (about(row), row)).collect();
    let named = |ids: &BTreeSet<String>, said: &BTreeSet<String>| {
        let known = |id: &String| names.get(id).is_some_and(|names| !names.is_disjoint(said));
        ids.len() == said.len() && ids.iter().all(known)
    };
    let mut unlike = BTreeMap::new();
    for (object, sum) in written {
        let Some(row) = said.remove(object) else {
            unlike.insert(object.clone(), format!("{object}: nothing was said, and written was {sum:?}"));
            continue;
        };
        let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
        let changes = without_manager(&row.changes).into_iter().filter(|change| change.old != change.new);
        let changes: BTreeMap<_, _> = changes
            .map(|change| (change.attribute.to_string(), (text(&change.old), text(&change.new))))
            .collect();
        let mut shows = sum.changes.clone();
        let managed = is_managed_by(said_manager(row).as_ref(), shows.remove(MANAGER), names);
        let members = |said: &[String]| said.iter().cloned().collect::<BTreeSet<_>>();
        let is_same = (row.action == RowAction::Create) == sum.made
            && (row.action == RowAction::Delete) == sum.deleted
            && (sum.deleted || (changes == shows && managed))
            && (sum.deleted || named(&sum.added, &members(&row.added.names)))
            && (sum.deleted || named(&sum.removed, &members(&row.removed.names)));
        if !is_same {
            unlike.insert(object.clone(), format!("{object}: said was {row:?}\n  and written {sum:?}"));
        }
    }
    let silent = said.into_iter().filter(|(_, row)| writes_something(row));
    unlike.extend(silent.map(|(object, row)| (object, format!("said was {row:?}, and nothing was written"))));
    unlike
}
