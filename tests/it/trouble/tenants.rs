//! A connection that is pointed at another tenant while something of the first one is not settled: ids of the two overlap, so
//! what was meant for the first must not be done at the second.

use provisioning::adoption::Adoptions;
use provisioning::application::{Departure, Links, Policy, Setup};
use provisioning::ids::RemoteId;
use provisioning::link::{LinkKey, State};
use provisioning::target::Kind;
use serde_json::{Value, json};
use testkit::{Fault, StandIn, StandInConfig};

use super::{ada_in_step, at_once, settled};
use crate::world::World;

/// Another tenant with so many strangers, whose ids are those of the first tenant's first accounts.
async fn other_tenant(strangers: usize) -> StandIn {
    let other = StandIn::start(StandInConfig::default()).await.unwrap();
    for n in 0..strangers {
        let user = json!({"schemas": [scim::USER_SCHEMA], "userName": format!("stranger{n}"),
            "externalId": format!("other-{n}"), "active": true});
        other.seed(Kind::User, &user).unwrap();
    }
    other
}

/// A group of the tenant's own, with these members.
fn group_of(other: &StandIn, name: &str, members: &[String]) {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name,
        "members": members});
    other.seed(Kind::Group, &group).unwrap();
}

async fn relink(world: &World, other: &StandIn) {
    let id = &world.application;
    Box::pin(world.setup.connect(id, other.base_url(), &other.token(), Links::Relink)).await.unwrap();
}

/// Bob joined sales; whether the target took it is not known when the application is disabled, and then he leaves. The world, and
/// his account's id.
async fn with_bob_in_doubt() -> (World, String) {
    let mut world = ada_in_step(at_once()).await;
    world.user("bob", "Clerk", &["eng"]).await;
    settled(&mut world).await;
    let bob = world.stand_in.user("bob").unwrap().id().unwrap();
    world.stand_in.fail(Fault::next(1).method("PATCH").path("/Groups").cut());
    world.user("bob", "Clerk", &["eng", "sales"]).await;
    world.step().await;
    world.setup.disable(&world.application).await.unwrap();
    world.user("bob", "Clerk", &["eng"]).await;
    (world, bob)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_in_doubt_at_the_old_tenant_takes_no_stranger_out_at_the_new_one() {
    let (mut world, bob) = with_bob_in_doubt().await;
    let other = other_tenant(20).await;
    assert!(other.users().iter().any(|user| user.id().as_deref() == Some(&bob)), "the ids overlap");
    group_of(&other, "Sales", std::slice::from_ref(&bob));
    let before = other.members_of("Sales");
    relink(&world, &other).await;
    world.enable().await;
    settled(&mut world).await;
    let after = other.members_of("Sales");
    assert!(after.is_superset(&before), "{before:?} -> {after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_whose_create_was_open_at_the_old_tenant_loses_nothing_at_the_new_one() {
    let mut world = ada_in_step(Policy { on_delete: Departure::Delete, ..at_once() }).await;
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").cut());
    world.user("eve", "Spy", &["eng"]).await;
    world.step().await;
    let key = LinkKey::user(&world.application, &"eve".parse().unwrap());
    assert_eq!(world.tables.links.link(&key).await.unwrap().unwrap().state, State::Creating);
    world.setup.disable(&world.application).await.unwrap();
    world.delete("eve").await;
    // The new tenant was fed from the same directory by somebody else: it has an account with her externalId.
    let other = other_tenant(0).await;
    let eve = json!({"schemas": [scim::USER_SCHEMA], "userName": "eve", "externalId": "eve", "active": true});
    other.seed(Kind::User, &eve).unwrap();
    relink(&world, &other).await;
    world.enable().await;
    settled(&mut world).await;
    assert!(
        other.user("eve").is_some_and(|eve| eve.active() == Some(true)),
        "only what has a link here is touched"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_recorded_at_the_old_tenant_holds_up_no_deletion_at_the_new_one() {
    let mut world = ada_in_step(Policy { on_delete: Departure::Delete, ..at_once() }).await;
    world.setup.disable(&world.application).await.unwrap();
    world.user("ada", "Engineer", &["eng"]).await;
    let other = other_tenant(0).await;
    relink(&world, &other).await;
    world.enable().await;
    settled(&mut world).await;
    assert!(other.user("ada").is_some());
    world.delete("ada").await;
    world.run(None).await;
    assert!(other.user("ada").is_none(), "{:?}", other.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_was_chosen_at_the_old_tenant_is_not_taken_at_the_new_one() {
    let mut world = ada_in_step(at_once()).await;
    world.user("eve", "Spy", &["eng"]).await;
    settled(&mut world).await;
    // A person chose an account for her that was not there; its id is a stranger's at the new tenant.
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let (user, chosen) = ("eve".parse().unwrap(), RemoteId::new("u-000007").unwrap());
    let Setup { tables, bell, clock, .. } = world.setup.clone();
    let adoptions = Adoptions { tables, bell, clock };
    adoptions.forget(&configured, &user).await.unwrap();
    adoptions.choose(&configured, &user, &chosen).await.unwrap();
    settled(&mut world).await;
    let other = other_tenant(20).await;
    let theirs = || other.users().into_iter().find(|user| user.id().as_deref() == Some("u-000007"));
    let before = theirs().map(|user| user.into_json());
    assert!(before.is_some(), "the ids overlap");
    relink(&world, &other).await;
    settled(&mut world).await;
    for title in ["Countess", "Clerk"] {
        world.user("eve", title, &["eng"]).await;
        settled(&mut world).await;
    }
    assert_eq!(theirs().map(|user| user.into_json()), before, "{:?}", other.writes());
    assert_eq!(other.user("eve").unwrap().text("title"), Some("Clerk"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_in_doubt_at_the_old_tenant_is_not_taken_out_of_a_group_whose_create_was_lost_at_the_new_one()
 {
    let (mut world, bob) = with_bob_in_doubt().await;
    let other = other_tenant(20).await;
    other.fail(Fault::next(1).method("POST").path("/Groups").after_applying().cut());
    other.fail(Fault::next(1).method("POST").path("/Groups").after_applying().cut());
    relink(&world, &other).await;
    world.enable().await;
    settled(&mut world).await;
    let named = |body: &Value| body.to_string().contains(&bob);
    let sent: Vec<_> = other.writes().into_iter().filter(|write| write.path.starts_with("/Groups")).collect();
    assert!(
        !sent.iter().filter_map(|write| write.body.as_ref()).any(named),
        "a stranger is named: {sent:#?}"
    );
}
