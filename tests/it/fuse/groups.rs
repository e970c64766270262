//! Groups that are deleted in the directory: whom they take with them is counted first, and all of it is held where it is too much.

use std::time::Duration;

use provisioning::application::{Departure, Policy};
use provisioning::fuse::let_go;
use provisioning::ids::GroupId;
use provisioning::ports::DirectoryJobs as _;

use super::decisions::{approve, digest, reject};
use super::{active, blown, held, name, settled, window};
use crate::world::{Crash, Run, When, World};

/// So many people in Sales and the others in Engineering, both selected, everybody provisioned.
async fn company(sales: usize, people: usize) -> World {
    let mut world = World::new(&["sales", "eng"]).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    for n in 0..people {
        world.user(&name(n), "Clerk", &[if n < sales { "sales" } else { "eng" }]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!((active(&world), members(&world)), (people, sales));
    world
}

fn members(world: &World) -> usize {
    world.stand_in.members_of("Sales").len()
}

/// Deletes Sales as the API does.
async fn delete_sales(world: &mut World) {
    let sales: GroupId = "sales".parse().unwrap();
    assert!(world.deletions.delete_group(&sales).await.unwrap());
    settled(world).await;
    assert_eq!(world.tables.directory.group(&sales).await.unwrap(), None, "the directory's group is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_group_of_sixty_that_is_deleted_takes_nobody_unasked() {
    let mut world = company(60, 60).await;
    world.stand_in.clear_log();
    delete_sales(&mut world).await;
    assert_eq!((active(&world), members(&world)), (60, 60), "not even the first six go");
    assert_eq!(held(&world).await, 61, "sixty accounts and their group");
    assert_eq!(world.writes(), Vec::<String>::new());
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(why, "within 24 hours 60 of 60 linked accounts would be removed, more than 10 %");
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 61);
    settled(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_sixty_of_six_hundred_that_is_deleted_takes_exactly_those_who_were_approved() {
    let mut world = company(60, 600).await;
    delete_sales(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (600, 60, 61));
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(why, "within 24 hours 60 of 600 linked accounts would be removed, more than 50");
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 61);
    settled(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (540, 0, 0));
    let eng = world.stand_in.members_of("Engineering").len();
    assert_eq!((eng, blown(&world).await), (540, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_deleted_group_would_take_stays_where_a_person_rejects_it() {
    let mut world = company(60, 60).await;
    delete_sales(&mut world).await;
    let shown = digest(&world).await;
    assert_eq!(reject(&world, &shown).await.unwrap(), 61);
    for _ in 0..2 {
        world.setup.sync(&world.application, None).await.unwrap();
        settled(&mut world).await;
        assert_eq!((active(&world), members(&world), held(&world).await), (60, 60, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_deleted_group_would_take_is_on_the_list_before_his_grace_is_over() {
    let mut world = company(60, 60).await;
    world.set_policy(Policy { grace_seconds: 4 * 3_600, ..Policy::default() }).await;
    settled(&mut world).await;
    delete_sales(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (60, 60, 61));
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 61);
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (60, 0), "their grace goes on");
    world.clock.advance(Duration::from_secs(4 * 3_600));
    settled(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_three_that_is_deleted_takes_them_unheld() {
    let mut world = company(3, 40).await;
    delete_sales(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (37, 0, 0));
    assert_eq!(blown(&world).await, None);
    assert_eq!(window(&world).await.counted(world.setup.clock.now()).accounts, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_of_late_counts_toward_the_next_group() {
    let mut world = company(3, 40).await;
    super::disable_in(&world, "eng", 3..5).await;
    settled(&mut world).await;
    delete_sales(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (38, 3, 4), "five of forty");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_group_whose_members_are_in_another_takes_no_account() {
    let mut world = company(60, 60).await;
    for n in 0..60 {
        world.write_user(&name(n), &["sales", "eng"], |_| {}).await;
    }
    settled(&mut world).await;
    delete_sales(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (60, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_first_a_group_that_is_deleted_waits_until_it_is_counted() {
    let mut world = company(60, 60).await;
    assert!(world.deletions.delete_group(&"sales".parse().unwrap()).await.unwrap());
    // The group's bell is answered before the job does its first page.
    world.step().await;
    assert_eq!((active(&world), members(&world)), (60, 60));
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    assert_eq!((active(&world), members(&world), held(&world).await), (60, 60, 61));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_groups_that_are_deleted_at_once_neither_keeps_the_others_members() {
    let mut world = company(20, 20).await;
    for n in 0..20 {
        world.write_user(&name(n), &["sales", "eng"], |_| {}).await;
    }
    settled(&mut world).await;
    for group in ["sales", "eng"] {
        assert!(world.deletions.delete_group(&group.parse().unwrap()).await.unwrap());
    }
    settled(&mut world).await;
    assert_eq!((active(&world), members(&world), held(&world).await), (20, 20, 22));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_group_takes_nobody_unasked_whenever_the_process_dies() {
    for step in 1_u64.. {
        let mut world = company(12, 12).await;
        assert!(world.deletions.delete_group(&"sales".parse().unwrap()).await.unwrap());
        let died = world.run(Some(Crash { step, when: When::After })).await == Run::Crashed;
        world.revive(step % 2 == 0);
        settled(&mut world).await;
        assert_eq!((active(&world), members(&world), held(&world).await), (12, 12, 13), "{step}");
        if !died || step == 12 {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_goes_though_his_group_is_kept_or_waits_for_a_person() {
    for kept in [true, false] {
        let mut world = company(60, 60).await;
        world.set_policy(Policy { on_delete: Departure::Delete, ..Policy::default() }).await;
        delete_sales(&mut world).await;
        if kept {
            let shown = digest(&world).await;
            assert_eq!(reject(&world, &shown).await.unwrap(), 61);
            settled(&mut world).await;
        }
        assert_eq!(world.stand_in.counts().0, 60);
        world.delete(&name(7)).await;
        let_go(&world.tables, &name(7).parse().unwrap(), world.setup.clock.now()).await.unwrap();
        settled(&mut world).await;
        assert_eq!((world.stand_in.counts().0, world.stand_in.user(&name(7))), (59, None), "kept: {kept}");
    }
}
