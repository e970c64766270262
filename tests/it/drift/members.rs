//! Members whom the target's administrator puts in or takes out.

use provisioning::application::Policy;
use provisioning::fuse::Limits;
use provisioning::target::Kind;
use serde_json::json;
use testkit::Quirks;

use super::{
    REPAIR, REPORT, a_week_later, drifted, group_key, in_step, key, link, policy, remote, repair, requests,
    settled, told,
};
use crate::world::World;

/// Bob is taken out of Sales, Dan is put in, and so is somebody whom we do not know.
async fn meddled(drift: provisioning::application::DriftPolicy) -> World {
    let world = in_step(drift).await;
    let stranger = world.stand_in.seed(Kind::User, &json!({"userName": "stranger"})).unwrap();
    let (bob, dan) = (remote(&world, &key(&world, "bob")).await, remote(&world, &key(&world, "dan")).await);
    let sales = remote(&world, &group_key(&world, "sales")).await;
    let operations = json!([
        {"op": "remove", "path": format!("members[value eq \"{bob}\"]")},
        {"op": "add", "path": "members", "value": [{"value": dan}, {"value": stranger}]},
    ]);
    assert!(world.stand_in.alter(Kind::Group, &sales, &operations));
    world
}

fn names(all: &[&str]) -> std::collections::BTreeSet<String> {
    all.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_are_gone_or_should_not_be_in_are_told_once_and_left() {
    let mut world = meddled(REPORT).await;
    a_week_later(&mut world).await;
    a_week_later(&mut world).await;
    let events = world.events().await;
    assert_eq!(told(&events), ["Sales: members were changed at the target ()"]);
    let event = events.iter().find(|event| event.reason.starts_with("members")).unwrap();
    assert_eq!((&event.added[..], &event.removed[..]), (&["dan".to_owned()][..], &["bob".to_owned()][..]));
    assert_eq!((world.writes(), drifted(&world).await), (Vec::new(), 1));
    let members = link(&world, &group_key(&world, "sales")).await.observed.members;
    assert_eq!((members.gone.len(), members.added.len()), (1, 1), "the stranger is nobody's business");
    // A person has it undone.
    repair(&world, &group_key(&world, "sales")).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"], names(&["ada", "bob", "cy", "stranger"]));
    assert_eq!(drifted(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_are_gone_are_added_and_those_who_should_not_be_in_taken_out_where_the_policy_says_so() {
    let mut world = meddled(REPAIR).await;
    a_week_later(&mut world).await;
    assert_eq!(world.memberships()["Sales"], names(&["ada", "bob", "cy", "stranger"]));
    assert_eq!((told(&world.events().await).len(), drifted(&world).await), (1, 0));
    let writes = world.writes().len();
    a_week_later(&mut world).await;
    assert_eq!(world.writes().len(), writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_are_put_back_by_hand_are_forgotten() {
    let mut world = meddled(REPORT).await;
    a_week_later(&mut world).await;
    let (bob, dan) = (remote(&world, &key(&world, "bob")).await, remote(&world, &key(&world, "dan")).await);
    let sales = remote(&world, &group_key(&world, "sales")).await;
    let operations = json!([
        {"op": "remove", "path": format!("members[value eq \"{dan}\"]")},
        {"op": "add", "path": "members", "value": [{"value": bob}]},
    ]);
    assert!(world.stand_in.alter(Kind::Group, &sales, &operations));
    a_week_later(&mut world).await;
    assert_eq!((drifted(&world).await, told(&world.events().await).len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_never_shows_members_shows_no_drift() {
    let mut world = in_step(REPAIR).await;
    world.stand_in.set_quirks(Quirks { hides_members: true, ..Quirks::default() });
    a_week_later(&mut world).await;
    assert_eq!((world.writes(), drifted(&world).await), (Vec::new(), 0));
    let groups_read = requests(&world).iter().filter(|request| request.starts_with("GET /Groups/")).count();
    assert!(groups_read <= 2, "each group is read once at most: {:?}", requests(&world));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_renamed_at_the_target_is_told_or_named_as_it_was() {
    for (drift, name) in [(REPORT, "Sellers"), (REPAIR, "Sales")] {
        let mut world = in_step(drift).await;
        let sales = remote(&world, &group_key(&world, "sales")).await;
        let operations = json!([{"op": "replace", "path": "displayName", "value": "Sellers"}]);
        assert!(world.stand_in.alter(Kind::Group, &sales, &operations));
        a_week_later(&mut world).await;
        assert!(world.memberships().contains_key(name), "{:?}", world.memberships());
        assert_eq!(told(&world.events().await).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_should_not_be_in_stay_in_where_the_fuse_would_not_let_them_go() {
    let mut world = meddled(REPAIR).await;
    let fuse = Limits { memberships: 0, ..Limits::default() };
    world.set_policy(Policy { fuse, ..policy(REPAIR) }).await;
    a_week_later(&mut world).await;
    assert_eq!(world.memberships()["Sales"], names(&["ada", "bob", "cy", "dan", "stranger"]));
    assert_eq!(drifted(&world).await, 1, "he is noted");
}
