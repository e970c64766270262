//! A process may die between any two of its steps: intent, request, settlement, and every write around them. Whatever
//! the step, a later run reaches the same end, with every write told and none told twice (rules 2, 3 and 8).

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use provisioning::application::{Departure, Policy};

use provisioning::ports::DirectoryJobs as _;
use provisioning::target::Kind;

use crate::ledger::{Ledger, shown};
use crate::world::{Crash, Run, When, World};

type Act<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A story: what is in step before, what changes, and what changes again while the process is dead.
struct Story {
    before: fn(&World) -> Act<'_>,
    change: fn(&World) -> Act<'_>,
    meanwhile: fn(&World) -> Act<'_>,
    /// Accounts at the end: title where active.
    accounts: &'static [(&'static str, Option<&'static str>)],
    /// Members at the end.
    members: &'static [(&'static str, &'static [&'static str])],
}

/// The log tells what the target shows, and no write that it did not see.
async fn check_ledger(world: &World, case: &str) {
    let events = world.events().await;
    let ledger = Ledger::replay(&events, case);
    assert_eq!(
        ledger.accounts(),
        world.accounts(),
        "{case}: the log tells another story\n{}",
        shown(&events)
    );
    assert_eq!(
        ledger.members(),
        world.memberships(),
        "{case}: the log tells other members\n{}",
        shown(&events)
    );
    let writes = world.writes();
    for (kind, path) in [(Kind::User, "/Users"), (Kind::Group, "/Groups")] {
        let seen = writes.iter().filter(|write| write.contains(path)).count();
        let told = ledger.told.get(&kind).copied().unwrap_or_default();
        assert!(told <= seen, "{case}: {told} writes of {kind}s are told and {seen} were made\n{writes:#?}");
    }
}

fn nothing(_: &World) -> Act<'_> {
    Box::pin(async {})
}

/// Ada and Bob in sales, Ada in eng too; enabled.
fn small_company(world: &World) -> Act<'_> {
    Box::pin(async {
        world.group("sales", "Sales").await;
        world.group("eng", "Engineering").await;
        world.user("ada", "Engineer", &["sales", "eng"]).await;
        world.user("bob", "Clerk", &["sales"]).await;
        world.enable().await;
    })
}

impl Story {
    async fn world(&self) -> World {
        let mut world = World::new(&["sales", "eng"]).await;
        (self.before)(&world).await;
        assert!(matches!(world.run(None).await, Run::Quiet { .. }));
        world
    }

    /// Tells the story with a death at every step in turn, until one run gets through before it is reached.
    async fn told_with_a_death_at_every_step(&self) {
        let mut deaths = 0;
        for step in 1_u64.. {
            let mut reached = false;
            for when in [When::Before, When::After] {
                // Half of the deaths take the doorbells with them that were not answered yet.
                let lost = step.is_multiple_of(2) == (when == When::Before);
                let mut world = self.world().await;
                (self.change)(&world).await;
                let crash = Crash { step, when };
                let died = world.run(Some(crash)).await == Run::Crashed;
                reached |= died;
                deaths += u32::from(died);
                (self.meanwhile)(&world).await;
                world.revive(lost);
                assert!(matches!(world.run(None).await, Run::Quiet { .. }));
                self.check(&world, &format!("{crash:?}, doorbells lost: {lost}")).await;
            }
            if !reached {
                break;
            }
        }
        assert!(deaths >= 8, "only {deaths} deaths: the story takes no steps");
    }

    async fn check(&self, world: &World, case: &str) {
        let accounts: BTreeMap<String, Option<String>> =
            self.accounts.iter().map(|(name, title)| ((*name).into(), title.map(Into::into))).collect();
        let members: BTreeMap<String, BTreeSet<String>> = self
            .members
            .iter()
            .map(|(group, names)| ((*group).into(), names.iter().map(|name| (*name).into()).collect()))
            .collect();
        assert_eq!(world.accounts(), accounts, "{case}\n{:#?}", world.writes());
        assert_eq!(world.memberships(), members, "{case}\n{:#?}", world.writes());
        check_ledger(world, case).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_survives_a_death_at_every_step() {
    let story = Story {
        before: nothing,
        change: small_company,
        meanwhile: nothing,
        accounts: &[("ada", Some("Engineer")), ("bob", Some("Clerk"))],
        members: &[("Sales", &["ada", "bob"]), ("Engineering", &["ada"])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_sent_and_taken_back_while_the_process_was_dead_is_taken_back_at_the_target() {
    let story = Story {
        before: small_company,
        change: |world| Box::pin(world.user("ada", "Countess", &["sales", "eng"])),
        meanwhile: |world| Box::pin(world.user("ada", "Engineer", &["sales", "eng"])),
        accounts: &[("ada", Some("Engineer")), ("bob", Some("Clerk"))],
        members: &[("Sales", &["ada", "bob"]), ("Engineering", &["ada"])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_added_who_leaves_while_the_process_is_dead_is_out() {
    let story = Story {
        before: small_company,
        change: |world| Box::pin(world.user("bob", "Clerk", &["sales", "eng"])),
        meanwhile: |world| Box::pin(world.user("bob", "Clerk", &["sales"])),
        accounts: &[("ada", Some("Engineer")), ("bob", Some("Clerk"))],
        members: &[("Sales", &["ada", "bob"]), ("Engineering", &["ada"])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_removed_who_comes_back_while_the_process_is_dead_is_in() {
    let story = Story {
        before: small_company,
        change: |world| Box::pin(world.user("ada", "Engineer", &["eng"])),
        meanwhile: |world| Box::pin(world.user("ada", "Engineer", &["sales", "eng"])),
        accounts: &[("ada", Some("Engineer")), ("bob", Some("Clerk"))],
        members: &[("Sales", &["ada", "bob"]), ("Engineering", &["ada"])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_is_off_and_out_of_every_group() {
    let story = Story {
        before: small_company,
        change: |world| Box::pin(world.delete("ada")),
        meanwhile: nothing,
        accounts: &[("ada", None), ("bob", Some("Clerk"))],
        members: &[("Sales", &["bob"]), ("Engineering", &[])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_under_deletion_is_out_of_every_group_and_gone() {
    let story = Story {
        before: |world| {
            Box::pin(async {
                let policy = Policy { on_delete: Departure::Delete, grace_seconds: 0, ..Policy::default() };
                world.set_policy(policy).await;
                small_company(world).await;
            })
        },
        change: |world| Box::pin(world.delete("ada")),
        meanwhile: nothing,
        accounts: &[("bob", Some("Clerk"))],
        members: &[("Sales", &["bob"]), ("Engineering", &[])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_whose_deletion_is_a_job_is_off_and_out_of_every_group() {
    let story = Story {
        before: small_company,
        change: |world| {
            Box::pin(async {
                assert!(world.deletions.delete_user(&"ada".parse().unwrap()).await.unwrap());
            })
        },
        meanwhile: nothing,
        accounts: &[("ada", None), ("bob", Some("Clerk"))],
        members: &[("Sales", &["bob"]), ("Engineering", &[])],
    };
    story.told_with_a_death_at_every_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_group_is_taken_down_whole_whenever_the_process_dies() {
    let names: Vec<_> = (0..70).map(|number| format!("user{number:02}")).collect();
    for step in 1_u64.. {
        let mut world = World::new(&["eng"]).await;
        world.group("sales", "Sales").await;
        for name in &names {
            world.user(name, "Clerk", &["sales"]).await;
        }
        let sales = "sales".parse().unwrap();
        assert!(world.deletions.delete_group(&sales).await.unwrap());
        let died = world.run(Some(Crash { step, when: When::After })).await == Run::Crashed;
        world.revive(step % 2 == 0);
        assert!(matches!(world.run(None).await, Run::Quiet { .. }));
        let directory = &world.tables.directory;
        assert_eq!(directory.group(&sales).await.unwrap(), None);
        assert_eq!(directory.members_page(&sales, None, 100).await.unwrap(), []);
        for name in &names {
            let record = directory.user(&name.parse().unwrap()).await.unwrap().unwrap();
            assert!(record.user.is_some() && record.groups.is_empty(), "{step}: {record:?}");
        }
        if !died {
            assert!(step > 3, "the deletion takes no steps");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joiner_who_is_deleted_while_the_process_is_dead_keeps_no_access() {
    // Whether his account was made before the death depends on the step: it is off, or there is none.
    for step in 1..40 {
        for when in [When::Before, When::After] {
            let mut world = World::new(&["sales", "eng"]).await;
            small_company(&world).await;
            world.run(None).await;
            world.user("eve", "Spy", &["eng"]).await;
            let crash = Crash { step, when };
            let died = world.run(Some(crash)).await == Run::Crashed;
            world.delete("eve").await;
            world.revive(step % 2 == 0);
            world.run(None).await;
            let eve = world.accounts().remove("eve");
            assert!(matches!(eve, None | Some(None)), "{crash:?}: eve is {eve:?}");
            assert!(!world.memberships()["Engineering"].contains("eve"), "{crash:?}\n{:#?}", world.writes());
            check_ledger(&world, &format!("{crash:?}")).await;
            if !died {
                return;
            }
        }
    }
    panic!("the story never ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_group_with_a_new_member_has_both() {
    let story = Story {
        before: small_company,
        change: |world| {
            Box::pin(async {
                world.group("eng", "Engines").await;
                world.user("bob", "Clerk", &["sales", "eng"]).await;
            })
        },
        meanwhile: nothing,
        accounts: &[("ada", Some("Engineer")), ("bob", Some("Clerk"))],
        members: &[("Sales", &["ada", "bob"]), ("Engines", &["ada", "bob"])],
    };
    story.told_with_a_death_at_every_step().await;
}
