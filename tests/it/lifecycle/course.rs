//! The course of a life: the same steps at every target.

mod deletions;
mod others;

use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::OutcomeResult;
use provisioning::application::{Configuration, Links, Policy, Selection};
use provisioning::directory::Status;
use provisioning::fuse::Limits;
use testkit::{Fault, GroupRename, LoggedRequest, Quirks};

use super::before::Strangers;
use super::expected::{Person, Story};
use super::mapping;
use crate::world::{Run, World};

pub const GROUPS: [&str; 6] = ["ops", "sales", "eng", "legal", "books", "design"];
/// The group that is not there yet where groups are given.
pub const NOT_GIVEN: &str = "books";
const USERS: usize = 40;
/// People whom some targets refuse as they are.
const LONG: usize = 20;
const TWO_ADDRESSES: usize = 21;
const NO_ADDRESS: usize = 22;
const NO_FAMILY_NAME: usize = 23;
const AT_IN_DISPLAY_NAME: usize = 25;
/// Who owns the target, where it protects its owner.
const OWNER: usize = 14;

/// A life: at a target of these quirks, by an application that is this entry of the catalog.
pub struct Life {
    pub catalog_key: &'static str,
    pub quirks: Quirks,
    /// What an administrator set of how the target is spoken to.
    pub overrides: catalog::Settings,
    /// What goes wrong, anew in each step.
    pub faults: fn() -> Vec<Fault>,
    /// Quirks of the target that this life does not meet; `None` where the profile tells us how to pass them by.
    pub unmet: Option<&'static [&'static str]>,
    /// Quirks that it meets whatever the profile tells.
    pub met: Vec<&'static str>,
}

impl Life {
    /// A life at a target with these quirks, of an application of which nothing is known.
    pub fn at(quirks: Quirks) -> Self {
        let overrides = catalog::Settings::default();
        Self {
            catalog_key: "generic-saml",
            quirks,
            overrides,
            faults: Vec::new,
            unmet: Some(&[]),
            met: Vec::new(),
        }
    }

    /// Tells the whole story.
    pub async fn run(self) {
        let (unmet, to_meet) = (self.unmet, self.met.clone());
        let mut course = Box::pin(Course::begin(self)).await;
        course.first_sync().await;
        course.mend_who_is_refused().await;
        course.change_and_rename().await;
        course.move_members().await;
        course.suspend_and_return().await;
        course.unassign_delete_and_return().await;
        course.deselect("books").await;
        course.again().await;
        course.delete_for_good().await;
        course.again().await;
        course.strangers.are_untouched(&course.world);
        let met = course.world.stand_in.met();
        let missed: Vec<_> = to_meet.into_iter().filter(|name| !met.contains(name)).collect();
        assert_eq!(missed, Vec::<&str>::new(), "quirks that this life is about and does not meet");
        if let Some(unmet) = unmet {
            let quirks = course.quirks().names().into_iter();
            let passed_by: Vec<_> = quirks.filter(|name| !met.contains(name)).collect();
            assert_eq!(passed_by, unmet, "quirks that this life does not meet");
        }
    }
}

/// A story under way at a target.
struct Course {
    catalog_key: &'static str,
    world: World,
    story: Story,
    strangers: Strangers,
    selected: BTreeSet<&'static str>,
    faults: fn() -> Vec<Fault>,
    /// An account that is there keeps the attributes it was made with.
    fixed: bool,
}

/// So small a company changes more in a minute than goes unasked in a day.
fn policy() -> Policy {
    let fuse = Limits { accounts: 1_000, groups: 1_000, memberships: 10_000, percent: 100, floor: 1_000 };
    Policy { grace_seconds: 0, fuse, ..Policy::default() }
}

fn id(number: usize) -> String {
    format!("u{number:02}")
}

impl Course {
    async fn begin(life: Life) -> Self {
        let Life { catalog_key, quirks, overrides, faults, .. } = life;
        let world = World::of(catalog_key, &GROUPS).await;
        world.stand_in.set_quirks(quirks);
        world.stand_in.watch_quirks();
        // Asked again, now that it is what it is.
        let (url, token) = (world.stand_in.base_url().clone(), world.stand_in.token());
        world.setup.connect(&world.application, &url, &token, Links::Keep).await.unwrap();
        // A profile that says so lets nobody map a second value.
        let profile = catalog::profile(catalog_key);
        let single =
            profile.and_then(|profile| profile.single_values.as_ref()).is_some_and(|known| known.value);
        let new = Configuration {
            mapping: Some(mapping::everything(single, quirks)),
            policy: Some(policy()),
            overrides: Some(overrides),
            ..Configuration::default()
        };
        Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
        let groups: BTreeMap<_, _> = GROUPS.iter().map(|id| (*id, format!("The {id}"))).collect();
        let mut story = Story { people: BTreeMap::new(), groups: groups.clone() };
        if quirks.groups_are_given {
            story.groups.remove(NOT_GIVEN);
        }
        let fixed = quirks.updatable_attributes.is_some();
        let mut people = Vec::new();
        for number in 0..USERS {
            let groups = [GROUPS[number % 6], GROUPS[(number / 6) % 6]].into();
            let email = format!("p{number:02}@example.org");
            let name = match number {
                LONG => format!("somebody.with.a.long.name.{email}"),
                NO_ADDRESS => format!("p{number:02}"),
                _ => email.clone(),
            };
            let home = [6, 8, TWO_ADDRESSES].contains(&number) && !single;
            let home = home.then(|| format!("home{number:02}@example.com"));
            let family_name = (number != NO_FAMILY_NAME).then(|| "Family".to_owned());
            let title = format!("Rank {}", number % 7);
            let department = (number % 3 > 0).then(|| format!("Department {}", number % 4));
            let owner = number == OWNER;
            people.push(Person {
                name,
                email,
                home,
                family_name,
                display_name: if number == AT_IN_DISPLAY_NAME { "Given @ Family" } else { "Given Family" },
                title,
                department,
                enabled: true,
                owner,
                groups,
            });
        }
        let strangers = Strangers::settle(&world, &people, fixed);
        let mut course =
            Self { catalog_key, world, story, strangers, selected: GROUPS.into(), faults, fixed };
        for (id, name) in groups {
            course.world.group(id, &name).await;
        }
        for (number, person) in people.into_iter().enumerate() {
            course.put(&id(number), person).await;
        }
        course
    }

    fn quirks(&self) -> Quirks {
        self.world.stand_in.quirks()
    }

    /// Writes a person into the story and the directory.
    async fn put(&mut self, id: &str, person: Person) {
        let groups: Vec<_> = person.groups.iter().copied().collect();
        let written = self.world.write_user(id, &groups, |user| person.write(user));
        written.await;
        self.story.people.insert(id.to_owned(), person);
    }

    async fn alter(&mut self, number: usize, change: impl FnOnce(&mut Person)) {
        let mut person = self.story.people[&id(number)].clone();
        change(&mut person);
        self.put(&id(number), person).await;
    }

    async fn first_sync(&mut self) {
        self.world.enable().await;
        self.settle("the first sync").await;
    }

    async fn change_and_rename(&mut self) {
        let before = self.story.people.clone();
        for number in 0..5 {
            self.alter(number, |person| person.title = "Promoted".into()).await;
        }
        self.alter(4, |person| person.display_name = "Given Otherwise").await;
        self.alter(5, |person| person.name = "renamed@example.org".into()).await;
        self.alter(6, |person| person.email = "another@example.org".into()).await;
        self.alter(7, |person| person.department = None).await;
        self.alter(8, |person| person.home = None).await;
        self.alter(9, |person| person.department = Some("The first".into())).await;
        if self.quirks().applies_in_part {
            self.half_a_change(6).await;
        }
        self.world.group("legal", "The lawyers").await;
        // Where a group cannot be renamed it keeps its name, and its members come and go all the same.
        if self.quirks().group_rename != GroupRename::Never {
            self.story.groups.insert("legal", "The lawyers".into());
        }
        if self.fixed {
            self.story.people = before;
        }
        self.settle("changes and renames").await;
    }

    async fn move_members(&mut self) {
        // Somebody was there before us: he is no member any more when he is to be taken out.
        self.taken_out_by_somebody_else(6, "The ops");
        for number in 6..10 {
            self.alter(number, |person| person.groups = ["design"].into()).await;
        }
        self.alter(10, |person| person.groups = GROUPS.into()).await;
        self.settle("moves").await;
        if self.quirks().largest_body.is_some() || self.quirks().operations_per_patch.is_some() {
            self.come_and_go_in_a_crowd("ops").await;
        }
    }

    async fn suspend_and_return(&mut self) {
        for number in [11, 12] {
            self.alter(number, |person| person.enabled = false).await;
        }
        self.settle("suspensions").await;
        let title = if self.fixed { self.story.people[&id(11)].title.clone() } else { "Back".into() };
        self.alter(11, |person| (person.enabled, person.title) = (true, title)).await;
        self.settle("a return from suspension").await;
    }

    async fn unassign_delete_and_return(&mut self) {
        for number in [13, OWNER] {
            self.alter(number, |person| person.groups.clear()).await;
        }
        for number in [15, 16] {
            self.world.delete(&id(number)).await;
            self.story.people.remove(&id(number));
        }
        self.settle("departures").await;
        self.alter(13, |person| person.groups = ["ops"].into()).await;
        // Who could not be turned off is asked for again every day, so that he too returns.
        if self.quirks().protects_owner {
            self.alter(OWNER, |person| person.groups = ["ops"].into()).await;
        }
        self.settle("a return to a group").await;
    }

    async fn deselect(&mut self, group: &'static str) {
        self.selected.remove(group);
        let groups = self.selected.iter().map(|id| id.parse().unwrap()).collect();
        let selection = Some(Selection { groups, ..Selection::default() });
        let new = Configuration { selection, ..Configuration::default() };
        self.world.setup.configure(&self.world.application, new).await.unwrap();
        self.settle("a deselected group").await;
    }

    /// Runs until nothing is left to do; then the target shows what the story says.
    async fn settle(&mut self, what: &str) {
        (self.faults)().into_iter().for_each(|fault| self.world.stand_in.fail(fault));
        assert!(matches!(self.world.run(None).await, Run::Quiet { .. }), "{what}");
        self.world.stand_in.clear_faults();
        let quirks = self.quirks();
        let (shown, expected) =
            (super::before::shown(&self.world, &self.story), self.story.shown(&self.selected, quirks));
        let gone = |name: &String| what == "a deselected group" && name == "The design";
        let shown = shown.without_groups(|name| gone(name));
        let expected = expected.without_groups(|name| gone(name) || quirks.no_groups);
        if shown != expected {
            let events = self.world.events().await;
            let failed = events.iter().filter(|event| event.result == OutcomeResult::Failure);
            let failed: Vec<_> = failed.map(|event| &event.reason).collect();
            assert_eq!(shown, expected, "after {what}; failures: {failed:#?}");
        }
    }

    /// A second run over everything writes nothing.
    async fn again(&mut self) {
        self.world.stand_in.clear_log();
        let sweep = self.world.setup.start_sweep(&self.world.application, true, None).await;
        sweep.unwrap();
        self.settle("a second run").await;
        let mut writes = self.world.stand_in.writes();
        // Where nobody told us that groups keep their names, each run asks for the new name once.
        let keeps_names = self.quirks().group_rename == GroupRename::Never;
        writes.retain(|sent| !(keeps_names && sent.status == 400 && names_a_group(sent)));
        let shown = |sent: &LoggedRequest| {
            let body = sent.body.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {} {body}: {}", sent.method, sent.path, sent.status)
        };
        let writes: Vec<_> = writes.iter().map(shown).collect();
        assert_eq!(writes, Vec::<String>::new(), "the second run, with what was refused");
    }
}

/// Whether a user of the directory is to be on.
pub fn status(person: &Person) -> Status {
    if person.enabled { Status::Active } else { Status::Disabled }
}

/// Whether a request gives a group a name and does nothing else.
fn names_a_group(sent: &LoggedRequest) -> bool {
    let operations = sent.body.as_ref().and_then(|body| body["Operations"].as_array());
    sent.path.starts_with("/Groups/")
        && operations.is_some_and(|all| all.iter().all(|one| one["path"] == "displayName"))
}
