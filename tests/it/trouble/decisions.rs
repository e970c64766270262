//! What a person decided, or could not: each story ended wrong before it was told here.

use provisioning::adoption::Adoptions;
use provisioning::application::{Departure, Setup};
use provisioning::directory::Status;
use provisioning::fuse::HeldRemovals;
use provisioning::ids::{RemoteId, UserId};
use provisioning::link::{LinkKey, State};
use testkit::Fault;

use super::{ada_in_step, at_once, link, settled, somebody_elses_eve};
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_after_a_lost_create_can_be_decided_by_a_person() {
    let mut world = ada_in_step(at_once()).await;
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").cut());
    world.user("eve", "Clerk", &["eng"]).await;
    world.step().await;
    // Meanwhile somebody else made the account, from another source.
    let id = somebody_elses_eve(&world);
    settled(&mut world).await;
    assert_eq!(link(&world, "eve").await.state, State::Conflict);
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let Setup { tables, bell, clock, .. } = world.setup.clone();
    let adoptions = Adoptions { tables, bell, clock };
    let chosen = RemoteId::new(&id).unwrap();
    let marked = adoptions.choose(&configured, &"eve".parse().unwrap(), &chosen).await.unwrap();
    adoptions.ring(&marked).await.unwrap();
    settled(&mut world).await;
    let eve = link(&world, "eve").await;
    assert_eq!((eve.state, eve.remote_id), (State::Linked, Some(chosen)));
    assert_eq!(world.accounts()["eve"], Some("Clerk".into()));
}

/// Forty people, and so many of them disabled, one after the other.
async fn forty_of_whom_are_disabled(disabled: usize) -> World {
    let mut world = ada_in_step(at_once()).await;
    for n in 0..39 {
        world.user(&format!("user{n}"), "Clerk", &["eng"]).await;
    }
    settled(&mut world).await;
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    for n in 0..disabled {
        world.write_user(&format!("user{n}"), &["eng"], |user| user.status = Status::Disabled).await;
    }
    settled(&mut world).await;
    world
}

/// Ada of forty is out of the selected groups, and a person rejected that she goes.
async fn ada_is_kept() -> World {
    let mut world = Box::pin(forty_of_whom_are_disabled(4)).await;
    world.user("ada", "Engineer", &[]).await;
    settled(&mut world).await;
    assert!(link(&world, "ada").await.is_held(), "she is the fifth");
    let Setup { tables, bell, clock, .. } = world.setup.clone();
    let held = HeldRemovals { tables, bell, clock };
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let digest = held.seal(&configured).await.unwrap().digest;
    held.reject(&world.setup, &configured, &digest).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()), "she is kept");
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_kept_came_back_in_vain_and_left_again_loses_access() {
    let mut world = ada_is_kept().await;
    // She comes back, and what is to be sent of her is refused.
    world.stand_in.fail(Fault::next(1).method("PATCH").path("/Users").status(400));
    world.user("ada", "Countess", &["eng"]).await;
    world.step().await;
    world.user("ada", "Countess", &[]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "{:?}", link(&world, "ada").await.removal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_kept_came_back_disabled_and_left_again_loses_access() {
    let mut world = ada_is_kept().await;
    let policy = provisioning::application::Policy { on_disable: Departure::Leave, ..at_once() };
    world.set_policy(policy).await;
    settled(&mut world).await;
    world.write_user("ada", &["eng"], |ada| ada.status = Status::Disabled).await;
    settled(&mut world).await;
    world.write_user("ada", &[], |_| {}).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "{:?}", link(&world, "ada").await.removal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_kept_and_is_offboarded_loses_access() {
    let mut world = ada_is_kept().await;
    world.write_user("ada", &[], |ada| ada.status = Status::Disabled).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()), "that alone is no person's word");
    provisioning::fuse::let_go(&world.tables, &"ada".parse().unwrap(), world.setup.clock.now())
        .await
        .unwrap();
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "{:?}", link(&world, "ada").await.removal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_kept_is_off_before_the_application_is_removed() {
    let mut world = ada_is_kept().await;
    world.setup.remove(&world.application, Departure::Deactivate, Some(1_000)).await.unwrap();
    world.run(None).await;
    assert!(world.tables.applications.load(&world.application).await.unwrap().is_none(), "it is gone");
    assert_eq!(world.accounts()["ada"], None, "nobody knows of her account any more");
}

/// Forty people, and the fuse blown by five of them, as by a bad import.
async fn blown() -> World {
    let world = Box::pin(forty_of_whom_are_disabled(5)).await;
    assert!(world.tables.fuse.window(&world.application).await.unwrap().blown.is_some());
    world
}

/// Disables somebody as an administrator does who is signed in.
async fn offboard(world: &World, user: &str) {
    world.write_user(user, &["eng"], |user| user.status = Status::Disabled).await;
    let id: UserId = user.parse().unwrap();
    provisioning::fuse::let_go(&world.tables, &id, world.setup.clock.now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_offboarded_while_his_create_is_open_is_never_held() {
    let mut world = blown().await;
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").after_applying().cut());
    world.user("eve", "Spy", &["eng"]).await;
    world.step().await;
    assert_eq!(link(&world, "eve").await.state, State::Creating);
    offboard(&world, "eve").await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["eve"], None, "{:?}", link(&world, "eve").await.removal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_offboarded_while_a_change_of_him_is_under_way_is_never_held() {
    let mut world = blown().await;
    let (slow, instant) = (std::time::Duration::from_millis(1_500), std::time::Duration::ZERO);
    for (user, title) in [("user7", "Chief"), ("eve", "Spy")] {
        // A change of the one, and the creation of the other.
        world.user(user, title, &["eng"]).await;
        world.read_streams().await;
        world.stand_in.set_latency(slow);
        let (tables, clock) = (world.tables.clone(), world.setup.clock.clone());
        let id: UserId = user.parse().unwrap();
        let by_hand = async {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                let key = LinkKey::user(&"crm".parse().unwrap(), &id);
                let link = tables.links.link(&key).await.unwrap();
                if link.is_some_and(|link| link.work.claim.is_some()) {
                    break;
                }
            }
            let old = tables.directory.user(&id).await.unwrap().and_then(|record| record.user).unwrap();
            let new = provisioning::directory::User { status: Status::Disabled, ..old.clone() };
            let write = provisioning::ports::UserWrite {
                old: Some(old),
                new,
                join: Default::default(),
                leave: Default::default(),
            };
            tables.directory.write_user(&write).await.unwrap();
            provisioning::fuse::let_go(&tables, &id, clock.now()).await.unwrap();
        };
        tokio::join!(world.answer(), by_hand);
        world.stand_in.set_latency(instant);
        assert_eq!(world.accounts()[user], Some(title.into()), "the request was under way");
        settled(&mut world).await;
        assert_eq!(world.accounts()[user], None, "{user}: {:?}", link(&world, user).await.removal);
    }
}
