//! Creates whose answer was lost: counted where the run counts them, and found as the run finds them.

use provisioning::application::{Links, Policy};
use provisioning::directory::Status;
use provisioning::fuse::Limits;
use provisioning::link::{Link, LinkKey, State};
use provisioning::preview::RowAction;
use provisioning::target::Kind;
use serde_json::json;
use testkit::{Fault, StandIn, StandInConfig};

use super::{of, previewed, settled};
use crate::world::World;

/// Ada in step; what was sent for Eve is not known, and the application is disabled.
async fn eve_in_doubt(applied: bool) -> World {
    let mut world = World::new(&["sales"]).await;
    let fuse = Limits { accounts: 100, groups: 100, memberships: 100, percent: 100, floor: 100 };
    world.set_policy(Policy { grace_seconds: 0, fuse, ..Policy::default() }).await;
    world.group("sales", "Sales").await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.agree_on_the_time();
    let lost = Fault::next(1).method("POST").path("/Users");
    world.stand_in.fail(if applied { lost.after_applying().cut() } else { lost.cut() });
    world.user("eve", "Spy", &["sales"]).await;
    world.step().await;
    assert_eq!(eve(&world).await.state, State::Creating);
    world.setup.disable(&world.application).await.unwrap();
    world
}

async fn eve(world: &World) -> Link {
    let key = LinkKey::user(&world.application, &"eve".parse().unwrap());
    world.tables.links.link(&key).await.unwrap().unwrap()
}

/// What the run counts as linked, by the fuse's own note of it.
async fn counted(world: &mut World) -> Option<u64> {
    world.enable().await;
    settled(world).await;
    world.tables.fuse.window(&world.application).await.unwrap().linked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_was_open_at_another_tenant_is_no_account_that_goes() {
    let mut world = eve_in_doubt(false).await;
    world.delete("eve").await;
    settled(&mut world).await;
    let other = StandIn::start(StandInConfig::default()).await.unwrap();
    let (id, token) = (&world.application, other.token());
    Box::pin(world.setup.connect(id, other.base_url(), &token, Links::Relink)).await.unwrap();
    let (job, rows) = previewed(&world, "p1").await;
    assert_eq!((job.counts.linked, job.counts.removals), (0, 0));
    assert!(of(&rows, "eve").is_none(), "{rows:#?}");
    assert_eq!(counted(&mut world).await, Some(1), "Ada's account, and nothing else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_that_a_lost_create_led_to_is_an_account_that_may_be_there() {
    let mut world = eve_in_doubt(false).await;
    let key = eve(&world).await.key;
    let before = eve(&world).await;
    let conflict = Link { state: State::Conflict, ..before.rewritten() };
    world.tables.links.write(&before, &conflict, None).await.unwrap();
    assert!(world.tables.links.link(&key).await.unwrap().unwrap().create_is_open(1));
    let (job, _) = previewed(&world, "p1").await;
    assert_eq!((job.counts.linked, job.counts.removals), (2, 0), "Ada, and what may be Eve's");
    assert_eq!(counted(&mut world).await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_create_made_is_found_by_its_name_and_goes() {
    let mut world = eve_in_doubt(true).await;
    // The target does not keep externalIds.
    let id = world.stand_in.user("eve").unwrap().id().unwrap();
    assert!(world.stand_in.alter(Kind::User, &id, &json!([{"op": "remove", "path": "externalId"}])));
    world.write_user("eve", &["sales"], |eve| eve.status = Status::Disabled).await;
    settled(&mut world).await;
    let (_, rows) = previewed(&world, "p1").await;
    assert_eq!(of(&rows, "eve").map(|row| row.action), Some(RowAction::Deactivate), "{rows:#?}");
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["eve"], None, "and so it is");
}
