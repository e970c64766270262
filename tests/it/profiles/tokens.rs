//! Tokens that run out are told of ahead, once each.

use std::time::Duration;

use provisioning::application::{Links, status};
use provisioning::clock::Clock as _;
use testkit::Quirks;

use crate::pains::{company_of, settled};
use crate::world::World;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn told(world: &World) -> Vec<String> {
    let events = world.events().await;
    events.into_iter().map(|told| told.reason).filter(|reason| reason.contains("token")).collect()
}

async fn days_pass(world: &mut World, days: u32) -> usize {
    world.clock.advance(DAY * days);
    settled(world).await;
    settled(world).await;
    told(world).await.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_runs_out_is_told_of_thirty_days_ahead_and_seven() {
    // Snowflake's tokens live for 180 days.
    let mut world = company_of("snowflake", Quirks::default()).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(days_pass(&mut world, 149).await, 0);
    assert_eq!(days_pass(&mut world, 2).await, 1);
    assert_eq!(days_pass(&mut world, 20).await, 1, "once");
    assert_eq!(days_pass(&mut world, 3).await, 2);
    assert_eq!(days_pass(&mut world, 30).await, 2);
    let reasons = told(&world).await;
    assert!(reasons.iter().all(|reason| reason.contains("run out on")), "{reasons:?}");
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let status = status(&world.tables, &configured, world.clock.now()).await.unwrap();
    assert_eq!(status.warnings.len(), 1);
    // A new token begins anew.
    world.stand_in.set_token("another-token");
    let (url, token) = (world.stand_in.base_url().clone(), "another-token".to_owned().into());
    Box::pin(world.setup.connect(&world.application, &url, &token, Links::Keep)).await.unwrap();
    assert_eq!(days_pass(&mut world, 100).await, 2);
    assert_eq!(days_pass(&mut world, 51).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_may_say_when_a_token_runs_out() {
    let mut world = company_of("generic-saml", Quirks::default()).await;
    let ends = world.clock.now() + jiff::SignedDuration::from_hours(24 * 60);
    let (url, token) = (world.stand_in.base_url().clone(), world.stand_in.token());
    let connected = world.setup.connect_until(&world.application, &url, &token, Links::Keep, Some(ends));
    Box::pin(connected).await.unwrap();
    assert_eq!(days_pass(&mut world, 29).await, 0);
    assert_eq!(days_pass(&mut world, 2).await, 1);
}
