//! A worker is overtaken by another that works on the same group by what it had read before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use provisioning::ids::{GroupId, UserId};
use provisioning::link::LinkKey;
use provisioning::ports::{Pushed, Written};
use provisioning::target::Kind;
use serde_json::json;

use crate::world::{Run, World};

const MOST_STEPS: u64 = 10;

/// Another worker has read that he is a member, and puts him in just before this step of whoever works. Whether it came to do so.
async fn put_in_by_another(world: &mut World, user: &str, step: u64) -> bool {
    let (group, user): (GroupId, UserId) = ("crew".parse().unwrap(), user.parse().unwrap());
    let account = world.tables.links.link(&LinkKey::user(&world.application, &user)).await.unwrap().unwrap();
    let (target_generation, remote_id) = (account.target_generation, account.remote_id.unwrap());
    let read = world.tables.links.link(&LinkKey::group(&world.application, &group)).await.unwrap().unwrap();
    let crew = read.remote_id.clone().unwrap();
    let alter = |world: &World, op: &str| {
        let change = json!([{"op": op, "path": "members", "value": [{"value": remote_id.as_str()}]}]);
        assert!(world.stand_in.alter(Kind::Group, crew.as_str(), &change));
    };
    alter(world, "add");
    let member = Pushed { user, remote_id: remote_id.clone(), target_generation, since: None, removal: None };
    let (tables, application) = (world.tables.clone(), world.application.clone());
    let done = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&done);
    world.interrupt(step, async move {
        if tables.links.write(&read, &read.rewritten(), None).await.unwrap() == Written::Yes {
            tables.memberships.record_pushed(&application, &group, &[member]).await.unwrap();
            noted.store(true, Ordering::SeqCst);
        }
    });
    world.step().await;
    if !done.load(Ordering::SeqCst) {
        alter(world, "remove");
    }
    done.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_whom_an_overtaking_worker_put_in_after_he_had_left_is_taken_out() {
    let mut world = World::new(&["staff", "crew"]).await;
    for group in ["staff", "crew"] {
        world.group(group, group).await;
    }
    let name = |step: u64| format!("u{step}");
    for step in 1..=MOST_STEPS {
        world.user(&name(step), "Clerk", &["staff"]).await;
    }
    world.user("ada", "Clerk", &["staff", "crew"]).await;
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let mut overtaken = 0;
    for step in 1..=MOST_STEPS {
        world.user(&name(step), "Clerk", &["staff", "crew"]).await;
        world.user(&name(step), "Clerk", &["staff"]).await;
        while world.read_streams().await {}
        overtaken += u64::from(put_in_by_another(&mut world, &name(step), step).await);
        assert_eq!(world.stand_in.members_of("crew"), ["ada".to_owned()].into(), "before step {step}");
    }
    assert!(overtaken > 0, "nobody came between");
}
