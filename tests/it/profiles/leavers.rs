//! Leavers at targets where `active: false` and DELETE do not mean what they mean elsewhere.

use provisioning::application::{Departure, Policy};
use provisioning::directory::Status;
use provisioning::link::{Link, LinkKey, State};
use testkit::{Deactivation, Quirks};

use crate::pains::{at_once, company_of, settled};
use crate::world::World;

async fn with_ada(catalog_key: &str, quirks: Quirks, policy: Policy) -> World {
    let mut world = company_of(catalog_key, quirks).await;
    world.set_policy(policy).await;
    world.user("ada", "Countess", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    world
}

async fn link(world: &World, user: &str) -> Link {
    let key = LinkKey::user(&world.application, &user.parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

fn removes() -> Quirks {
    Quirks { deactivation: Deactivation::Deletes, ..Quirks::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_its_deactivation_removed_is_a_tombstone_and_who_comes_back_is_created() {
    let mut world = with_ada("smartsheet", removes(), at_once()).await;
    let first = link(&world, "ada").await.remote_id;
    world.user("ada", "Countess", &[]).await;
    settled(&mut world).await;
    assert!(world.stand_in.user("ada").is_none());
    let gone = link(&world, "ada").await;
    assert_eq!((gone.state, gone.doubt.len()), (State::Tombstone, 0));
    world.stand_in.clear_log();
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    let back = link(&world, "ada").await;
    assert_eq!(back.state, State::Linked);
    assert_ne!(back.remote_id, first, "a new account");
    let users: Vec<_> =
        world.stand_in.writes().into_iter().filter(|write| write.path.starts_with("/Users")).collect();
    let sent: Vec<_> = users.iter().map(|write| (write.method.as_str(), write.status)).collect();
    assert_eq!(sent, [("POST", 201)], "nothing is sent to the account that is gone");
    assert_eq!(world.memberships()["Sales"], ["ada", "bob"].map(String::from).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_removes_nobody_where_the_policy_was_left_to_the_profile() {
    let profile = catalog::profile("smartsheet");
    let policy = Policy { grace_seconds: 0, ..Policy::of_profile(profile) };
    let mut world = with_ada("smartsheet", removes(), policy).await;
    world.write_user("ada", &["sales"], |ada| ada.status = Status::Disabled).await;
    settled(&mut world).await;
    assert!(world.stand_in.user("ada").is_some());
    assert_eq!(link(&world, "ada").await.state, State::Linked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_deletion_nobody_keeps_access_where_a_deletion_deletes_nothing() {
    let policy = Policy { on_delete: Departure::Delete, ..at_once() };
    let mut world = with_ada("asana", Quirks { no_patch: true, ..Quirks::default() }, policy).await;
    world.delete("ada").await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "it is turned off");
    assert_eq!(link(&world, "ada").await.state, State::Deactivated);
    assert!(!world.writes().iter().any(|write| write.starts_with("DELETE")), "{:?}", world.writes());
}
