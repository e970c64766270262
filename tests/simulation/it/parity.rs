//! What a preview says is what then happens: its rows against the target's own write log and against the events of the run after it,
//! object by object, for histories from seeds. Where somebody changes something in between, exactly what he changed differs.
//!
//! The weather is calm, and nobody takes a name that another has at the target: what a target refuses, a preview cannot know.

mod between;
mod deeds;
mod fuse;
mod write_log;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use provisioning::activity::Outcome;
use provisioning::directory::Status;
use provisioning::ids::JobId;
use provisioning::link::{Link, Object, State};
use provisioning::preview::{self, PreviewJob, PreviewRow};
use provisioning::target::Kind;

use deeds::{Deed, Deeds, differing, previewed, shown, told};
use write_log::{names, unlike, written};

use crate::chance::Chance;
use crate::history::{Act, GROUPS, History, Rules, USERS};
use crate::oracle::{Circle, Oracle};
use crate::seeds::simulated;
use crate::weather::Climate;
use crate::world::World;

const SEEDS: u64 = 100;
const HOUR: Duration = Duration::from_secs(3_600);

/// A history in which every name is taken once.
struct Course {
    chance: Chance,
    /// How often each user and each group was given a name.
    names: BTreeMap<(Kind, u64), u64>,
    managers: bool,
}

impl Course {
    fn name(&mut self, kind: Kind, number: u64) -> u64 {
        let given = self.names.entry((kind, number)).or_default();
        *given += 1;
        number + 100 * (*given - 1)
    }

    fn groups(&self) -> BTreeSet<u64> {
        (0..GROUPS).filter(|_| self.chance.hits(4_500)).collect()
    }

    fn manager(&self) -> Option<u64> {
        self.chance.hits(8_500).then(|| self.chance.below(USERS))
    }

    fn hire(&mut self, user: u64) -> Act {
        let name = self.name(Kind::User, user);
        Act::Hire { user, name, title: self.chance.below(4), groups: self.groups() }
    }

    fn first(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        for name in 0..self.chance.below(4) {
            let (external_id, active) = (self.chance.hits(3_000), self.chance.hits(8_000));
            acts.push(Act::Stranger { name, external_id, active });
        }
        for group in 0..GROUPS {
            let name = self.name(Kind::Group, group);
            acts.push(Act::CreateGroup { group, name });
        }
        for user in 0..2 + self.chance.below(USERS - 2) {
            acts.push(self.hire(user));
            acts.push(Act::Report { user, manager: self.manager() });
        }
        acts.push(self.select());
        acts
    }

    fn select(&self) -> Act {
        let mut groups = self.groups();
        groups.insert(self.chance.below(GROUPS));
        Act::Select { groups }
    }

    /// Something about one user.
    fn of_user(&mut self) -> (u64, Act) {
        let user = self.chance.below(USERS);
        let group = self.chance.below(GROUPS);
        let act = match self.chance.below(if self.managers { 10 } else { 8 }) {
            0 => self.hire(user),
            1 => Act::Rename { user, name: self.name(Kind::User, user) },
            2 => Act::Retitle { user, title: self.chance.below(40) },
            3 => Act::Disable { user },
            4 => Act::Enable { user },
            5 => Act::Delete { user },
            6 => Act::Leave { user, group },
            7 => Act::Join { user, group },
            _ => Act::Report { user, manager: self.manager() },
        };
        (user, act)
    }

    /// Something about anything.
    fn any(&mut self) -> Act {
        let group = self.chance.below(GROUPS);
        match self.chance.below(12) {
            0 => Act::RenameGroup { group, name: self.name(Kind::Group, group) },
            1 => Act::DeleteGroup { group },
            2 => Act::CreateGroup { group, name: self.name(Kind::Group, group) },
            3 => self.select(),
            4 => Act::ExcludeGroups { exclude: self.chance.hits(4_000) },
            5 => Act::Govern { rules: Rules { grace_seconds: 0, ..Rules::of(&self.chance) } },
            _ => self.of_user().1,
        }
    }
}

/// A world that is about to be enabled: for the first time, or again after changes that nobody carried out.
async fn about_to_be_enabled(seed: u64) -> (World, Oracle, Course) {
    let managers = seed % 2 == 1;
    let mut course = Course { chance: Chance::of(seed ^ 0xfa17), names: BTreeMap::new(), managers };
    let members_per_request = [1, 2, 100][(seed % 3) as usize];
    let history = History { acts: Vec::new(), members_per_request, managers, interference: false };
    let world = World::new(seed, &history).await;
    world.climate.set(Climate::CALM);
    let mut oracle = Oracle::new();
    world.start();
    for act in course.first() {
        world.act(&act, &mut oracle).await;
    }
    if course.chance.hits(7_000) {
        a_group_that_was_there_before(&world);
    }
    if course.chance.hits(6_000) {
        world.act(&Act::SwitchOn, &mut oracle).await;
        tokio::time::sleep(HOUR).await;
        world.act(&Act::SwitchOff, &mut oracle).await;
        for _ in 0..6 + course.chance.below(10) {
            let act = course.any();
            world.act(&act, &mut oracle).await;
        }
        tokio::time::sleep(HOUR).await;
    }
    (world, oracle, course)
}

/// Somebody made a group at the target, with accounts that were there.
fn a_group_that_was_there_before(world: &World) {
    let mut contents = world.service.contents();
    let members = contents.accounts.keys().cloned().collect();
    let id = contents.next_id();
    let circle = Circle { name: "Group 0".into(), members, ..Circle::default() };
    contents.groups.insert(id, circle);
}

async fn preview(world: &World, id: &str) -> Deeds {
    let (tables, id): (_, JobId) = (&world.setup.tables, id.parse().unwrap());
    let configured = tables.applications.load(&world.application).await.unwrap().unwrap();
    let (bell, clock) = (world.setup.bell.as_ref(), world.setup.clock.as_ref());
    let written = world.service.contents().log.len();
    preview::start(tables, bell, clock, id.clone(), &configured).await.unwrap();
    tokio::time::sleep(HOUR).await;
    let job: PreviewJob = tables.previews.preview(&world.application, &id).await.unwrap().unwrap();
    assert!(job.is_complete(), "{job:?}");
    assert_eq!(world.service.contents().log.len(), written, "a preview writes nothing at the target");
    previewed(world, &rows(world, id.as_str()).await)
}

async fn rows(world: &World, id: &str) -> Vec<PreviewRow> {
    let previews = &world.setup.tables.previews;
    previews.rows(&world.application, &id.parse().unwrap(), None, usize::MAX).await.unwrap()
}

/// Enables the application, whatever the fuse says, and tells what was done.
async fn run(world: &World) -> Deeds {
    run_with(world, Some(u64::MAX)).await
}

/// The same, with so many removals allowed.
async fn run_with(world: &World, allowed: Option<u64>) -> Deeds {
    let before: BTreeSet<String> = world.memory.state().activity.keys().cloned().collect();
    world.setup.enable(&world.application, allowed).await.unwrap();
    tokio::time::sleep(HOUR).await;
    let kept = world.memory.state().activity.clone();
    let new = kept.into_iter().filter(|(id, _)| !before.contains(id));
    let mut events: Vec<Outcome> = new.map(|(_, event)| event).collect();
    events.sort_by_key(|event| event.at);
    let mut deeds = told(world, &events);
    let state = world.memory.state();
    // What stood in the way of somebody wanted before, and still does, was told then.
    let configured = state.configured(&world.application).unwrap();
    let wanted = |link: &&Link| match &link.key.object {
        Object::User(user) => {
            let mut groups = state.memberships.iter().filter(|(_, member)| member == user);
            groups.any(|(group, _)| configured.selection.includes(group))
                && state.users.get(user).is_some_and(|user| user.status == Status::Active)
        }
        Object::Group(group) => configured.selection.provisions_group(group),
    };
    let held = |link: &&Link| matches!(link.state, State::Conflict | State::Blocked);
    for link in state.links.values().filter(held).filter(wanted) {
        let reason = link.work.problem.clone().unwrap_or_default();
        let held = Deed { action: "Hold".into(), reason, ..Deed::default() };
        let object = &link.key.object;
        deeds.entry(format!("{} {}", object.kind(), object.id())).or_insert(held);
    }
    deeds
}

#[test]
fn the_rows_of_a_preview_are_what_the_targets_write_log_shows_of_the_run_after_it() {
    let (mut wrong, mut writes) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        simulated(async {
            let (world, _, _) = about_to_be_enabled(seed).await;
            preview(&world, "p1").await;
            let rows = rows(&world, "p1").await;
            let before = world.service.contents().effects.len();
            assert_eq!(before, world.service.contents().log.len(), "each write has its effect");
            run(&world).await;
            let written = written(&world, before);
            writes += written.len();
            let unlike = unlike(&rows, &written, &names(&world));
            if !unlike.is_empty() {
                let unlike: Vec<String> = unlike.into_values().collect();
                wrong.push(format!("seed {seed}\n{}", unlike.join("\n")));
            }
        });
    }
    let some = wrong[..wrong.len().min(6)].join("\n");
    assert!(wrong.is_empty(), "{} of {SEEDS} seeds differ\n{some}", wrong.len());
    assert!(writes > 300, "only {writes} objects were written");
}

#[test]
fn the_rows_of_a_preview_are_the_events_of_the_run_after_it() {
    let (mut wrong, mut rows) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        simulated(async {
            let (world, _, _) = about_to_be_enabled(seed).await;
            let said = preview(&world, "p1").await;
            let done = run(&world).await;
            rows += said.len();
            let differ = differing(&said, &done);
            if !differ.is_empty() {
                wrong.push(format!("seed {seed}\n{}", shown(&said, &done, &differ)));
            }
        });
    }
    assert!(
        wrong.is_empty(),
        "{} of {SEEDS} seeds differ\n{}",
        wrong.len(),
        wrong[..wrong.len().min(4)].join("\n")
    );
    assert!(rows > 400, "only {rows} rows were compared");
}
