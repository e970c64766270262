//! The sweep that reads the target by itself.

use std::time::Duration;

use provisioning::ports::ApplicationSummary;
use provisioning::sweep::start_if_due;

use super::{REPORT, a_week_later, in_step, requests, settled};
use crate::world::World;

/// How often the accounts were listed.
fn listings(world: &World) -> usize {
    requests(world).iter().filter(|request| request.starts_with("GET /Users?startIndex=1&")).count()
}

async fn read_at(world: &World) -> jiff::Timestamp {
    world.tables.applications.condition(&world.application).await.unwrap().read_at.expect("it was read")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_target_is_read_once_a_week_and_not_before() {
    let mut world = in_step(REPORT).await;
    let first = read_at(&world).await;
    world.clock.advance(Duration::from_secs(6 * 86_400));
    settled(&mut world).await;
    assert_eq!((requests(&world).len(), read_at(&world).await), (0, first));
    a_week_later(&mut world).await;
    assert_eq!(listings(&world), 1);
    assert!(read_at(&world).await > first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_is_disabled_is_not_read() {
    let mut world = in_step(REPORT).await;
    world.setup.disable(&world.application).await.unwrap();
    a_week_later(&mut world).await;
    assert_eq!(requests(&world), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_schedulers_that_see_the_week_is_over_one_starts_the_sweep() {
    let mut world = in_step(REPORT).await;
    world.clock.advance(Duration::from_secs(8 * 86_400));
    let condition = world.tables.applications.condition(&world.application).await.unwrap();
    let all = world.tables.applications.list().await.unwrap();
    let ApplicationSummary { id, lifecycle, .. } = &all[0];
    let (bell, clock) = (world.setup.bell.as_ref(), world.setup.clock.as_ref());
    let start = || start_if_due(&world.tables, bell, clock, (id, *lifecycle), &condition);
    let (one, other) = tokio::join!(start(), start());
    assert!(one.unwrap() != other.unwrap());
    // Nor does one that read late start another once it is done.
    settled(&mut world).await;
    let (bell, clock) = (world.setup.bell.as_ref(), world.setup.clock.as_ref());
    assert!(!start_if_due(&world.tables, bell, clock, (id, *lifecycle), &condition).await.unwrap());
    assert_eq!(listings(&world), 1);
}
