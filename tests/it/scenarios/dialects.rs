//! Targets that are spoken to in a way that an administrator set and that they refuse: it is told, nothing is lost, and it is done
//! once they are spoken to as they take it.

use catalog::{GroupUpdate, MemberRemove, Settings, UserUpdate};
use provisioning::activity::OutcomeResult;
use provisioning::application::{Configuration, Policy};
use testkit::{MemberRemoval, MemberReplacement, Quirks};

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn spoken_to(world: &World, overrides: Settings) {
    let new = Configuration { overrides: Some(overrides), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
}

/// Ada becomes another and Bob moves while the target refuses how that is said.
async fn refused_until_it_is_said_otherwise(quirks: Quirks, wrong: Settings) {
    let mut world = World::new(&["sales", "eng"]).await;
    world.set_policy(Policy { grace_seconds: 0, ..Policy::default() }).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.set_quirks(quirks);
    world.stand_in.watch_quirks();
    spoken_to(&world, wrong).await;
    world.user("ada", "Countess", &["sales"]).await;
    world.user("bob", "Clerk", &["eng"]).await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.met().into_iter().collect::<Vec<_>>(), quirks.names());
    let events = world.events().await;
    assert!(events.iter().any(|event| event.result == OutcomeResult::Failure), "{events:#?}");
    let done = |world: &World| {
        let names = |group: &str| world.memberships()[group].iter().cloned().collect::<Vec<_>>().join(" ");
        (world.accounts()["ada"].clone(), names("Sales"), names("Engineering"))
    };
    let wanted = (Some("Countess".to_owned()), "ada".to_owned(), "bob".to_owned());
    assert_ne!(done(&world), wanted);
    spoken_to(&world, Settings::default()).await;
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    settled(&mut world).await;
    assert_eq!(done(&world), wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_without_a_path_are_refused() {
    let quirks = Quirks { refuses_operations_without_path: true, ..Quirks::default() };
    let wrong = Settings { user_update: Some(UserUpdate::PatchObject), ..Settings::default() };
    refused_until_it_is_said_otherwise(quirks, wrong).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_of_members_is_refused() {
    let quirks = Quirks { member_replacement: MemberReplacement::Refused, ..Quirks::default() };
    let wrong = Settings { member_remove: Some(MemberRemove::Replace), ..Settings::default() };
    refused_until_it_is_said_otherwise(quirks, wrong).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_of_members_by_a_list_is_refused() {
    let quirks = Quirks { member_removal: MemberRemoval::Filter, ..Quirks::default() };
    let wrong = Settings { member_remove: Some(MemberRemove::Array), ..Settings::default() };
    refused_until_it_is_said_otherwise(quirks, wrong).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_of_a_group_is_refused() {
    let quirks = Quirks { no_group_put: true, ..Quirks::default() };
    let wrong = Settings { group_update: Some(GroupUpdate::Put), ..Settings::default() };
    refused_until_it_is_said_otherwise(quirks, wrong).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_that_fail_are_told_until_none_is_asked() {
    let quirks = Quirks { filters_fail: true, ..Quirks::default() };
    let mut world = World::new(&["sales"]).await;
    world.stand_in.set_quirks(quirks);
    world.stand_in.watch_quirks();
    world.group("sales", "Sales").await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.met().into_iter().collect::<Vec<_>>(), quirks.names());
    let events = world.events().await;
    assert!(events.iter().any(|event| event.result == OutcomeResult::Failure), "{events:#?}");
    spoken_to(&world, Settings { filter: Some(false), ..Settings::default() }).await;
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"], ["ada".to_owned()].into());
}
