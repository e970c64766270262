//! Imports that take little of the directory and much of an application: it is counted there before any of it goes, and all of it is
//! held.

use std::time::Duration;

use provisioning::application::{DeselectedGroup, Policy};
use provisioning::directory::import_job::{ImportState, Request};

use super::decisions::{approve, digest};
use super::{active, blown, held, name, settled};
use crate::imports::{COMPLETE, PARTIAL};
use crate::world::World;

/// How many of three hundred are in Sales and Crew, which alone are selected.
const SALES: usize = 25;
const PEOPLE: usize = 300;

/// Asked without a word of what may be taken.
const fn unasked(request: Request) -> Request {
    Request { allow_removals: None, ..request }
}

/// A file of these people.
fn file(people: impl Iterator<Item = usize>, line: impl Fn(usize) -> &'static str) -> String {
    let lines: String = people.map(|n| format!("{},{}\n", name(n), line(n))).collect();
    format!("username,title,groups,status\n{lines}")
}

const fn at_first(n: usize) -> &'static str {
    if n < SALES { "Clerk,Sales;Crew,active" } else { "Clerk,Others,active" }
}

async fn company() -> World {
    let mut world = World::new(&["sales", "crew"]).await;
    for (id, shown) in [("sales", "Sales"), ("crew", "Crew"), ("others", "Others")] {
        world.group(id, shown).await;
    }
    assert_eq!(world.imported(&file(0..PEOPLE, at_first), COMPLETE).await.state, ImportState::Finished);
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(there(&world), (SALES, SALES, SALES));
    // Nobody has moved from one group to the other of late.
    world.clock.advance(Duration::from_secs(25 * 3_600));
    world.stand_in.clear_log();
    world
}

/// Accounts that are on, and members of Sales and Crew.
fn there(world: &World) -> (usize, usize, usize) {
    let members = |group| world.stand_in.members_of(group).len();
    (active(world), members("Sales"), members("Crew"))
}

/// Nothing of it has gone, all of it waits, and it goes once it is approved.
async fn is_held(request: Request, text: &str, waiting: usize, why: &str) -> World {
    let mut world = company().await;
    let import = world.imported(text, unasked(request)).await;
    assert_eq!(import.state, ImportState::Finished, "the directory is large: {import:?}");
    settled(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "not even the first four go");
    assert_eq!((there(&world), held(&world).await), ((SALES, SALES, SALES), waiting));
    assert_eq!(blown(&world).await.expect("it has blown").why, format!("within 24 hours 20 of {why}"));
    let shown = digest(&world).await;
    approve(&world, &shown).await.unwrap();
    settled(&mut world).await;
    assert_eq!(held(&world).await, 0);
    world
}

const ACCOUNTS: &str = "25 linked accounts would be removed, more than 10 %";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_are_moved_out_of_the_selected_groups() {
    let text = file(0..20, |_| "Clerk,Others,active");
    let world = is_held(PARTIAL, &text, 20, ACCOUNTS).await;
    assert_eq!(there(&world), (5, 5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_are_disabled() {
    let text = file(0..20, |_| "Clerk,Sales;Crew,disabled");
    let world = is_held(PARTIAL, &text, 20, ACCOUNTS).await;
    assert_eq!(there(&world), (5, 5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_complete_file_does_not_name() {
    let text = file(20..PEOPLE, at_first);
    let world = is_held(COMPLETE, &text, 20, ACCOUNTS).await;
    assert_eq!(there(&world), (5, 5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_title_is_cleared() {
    let text = file(0..20, |_| ",Sales;Crew,active");
    let why = "25 linked accounts would lose a value or their name, more than 10 %";
    let world = is_held(PARTIAL, &text, 20, why).await;
    assert_eq!(there(&world), (SALES, SALES, SALES));
    let titles = world.stand_in.users().iter().filter(|user| user.text("title").is_some()).count();
    assert_eq!(titles, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_are_renamed() {
    let mut world = company().await;
    let ids: String = (0..SALES).map(|n| format!("{n},{}\n", name(n))).collect();
    world.imported(&format!("id,username\n{ids}"), PARTIAL).await;
    settled(&mut world).await;
    let names: String = (0..20).map(|n| format!("{n},new-{}\n", name(n))).collect();
    let import = world.imported(&format!("id,username\n{names}"), unasked(PARTIAL)).await;
    assert_eq!((import.state, import.tally.updated), (ImportState::Finished, 20));
    settled(&mut world).await;
    assert_eq!((world.writes(), held(&world).await), (Vec::new(), 20), "not even the first four go");
    let shown = digest(&world).await;
    approve(&world, &shown).await.unwrap();
    settled(&mut world).await;
    let renamed = world.accounts().keys().filter(|name| name.starts_with("new-")).count();
    assert_eq!((renamed, active(&world), held(&world).await), (20, SALES, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lose_one_of_two_groups() {
    let text = file(0..20, |_| "Clerk,Sales,active");
    let world = is_held(PARTIAL, &text, 1, "50 memberships would be taken away, more than 10 %").await;
    assert_eq!(there(&world), (SALES, SALES, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_allowed_is_not_asked_again_at_the_application() {
    let mut world = company().await;
    let import = world.imported(&file(0..20, |_| "Clerk,Others,active"), PARTIAL).await;
    assert_eq!(import.state, ImportState::Finished);
    settled(&mut world).await;
    assert_eq!((there(&world), held(&world).await), ((5, 5, 5), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_leave_and_newcomers_who_come_are_not_held() {
    let mut world = company().await;
    let newcomers = PEOPLE..PEOPLE + 35;
    let people = (0..SALES).chain(newcomers);
    let text = file(people, |n| if n < 2 { "Clerk,Others,active" } else { "Clerk,Sales;Crew,active" });
    world.imported(&text, unasked(PARTIAL)).await;
    settled(&mut world).await;
    assert_eq!((there(&world), held(&world).await), ((58, 58, 58), 0));
    assert_eq!(blown(&world).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fewer_than_there_are_allow_nothing_at_the_application_either() {
    let mut world = company().await;
    let text = file(0..20, |_| "Clerk,Others,active");
    let import = world.imported(&text, Request { allow_removals: Some(1), ..PARTIAL }).await;
    assert_eq!(import.state, ImportState::Finished, "the directory is large: {import:?}");
    settled(&mut world).await;
    assert_eq!((there(&world), held(&world).await), ((SALES, SALES, SALES), 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_be_removed_may_not_lose_a_value_for_it() {
    let mut world = company().await;
    let import = world.imported(&file(0..20, |_| ",Sales;Crew,active"), PARTIAL).await;
    assert_eq!(import.state, ImportState::Finished);
    settled(&mut world).await;
    assert_eq!((world.writes(), held(&world).await), (Vec::new(), 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_that_a_complete_file_does_not_name() {
    const EMPTY: [&str; 6] = ["g0", "g1", "g2", "g3", "g4", "g5"];
    let mut world = World::new(&["staff", "g0", "g1", "g2", "g3", "g4", "g5"]).await;
    let delete = Policy { on_deselect: DeselectedGroup::Delete, ..Policy::default() };
    world.set_policy(delete).await;
    for group in EMPTY.into_iter().chain(["staff"]) {
        world.group(group, group).await;
    }
    let text = file(0..10, |_| "Clerk,staff,active");
    assert_eq!(world.imported(&text, PARTIAL).await.state, ImportState::Finished);
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.counts(), (10, 7));
    let import = world.imported(&text, unasked(COMPLETE)).await;
    assert_eq!((import.state, import.tally.groups_deleted), (ImportState::Finished, 6));
    settled(&mut world).await;
    assert_eq!((world.stand_in.counts(), held(&world).await), ((10, 7), 6));
}
