//! Managers: an attribute that names another user is sent as the id of his account at the target, whoever of the two comes
//! first, and follows that account.

use std::collections::BTreeMap;

use provisioning::application::{Configuration, Departure, Policy};
use provisioning::explain::{Fate, explain};
use provisioning::fuse::Limits;
use provisioning::link::LinkKey;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::value::Value;
use scim::AttributePath;

use crate::world::{Crash, Run, When, World};

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";

/// Managers are mapped, and so small a company is not asked about a handful of leavers.
async fn company() -> World {
    let world = World::new(&["sales"]).await;
    let mapped = |target: &str, source, required| MappedAttribute {
        target: target.parse().unwrap(),
        source,
        required,
    };
    let attributes = vec![
        mapped("userName", Source::Directory(DirectoryAttribute::Username), true),
        mapped("title", Source::Custom("title".into()), false),
        mapped(MANAGER, Source::Reference("manager".into()), false),
    ];
    let fuse = Limits { accounts: 1_000, groups: 1_000, memberships: 1_000, percent: 100, floor: 1_000 };
    let policy = Policy { grace_seconds: 0, on_unassign: Departure::Delete, fuse, ..Policy::default() };
    let new = Configuration {
        mapping: Some(Mapping { attributes }),
        policy: Some(policy),
        ..Configuration::default()
    };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    world.group("sales", "Sales").await;
    world
}

async fn report(world: &World, user: &str, manager: Option<&str>, groups: &[&str]) {
    world
        .write_user(user, groups, |user| {
            match manager {
                Some(manager) => {
                    user.custom.insert("manager".into(), Value::reference(&manager.parse().unwrap()))
                }
                None => user.custom.remove("manager"),
            };
        })
        .await;
}

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

/// Who is whose manager at the target, by user name. One who names nobody there names the id itself.
fn managers(world: &World) -> BTreeMap<String, String> {
    let path: AttributePath = MANAGER.parse().unwrap();
    let users = world.stand_in.users();
    let names: BTreeMap<String, String> =
        users.iter().map(|user| (user.id().unwrap(), user.text("userName").unwrap().to_owned())).collect();
    let manager = |user: &scim::Resource| {
        let id = user.read(&path)?.as_str()?.to_owned();
        Some((user.text("userName")?.to_owned(), names.get(&id).cloned().unwrap_or(id)))
    };
    users.iter().filter_map(manager).collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    expected.iter().map(|(user, manager)| ((*user).to_owned(), (*manager).to_owned())).collect()
}

fn count(world: &World, method: &str) -> usize {
    world.writes().iter().filter(|write| write.starts_with(method)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_of_users_with_managers_costs_each_one_change_more_at_most() {
    let mut world = company().await;
    // Everybody is under the one behind him, the last under the first; one is his own manager.
    for n in 0..40 {
        let manager = if n == 7 { 7 } else { (n + 1) % 40 };
        report(&world, &format!("user{n}"), Some(&format!("user{manager}")), &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    let shown = managers(&world);
    assert_eq!(shown.len(), 40);
    for n in 0..40 {
        let manager = if n == 7 { 7 } else { (n + 1) % 40 };
        assert_eq!(shown[&format!("user{n}")], format!("user{manager}"));
    }
    let changes = world.writes().iter().filter(|write| write.starts_with("PATCH /Users")).count();
    assert_eq!(world.writes().iter().filter(|write| *write == "POST /Users").count(), 40);
    assert!((1..=40).contains(&changes), "{changes} changes for 40 users");
    world.stand_in.clear_log();
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "a second run writes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_name_of_the_manager_concerns_nobody_else() {
    let mut world = company().await;
    report(&world, "boss", None, &["sales"]).await;
    for user in ["ann", "bob"] {
        report(&world, user, Some("boss"), &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    let key = |user: &str| LinkKey::user(&world.application, &user.parse().unwrap());
    let keys = [key("ann"), key("bob")];
    let generations = async |world: &World| {
        let mut found = Vec::new();
        for key in &keys {
            found.push(world.tables.links.link(key).await.unwrap().unwrap().work.generation);
        }
        found
    };
    let before = generations(&world).await;
    world.stand_in.clear_log();
    world.write_user("boss", &["sales"], |user| user.username = "chief".into()).await;
    settled(&mut world).await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    assert_eq!(generations(&world).await, before, "nobody else was looked at");
    assert_eq!(managers(&world), pairs(&[("ann", "chief"), ("bob", "chief")]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_follow_the_account_of_their_manager_when_it_goes_and_is_made_anew() {
    let mut world = company().await;
    report(&world, "boss", None, &["sales"]).await;
    report(&world, "ann", Some("boss"), &["sales"]).await;
    report(&world, "cyd", None, &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(managers(&world), pairs(&[("ann", "boss")]));
    let account = async |world: &World| {
        let key = LinkKey::user(&world.application, &"boss".parse().unwrap());
        world.tables.links.link(&key).await.unwrap().unwrap().account().map(|(_, id)| id.clone())
    };
    let first = account(&world).await;

    world.stand_in.clear_log();
    report(&world, "boss", None, &[]).await;
    settled(&mut world).await;
    assert_eq!(managers(&world), pairs(&[]), "the account is gone, and nobody names it");
    assert_eq!((count(&world, "DELETE /Users"), count(&world, "PATCH /Users")), (1, 1));

    world.stand_in.clear_log();
    report(&world, "boss", None, &["sales"]).await;
    settled(&mut world).await;
    assert_ne!(account(&world).await, first);
    assert_eq!(managers(&world), pairs(&[("ann", "boss")]));
    assert_eq!((count(&world, "POST /Users"), count(&world, "PATCH /Users")), (1, 1));

    world.stand_in.clear_log();
    report(&world, "ann", None, &["sales"]).await;
    settled(&mut world).await;
    assert_eq!((managers(&world), world.writes().len()), (pairs(&[]), 1));
    // She is no report of his any more, so what becomes of him is none of her business.
    let boss = "boss".parse().unwrap();
    let reports = world.tables.references.referrers_page(&world.application, &boss, None, 9).await.unwrap();
    assert_eq!(reports, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_without_an_account_is_left_out_and_said() {
    let mut world = company().await;
    report(&world, "boss", None, &[]).await;
    report(&world, "ann", Some("boss"), &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!((world.accounts().len(), managers(&world)), (1, pairs(&[])));
    let told = async |world: &World| {
        let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
        let ann = "ann".parse().unwrap();
        let told = explain(&world.tables, &configured, &ann, world.setup.clock.now()).await.unwrap().unwrap();
        let manager = told.attributes.into_iter().find(|one| one.target.to_string() == MANAGER).unwrap();
        (manager.fate, manager.names.unwrap())
    };
    let (fate, named) = told(&world).await;
    assert_eq!((fate, named.username.as_deref()), (Fate::LeftOut, Some("boss")));
    assert_eq!(named.absent.as_deref(), Some("he is in no selected group and has no account there"));

    world.stand_in.clear_log();
    report(&world, "boss", None, &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(managers(&world), pairs(&[("ann", "boss")]));
    assert_eq!((count(&world, "POST /Users"), count(&world, "PATCH /Users")), (1, 1));
    let (fate, named) = told(&world).await;
    assert_eq!((fate, named.absent), (Fate::InStep, None));

    world.stand_in.clear_log();
    world.delete("boss").await;
    settled(&mut world).await;
    assert_eq!(managers(&world), pairs(&[]), "he is deleted from the directory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_arrive_whenever_the_process_dies() {
    let expected = pairs(&[("ann", "bob"), ("bob", "ann"), ("cyd", "ann")]);
    let mut deaths = 0;
    for step in 1_u64.. {
        let mut reached = false;
        for when in [When::Before, When::After] {
            let mut world = company().await;
            for (user, manager) in [("ann", "bob"), ("bob", "ann"), ("cyd", "ann")] {
                report(&world, user, Some(manager), &["sales"]).await;
            }
            world.enable().await;
            let died = world.run(Some(Crash { step, when })).await == Run::Crashed;
            reached |= died;
            deaths += u32::from(died);
            world.revive(step.is_multiple_of(2) == (when == When::Before));
            settled(&mut world).await;
            assert_eq!(managers(&world), expected, "{when:?} {step}");
        }
        if !reached {
            break;
        }
    }
    assert!(deaths >= 20, "only {deaths} deaths");
}
