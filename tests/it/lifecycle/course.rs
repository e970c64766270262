//! The course of a life: the same steps at every target.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::OutcomeResult;
use provisioning::application::{Configuration, Links, Policy, Selection};
use provisioning::directory::Status;
use provisioning::fuse::Limits;
use testkit::{GroupRename, Quirks};

use super::expected::{Person, Shown, Story};
use crate::world::{Run, World};

const GROUPS: [&str; 6] = ["ops", "sales", "eng", "legal", "books", "design"];
const USERS: usize = 40;

/// A story under way at a target.
struct Course {
    world: World,
    story: Story,
    selected: BTreeSet<&'static str>,
    /// An account that is there keeps the attributes it was made with.
    fixed: bool,
}

/// Tells the whole story to a target with these quirks.
pub async fn run(quirks: Quirks) {
    run_as("generic-saml", quirks).await;
}

/// The same, of an application that is this entry of the catalog.
pub async fn run_as(catalog_key: &str, quirks: Quirks) {
    let mut course = Box::pin(Course::begin(catalog_key, quirks)).await;
    course.first_sync().await;
    course.change_and_rename().await;
    course.move_members().await;
    course.suspend_and_return().await;
    course.unassign_delete_and_return().await;
    course.deselect().await;
    course.again().await;
}

fn id(number: usize) -> String {
    format!("u{number:02}")
}

impl Course {
    async fn begin(catalog_key: &str, quirks: Quirks) -> Self {
        let world = World::of(catalog_key, &GROUPS).await;
        world.stand_in.set_quirks(quirks);
        // Asked again, now that it is what it is.
        let (url, token) = (world.stand_in.base_url().clone(), world.stand_in.token());
        world.setup.connect(&world.application, &url, &token, Links::Keep).await.unwrap();
        // So small a company changes more in a minute than goes unasked in a day.
        let fuse = Limits { accounts: 1_000, groups: 1_000, memberships: 10_000, percent: 100, floor: 1_000 };
        world.set_policy(Policy { grace_seconds: 0, fuse, ..Policy::default() }).await;
        let groups = GROUPS.iter().map(|id| (*id, format!("The {id}"))).collect();
        let story = Story { people: BTreeMap::new(), groups };
        let fixed =
            catalog::profile(catalog_key).is_some_and(|profile| profile.updatable_attributes.is_some());
        let mut course = Self { world, story, selected: GROUPS.into(), fixed };
        for (id, name) in course.story.groups.clone() {
            course.world.group(id, &name).await;
        }
        for number in 0..USERS {
            let groups = [GROUPS[number % 6], GROUPS[(number / 6) % 6]].into();
            let name = format!("p{number:02}@example.org");
            let person = Person { name, title: format!("Rank {}", number % 7), enabled: true, groups };
            course.put(&id(number), person).await;
        }
        course
    }

    /// Writes a person into the story and the directory.
    async fn put(&mut self, id: &str, person: Person) {
        let groups: Vec<_> = person.groups.iter().copied().collect();
        let written = self.world.write_user(id, &groups, |user| {
            user.username = person.name.clone();
            user.custom.insert("title".into(), person.title.as_str().into());
            user.status = if person.enabled { Status::Active } else { Status::Disabled };
        });
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
        self.alter(5, |person| person.name = "renamed@example.org".into()).await;
        self.world.group("legal", "The lawyers").await;
        // Where a group cannot be renamed it keeps its name, and its members come and go all the same.
        if self.world.stand_in.quirks().group_rename != GroupRename::Never {
            self.story.groups.insert("legal", "The lawyers".into());
        }
        if self.fixed {
            self.story.people = before;
        }
        self.settle("changes and renames").await;
    }

    async fn move_members(&mut self) {
        for number in 6..10 {
            self.alter(number, |person| person.groups = ["design"].into()).await;
        }
        self.alter(10, |person| person.groups = GROUPS.into()).await;
        self.settle("moves").await;
    }

    async fn suspend_and_return(&mut self) {
        for number in [11, 12] {
            self.alter(number, |person| person.enabled = false).await;
        }
        self.settle("suspensions").await;
        self.alter(11, |person| (person.enabled, person.title) = (true, "Back".into())).await;
        self.settle("a return from suspension").await;
    }

    async fn unassign_delete_and_return(&mut self) {
        for number in [13, 14] {
            self.alter(number, |person| person.groups.clear()).await;
        }
        for number in [15, 16] {
            self.world.delete(&id(number)).await;
            self.story.people.remove(&id(number));
        }
        self.settle("departures").await;
        self.alter(13, |person| person.groups = ["ops"].into()).await;
        self.settle("a return to a group").await;
    }

    async fn deselect(&mut self) {
        self.selected.remove("books");
        let groups = self.selected.iter().map(|id| id.parse().unwrap()).collect();
        let selection = Some(Selection { groups, ..Selection::default() });
        let new = Configuration { selection, ..Configuration::default() };
        self.world.setup.configure(&self.world.application, new).await.unwrap();
        self.settle("a deselected group").await;
    }

    /// Runs until nothing is left to do; then the target shows what the story says.
    async fn settle(&mut self, what: &str) {
        assert!(matches!(self.world.run(None).await, Run::Quiet { .. }), "{what}");
        let (shown, mut expected) = (self.shown(), self.story.shown(&self.selected));
        if self.world.stand_in.quirks().no_groups {
            expected.groups.clear();
        }
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
        assert_eq!(self.world.writes(), Vec::<String>::new(), "the second run");
    }

    /// What the target's own store holds, whatever it shows of it: who may sign in, and the members that are.
    fn shown(&self) -> Shown {
        let users = self.world.stand_in.users();
        let active = users.iter().filter(|user| user.active() != Some(false)).map(|user| {
            let text = |name| user.text(name).unwrap_or_default().to_owned();
            (text("userName"), text("title"))
        });
        let active: BTreeMap<_, _> = active.collect();
        let groups = self.world.stand_in.groups();
        let names = groups.iter().filter_map(|group| group.text("displayName")).map(str::to_owned);
        let members = |name: String| {
            // Who cannot sign in has no access by a membership, and targets keep or drop such members as they please.
            let mut members = self.world.stand_in.members_of(&name);
            members.retain(|member| active.contains_key(member));
            (name, members)
        };
        Shown { groups: names.map(members).collect(), active: active.clone() }
    }
}
