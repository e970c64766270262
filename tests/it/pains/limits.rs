//! Pain 17: a run is longer than a function may live.

use std::time::Duration;

use jiff::Timestamp;
use provisioning::application::Pace;
use provisioning::clock::Clock as _;
use testkit::Quirks;

use super::{company, settled};
use crate::world::{Crash, Run, When, World};

/// How long a function may live.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// How long one call may take at most. The clock adds up what the tasks of one batch wait for side by side, so it is less in truth;
/// the whole is measured by the same clock.
const CALL: Duration = Duration::from_secs(5 * 60);

/// How many requests are under way at once.
const IN_A_BATCH: usize = 10;

async fn of(people: usize) -> World {
    let world = company(Quirks::default()).await;
    for n in 0..people {
        let groups: &[&str] = if n % 3 == 0 { &["sales", "eng"] } else { &["sales"] };
        world.user(&format!("user{n:03}"), "Clerk", groups).await;
    }
    world
}

fn since(began: Timestamp, world: &World) -> Duration {
    Duration::try_from(world.clock.now().duration_since(began)).unwrap()
}

/// Pain 17: a first sync takes longer than a function may live. Here it takes many calls, and each of them a part of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_that_takes_longer_than_a_function_lives_is_done_in_short_calls() {
    let mut world = of(120).await;
    // A request every two seconds.
    let pace = Pace::declared(0.5, world.clock.now());
    world.tables.applications.set_pace(&world.application, None, Some(pace)).await.unwrap();
    world.enable().await;
    let began = world.clock.now();
    let (mut calls, mut longest) = (0, Duration::ZERO);
    while world.tables.applications.condition(&world.application).await.unwrap().sweep.is_some() {
        let call = world.clock.now();
        let moved = world.read_streams().await | world.answer().await;
        longest = longest.max(since(call, &world));
        let page = world.clock.now();
        let moved = world.do_page().await || moved;
        longest = longest.max(since(page, &world));
        calls += 1;
        if !moved {
            // Nothing is rung, so what is due is waited for.
            world.clock.advance(Duration::from_secs(5));
            world.ring_due().await;
        }
        assert!(calls < 100_000, "it does not end");
    }
    settled(&mut world).await;
    let took = since(began, &world);
    assert!(took > LIFE, "it took only {took:?}, so nothing is shown");
    assert!(longest <= CALL, "one call took {longest:?}");
    assert_eq!(world.memberships()["Sales"].len(), 120);
}

/// The same, with every call cut off where its time is over: what was done is not done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_that_is_cut_off_again_and_again_goes_on_where_it_was() {
    let mut undisturbed = of(90).await;
    undisturbed.enable().await;
    settled(&mut undisturbed).await;

    let mut world = of(90).await;
    world.enable().await;
    let mut lives = 1_u64;
    // So few steps that a life ends in the middle of a page as well as in the middle of a batch.
    while world.run(Some(Crash { step: 45, when: When::After })).await == Run::Crashed {
        lives += 1;
        assert!(lives < 200, "it begins anew each time");
        world.revive(lives.is_multiple_of(2));
    }
    assert!(lives >= 10, "it lived {lives} times only");
    assert_eq!(world.accounts(), undisturbed.accounts());
    assert_eq!(world.memberships(), undisturbed.memberships());
    let (mut wrote, mut needed) = (world.writes(), undisturbed.writes());
    let made = |writes: &[String]| writes.iter().filter(|write| write.starts_with("POST")).count();
    assert_eq!(made(&wrote), made(&needed), "nobody and no group was made twice");
    wrote.retain(|write| !write.starts_with("POST"));
    needed.retain(|write| !write.starts_with("POST"));
    // Requests whose answers died with their senders are sent again, those of one batch at most each time, and no others.
    let again = wrote.len() - needed.len();
    assert!(again <= IN_A_BATCH * (lives as usize - 1), "{again} after {lives} lives: {wrote:?}");
}
