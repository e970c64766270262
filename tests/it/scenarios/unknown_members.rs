//! A member whose account somebody deleted at the target. No life of a directory comes upon him, since an account that is gone is
//! told and not made again.

use std::time::Duration;

use catalog::{MemberRemove, Settings};
use provisioning::activity::OutcomeResult;
use provisioning::application::{Configuration, Policy};
use provisioning::target::Kind;
use testkit::{MemberRemoval, Quirks, UnknownMember};

use crate::world::{Run, World};

/// Bob's account is deleted behind our back, and then he and Cy join Engineering: she is in, whatever becomes of him.
async fn the_others_come_in(unknown_member: UnknownMember) {
    let mut world = World::new(&["sales", "eng"]).await;
    world.set_policy(Policy { grace_seconds: 0, ..Policy::default() }).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let quirks = Quirks { unknown_member, ..Quirks::default() };
    world.stand_in.set_quirks(quirks);
    world.stand_in.watch_quirks();
    let bob = world.stand_in.user("bob").and_then(|bob| bob.id()).unwrap();
    assert!(world.stand_in.erase(Kind::User, &bob));
    for name in ["bob", "cy"] {
        world.user(name, "Clerk", &["sales", "eng"]).await;
    }
    // What is answered as trouble is tried again a few times first.
    for _ in 0..4 {
        assert!(matches!(world.run(None).await, Run::Quiet { .. }));
        world.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(world.memberships()["Engineering"], ["cy".to_owned()].into());
    assert_eq!(world.memberships()["Sales"], ["ada", "cy"].map(String::from).into());
    assert_eq!(world.stand_in.met().into_iter().collect::<Vec<_>>(), quirks.names());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_member_whom_the_target_leaves_out_keeps_nobody_out() {
    the_others_come_in(UnknownMember::LeftOut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_member_whom_the_target_keeps_keeps_nobody_out() {
    the_others_come_in(UnknownMember::Kept).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_member_whom_the_target_refuses_keeps_nobody_out() {
    the_others_come_in(UnknownMember::Refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_member_whom_the_target_answers_with_its_own_trouble_keeps_nobody_out() {
    the_others_come_in(UnknownMember::Fails).await;
}

/// Bob's account is deleted behind our back, and then he and Cy leave, at a target that removes members by a list and refuses a list
/// that names nobody: she is out, and nobody asks for him again.
async fn the_others_go(unknown_member: UnknownMember) {
    let mut world = World::new(&["sales", "eng"]).await;
    world.set_policy(Policy { grace_seconds: 0, ..Policy::default() }).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales", "eng"]).await;
    }
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let quirks = Quirks { member_removal: MemberRemoval::Values, unknown_member, ..Quirks::default() };
    world.stand_in.set_quirks(quirks);
    let overrides = Some(Settings { member_remove: Some(MemberRemove::Array), ..Settings::default() });
    let new = Configuration { overrides, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    let bob = world.stand_in.user("bob").and_then(|bob| bob.id()).unwrap();
    assert!(world.stand_in.erase(Kind::User, &bob));
    for name in ["bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    for _ in 0..4 {
        assert!(matches!(world.run(None).await, Run::Quiet { .. }));
        world.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(world.memberships()["Engineering"], ["ada".to_owned()].into());
    let writes = world.stand_in.writes().len();
    world.clock.advance(Duration::from_secs(3 * 86_400));
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let again = world.stand_in.writes().split_off(writes);
    assert!(again.iter().all(|write| !write.path.starts_with("/Groups")), "{again:?}");
    let told = world.events().await;
    let out = told.iter().filter(|told| told.reason.contains("not at the target any more, so he is in none"));
    assert_eq!(out.filter(|told| told.result == OutcomeResult::Success).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_who_is_unknown_there_and_refused_is_asked_for_no_more() {
    the_others_go(UnknownMember::Refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_who_is_unknown_there_and_answered_with_trouble_is_asked_for_no_more() {
    the_others_go(UnknownMember::Fails).await;
}

/// The group is renamed as well: its new name is not lost with a removal of nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_name_that_goes_with_the_removal_of_nobody_is_sent_all_the_same() {
    let mut world = World::new(&["sales", "eng"]).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    for name in ["ada", "bob"] {
        world.user(name, "Clerk", &["sales", "eng"]).await;
    }
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let quirks = Quirks { member_removal: MemberRemoval::Values, ..Quirks::default() };
    world.stand_in.set_quirks(quirks);
    let overrides = Some(Settings { member_remove: Some(MemberRemove::Array), ..Settings::default() });
    let new = Configuration { overrides, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let bob = world.stand_in.user("bob").and_then(|bob| bob.id()).unwrap();
    assert!(world.stand_in.erase(Kind::User, &bob));
    world.group("eng", "Engineers").await;
    world.user("bob", "Clerk", &["sales"]).await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    assert_eq!(world.memberships()["Engineers"], ["ada".to_owned()].into());
}
