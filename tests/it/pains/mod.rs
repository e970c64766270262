//! What goes wrong with provisioning elsewhere, and does not here. `docs/PAINS.md` names the test of each pain, also of those that
//! are told in other folders.

mod correctness;
mod deletion;
mod limits;
mod reliability;
mod table;
mod usability;

use provisioning::activity::OutcomeResult;
use provisioning::application::{Links, Policy};
use provisioning::fuse::Limits;
use provisioning::target::Kind;
use serde_json::json;
use testkit::Quirks;

use crate::world::{Run, World};

/// Nobody waits, and so small a company is not asked about a handful of leavers.
pub fn at_once() -> Policy {
    let fuse = Limits { accounts: 1_000, groups: 1_000, memberships: 10_000, percent: 100, floor: 1_000 };
    Policy { grace_seconds: 0, fuse, ..Policy::default() }
}

/// An application of this entry of the catalog, connected to a target with these quirks; Sales and Engineering are selected.
pub async fn company_of(catalog_key: &str, quirks: Quirks) -> World {
    let world = World::of(catalog_key, &["sales", "eng"]).await;
    world.stand_in.set_quirks(quirks);
    // Asked again, now that it is what it is.
    let (url, token) = (world.stand_in.base_url().clone(), world.stand_in.token());
    Box::pin(world.setup.connect(&world.application, &url, &token, Links::Keep)).await.unwrap();
    world.set_policy(at_once()).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    world
}

async fn company(quirks: Quirks) -> World {
    company_of("generic-saml", quirks).await
}

pub async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

/// Sweeps, as an administrator asks for it.
pub async fn swept(world: &mut World) {
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    settled(world).await;
}

/// An account that somebody else made, without an externalId.
fn stranger(world: &World, name: &str) -> String {
    let account = json!({"schemas": [scim::USER_SCHEMA], "userName": name, "title": "Old", "active": true});
    world.stand_in.seed(Kind::User, &account).unwrap()
}

async fn failures(world: &World) -> Vec<String> {
    let events = world.events().await;
    events.into_iter().filter(|told| told.result == OutcomeResult::Failure).map(|told| told.reason).collect()
}
