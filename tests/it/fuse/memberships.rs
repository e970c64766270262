//! Memberships of users who keep their accounts: 1,000 or, from 5 on, more than 10 % of all that are pushed, within 24 hours.

use std::time::Duration;

use provisioning::application::{Configuration, Links, Selection};
use provisioning::fuse::{Counted, Fuse, Limits, Loss, MemberPermits, Removes, let_go, let_member_go};
use provisioning::ids::GroupId;
use provisioning::link::{LinkKey, MemberRemoval, Trouble};
use provisioning::ports::{Pushed, Stamps};
use testkit::{StandIn, StandInConfig};

use super::decisions::{approve, digest, reject};
use super::{active, blown, held, held_removals, name, settled, window};
use crate::world::World;

const GROUPS: [&str; 4] = ["staff", "g0", "g1", "g2"];

/// Everybody is in staff, and the first so many in each of three groups; all was done yesterday.
async fn company(people: usize, in_each: usize) -> World {
    let mut world = World::new(&GROUPS).await;
    for group in GROUPS {
        world.group(group, group).await;
    }
    for n in 0..people {
        let groups = if n < in_each { &GROUPS[..] } else { &GROUPS[..1] };
        world.user(&name(n), "Clerk", groups).await;
    }
    world.enable().await;
    settled(&mut world).await;
    world.clock.advance(Duration::from_secs(25 * 3_600));
    world
}

fn members(world: &World, group: &str) -> usize {
    world.stand_in.members_of(group).len()
}

async fn out_of(world: &World, people: std::ops::Range<usize>, group: &str) {
    let left: Vec<&str> = GROUPS.into_iter().filter(|other| *other != group).collect();
    for n in people {
        world.write_user(&name(n), &left, |_| {}).await;
    }
}

async fn held_members(world: &World) -> usize {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    held_removals(world).members(&configured, None, 10_000).await.unwrap().len()
}

async fn counted(world: &World) -> Counted {
    window(world).await.counted(world.setup.clock.now())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_tenth_of_all_memberships_is_held_whole_and_told_once() {
    // 20 in staff and 10 in each of three groups: 50 memberships, of which 5 are a tenth.
    let mut world = company(20, 10).await;
    out_of(&world, 0..5, "g0").await;
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), held_members(&world).await), (5, 0));
    world.clock.advance(Duration::from_secs(25 * 3_600));
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    for n in 0..5 {
        world.write_user(&name(n), &["staff", "g2"], |_| {}).await;
    }
    settled(&mut world).await;
    assert_eq!((members(&world, "g1"), held_members(&world).await), (10, 5), "5 of 45: none of them goes");
    assert_eq!(held(&world).await, 1, "their group is listed");
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(why, "within 24 hours 5 of 45 memberships would be taken away, more than 10 %");
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    assert_eq!((members(&world, "g1"), held_members(&world).await), (10, 5), "a sweep takes nobody either");
    let told = world.events().await.into_iter().filter(|event| event.reason.contains("is held")).count();
    assert_eq!(told, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_of_six_that_moves_to_another_group_is_not_held() {
    let mut world = company(6, 0).await;
    for n in 0..6 {
        world.write_user(&name(n), &["staff", "g0"], |_| {}).await;
    }
    settled(&mut world).await;
    world.clock.advance(Duration::from_secs(25 * 3_600));
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    for n in 0..6 {
        world.write_user(&name(n), &["staff", "g1"], |_| {}).await;
    }
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), members(&world, "g1")), (0, 6), "6 of 12, and their group is empty");
    let counted = counted(&world).await;
    assert_eq!((counted.memberships, counted.lost), (6, 0));
    assert_eq!(blown(&world).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_counts_over_all_groups_first_and_holds_all() {
    let mut world = company(40, 10).await;
    world.setup.disable(&world.application).await.unwrap();
    settled(&mut world).await;
    for group in &GROUPS[1..] {
        for n in 0..4 {
            let record = world.tables.directory.user(&name(n).parse().unwrap()).await.unwrap().unwrap();
            let left: Vec<&str> =
                record.groups.iter().map(GroupId::as_str).filter(|id| id != group).collect();
            world.write_user(&name(n), &left, |_| {}).await;
        }
    }
    settled(&mut world).await;
    world.enable().await;
    settled(&mut world).await;
    let there: Vec<_> = GROUPS[1..].iter().map(|group| members(&world, group)).collect();
    assert_eq!((there, held_members(&world).await), (vec![10; 3], 12), "not even the first four go");
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(why, "within 24 hours 12 of 70 memberships would be taken away, more than 10 %");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_who_is_counted_is_not_counted_again_in_his_groups() {
    let mut world = company(40, 10).await;
    for n in 0..4 {
        world
            .write_user(&name(n), &GROUPS, |user| user.status = provisioning::directory::Status::Disabled)
            .await;
    }
    settled(&mut world).await;
    assert_eq!(counted(&world).await, Counted { accounts: 4, ..Counted::default() });
    assert_eq!((members(&world, "g0"), members(&world, "staff")), (6, 36));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_told_again_to_workers_at_the_same_time_count_once() {
    let mut world = company(100, 20).await;
    out_of(&world, 0..10, "g0").await;
    while world.read_streams().await {}
    world.answer_with_workers(3).await;
    settled(&mut world).await;
    assert_eq!(counted(&world).await, Counted { memberships: 10, lost: 10, ..Counted::default() });
    assert_eq!((members(&world, "g0"), held_members(&world).await), (10, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approved_memberships_go_and_no_others() {
    let mut world = company(20, 10).await;
    out_of(&world, 0..6, "g0").await;
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), held_members(&world).await), (10, 6));
    let shown = digest(&world).await;
    out_of(&world, 6..7, "g1").await;
    settled(&mut world).await;
    assert!(approve(&world, &shown).await.is_err(), "it is another list by now");
    // One of them is a member again by the time it is approved.
    let shown = digest(&world).await;
    world.write_user(&name(0), &GROUPS, |_| {}).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 7);
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), members(&world, "g1")), (5, 9));
    assert_eq!((held(&world).await, blown(&world).await), (0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_memberships_stay_until_their_users_are_members_again() {
    let mut world = company(20, 10).await;
    out_of(&world, 0..6, "g0").await;
    settled(&mut world).await;
    let shown = digest(&world).await;
    assert_eq!(reject(&world, &shown).await.unwrap(), 6);
    for _ in 0..2 {
        world.setup.sync(&world.application, None).await.unwrap();
        settled(&mut world).await;
        assert_eq!((members(&world, "g0"), held(&world).await), (10, 0));
    }
    assert_eq!(blown(&world).await, None);
    world.write_user(&name(0), &GROUPS, |_| {}).await;
    settled(&mut world).await;
    out_of(&world, 0..1, "g0").await;
    settled(&mut world).await;
    assert_eq!(members(&world, "g0"), 9, "that is a new wish");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_a_person_allows_takes_the_members_that_are_held() {
    let mut world = company(20, 10).await;
    out_of(&world, 0..6, "g0").await;
    settled(&mut world).await;
    world.setup.sync(&world.application, Some(5)).await.unwrap();
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), held_members(&world).await), (10, 6), "five are not six");
    world.setup.sync(&world.application, Some(6)).await.unwrap();
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), held(&world).await), (4, 0));
    assert_eq!(blown(&world).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_member_taken_out_by_hand_is_never_held() {
    let mut world = company(20, 10).await;
    out_of(&world, 0..6, "g0").await;
    settled(&mut world).await;
    out_of(&world, 6..7, "g0").await;
    let (now, user) = (world.setup.clock.now(), name(6).parse().unwrap());
    let group: GroupId = "g0".parse().unwrap();
    let bells = let_member_go(&world.tables, &group, &user, now).await.unwrap();
    assert!(bells.is_empty(), "he was not held yet");
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), held_members(&world).await), (9, 6));
    let user = name(0).parse().unwrap();
    let bells = let_member_go(&world.tables, &group, &user, now).await.unwrap();
    assert_eq!(bells.len(), 1, "one who was held goes by hand");
    settled(&mut world).await;
    assert_eq!((members(&world, "g0"), held_members(&world).await), (8, 5));
    assert_eq!(counted(&world).await.lost, 2);
    assert!(let_go(&world.tables, &user, now).await.unwrap().is_empty(), "he keeps his account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_held_in_a_group_and_leaves_the_company_loses_it_with_his_account() {
    let mut world = company(60, 20).await;
    out_of(&world, 0..19, "g0").await;
    settled(&mut world).await;
    assert_eq!(held_members(&world).await, 19);
    let digest = digest(&world).await;
    world.delete(&name(0)).await;
    let now = world.setup.clock.now();
    let_go(&world.tables, &name(0).parse().unwrap(), now).await.unwrap();
    settled(&mut world).await;
    assert_eq!((active(&world), held_members(&world).await), (59, 18));
    assert_eq!(members(&world, "g0"), 19);
    assert!(approve(&world, &digest).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deselected_group_takes_more_than_a_thousand_memberships_with_it_only_when_a_person_says_so() {
    let mut world = company(30, 25).await;
    // So many were taken away today already.
    let before = window(&world).await;
    let after = before.with(Removes::Memberships { lost: 0, moved: 980 }, world.setup.clock.now());
    world.tables.fuse.write(&world.application, &before, &after, Stamps::None).await.unwrap();
    let groups = GROUPS[..3].iter().map(|group| group.parse().unwrap()).collect();
    let selection = Selection { groups, ..Selection::default() };
    let new = Configuration { selection: Some(selection), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    assert_eq!((members(&world, "g2"), held(&world).await), (25, 1), "whole, as one");
    let why = blown(&world).await.expect("it has blown").why;
    assert_eq!(why, "within 24 hours 1005 of 105 memberships would be taken away, more than 1000");
    let shown = digest(&world).await;
    assert_eq!(approve(&world, &shown).await.unwrap(), 1);
    settled(&mut world).await;
    assert_eq!((members(&world, "g2"), held(&world).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_of_a_group_stands_in_its_rows_and_its_link() {
    let mut world = company(20, 10).await;
    out_of(&world, 0..6, "g0").await;
    settled(&mut world).await;
    let group: GroupId = "g0".parse().unwrap();
    let key = LinkKey::group(&world.application, &group);
    let link = world.tables.links.link(&key).await.unwrap().unwrap();
    assert_eq!((link.is_held(), Trouble::of(&link)), (false, Some(Trouble::Held)));
    let rows = world.tables.memberships.pushed_page(&world.application, &group, None, 100).await.unwrap();
    let held = rows.iter().filter(|row| row.removal.is_some_and(MemberRemoval::is_held)).count();
    assert_eq!((rows.len(), held), (10, 6));
    // The other members of the group come and go as before.
    world.write_user(&name(15), &GROUPS, |_| {}).await;
    settled(&mut world).await;
    assert_eq!(members(&world, "g0"), 11);
}

/// Another tenant takes the place of the one where six members are held.
async fn relinked(world: &mut World) -> StandIn {
    out_of(world, 0..6, "g0").await;
    settled(world).await;
    assert_eq!((held_members(world).await, held(world).await), (6, 1));
    let other = StandIn::start(StandInConfig::default()).await.unwrap();
    let (id, token) = (&world.application, other.token());
    Box::pin(world.setup.connect(id, other.base_url(), &token, Links::Relink)).await.unwrap();
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_held_at_another_tenant_is_listed_no_more() {
    let mut world = company(20, 10).await;
    let other = relinked(&mut world).await;
    assert_eq!(held_members(&world).await, 0, "at once");
    settled(&mut world).await;
    assert_eq!((held_members(&world).await, held(&world).await), (0, 0), "its group is made anew");
    assert_eq!(other.members_of("g0").len(), 4);
    assert!(other.writes().iter().all(|write| write.method == "POST"), "{:?}", other.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_is_allowed_lets_nobody_go_who_was_held_at_another_tenant() {
    let mut world = company(20, 10).await;
    let _other = relinked(&mut world).await;
    world.setup.sync(&world.application, Some(100)).await.unwrap();
    settled(&mut world).await;
    let group = "g0".parse().unwrap();
    let rows = world.tables.memberships.pushed_page(&world.application, &group, None, 100).await.unwrap();
    let permitted = |row: &&Pushed| matches!(row.removal, Some(MemberRemoval::Permitted(_)));
    assert_eq!(rows.iter().filter(permitted).count(), 0);
    assert_eq!((held_members(&world).await, held(&world).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_held_members_at_another_tenant_and_is_wanted_no_more_holds_none() {
    let mut world = company(20, 10).await;
    let _other = relinked(&mut world).await;
    let groups = ["staff", "g1", "g2"].map(|group| group.parse().unwrap()).into();
    let selection = Selection { groups, ..Selection::default() };
    let new = Configuration { selection: Some(selection), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    assert_eq!((held_members(&world).await, held(&world).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_counted_since_he_was_read_blows_no_fuse() {
    let world = company(100, 20).await;
    let group = "g0".parse().unwrap();
    let pushed = world.tables.memberships.pushed_page(&world.application, &group, None, 10).await.unwrap();
    let asked: Vec<_> = pushed.into_iter().map(|member| (member, Loss::Lost)).collect();
    let fuse = Fuse { tables: &world.tables, application: &world.application, limits: Limits::default() };
    let now = world.setup.clock.now();
    let first = fuse.ask_members(&group, &asked, now).await.unwrap();
    assert!(
        matches!(&first, MemberPermits::Answered { granted, held: None } if granted.len() == 10),
        "{first:?}"
    );
    // Twice as many would be too many; they are the same.
    let second = fuse.ask_members(&group, &asked, now).await.unwrap();
    assert!(matches!(second, MemberPermits::Changed), "{second:?}");
    assert_eq!(blown(&world).await, None);
    assert_eq!(counted(&world).await, Counted { memberships: 10, lost: 10, ..Counted::default() });
}
