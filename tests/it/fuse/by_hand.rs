//! A person takes somebody away while a worker is about to hold him: what he says is heard at once, whatever the worker has read.

use std::time::Duration;

use provisioning::fuse::{let_go, let_member_go};
use provisioning::ids::{GroupId, UserId};
use provisioning::link::LinkKey;
use provisioning::ports::Lane;

use super::{active, blown, company, held, name, settled};
use crate::world::World;

const PEOPLE: usize = 40;

/// Says by hand that he goes: out of this group, or altogether.
fn word(world: &World, user: &str, group: Option<&str>) -> impl Future<Output = ()> + Send + use<> {
    let (setup, user): (_, UserId) = (world.setup.clone(), user.parse().unwrap());
    let group: Option<GroupId> = group.map(|group| group.parse().unwrap());
    async move {
        let (tables, now) = (&setup.tables, setup.clock.now());
        let bells = match &group {
            Some(group) => let_member_go(tables, group, &user, now).await.unwrap(),
            None => let_go(tables, &user, now).await.unwrap(),
        };
        setup.bell.ring(Lane::Live, "", &bells).await.unwrap();
    }
}

/// The marks are there and rung, and no worker has answered yet.
async fn rung(world: &mut World) {
    while world.read_streams().await {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_let_go_between_any_two_steps_of_a_worker_goes_at_once() {
    let mut world = company(PEOPLE).await;
    super::disable(&world, 0..5).await;
    settled(&mut world).await;
    let stay = active(&world);
    assert!(blown(&world).await.is_some(), "all others are held");
    let listed = held(&world).await;
    let mut steps = 0;
    for n in 5.. {
        super::disable(&world, n..n + 1).await;
        rung(&mut world).await;
        world.interrupt(steps + 1, word(&world, &name(n), None));
        world.step().await;
        if !world.is_interrupted() {
            break;
        }
        steps += 1;
        assert_eq!(world.accounts()[&name(n)], None, "before step {steps}: without waiting for anything");
        assert_eq!((active(&world), held(&world).await), (stay - steps as usize, listed));
    }
    assert!(steps >= 1, "a worker that holds somebody writes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_is_let_go_between_any_two_steps_of_a_worker_goes_at_once() {
    let mut world = World::new(&["staff", "crew"]).await;
    for group in ["staff", "crew"] {
        world.group(group, group).await;
    }
    for n in 0..PEOPLE {
        world.user(&name(n), "Clerk", &["staff", "crew"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    world.clock.advance(Duration::from_secs(25 * 3_600));
    for n in 0..9 {
        world.write_user(&name(n), &["staff"], |_| {}).await;
    }
    settled(&mut world).await;
    assert!(blown(&world).await.is_some(), "9 of 80");
    assert_eq!(world.stand_in.members_of("crew").len(), PEOPLE);
    let mut steps = 0;
    for n in 9.. {
        world.write_user(&name(n), &["staff"], |_| {}).await;
        rung(&mut world).await;
        world.interrupt(steps + 1, word(&world, &name(n), Some("crew")));
        world.step().await;
        if !world.is_interrupted() {
            break;
        }
        steps += 1;
        let crew = world.stand_in.members_of("crew");
        assert!(!crew.contains(&name(n)), "before step {steps}: {crew:?}");
        assert_eq!(crew.len(), PEOPLE - steps as usize, "the others are held");
    }
    assert!(steps >= 3, "a worker that holds a member tells it, stamps him and finishes his row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_are_held_while_another_change_comes_are_told_once() {
    for step in 1..=4 {
        let mut world = World::new(&["staff", "crew"]).await;
        for group in ["staff", "crew"] {
            world.group(group, group).await;
        }
        for n in 0..12 {
            world.user(&name(n), "Clerk", &["staff", "crew"]).await;
        }
        world.enable().await;
        settled(&mut world).await;
        world.clock.advance(Duration::from_secs(25 * 3_600));
        for n in 0..6 {
            world.write_user(&name(n), &["staff"], |_| {}).await;
        }
        rung(&mut world).await;
        let crew = LinkKey::group(&world.application, &"crew".parse().unwrap());
        world.interrupt(step, world.mark(&crew));
        settled(&mut world).await;
        assert!(world.is_interrupted());
        assert_eq!(world.stand_in.members_of("crew").len(), 12, "before step {step}");
        let told = world.events().await.into_iter().filter(|event| event.reason.contains("is held")).count();
        assert_eq!(told, 1, "before step {step}");
    }
}
