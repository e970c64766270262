//! Changes that a target answers as done and does not do. What was accepted is believed until a sweep reads the target: then a
//! member who is still in is told, and of an attribute the link remembers what is shown in its place.

use catalog::{GroupUpdate, MemberRemove, Settings, UserUpdate};
use provisioning::application::Configuration;
use testkit::{MemberReplacement, Quirks};

use super::{REPORT, a_week_later, in_step, key, link, settled, told};
use crate::world::World;

/// In step, and from now on spoken to in a way that this target does not hear.
async fn deaf(quirks: Quirks, overrides: Settings) -> World {
    let mut world = in_step(REPORT).await;
    world.stand_in.set_quirks(quirks);
    world.stand_in.watch_quirks();
    let new = Configuration { overrides: Some(overrides), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    world
}

async fn an_attribute_is_not_heard(quirks: Quirks, user_update: UserUpdate) {
    let overrides = Settings { user_update: Some(user_update), ..Settings::default() };
    let mut world = Box::pin(deaf(quirks, overrides)).await;
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Clerk".into()));
    assert_eq!(world.stand_in.met().into_iter().collect::<Vec<_>>(), quirks.names());
    a_week_later(&mut world).await;
    // A target may show what it accepted otherwise for ever: that is remembered of the link, and is no drift.
    let shown = link(&world, &key(&world, "ada")).await.observed.normalised;
    assert_eq!(shown, [("title".parse().unwrap(), Some("Clerk".into()))].into());
    assert_eq!(told(&world.events().await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_without_a_path_that_is_ignored() {
    let quirks = Quirks { ignores_operations_without_path: true, ..Quirks::default() };
    Box::pin(an_attribute_is_not_heard(quirks, UserUpdate::PatchObject)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_of_a_user_that_changes_nothing() {
    let quirks = Quirks { put_changes_nothing: true, ..Quirks::default() };
    Box::pin(an_attribute_is_not_heard(quirks, UserUpdate::Put)).await;
}

async fn a_removal_is_not_heard(quirks: Quirks, overrides: Settings) {
    let mut world = Box::pin(deaf(quirks, overrides)).await;
    world.user("bob", "Clerk", &["eng"]).await;
    settled(&mut world).await;
    assert!(world.memberships()["Sales"].contains("bob"));
    assert_eq!(world.stand_in.met().into_iter().collect::<Vec<_>>(), quirks.names());
    a_week_later(&mut world).await;
    let events = world.events().await;
    let told = told(&events);
    assert!(told.iter().any(|told| told.starts_with("Sales: members were changed")), "{told:?}");
    let names = |event: &&provisioning::activity::Outcome| event.added == ["bob".to_owned()];
    assert!(events.iter().any(|event| names(&event)), "he is in and should not be: {events:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_of_members_that_is_ignored() {
    let quirks = Quirks { member_replacement: MemberReplacement::Ignored, ..Quirks::default() };
    let overrides = Settings { member_remove: Some(MemberRemove::Replace), ..Settings::default() };
    Box::pin(a_removal_is_not_heard(quirks, overrides)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_of_members_that_adds() {
    let quirks = Quirks { member_replacement: MemberReplacement::Adds, ..Quirks::default() };
    let overrides = Settings { member_remove: Some(MemberRemove::Replace), ..Settings::default() };
    Box::pin(a_removal_is_not_heard(quirks, overrides)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_of_a_group_whose_members_are_ignored() {
    let quirks = Quirks { put_ignores_members: true, ..Quirks::default() };
    let overrides = Settings { group_update: Some(GroupUpdate::Put), ..Settings::default() };
    Box::pin(a_removal_is_not_heard(quirks, overrides)).await;
}
