//! A member whose account somebody deleted at the target. No life of a directory comes upon him, since an account that is gone is
//! told and not made again. A target that answers 500 to him takes nobody who is named with him: what was not answered well is sent
//! again as it was.

use provisioning::application::Policy;
use provisioning::target::Kind;
use testkit::{Quirks, UnknownMember};

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
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
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
