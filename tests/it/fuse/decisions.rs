//! A person decides about what is held: about exactly the list that was shown.

use provisioning::application::Departure;
use provisioning::directory::Status;
use provisioning::fuse::DecisionError;

use super::{active, blown, company, disable, held, held_removals, link, name, settled};
use crate::world::World;

pub(super) async fn approve(world: &World, digest: &str) -> Result<u64, DecisionError> {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let decided = held_removals(world).approve(&world.setup, &configured, digest).await;
    decided.map(|decided| decided.removals)
}

pub(super) async fn reject(world: &World, digest: &str) -> Result<u64, DecisionError> {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let decided = held_removals(world).reject(&world.setup, &configured, digest).await;
    decided.map(|decided| decided.removals)
}

pub(super) async fn digest(world: &World) -> String {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    held_removals(world).seal(&configured).await.unwrap().digest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approved_is_the_list_that_was_shown_and_no_other() {
    let mut world = company(40).await;
    disable(&world, 0..10).await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (36, 6));
    let shown = digest(&world).await;
    assert_eq!(digest(&world).await, shown, "the same list, the same digest");
    disable(&world, 10..11).await;
    settled(&mut world).await;
    let refused = approve(&world, &shown).await;
    assert!(matches!(refused, Err(DecisionError::AnotherList(now)) if now.accounts == 7));
    assert_eq!((active(&world), held(&world).await), (36, 7), "nobody went");
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 7);
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (29, 0));
    assert_eq!(world.stand_in.members_of("Sales").len(), 29);
    assert_eq!(blown(&world).await, None);
    disable(&world, 20..22).await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (27, 0), "and life goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_wanted_again_when_his_removal_is_approved_stays() {
    let mut world = company(40).await;
    disable(&world, 0..10).await;
    settled(&mut world).await;
    let mut back = None;
    for n in 0..10 {
        if link(&world, n).await.is_held() {
            back = Some(name(n));
        }
    }
    let back = back.expect("one is held");
    let shown = digest(&world).await;
    world.write_user(&back, &["sales"], |user| user.status = Status::Active).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 6);
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (31, 0));
    assert!(world.accounts()[&back].is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_rejected_does_not_come_back_until_something_else_is_desired() {
    let mut world = company(40).await;
    disable(&world, 0..10).await;
    settled(&mut world).await;
    let mut kept = Vec::new();
    for n in 0..10 {
        if link(&world, n).await.is_held() {
            kept.push(n);
        }
    }
    let shown = digest(&world).await;
    assert_eq!(reject(&world, &shown).await.unwrap(), 6);
    assert_eq!(blown(&world).await, None);
    for _ in 0..2 {
        world.setup.sync(&world.application, None).await.unwrap();
        settled(&mut world).await;
        assert_eq!((active(&world), held(&world).await), (36, 0));
        assert_eq!(world.stand_in.members_of("Sales").len(), 36, "their memberships stay too");
    }
    // Deleted is something else than disabled.
    let mut policy = provisioning::application::Policy { grace_seconds: 0, ..Default::default() };
    policy.on_delete = Departure::Deactivate;
    world.set_policy(policy).await;
    world.delete(&name(kept[0])).await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (35, 0));
    assert_eq!(world.accounts()[&name(kept[0])], None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_a_person_allows_takes_what_is_held() {
    let mut world = company(40).await;
    disable(&world, 0..10).await;
    settled(&mut world).await;
    world.setup.sync(&world.application, Some(5)).await.unwrap();
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (36, 6), "five are not six");
    world.setup.sync(&world.application, Some(6)).await.unwrap();
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (30, 0));
    assert_eq!(blown(&world).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_clearing_is_not_sent_and_everything_else_is() {
    let mut world = company(40).await;
    for n in 0..10 {
        world.write_user(&name(n), &["sales"], |user| user.custom.clear()).await;
    }
    settled(&mut world).await;
    assert_eq!(held(&world).await, 6);
    let shown = digest(&world).await;
    assert_eq!(reject(&world, &shown).await.unwrap(), 6);
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    let cleared = world.accounts().values().filter(|title| title.as_deref() == Some("")).count();
    assert_eq!((cleared, held(&world).await), (4, 0));
    let mut kept = Vec::new();
    for n in 0..10 {
        if !link(&world, n).await.rejected.is_empty() {
            kept.push(n);
        }
    }
    assert_eq!(kept.len(), 6);
    // Something else is desired, and then the same again: that is a new change.
    world.user(&name(kept[0]), "Director", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()[&name(kept[0])].as_deref(), Some("Director"));
    world.write_user(&name(kept[0]), &["sales"], |user| user.custom.clear()).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()[&name(kept[0])].as_deref(), Some(""));
}
