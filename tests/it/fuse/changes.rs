//! A change that is held holds only itself.

use provisioning::directory::Status;

use super::decisions::{approve, digest, reject};
use super::{company, held, link, name, settled};
use crate::world::World;

/// Ten people are given other names at once; who is held of them.
pub(super) async fn renamed(world: &mut World) -> Vec<usize> {
    for n in 0..10 {
        world.write_user(&name(n), &["sales"], |user| user.username = format!("new{n}")).await;
    }
    settled(world).await;
    let mut waiting = Vec::new();
    for n in 0..10 {
        if link(world, n).await.is_held() {
            waiting.push(n);
        }
    }
    assert_eq!(waiting.len(), 6);
    waiting
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_rename_is_held_the_users_other_changes_go_in_one_request() {
    let mut world = company(40).await;
    let one = renamed(&mut world).await[0];
    world.stand_in.clear_log();
    world.user(&name(one), "Director", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()[&name(one)].as_deref(), Some("Director"), "under his old name");
    assert_eq!(world.writes().len(), 1);
    assert_eq!(held(&world).await, 6, "and the rename waits on");
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 6);
    settled(&mut world).await;
    assert_eq!(world.accounts()[&format!("new{one}")].as_deref(), Some("Director"));
    assert_eq!(held(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_and_a_title_that_come_together_part_where_the_rename_is_held() {
    let mut world = company(40).await;
    renamed(&mut world).await;
    world
        .write_user(&name(20), &["sales"], |user| {
            user.username = "other".into();
            user.custom.insert("title".into(), "Director".into());
        })
        .await;
    settled(&mut world).await;
    assert_eq!(world.accounts()[&name(20)].as_deref(), Some("Director"));
    assert!(link(&world, 20).await.is_held());
    // It is withdrawn: nothing waits any more.
    world.write_user(&name(20), &["sales"], |user| user.username = name(20)).await;
    settled(&mut world).await;
    assert_eq!(held(&world).await, 6);
    let shown = digest(&world).await;
    reject(&world, &shown).await.unwrap();
    world.user(&name(20), "Clerk", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!((world.accounts()[&name(20)].as_deref(), held(&world).await), (Some("Clerk"), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_turned_off_by_hand_while_his_rename_is_held_is_off() {
    let mut world = company(40).await;
    let one = renamed(&mut world).await[0];
    world.write_user(&name(one), &["sales"], |user| user.status = Status::Disabled).await;
    let now = world.setup.clock.now();
    provisioning::fuse::let_go(&world.tables, &name(one).parse().unwrap(), now).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.accounts()[&name(one)], None);
    assert_eq!(held(&world).await, 5);
}
