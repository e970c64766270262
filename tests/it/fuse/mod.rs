//! The fuse with its default numbers: 50 accounts or, from 5 on, more than 10 % of what was linked, within 24 hours.

mod by_hand;
mod changes;
mod decisions;
mod groups;
mod imports;
mod kinds;
mod memberships;

use std::time::Duration;

use provisioning::application::{Configuration, Selection};
use provisioning::directory::Status;
use provisioning::fuse::{Blown, Counted, Fuse, HeldRemovals, Limits, Permit, Removes, Window};
use provisioning::link::{Link, LinkKey, RemovalKind, Trouble};

use crate::world::{Run, World};

/// A company of so many in Sales, everybody provisioned.
async fn company(people: usize) -> World {
    let mut world = World::new(&["sales"]).await;
    world.group("sales", "Sales").await;
    for n in 0..people {
        world.user(&name(n), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(active(&world), people);
    world
}

fn name(n: usize) -> String {
    format!("u{n:03}")
}

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

fn active(world: &World) -> usize {
    world.accounts().values().filter(|title| title.is_some()).count()
}

async fn disable(world: &World, people: std::ops::Range<usize>) {
    disable_in(world, "sales", people).await;
}

async fn disable_in(world: &World, group: &str, people: std::ops::Range<usize>) {
    for n in people {
        world.write_user(&name(n), &[group], |user| user.status = Status::Disabled).await;
    }
}

async fn held(world: &World) -> usize {
    let links = &world.tables.links;
    links.propose_trouble_count(&world.application, Trouble::Held, 10_000).await.unwrap()
}

async fn window(world: &World) -> Window {
    world.tables.fuse.window(&world.application).await.unwrap()
}

async fn blown(world: &World) -> Option<Blown> {
    window(world).await.blown
}

async fn link(world: &World, n: usize) -> Link {
    let key = LinkKey::user(&world.application, &name(n).parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

fn held_removals(world: &World) -> HeldRemovals {
    let provisioning::application::Setup { tables, bell, clock, .. } = world.setup.clone();
    HeldRemovals { tables, bell, clock }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_hundred_single_leavers_fifty_go_and_the_rest_wait_for_a_person() {
    let mut world = company(600).await;
    disable(&world, 0..500).await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (550, 450));
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(why, "within 24 hours 51 of 600 linked accounts would be removed, more than 50");
    assert_eq!(world.stand_in.members_of("Sales").len(), 550, "who is held keeps his memberships");
    // Days later it is still so.
    world.clock.advance(Duration::from_secs(3 * 86_400));
    disable(&world, 500..501).await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (550, 451));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fifth_leaver_of_forty_is_held_and_told_once() {
    let mut world = company(40).await;
    disable(&world, 0..5).await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (36, 1));
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (36, 1), "a sweep takes nobody either");
    let told: Vec<_> =
        world.events().await.into_iter().filter(|event| event.reason.contains("held")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0].reason,
        "the removal is held: within 24 hours 5 of 40 linked accounts would be removed, more than 10 %"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_held_and_wanted_again_is_held_no_more() {
    let mut world = company(40).await;
    disable(&world, 0..5).await;
    settled(&mut world).await;
    let waiting = futures::future::join_all((0..5).map(|n| link(&world, n))).await;
    let waiting = waiting.iter().position(Link::is_held).expect("one of them");
    world.stand_in.clear_log();
    world.write_user(&name(waiting), &["sales"], |user| user.status = Status::Active).await;
    settled(&mut world).await;
    assert_eq!(held(&world).await, 0);
    assert_eq!(world.writes(), Vec::<String>::new(), "he was never touched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_directory_that_a_sweep_finds_gone_is_held_whole() {
    let mut world = company(100).await;
    world.setup.disable(&world.application).await.unwrap();
    settled(&mut world).await;
    disable(&world, 0..50).await;
    settled(&mut world).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!((active(&world), held(&world).await), (100, 50), "none of them goes, not even the first five");
    assert_eq!(world.stand_in.members_of("Sales").len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_deselected_takes_nobody_with_it_unasked() {
    let mut world = company(60).await;
    world.group("eng", "Engineering").await;
    let selection = Selection { groups: ["eng".parse().unwrap()].into(), ..Selection::default() };
    let new = Configuration { selection: Some(selection), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    assert_eq!(active(&world), 60);
    assert_eq!(held(&world).await, 61, "sixty accounts and their group");
    assert_eq!(world.stand_in.members_of("Sales").len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_six_groups_deleted_one_by_one_the_fifth_is_too_large_a_share() {
    assert_eq!(left_of_six_deleted(6).await, (2, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_groups_of_sixty_deleted_one_by_one_are_one_too_many() {
    assert_eq!(left_of_six_deleted(60).await, (1, 5));
}

/// How many of six groups that are deleted are left, and how many were counted.
async fn left_of_six_deleted(of: usize) -> (usize, u64) {
    let names: Vec<String> = (0..of).map(|n| format!("g{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::new(&names).await;
    for group in &names {
        world.group(group, group).await;
    }
    for n in 0..3 {
        world.user(&name(n), "Clerk", &names).await;
    }
    world.enable().await;
    settled(&mut world).await;
    let doomed = &names[..6];
    for group in doomed {
        world.tables.directory.delete_group(&group.parse().unwrap()).await.unwrap();
    }
    settled(&mut world).await;
    let left = doomed.iter().filter(|group| world.stand_in.members_of(group).len() == 3).count();
    (left, window(&world).await.counted(world.setup.clock.now()).groups)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removals_told_again_to_workers_at_the_same_time_count_once() {
    let mut world = company(400).await;
    disable(&world, 0..30).await;
    while world.read_streams().await {}
    world.answer_with_workers(3).await;
    settled(&mut world).await;
    let counted = window(&world).await.counted(world.setup.clock.now());
    assert_eq!(counted, Counted { accounts: 30, ..Counted::default() });
    assert_eq!((active(&world), held(&world).await), (370, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_leavers_told_to_three_workers_at_once_exactly_fifty_go() {
    let mut world = company(600).await;
    disable(&world, 0..60).await;
    while world.read_streams().await {}
    world.answer_with_workers(3).await;
    assert_eq!(active(&world), 550, "never one too many");
    settled(&mut world).await;
    let counted = window(&world).await.counted(world.setup.clock.now());
    assert_eq!(counted, Counted { accounts: 50, ..Counted::default() });
    assert_eq!((active(&world), held(&world).await), (550, 10));
    assert_eq!(world.stand_in.members_of("Sales").len(), 550);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mass_clears_are_held_as_removals_are() {
    let mut world = company(100).await;
    for n in 0..30 {
        world.write_user(&name(n), &["sales"], |user| user.custom.clear()).await;
    }
    settled(&mut world).await;
    let cleared = world.accounts().values().filter(|title| title.as_deref() == Some("")).count();
    assert_eq!((cleared, held(&world).await), (10, 20));
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(
        why,
        "within 24 hours 11 of 100 linked accounts would lose a value or their name, more than 10 %"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mass_renames_are_held_and_one_is_not() {
    let mut world = company(100).await;
    for n in 0..30 {
        world.write_user(&name(n), &["sales"], |user| user.username = format!("new{n}")).await;
    }
    settled(&mut world).await;
    let renamed = world.accounts().keys().filter(|name| name.starts_with("new")).count();
    assert_eq!((renamed, held(&world).await), (10, 20));
    let mut world = company(20).await;
    world.write_user(&name(0), &["sales"], |user| user.username = "new".into()).await;
    settled(&mut world).await;
    assert_eq!(held(&world).await, 0);
    assert!(world.accounts().contains_key("new"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_a_day_ago_counts_no_more() {
    let mut world = company(400).await;
    for first in [0, 40] {
        disable(&world, first..first + 40).await;
        settled(&mut world).await;
        world.clock.advance(Duration::from_secs(25 * 3_600));
    }
    assert_eq!((active(&world), held(&world).await), (320, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_taken_away_by_hand_is_never_held() {
    let mut world = company(40).await;
    disable(&world, 0..5).await;
    settled(&mut world).await;
    assert!(blown(&world).await.is_some());
    disable(&world, 7..8).await;
    let now = world.setup.clock.now();
    let user = name(7).parse().unwrap();
    let bells = provisioning::fuse::let_go(&world.tables, &user, now).await.unwrap();
    assert!(bells.is_empty(), "he was not held yet");
    settled(&mut world).await;
    assert_eq!(world.accounts()[&name(7)], None);
    assert_eq!(held(&world).await, 1, "the other one waits on");
    assert_eq!(window(&world).await.counted(now).accounts, 5, "and he counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_counted_since_his_link_was_read_blows_no_fuse() {
    let world = company(40).await;
    let fuse = Fuse { tables: &world.tables, application: &world.application, limits: Limits::default() };
    let (now, removal) = (world.setup.clock.now(), (RemovalKind::Removal, Removes::Account));
    let mut fourth = None;
    for n in 0..4 {
        let read = link(&world, n).await;
        assert!(matches!(fuse.ask(&read, removal, now).await.unwrap(), Permit::Granted(_)), "{n}");
        fourth = Some(read);
    }
    // A fifth would be too many; it is the fourth once more.
    let again = fuse.ask(&fourth.unwrap(), removal, now).await.unwrap();
    assert!(matches!(again, Permit::Changed), "{again:?}");
    assert_eq!((blown(&world).await, window(&world).await.counted(now).accounts), (None, 4));
}
