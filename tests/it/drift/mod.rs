//! What the target's administrator changes there: told, repaired or left as the policy of the application says.

mod accounts;
mod deletions;
mod members;
mod unheard;
mod weekly;

use std::time::Duration;

use provisioning::activity::{Action, Actor, Outcome};
use provisioning::application::{DriftPolicy, OnDeletion, OnDrift, Policy};
use provisioning::clock::Clock as _;
use provisioning::drift::{RepairError, Repairs};
use provisioning::link::{Link, LinkKey, Trouble};
use provisioning::target::Kind;
use serde_json::{Value, json};

use crate::world::{Run, World};

const REPAIR: DriftPolicy = DriftPolicy {
    attributes: OnDrift::Repair,
    members: OnDrift::Repair,
    deleted_at_target: OnDeletion::Recreate,
    reactivated_at_target: OnDrift::Repair,
};

const REPORT: DriftPolicy = DriftPolicy {
    attributes: OnDrift::Report,
    members: OnDrift::Report,
    deleted_at_target: OnDeletion::Report,
    reactivated_at_target: OnDrift::Report,
};

fn policy(drift: DriftPolicy) -> Policy {
    Policy { grace_seconds: 0, drift, ..Policy::default() }
}

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

/// A week goes by, and what it brings is done.
async fn a_week_later(world: &mut World) {
    world.clock.advance(Duration::from_secs(7 * 86_400 + 60));
    settled(world).await;
}

/// Ada, Bob and Cy in sales, Dan in eng, in step and seen to be, under this policy.
async fn in_step(drift: DriftPolicy) -> World {
    let mut world = World::new(&["sales", "eng"]).await;
    world.set_policy(policy(drift)).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    world.user("dan", "Clerk", &["eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.clock.advance(Duration::from_secs(3_600));
    world.stand_in.clear_log();
    world
}

fn key(world: &World, user: &str) -> LinkKey {
    LinkKey::user(&world.application, &user.parse().unwrap())
}

fn group_key(world: &World, group: &str) -> LinkKey {
    LinkKey::group(&world.application, &group.parse().unwrap())
}

async fn link(world: &World, key: &LinkKey) -> Link {
    world.tables.links.link(key).await.unwrap().expect("a link")
}

async fn remote(world: &World, key: &LinkKey) -> String {
    link(world, key).await.remote_id.expect("a counterpart").to_string()
}

/// The target's administrator gives an account another value.
async fn alter(world: &World, user: &str, path: &str, value: Value) {
    let id = remote(world, &key(world, user)).await;
    let operations = json!([{"op": "replace", "path": path, "value": value}]);
    assert!(world.stand_in.alter(Kind::User, &id, &operations));
}

/// Events of drift, as their reasons with what was sent and is shown.
fn told(events: &[Outcome]) -> Vec<String> {
    let drift = events.iter().filter(|event| event.action == Action::Drift);
    drift
        .map(|event| {
            let changes: Vec<_> = event.changes.iter().map(ToString::to_string).collect();
            let security = if event.security { "[security] " } else { "" };
            format!(
                "{security}{}: {} ({})",
                event.target.as_ref().unwrap().name,
                event.reason,
                changes.join(", ")
            )
        })
        .collect()
}

async fn drifted(world: &World) -> usize {
    world.tables.links.propose_trouble_count(&world.application, Trouble::Drift, 100).await.unwrap()
}

async fn missing(world: &World) -> usize {
    world.tables.links.propose_trouble_count(&world.application, Trouble::Missing, 100).await.unwrap()
}

/// A person has it undone.
async fn repair(world: &World, key: &LinkKey) -> Result<(), RepairError> {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let (bell, clock) = (world.setup.bell.clone(), world.setup.clock.clone());
    let repairs = Repairs { tables: world.tables.clone(), bell, clock };
    repairs.repair(&configured, key, &Actor::Administrator("eve".into())).await
}

fn requests(world: &World) -> Vec<String> {
    world.stand_in.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_finds_no_drift_sends_its_reads_and_writes_no_link() {
    let mut world = in_step(REPAIR).await;
    let all = ["ada", "bob", "cy", "dan"].map(|user| key(&world, user));
    let mut before = Vec::new();
    for key in &all {
        before.push(link(&world, key).await);
    }
    a_week_later(&mut world).await;
    let reads = requests(&world);
    assert_eq!(
        reads.len(),
        6,
        "a page of users and one of groups, each with a look behind its end, and each group with its members: {reads:?}"
    );
    assert!(reads.iter().all(|request| request.starts_with("GET")), "{reads:?}");
    for (key, before) in all.iter().zip(before) {
        assert_eq!(link(&world, key).await, before);
    }
    let now = world.clock.now();
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    assert!(provisioning::application::status(&world.tables, &configured, now).await.unwrap().in_step);
}
