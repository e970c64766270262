//! Trouble that once left somebody with access, or without: each story ended wrong before it was told here.

mod answers;
mod decisions;
mod ends;
mod gap;
mod overtaken;
mod tenants;

use provisioning::application::{Configuration, Departure, DeselectedGroup, Policy, Selection};
use provisioning::directory::Status;
use provisioning::link::{Link, LinkKey};
use provisioning::target::Kind;
use serde_json::json;
use testkit::Fault;

use crate::world::{Run, World};

/// Ada in sales and eng, in step.
async fn ada_in_step(policy: Policy) -> World {
    let mut world = World::new(&["sales", "eng"]).await;
    world.set_policy(policy).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    world.user("ada", "Engineer", &["sales", "eng"]).await;
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()));
    world
}

/// Runs until nothing is left to do.
async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn link(world: &World, user: &str) -> Link {
    let key = LinkKey::user(&world.application, &user.parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

/// An account that somebody else made, from another source. Answers its id.
fn somebody_elses_eve(world: &World) -> String {
    let account =
        json!({"schemas": [scim::USER_SCHEMA], "userName": "eve", "externalId": "okta-1", "active": true});
    world.stand_in.seed(Kind::User, &account).unwrap()
}

fn at_once() -> Policy {
    Policy { grace_seconds: 0, ..Policy::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_answer_was_lost_is_not_forgotten_because_its_look_up_is_refused() {
    let mut world = ada_in_step(at_once()).await;
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").after_applying().cut());
    world.user("eve", "Spy", &["eng"]).await;
    world.step().await;
    world.stand_in.fail(Fault::next(2).method("GET").path("/Users?filter").status(400));
    world.run(None).await;
    world.delete("eve").await;
    world.run(None).await;
    assert_eq!(world.accounts()["eve"], None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_404_that_is_not_true_leaves_no_leaver_with_access() {
    let mut world = ada_in_step(at_once()).await;
    world.stand_in.fail(Fault::next(1).method("PATCH").path("/Users").status(404));
    world.delete("ada").await;
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_404_that_is_not_true_ends_no_group() {
    let mut world = ada_in_step(at_once()).await;
    world.user("bob", "Clerk", &["eng"]).await;
    world.run(None).await;
    // A proxy that answers 404 to everything for a while: the change, the group itself, the control read.
    world.stand_in.fail(Fault::next(3).status(404));
    world.user("bob", "Clerk", &["eng", "sales"]).await;
    world.run(None).await;
    assert!(world.memberships()["Sales"].contains("bob"), "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_disabled_and_enabled_between_two_reads_of_the_stream_is_on() {
    let mut world = ada_in_step(at_once()).await;
    world.user("ada", "Countess", &["sales", "eng"]).await;
    world.read_streams().await;
    world.write_user("ada", &["sales", "eng"], |ada| ada.status = Status::Disabled).await;
    world.answer().await;
    assert_eq!(world.accounts()["ada"], None, "the worker saw her disabled");
    world.write_user("ada", &["sales", "eng"], |ada| ada.status = Status::Active).await;
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_left_while_its_user_was_disabled_is_off_when_he_is_deleted() {
    let mut world = ada_in_step(Policy { on_disable: Departure::Leave, ..at_once() }).await;
    world.write_user("ada", &["sales", "eng"], |ada| ada.status = Status::Disabled).await;
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()), "the policy leaves her");
    world.delete("ada").await;
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_was_let_go_holds_up_no_deletion() {
    let policy = Policy { on_delete: Departure::Delete, on_deselect: DeselectedGroup::Leave, ..at_once() };
    let mut world = ada_in_step(policy).await;
    let groups = ["sales".parse().unwrap()].into();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    world.run(None).await;
    world.delete("ada").await;
    world.run(None).await;
    assert_eq!(world.accounts().get("ada"), None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_went_after_it_was_listed_is_not_adopted() {
    let mut world = World::new(&["sales"]).await;
    world.group("sales", "Sales").await;
    world.user("ada", "Engineer", &["sales"]).await;
    let stranger = serde_json::json!({"schemas": [scim::USER_SCHEMA], "userName": "ada", "title": "Engineer", "active": true});
    let id = world.stand_in.seed(Kind::User, &stranger).unwrap();
    world.read_streams().await;
    world.enable().await;
    while world.stand_in.requests().iter().all(|request| !request.path.starts_with("/Users?startIndex")) {
        world.do_page().await;
    }
    world.stand_in.erase(Kind::User, &id);
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()), "{:#?}", world.writes());
}
