//! Planning an import.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::order::{Turn, turns};
use super::pairing::{Named, pair};
use super::values::People;
use super::{ImportPlan, Namespace, Snapshot, Waiting};
use crate::directory::file::{DirectoryFile, Edit, FileUser};
use crate::directory::{Group, Status, User, UserRecord};
use crate::folding::folded;
use crate::ids::{GroupId, IdError, UserId};
use crate::ports::{GroupWrite, UserWrite};

/// What brings the directory from `snapshot` to what a complete file says: who is not in it is removed. If the file does
/// not speak of groups, groups and memberships stay.
///
/// # Errors
///
/// None that a sound snapshot can cause: an id could not be made.
pub fn plan(file: &DirectoryFile, snapshot: &Snapshot, namespace: Namespace) -> Result<ImportPlan, IdError> {
    let mut plan = ImportPlan {
        groups: Vec::new(),
        users: Vec::new(),
        departures: Vec::new(),
        deleted_users: Vec::new(),
        deleted_groups: Vec::new(),
        waiting: Vec::new(),
        circular: Vec::new(),
        refused: Vec::new(),
        users_after: HashMap::new(),
        groups_after: BTreeMap::new(),
    };
    let people = pair_users(file, snapshot);
    let groups = plan_groups(file, snapshot, namespace, &people, &mut plan)?;
    plan_users(file, snapshot, namespace, &people, &groups, &mut plan)?;
    Ok(plan)
}

/// The file's groups: each one's id, and which are not there before the removals.
struct Groups {
    ids: Vec<GroupId>,
    not_yet: HashSet<GroupId>,
}

fn pair_users(file: &DirectoryFile, snapshot: &Snapshot) -> HashMap<usize, UserId> {
    let lines: Vec<_> = file.users.iter().enumerate().map(|(key, user)| named(key, user)).collect();
    let there = snapshot.users.values().filter(|user| !user.deleting);
    let objects: Vec<_> = there
        .map(|user| Named { key: user.id.clone(), source_id: user.source_id.as_ref(), name: &user.username })
        .collect();
    pair(&lines, &objects)
}

fn named(key: usize, user: &FileUser) -> Named<'_, usize> {
    Named { key, source_id: user.source_id.as_ref(), name: &user.username }
}

fn plan_groups(
    file: &DirectoryFile,
    snapshot: &Snapshot,
    namespace: Namespace,
    people: &HashMap<usize, UserId>,
    plan: &mut ImportPlan,
) -> Result<Groups, IdError> {
    let lines: Vec<_> = file
        .groups
        .iter()
        .enumerate()
        .map(|(key, group)| Named { key, source_id: group.source_id.as_ref(), name: &group.name })
        .collect();
    let there = snapshot.groups.values().filter(|group| !group.deleting);
    let objects: Vec<_> = there
        .map(|group| Named { key: group.id.clone(), source_id: group.source_id.as_ref(), name: &group.name })
        .collect();
    let pairs = pair(&lines, &objects);

    let kept = kept_groups(file, snapshot, people);
    let named: HashSet<_> = pairs.values().collect();
    let gone = |group: &&Group| {
        group.deleting || (file.names_groups && !named.contains(&group.id) && !kept.contains(&group.id))
    };
    plan.deleted_groups = snapshot.groups.values().filter(gone).cloned().collect();
    let leaving: HashSet<_> = plan.deleted_groups.iter().map(|group| group.id.clone()).collect();

    let taken: HashSet<_> = snapshot.groups.keys().map(GroupId::as_str).collect();
    let mut writes = Vec::new();
    let mut ids = Vec::with_capacity(file.groups.len());
    for (index, line) in file.groups.iter().enumerate() {
        let old = pairs.get(&index).and_then(|id| snapshot.groups.get(id));
        let new = match old {
            Some(old) => Group {
                source_id: line.source_id.clone().or_else(|| old.source_id.clone()),
                // Where the file spells a name in several ways, the one in use stays.
                name: if line.also_spelt.contains(&old.name) { old.name.clone() } else { line.name.clone() },
                ..old.clone()
            },
            None => {
                let id = namespace.group(line.source_id.as_ref(), &line.name, &taken)?;
                Group { id, source_id: line.source_id.clone(), name: line.name.clone(), deleting: false }
            }
        };
        ids.push(new.id.clone());
        writes.push(GroupWrite { old: old.cloned(), new });
    }

    for group in snapshot.groups.values().filter(|group| !leaving.contains(&group.id)) {
        plan.groups_after.insert(group.id.clone(), group.clone());
    }
    for write in &writes {
        plan.groups_after.insert(write.new.id.clone(), write.new.clone());
    }

    let wanted = writes.iter().map(|write| (write.new.id.clone(), folded(&write.new.name))).collect();
    let bearers = snapshot.groups.values().map(|group| (folded(&group.name), group.id.clone())).collect();
    let turns = turns(&wanted, &bearers, &leaving);
    let mut not_yet = HashSet::new();
    for mut write in writes {
        let wave = wave(&turns, &write.new.id, &write.new.name, true, plan);
        if wave.is_none() {
            match &write.old {
                Some(old) => write.new.name.clone_from(&old.name),
                None => {
                    not_yet.insert(write.new.id);
                    continue;
                }
            }
        }
        if write.old.as_ref() != Some(&write.new) {
            put(&mut plan.groups, wave.unwrap_or(0), write);
        }
    }
    Ok(Groups { ids, not_yet })
}

/// Groups that somebody stays in because the file does not say his groups.
fn kept_groups(
    file: &DirectoryFile,
    snapshot: &Snapshot,
    people: &HashMap<usize, UserId>,
) -> HashSet<GroupId> {
    let silent = file.users.iter().enumerate().filter(|(_, user)| user.groups.is_none());
    let theirs = silent.filter_map(|(index, _)| snapshot.memberships.get(people.get(&index)?));
    theirs.flatten().cloned().collect()
}

fn plan_users(
    file: &DirectoryFile,
    snapshot: &Snapshot,
    namespace: Namespace,
    people: &HashMap<usize, UserId>,
    groups: &Groups,
    plan: &mut ImportPlan,
) -> Result<(), IdError> {
    let named: HashSet<_> = people.values().collect();
    plan.deleted_users = snapshot.users.values().filter(|user| !named.contains(&user.id)).cloned().collect();
    plan.deleted_users.sort_by(|a, b| a.id.cmp(&b.id));
    let leaving: HashSet<_> = plan.deleted_users.iter().map(|user| user.id.clone()).collect();
    let gone_groups: HashSet<_> = plan.deleted_groups.iter().map(|group| group.id.clone()).collect();

    let taken: HashSet<_> = snapshot.users.keys().map(UserId::as_str).collect();
    let mut finals = Vec::with_capacity(file.users.len());
    for (index, line) in file.users.iter().enumerate() {
        let old = people.get(&index).and_then(|id| snapshot.users.get(id));
        let id = match old {
            Some(old) => old.id.clone(),
            None => namespace.user(line.source_id.as_ref(), &line.username, &taken)?,
        };
        let have = old.and_then(|old| snapshot.memberships.get(&old.id)).cloned().unwrap_or_default();
        let want: BTreeSet<_> = match &line.groups {
            Some(indexes) => indexes.iter().map(|index| groups.ids[*index].clone()).collect(),
            None => have.difference(&gone_groups.iter().cloned().collect()).cloned().collect(),
        };
        finals.push((old.cloned(), laid_over(line, id, old), have, want));
    }
    let everybody = People::of(finals.iter().map(|(_, new, ..)| new));
    for (line, (old, new, _, want)) in file.users.iter().zip(&mut finals) {
        plan.refused.extend(everybody.conform(line, new, old.as_ref(), &snapshot.attributes));
        plan.users_after.insert(new.id.clone(), UserRecord { user: Some(new.clone()), groups: want.clone() });
    }

    let wanted = finals.iter().map(|(_, new, ..)| (new.id.clone(), folded(&new.username))).collect();
    let bearers = snapshot.users.values().map(|user| (folded(&user.username), user.id.clone())).collect();
    let turns = turns(&wanted, &bearers, &leaving);
    for (old, mut new, have, want) in finals {
        let wave = wave(&turns, &new.id, &new.username, false, plan);
        if wave.is_none() {
            match &old {
                Some(old) => new.username.clone_from(&old.username),
                None => continue,
            }
        }
        let wave = wave.unwrap_or(0);
        let join: BTreeSet<_> =
            want.difference(&have).filter(|group| !groups.not_yet.contains(group)).cloned().collect();
        let leave: BTreeSet<_> = have.difference(&want).cloned().collect();
        let disabled =
            old.as_ref().is_some_and(|old| old.status == Status::Active) && new.status == Status::Disabled;
        let added = if disabled { User { status: Status::Active, ..new.clone() } } else { new.clone() };
        if disabled || !leave.is_empty() {
            plan.departures.push(UserWrite { old: Some(added.clone()), new, join: BTreeSet::new(), leave });
        }
        if old.as_ref() != Some(&added) || !join.is_empty() {
            put(&mut plan.users, wave, UserWrite { old, new: added, join, leave: BTreeSet::new() });
        }
    }
    Ok(())
}

/// What the line makes of the user.
pub(in crate::directory) fn laid_over(line: &FileUser, id: UserId, old: Option<&User>) -> User {
    let over = |edit: &Edit<String>, part: fn(&User) -> &Option<String>| {
        edit.over(old.and_then(|old| part(old).clone()))
    };
    let mut custom = old.map(|old| old.custom.clone()).unwrap_or_default();
    for (name, edit) in &line.custom {
        match edit {
            Edit::Keep => {}
            Edit::Set(value) => {
                custom.insert(name.clone(), value.clone());
            }
            Edit::Clear => {
                custom.remove(name);
            }
        }
    }
    User {
        id,
        // An id of the source, once known, stays: a line without one is silent about it.
        source_id: line.source_id.clone().or_else(|| old.and_then(|old| old.source_id.clone())),
        username: line.username.clone(),
        email: over(&line.email, |user| &user.email),
        first_name: over(&line.first_name, |user| &user.first_name),
        last_name: over(&line.last_name, |user| &user.last_name),
        display_name: over(&line.display_name, |user| &user.display_name),
        status: line.status.or(old.map(|old| old.status)).unwrap_or_default(),
        custom,
        deleting: false,
    }
}

/// In which wave somebody takes the name he wants; `None`, noted in the plan, where he cannot yet.
fn wave<O: std::hash::Hash + Eq>(
    turns: &HashMap<O, Turn>,
    who: &O,
    name: &str,
    is_group: bool,
    plan: &mut ImportPlan,
) -> Option<usize> {
    match turns.get(who) {
        Some(Turn::Waits) => {
            plan.waiting.push(Waiting { name: name.to_owned(), is_group });
            None
        }
        Some(Turn::Circular) => {
            plan.circular.push(name.to_owned());
            None
        }
        Some(Turn::Wave(wave)) => Some(*wave),
        None => Some(0),
    }
}

fn put<T>(waves: &mut Vec<Vec<T>>, wave: usize, write: T) {
    if waves.len() <= wave {
        waves.resize_with(wave + 1, Vec::new);
    }
    waves[wave].push(write);
}
