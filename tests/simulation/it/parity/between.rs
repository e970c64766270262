//! Somebody changes users, groups, memberships or the selection between a preview and the run after it: exactly what he changed
//! is written otherwise than the preview said, and a preview made after it says all of it.

use std::collections::BTreeSet;

use provisioning::ids::{GroupId, UserId};
use provisioning::target::Kind;

use super::deeds::{Deed, Deeds, differing, previewed, shown};
use super::write_log::{about, names, unlike, writes_something, written};
use super::{Course, SEEDS, about_to_be_enabled, preview, rows, run};
use crate::history::{Act, GROUPS};
use crate::seeds::simulated;
use crate::world::World;

#[test]
fn where_something_changed_in_between_exactly_what_was_changed_differs() {
    let (mut users, mut groups) = (0, 0);
    for seed in 0..SEEDS {
        simulated(async {
            let (world, mut oracle, mut course) = about_to_be_enabled(seed).await;
            preview(&world, "p1").await;
            let first = rows(&world, "p1").await;
            let mut touched = Touched::default();
            for _ in 0..1 + course.chance.below(3) {
                let act = course.between();
                touched.note(&world, &act);
                world.act(&act, &mut oracle).await;
                touched.note(&world, &act);
            }
            preview(&world, "p2").await;
            let second = rows(&world, "p2").await;
            let before = world.service.contents().effects.len();
            run(&world).await;
            let (written, names) = (written(&world, before), names(&world));
            let wrong = unlike(&second, &written, &names);
            assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
            let differ: BTreeSet<String> = unlike(&first, &written, &names).into_keys().collect();
            // What only a person is to decide about is not written either way.
            let both = || first.iter().chain(&second);
            let writes = |object: &String| both().any(|row| about(row) == *object && writes_something(row));
            let (said, said_again) = (previewed(&world, &first), previewed(&world, &second));
            let mut changed = differing(&as_written(&said), &as_written(&said_again));
            changed.retain(writes);
            assert_eq!(differ, changed, "seed {seed}: {}", shown(&said, &said_again, &changed));
            let strangers: Vec<_> =
                differ.iter().filter(|object| !touched.is_touched(object, &[&said, &said_again])).collect();
            assert!(strangers.is_empty(), "seed {seed}: nobody changed {strangers:?}");
            users += differ.iter().filter(|object| object.starts_with("user")).count();
            groups += differ.len();
        });
    }
    groups -= users;
    assert!(users > 50 && groups > 50, "only {users} users and {groups} groups differed");
}

/// What of it a target's log shows: not why, nor what the requests amount to.
fn as_written(deeds: &Deeds) -> Deeds {
    let shown = |deed: &Deed| {
        let tells = ["Create", "Delete"].contains(&deed.action.as_str());
        let action = if tells { deed.action.clone() } else { String::new() };
        Deed { action, reason: String::new(), ..deed.clone() }
    };
    deeds.iter().map(|(object, deed)| (object.clone(), shown(deed))).collect()
}

impl Course {
    /// Something about a user, a group, or which groups are selected.
    fn between(&mut self) -> Act {
        let group = self.chance.below(GROUPS);
        match self.chance.below(8) {
            0 => Act::RenameGroup { group, name: self.name(Kind::Group, group) },
            1 => Act::DeleteGroup { group },
            2 => Act::CreateGroup { group, name: self.name(Kind::Group, group) },
            3 => self.select(),
            _ => self.of_user().1,
        }
    }
}

/// Users and groups that were changed, and every name that the users bore.
#[derive(Default)]
struct Touched {
    objects: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Touched {
    /// Whom an act is about.
    fn note(&mut self, world: &World, act: &Act) {
        match act {
            Act::RenameGroup { group, .. } | Act::CreateGroup { group, .. } | Act::DeleteGroup { group } => {
                self.note_group(world, &format!("g{group}").parse().unwrap());
            }
            Act::Select { groups } => {
                let chosen: BTreeSet<GroupId> =
                    groups.iter().map(|group| format!("g{group}").parse().unwrap()).collect();
                let selection = world.memory.state().configured(&world.application).unwrap().selection;
                for group in chosen.symmetric_difference(&selection.groups.iter().cloned().collect()) {
                    self.note_group(world, group);
                }
            }
            Act::Hire { user, .. }
            | Act::Rename { user, .. }
            | Act::Retitle { user, .. }
            | Act::Disable { user }
            | Act::Enable { user }
            | Act::Delete { user }
            | Act::Leave { user, .. }
            | Act::Join { user, .. }
            | Act::Report { user, .. } => self.note_user(world, &format!("u{user}").parse().unwrap()),
            other => panic!("nobody does {other:?} in between"),
        }
    }

    fn note_group(&mut self, world: &World, group: &GroupId) {
        self.objects.insert(format!("group {group}"));
        let memberships = world.memory.state().memberships.clone();
        for (_, user) in memberships.iter().filter(|(of, _)| of == group) {
            self.note_user(world, user);
        }
    }

    fn note_user(&mut self, world: &World, user: &UserId) {
        let state = world.memory.state();
        let his = state.memberships.iter().filter(|(_, member)| member == user);
        self.objects.extend(his.map(|(group, _)| format!("group {group}")));
        self.objects.insert(format!("user {user}"));
        self.names.insert(user.to_string());
        self.names.extend(state.users.get(user).map(|user| user.username.clone()));
    }

    /// Whether the object was changed, or is a group that gains or loses somebody who was, or has him as his manager: his account
    /// may be in a group at the target that he is not in here.
    fn is_touched(&self, object: &String, deeds: &[&Deeds]) -> bool {
        let names_him = |deed: &Deed| {
            deed.added.union(&deed.removed).chain(&deed.manager).any(|name| self.names.contains(name))
        };
        self.objects.contains(object) || deeds.iter().filter_map(|deeds| deeds.get(object)).any(names_him)
    }
}
