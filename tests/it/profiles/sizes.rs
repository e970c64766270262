//! How much one request holds.

use catalog::Settings;
use provisioning::application::Configuration;
use provisioning::target::Origin;
use testkit::Quirks;

use crate::pains::{company_of, settled};
use crate::world::World;

async fn filled(catalog_key: &str, largest: usize, members: usize) -> World {
    let quirks = Quirks { largest_body: Some(largest), ..Quirks::default() };
    let mut world = company_of(catalog_key, quirks).await;
    for n in 0..members {
        world.user(&format!("user{n:03}"), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), members);
    world
}

fn too_large(world: &World) -> usize {
    world.stand_in.writes().iter().filter(|write| write.status == 413).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_larger_than_is_said_of_the_target() {
    let mut world =
        company_of("generic-saml", Quirks { largest_body: Some(3_000), ..Quirks::default() }).await;
    let overrides = Settings { bytes_per_request: Some(3_000), ..Settings::default() };
    let new = Configuration { overrides: Some(overrides), ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    for n in 0..250 {
        world.user(&format!("user{n:03}"), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), 250);
    for n in 0..250 {
        world.user(&format!("user{n:03}"), "Clerk", &["eng"]).await;
    }
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), 0);
    assert_eq!(world.stand_in.members_of("Engineering").len(), 250);
    assert_eq!(too_large(&world), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_413_shows_is_learned_and_told_and_kept_to_from_then_on() {
    let mut world = filled("generic-saml", 6_000, 400).await;
    assert!(too_large(&world) > 0, "nobody knew");
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let capabilities = configured.application.connection.unwrap().capabilities;
    assert_eq!(capabilities.origin("bytes_per_request"), Origin::Learned);
    assert!((1_500..=6_000).contains(&capabilities.bytes_per_request), "{}", capabilities.bytes_per_request);
    let told = world.tables.activity.of_application(&world.application, None, 1_000).await.unwrap();
    let told = told.outcomes.iter().filter(|told| told.reason.contains("bytes_per_request")).count();
    assert!(told >= 1);
    world.stand_in.clear_log();
    for n in 0..400 {
        world.user(&format!("user{n:03}"), "Clerk", &["sales", "eng"]).await;
    }
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Engineering").len(), 400);
    assert_eq!(too_large(&world), 0, "now it is known");
}
