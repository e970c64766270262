//! Attributes, and whether an account is on.

use provisioning::application::{Configuration, Departure, Policy};
use provisioning::directory::Status;
use provisioning::drift::RepairError;
use provisioning::link::State;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use serde_json::json;
use testkit::Quirks;

use super::{
    REPAIR, REPORT, a_week_later, alter, drifted, in_step, key, link, policy, remote, repair, settled, told,
};
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attribute_changed_at_the_target_is_told_once_left_as_it_is_and_forgotten_when_it_is_back() {
    let mut world = in_step(REPORT).await;
    alter(&world, "ada", "title", json!("Queen")).await;
    a_week_later(&mut world).await;
    let said = "ada: an attribute was changed at the target (title: \"Clerk\" -> \"Queen\")";
    assert_eq!(told(&world.events().await), [said]);
    a_week_later(&mut world).await;
    assert_eq!(told(&world.events().await), [said], "it is not told again");
    assert_eq!((world.writes(), drifted(&world).await), (Vec::new(), 1));
    alter(&world, "ada", "title", json!("Clerk")).await;
    a_week_later(&mut world).await;
    assert_eq!((told(&world.events().await).len(), drifted(&world).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attribute_changed_at_the_target_is_sent_again_where_the_policy_says_so() {
    let mut world = in_step(REPAIR).await;
    alter(&world, "ada", "title", json!("Queen")).await;
    a_week_later(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Clerk".into()));
    let id = remote(&world, &key(&world, "ada")).await;
    assert_eq!(world.writes(), [format!("PATCH /Users/{id}")], "one request, with that attribute");
    assert_eq!((told(&world.events().await).len(), drifted(&world).await), (1, 0));
    a_week_later(&mut world).await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_the_directory_settles_the_drift_of_its_attribute() {
    let mut world = in_step(REPORT).await;
    alter(&world, "ada", "title", json!("Queen")).await;
    a_week_later(&mut world).await;
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), drifted(&world).await), (Some("Countess"), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_the_targets_administrator_suspended_is_not_turned_on_by_a_sweep() {
    let mut world = in_step(REPAIR).await;
    alter(&world, "ada", "active", json!(false)).await;
    a_week_later(&mut world).await;
    assert_eq!(world.accounts()["ada"], None);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(
        told(&world.events().await),
        [
            "ada: the account was turned off at the target; only a person turns it on again (active: true -> false)"
        ]
    );
    // Neither by a change of something else, nor by another sweep.
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    a_week_later(&mut world).await;
    assert_eq!((world.accounts()["ada"].clone(), drifted(&world).await), (None, 1));
    assert_eq!(told(&world.events().await).len(), 1);
    // A person turns it on.
    repair(&world, &key(&world, "ada")).await.unwrap();
    settled(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), drifted(&world).await), (Some("Countess"), 0));
    let asked = world.events().await.into_iter().find(|event| event.actor.name() == "eve").expect("told");
    assert!(asked.reason.starts_with("to be undone: the account was turned off"), "{}", asked.reason);
    assert!(matches!(repair(&world, &key(&world, "ada")).await, Err(RepairError::NoDrift)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leavers_account_that_was_turned_on_again_is_turned_off_and_told_as_a_security_event() {
    let mut world = in_step(provisioning::application::DriftPolicy::default()).await;
    world.delete("ada").await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None);
    alter(&world, "ada", "active", json!(true)).await;
    a_week_later(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "{:#?}", world.events().await);
    let told = told(&world.events().await);
    assert!(told.len() == 1 && told[0].starts_with("[security] ada: security:"), "{told:?}");
    assert_eq!(drifted(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leavers_account_that_was_turned_on_again_stays_on_where_that_is_only_reported() {
    let mut world = in_step(REPORT).await;
    world.write_user("ada", &["sales"], |user| user.status = Status::Disabled).await;
    settled(&mut world).await;
    alter(&world, "ada", "active", json!(true)).await;
    a_week_later(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), drifted(&world).await), (Some("Clerk"), 1));
    let told = told(&world.events().await);
    assert!(told.len() == 1 && told[0].starts_with("[security]"), "{told:?}");
    repair(&world, &key(&world, "ada")).await.unwrap();
    settled(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), drifted(&world).await), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_users_account_is_turned_on_when_the_directory_wants_it_whatever_was_seen() {
    let mut world = in_step(REPAIR).await;
    world.write_user("ada", &["sales"], |user| user.status = Status::Disabled).await;
    settled(&mut world).await;
    a_week_later(&mut world).await;
    world.write_user("ada", &["sales"], |user| user.status = Status::Active).await;
    settled(&mut world).await;
    a_week_later(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), told(&world.events().await).len()), (Some("Clerk"), 0));
}

/// The same world at a target where a change of the e-mail address waits for its owner's word.
async fn addresses_that_wait() -> World {
    let mut world = in_step(REPAIR).await;
    let mapped = |target: &str, source| MappedAttribute {
        target: target.parse().unwrap(),
        source,
        required: target == "userName",
    };
    let attributes = vec![
        mapped("userName", Source::Directory(DirectoryAttribute::Username)),
        mapped("title", Source::Custom("title".into())),
        mapped("emails[type eq \"work\"].value", Source::Directory(DirectoryAttribute::Email)),
    ];
    let mapping = Some(Mapping { attributes });
    let new = Configuration { mapping, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    world.write_user("ada", &["sales"], |user| user.email = Some("ada@old.example".into())).await;
    settled(&mut world).await;
    a_week_later(&mut world).await;
    world.stand_in.set_quirks(Quirks { keeps_emails: true, ..Quirks::default() });
    world.stand_in.clear_log();
    world.write_user("ada", &["sales"], |user| user.email = Some("ada@new.example".into())).await;
    settled(&mut world).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_waits_for_its_owners_word_is_sent_once_and_is_no_drift() {
    let mut world = addresses_that_wait().await;
    for _ in 0..3 {
        a_week_later(&mut world).await;
    }
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    assert_eq!((told(&world.events().await), drifted(&world).await), (Vec::new(), 0));
    let link = link(&world, &key(&world, "ada")).await;
    let path = "emails[type eq \"work\"].value".parse().unwrap();
    assert_eq!(link.observed.normalised, [(path, Some("ada@old.example".into()))].into());
    // A new address is sent, and the old one is forgotten.
    world.write_user("ada", &["sales"], |user| user.email = Some("ada@third.example".into())).await;
    settled(&mut world).await;
    assert_eq!(world.writes().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_we_deleted_and_that_is_active_again_is_deleted_again() {
    let mut world = in_step(REPAIR).await;
    world.set_policy(Policy { on_delete: Departure::Delete, ..policy(REPAIR) }).await;
    let before = world.stand_in.user("ada").unwrap().into_json();
    world.delete("ada").await;
    settled(&mut world).await;
    assert_eq!(link(&world, &key(&world, "ada")).await.state, State::Tombstone);
    // The target's administrator restores it, under its old id.
    let id = world.stand_in.restore(&before).unwrap();
    assert_eq!(Some(id.as_str()), before["id"].as_str());
    a_week_later(&mut world).await;
    assert!(!world.accounts().contains_key("ada"), "{:#?}", world.events().await);
    let told = told(&world.events().await);
    assert!(told.len() == 1 && told[0].starts_with("[security]"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_whose_account_is_turned_on_at_the_target_is_off_again_whatever_the_grace() {
    let mut world = in_step(REPAIR).await;
    world.user("ada", "Clerk", &[]).await;
    settled(&mut world).await;
    world.set_policy(Policy { grace_seconds: 60, ..policy(REPAIR) }).await;
    settled(&mut world).await;
    let is_on = |world: &World| world.stand_in.user("ada").unwrap().as_json()["active"] == json!(true);
    assert!(!is_on(&world));
    alter(&world, "ada", "active", json!(true)).await;
    assert!(is_on(&world));
    a_week_later(&mut world).await;
    assert!(!is_on(&world), "{:?}", told(&world.events().await));
}
