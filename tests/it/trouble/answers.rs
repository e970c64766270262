//! Answers of a target that are not what they seem: each story ended wrong before it was told here.

use std::time::Duration;

use provisioning::application::{Configuration, DeselectedGroup, Policy, Selection};
use provisioning::directory::Status;
use provisioning::target::Kind;
use serde_json::json;
use testkit::{Fault, Quirks};

use super::{ada_in_step, at_once, settled};
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_was_there_and_answered_its_create_is_never_deleted() {
    let mut world = ada_in_step(Policy { on_deselect: DeselectedGroup::Delete, ..at_once() }).await;
    world.stand_in.set_quirks(Quirks { group_filter_finds_nothing: true, ..Quirks::default() });
    let mut theirs =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Legal"});
    let id = world.stand_in.seed(Kind::Group, &theirs).unwrap();
    theirs["id"] = id.into();
    theirs["meta"] = json!({"created": "2020-01-01T00:00:00Z"});
    world.stand_in.fail(Fault::next(1).method("POST").path("/Groups").status(200).body(&theirs.to_string()));
    world.group("legal", "Legal").await;
    world.user("ada", "Engineer", &["sales", "eng", "legal"]).await;
    select(&world, &["sales", "eng", "legal"]).await;
    settled(&mut world).await;
    assert!(world.memberships()["Legal"].contains("ada"), "it is adopted");
    select(&world, &["sales", "eng"]).await;
    settled(&mut world).await;
    let left = world.memberships().remove("Legal");
    assert_eq!(left, Some([].into()), "it was there before us, without Ada: {:?}", world.writes());
}

async fn select(world: &World, groups: &[&str]) {
    let groups = groups.iter().map(|group| group.parse().unwrap()).collect();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
}

/// Eve's create is done and its answer lost, at a target where nothing is found by externalId; then she leaves.
async fn a_lost_create(leaves: impl AsyncFnOnce(&World)) -> World {
    let mut world = ada_in_step(at_once()).await;
    let quirks = Quirks { external_id_filter_finds_nothing: true, ..Quirks::default() };
    world.stand_in.set_quirks(quirks);
    world.agree_on_the_time();
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").after_applying().cut());
    world.user("eve", "Spy", &["eng"]).await;
    world.step().await;
    assert!(world.accounts()["eve"].is_some(), "the create was done");
    leaves(&world).await;
    settled(&mut world).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_after_a_lost_create_loses_access_where_external_ids_are_never_found() {
    let world = a_lost_create(async |world| world.delete("eve").await).await;
    assert_eq!(world.accounts()["eve"], None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_after_a_lost_create_loses_access_where_external_ids_are_never_found() {
    let world = a_lost_create(async |world| {
        world.write_user("eve", &["eng"], |eve| eve.status = Status::Disabled).await;
    })
    .await;
    assert_eq!(world.accounts()["eve"], None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_before_a_slow_target_had_made_his_account_is_turned_off_once_it_is_there() {
    let mut world = ada_in_step(at_once()).await;
    world.agree_on_the_time();
    world.stand_in.fail(Fault::next(3).method("POST").path("/Users").cut());
    world.user("eve", "Spy", &["eng"]).await;
    world.step().await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(4));
        world.ring_due().await;
        world.step().await;
    }
    assert_eq!(world.stand_in.counts().0, 1);
    world.write_user("eve", &["eng"], |eve| eve.status = Status::Disabled).await;
    // Ten minutes later it is made.
    for _ in 0..20 {
        world.step().await;
        world.clock.advance(Duration::from_secs(30));
        world.ring_due().await;
    }
    let eve = json!({"userName": "eve", "externalId": "eve", "active": true, "title": "Spy"});
    world.stand_in.seed(Kind::User, &eve).unwrap();
    settled(&mut world).await;
    assert_eq!(world.accounts()["eve"], None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_answered_with_somebody_elses_external_id_is_not_ours() {
    let mut world = ada_in_step(at_once()).await;
    let answer = json!({"schemas": [scim::USER_SCHEMA], "id": "4711", "userName": "eve",
        "externalId": "okta-1", "active": true});
    let fault = Fault::next(1).method("POST").path("/Users").status(201).body(&answer.to_string());
    world.stand_in.fail(fault);
    world.user("eve", "Spy", &["eng"]).await;
    settled(&mut world).await;
    let key = provisioning::link::LinkKey::user(&world.application, &"eve".parse().unwrap());
    let link = world.tables.links.link(&key).await.unwrap().unwrap();
    assert_eq!(link.state, provisioning::link::State::Conflict, "{link:?}");
}
