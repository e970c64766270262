//! Groups with members whom the target does not take.

use std::time::Duration;

use provisioning::activity::OutcomeResult;
use provisioning::link::{Link, LinkKey, Trouble};
use provisioning::target::Kind;
use testkit::{Fault, GroupRename, Quirks, UnknownMember};

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn group(world: &World) -> Link {
    let key = LinkKey::group(&world.application, &"all".parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

/// Why what failed did, in all that was told.
async fn told(world: &mut World) -> Vec<String> {
    let failed = world.events().await.into_iter().filter(|event| event.result == OutcomeResult::Failure);
    failed.map(|event| event.reason).collect()
}

fn name(n: usize) -> String {
    format!("u{n:04}")
}

/// So many users with accounts, of whom one was taken away at the target, and a group of them all that comes after that.
async fn with_one_gone(people: usize) -> World {
    with_gone(people, &[people / 3], UnknownMember::Refused).await
}

/// The same where several were, and what the target makes of it.
async fn with_gone(people: usize, gone: &[usize], unknown_member: UnknownMember) -> World {
    let mut world = World::new(&["first", "all"]).await;
    world.group("first", "First").await;
    for n in 0..people {
        world.user(&name(n), "Clerk", &["first"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.accounts().len(), people);
    world.stand_in.set_quirks(Quirks { unknown_member, ..world.stand_in.quirks() });
    for n in gone {
        let key = LinkKey::user(&world.application, &name(*n).parse().unwrap());
        let gone = world.tables.links.link(&key).await.unwrap().unwrap().remote_id.unwrap();
        assert!(world.stand_in.erase(Kind::User, gone.as_str()));
    }
    world.group("all", "All").await;
    for n in 0..people {
        world.user(&name(n), "Clerk", &["first", "all"]).await;
    }
    world.stand_in.clear_log();
    settled(&mut world).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_3000_with_one_bad_member_has_all_the_others() {
    let world = with_one_gone(3_000).await;
    assert_eq!(world.stand_in.members_of("All").len(), 2_999);
    let parked = group(&world).await.parked;
    assert_eq!(parked.keys().map(ToString::to_string).collect::<Vec<_>>(), [name(1_000)]);
    let writes = world.stand_in.writes();
    let (taken, refused): (Vec<_>, Vec<_>) =
        writes.iter().filter(|write| write.path.contains("/Groups")).partition(|write| write.status < 300);
    assert!(refused.len() <= 12, "the one is found by halving: {}", refused.len());
    assert!(taken.len() <= 60, "the others go in large requests: {}", taken.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_member_is_told_once_shown_and_tried_again_daily() {
    let mut world = with_one_gone(30).await;
    assert_eq!(world.stand_in.members_of("All").len(), 29);
    let reasons = told(&mut world).await;
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].starts_with("the target does not take 'u0010' as a member: "), "{reasons:?}");
    let links = &world.tables.links;
    let failed = links.propose_trouble_count(&world.application, Trouble::Failed, 10).await.unwrap();
    assert_eq!(failed, 1, "the group is among the failures");

    world.stand_in.clear_log();
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "a sweep leaves him out");
    world.clock.advance(Duration::from_secs(25 * 3_600));
    settled(&mut world).await;
    let tried = world.stand_in.writes().len();
    assert_eq!(tried, 1, "and a day later he is tried by himself");
    assert_eq!(told(&mut world).await.len(), 1, "which is not told again");
    assert_eq!(group(&world).await.parked.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bad_members_are_tried_again_and_told_no_more() {
    let mut world = with_gone(30, &[3, 20], UnknownMember::Refused).await;
    assert_eq!((world.stand_in.members_of("All").len(), told(&mut world).await.len()), (28, 2));
    world.stand_in.clear_log();
    world.clock.advance(Duration::from_secs(25 * 3_600));
    settled(&mut world).await;
    assert_eq!(world.stand_in.writes().len(), 3, "together, and each alone");
    assert_eq!(told(&mut world).await.len(), 2, "the group itself has not failed");
    let group = group(&world).await;
    assert_eq!((group.parked.len(), group.work.attempts), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_to_whom_the_target_answers_with_trouble_is_tried_again_after_two_hours() {
    let mut world = with_gone(30, &[10], UnknownMember::Fails).await;
    assert_eq!(world.stand_in.members_of("All").len(), 29);
    let said = told(&mut world).await;
    world.stand_in.clear_log();
    world.clock.advance(Duration::from_secs(121 * 60));
    settled(&mut world).await;
    assert_eq!(world.stand_in.writes().len(), 1, "by himself, and at once");
    assert_eq!(told(&mut world).await, said, "which is not told again");

    // It was trouble, and has passed: nothing of the directory changed meanwhile.
    world.stand_in.set_quirks(Quirks { unknown_member: UnknownMember::Kept, ..world.stand_in.quirks() });
    world.stand_in.clear_log();
    world.clock.advance(Duration::from_secs(121 * 60));
    settled(&mut world).await;
    let statuses: Vec<_> = world.stand_in.writes().iter().map(|write| write.status).collect();
    assert!(matches!(statuses[..], [200..300]), "he is in: {statuses:?}");
    assert_eq!(group(&world).await.parked.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_member_who_leaves_the_group_is_forgotten() {
    let mut world = with_one_gone(30).await;
    world.user(&name(10), "Clerk", &["first"]).await;
    settled(&mut world).await;
    assert_eq!(group(&world).await.parked.len(), 0);
    assert_eq!(world.stand_in.members_of("All").len(), 29);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_with_a_new_name_is_in_where_names_go_by_put_and_members_by_patch() {
    let mut world = World::new(&["all", "others"]).await;
    world.group("all", "All").await;
    world.group("others", "Others").await;
    for (name, group) in [("ada", "all"), ("bob", "all"), ("cy", "all"), ("dee", "others")] {
        world.user(name, "Clerk", &[group]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    let quirks = Quirks { group_rename: GroupRename::Put, put_ignores_members: true, ..Quirks::default() };
    world.stand_in.set_quirks(quirks);
    world.stand_in.watch_quirks();
    world.group("all", "Everybody").await;
    world.user("dee", "Clerk", &["all"]).await;
    world.user("ada", "Clerk", &["others"]).await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Everybody"), ["bob", "cy", "dee"].map(String::from).into());
    assert_eq!(group(&world).await.work.problem, None);
    assert!(world.stand_in.met().contains("group_rename"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_finished_though_a_member_and_the_new_name_are_refused() {
    let mut world = with_one_gone(6).await;
    world.stand_in.fail(Fault::always().method("PATCH").path("/Groups").status(400));
    world.group("all", "Everyone").await;
    world.user(&name(2), "Clerk", &["first"]).await;
    world.user(&name(2), "Clerk", &["first", "all"]).await;
    settled(&mut world).await;
    let all = group(&world).await;
    assert!(all.work.problem.is_some() && all.parked.len() == 1, "{all:?}");
    let rows = world.tables.memberships.todo(&world.application, &"all".parse().unwrap(), 10).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
}
