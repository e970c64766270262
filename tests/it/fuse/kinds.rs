//! What a person allowed of one kind allows nothing graver.

use provisioning::application::{Departure, Policy};
use provisioning::directory::Status;
use provisioning::fuse::DecisionError;

use super::changes::renamed;
use super::decisions::{approve, digest, reject};
use super::{active, blown, company, disable, held, link, name, settled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_rename_that_becomes_a_removal_is_another_list() {
    let mut world = company(40).await;
    let one = renamed(&mut world).await[0];
    let shown = digest(&world).await;
    world.delete(&name(one)).await;
    settled(&mut world).await;
    assert!(matches!(approve(&world, &shown).await, Err(DecisionError::AnotherList(_))));
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (40, 6), "nobody went");
    let told = world.events().await;
    assert!(told.iter().any(|event| event.reason.starts_with("the removal is held: ")), "it is told anew");
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 6);
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (39, 0));
    assert_eq!(world.accounts()[&name(one)], None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_after_his_rename_was_approved_is_judged_as_any_other() {
    let mut world = company(40).await;
    let waiting = renamed(&mut world).await;
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 6);
    for one in waiting {
        world.delete(&name(one)).await;
    }
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (36, 2), "the fifth of forty blows the fuse");
    assert!(blown(&world).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_may_be_turned_off_is_not_deleted_for_it() {
    let mut world = company(40).await;
    world.set_policy(Policy { grace_seconds: 0, on_delete: Departure::Delete, ..Policy::default() }).await;
    disable(&world, 0..10).await;
    settled(&mut world).await;
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 6);
    for n in 0..10 {
        if link(&world, n).await.work.due_at.is_some() {
            world.delete(&name(n)).await;
        }
    }
    settled(&mut world).await;
    assert_eq!((world.accounts().len(), active(&world), held(&world).await), (36, 32, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_removal_that_becomes_a_deletion_is_another_list() {
    let mut world = company(40).await;
    world.set_policy(Policy { grace_seconds: 0, on_delete: Departure::Delete, ..Policy::default() }).await;
    disable(&world, 0..10).await;
    settled(&mut world).await;
    let shown = digest(&world).await;
    for n in 0..10 {
        if link(&world, n).await.is_held() {
            world.delete(&name(n)).await;
            break;
        }
    }
    settled(&mut world).await;
    assert!(matches!(approve(&world, &shown).await, Err(DecisionError::AnotherList(_))));
    settled(&mut world).await;
    assert_eq!((world.accounts().len(), active(&world), held(&world).await), (40, 36, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_while_his_rename_is_rejected_is_not_kept_for_it() {
    let mut world = company(40).await;
    let one = renamed(&mut world).await[0];
    let shown = digest(&world).await;
    world.delete(&name(one)).await;
    assert_eq!(reject(&world, &shown).await.unwrap(), 6);
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (39, 0));
    assert_eq!(world.accounts()[&name(one)], None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_rename_that_nobody_asks_for_any_more_is_held_no_more() {
    let mut world = company(40).await;
    let one = renamed(&mut world).await[0];
    world.set_policy(Policy { grace_seconds: 0, on_disable: Departure::Leave, ..Policy::default() }).await;
    world.write_user(&name(one), &["sales"], |user| user.status = Status::Disabled).await;
    settled(&mut world).await;
    assert!(!link(&world, one).await.is_held(), "he is left as he is");
    assert_eq!(active(&world), 40);
}

/// Whom the fuse holds of ten who are disabled is in the list of removals, and of ten who are renamed in that of changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_says_what_is_held() {
    let mut world = company(40).await;
    renamed(&mut world).await;
    disable(&world, 20..23).await;
    settled(&mut world).await;
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let sealed = super::held_removals(&world).seal(&configured).await.unwrap();
    assert_eq!((sealed.accounts, sealed.changes, sealed.groups), (3, 6, 0));
}
