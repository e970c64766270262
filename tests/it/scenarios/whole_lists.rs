//! Targets that take the members of a group as a whole only: whoever is left out of the list is out of the group, so a list that
//! may not be whole is never sent.

use std::collections::BTreeSet;

use catalog::{MemberRemove, Settings};
use provisioning::activity::OutcomeResult;
use provisioning::application::Configuration;
use provisioning::target::Kind;
use serde_json::json;
use testkit::{AbsentMember, MemberRemoval, Quirks};

use crate::world::World;

const CREW: [&str; 5] = ["ada", "bob", "cy", "dee", "eve"];

/// Five people and a stranger in a group at a target that shows all of it so far.
async fn crew(quirks: Quirks) -> World {
    let mut world = World::new(&["crew", "shore"]).await;
    world.stand_in.set_quirks(quirks);
    world.group("crew", "Crew").await;
    for name in CREW {
        world.user(name, "Sailor", &["crew"]).await;
    }
    world.enable().await;
    world.run(None).await;
    let stranger = json!({"schemas": [scim::USER_SCHEMA], "userName": "stranger", "active": true});
    let stranger = world.stand_in.seed(Kind::User, &stranger).unwrap();
    let crew = world.stand_in.group("Crew").unwrap().id().unwrap();
    let join = json!([{"op": "add", "path": "members", "value": [{"value": stranger}]}]);
    assert!(world.stand_in.alter(Kind::Group, &crew, &join));
    assert_eq!(members(&world), everybody());
    world
}

fn members(world: &World) -> BTreeSet<String> {
    let group = world.stand_in.groups().into_iter().next().unwrap();
    world.stand_in.members_of(group.text("displayName").unwrap())
}

fn everybody() -> BTreeSet<String> {
    CREW.into_iter().chain(["stranger"]).map(str::to_owned).collect()
}

async fn is_told(world: &World) -> bool {
    let events = world.events().await;
    let mut failed = events.iter().filter(|told| told.result == OutcomeResult::Failure);
    failed.any(|told| told.reason.contains("cut off or hidden"))
}

/// How a target without PATCH hides its members.
fn hiding() -> [Quirks; 2] {
    let without_patch = Quirks { no_patch: true, ..Quirks::default() };
    [Quirks { hides_members: true, ..without_patch }, Quirks { members_shown: Some(3), ..without_patch }]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_takes_nobody_out_of_a_group_whose_members_are_not_all_shown() {
    for quirks in hiding() {
        let mut world = crew(Quirks { no_patch: true, ..Quirks::default() }).await;
        world.stand_in.set_quirks(quirks);
        world.user("fay", "Sailor", &["crew"]).await;
        world.run(None).await;
        assert_eq!(members(&world), everybody(), "{quirks:?}");
        assert!(is_told(&world).await, "{quirks:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_name_takes_nobody_out_of_a_group_whose_members_are_not_all_shown() {
    for quirks in hiding() {
        let mut world = crew(Quirks { no_patch: true, ..Quirks::default() }).await;
        world.stand_in.set_quirks(quirks);
        world.group("crew", "The crew").await;
        world.run(None).await;
        assert_eq!(members(&world), everybody(), "{quirks:?}");
        assert!(is_told(&world).await, "{quirks:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_by_replacement_takes_nobody_else_out_where_the_list_is_cut_off() {
    let mut world = crew(Quirks::default()).await;
    let overrides = Some(Settings { member_remove: Some(MemberRemove::Replace), ..Settings::default() });
    let new = Configuration { overrides, ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    world.run(None).await;
    world.stand_in.set_quirks(Quirks { members_shown: Some(3), ..Quirks::default() });
    world.user("ada", "Sailor", &[]).await;
    world.run(None).await;
    assert_eq!(members(&world), everybody());
    assert!(is_told(&world).await);
    // Once all are shown, it is done.
    world.stand_in.set_quirks(Quirks::default());
    world.clock.advance(std::time::Duration::from_secs(8 * 3_600));
    world.run(None).await;
    let left: BTreeSet<_> = everybody().into_iter().filter(|name| name != "ada").collect();
    assert_eq!(members(&world), left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_taken_out_or_deleted_there_holds_up_nobody_where_that_can_be_seen() {
    let quirks = Quirks { no_patch: true, shows_groups: true, ..Quirks::default() };
    let mut world = crew(quirks).await;
    let crew = world.stand_in.group("Crew").unwrap().id().unwrap();
    let ada = world.stand_in.user("ada").unwrap().id().unwrap();
    let out = json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]);
    world.stand_in.set_quirks(Quirks { shows_groups: true, ..Quirks::default() });
    assert!(world.stand_in.alter(Kind::Group, &crew, &out));
    world.stand_in.set_quirks(quirks);
    let bob = world.stand_in.user("bob").unwrap().id().unwrap();
    assert!(world.stand_in.erase(Kind::User, &bob));
    world.user("fay", "Sailor", &["crew"]).await;
    world.run(None).await;
    let expected = ["cy", "dee", "eve", "fay", "stranger"].map(str::to_owned);
    assert_eq!(members(&world), expected.into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_is_refused_is_never_tried_as_a_list_that_may_mean_everybody() {
    let quirks = Quirks {
        member_removal: MemberRemoval::ValuesMeanAll,
        absent_member: AbsentMember::Bare,
        ..Quirks::default()
    };
    let mut world = crew(quirks).await;
    let crew = world.stand_in.group("Crew").unwrap().id().unwrap();
    let ada = world.stand_in.user("ada").unwrap().id().unwrap();
    let out = json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]);
    assert!(world.stand_in.alter(Kind::Group, &crew, &out));
    world.user("ada", "Sailor", &[]).await;
    world.run(None).await;
    let left: BTreeSet<_> = everybody().into_iter().filter(|name| name != "ada").collect();
    assert_eq!(members(&world), left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_leavers_one_who_is_out_already_keeps_nobody_in_whom_a_list_that_is_cut_off_does_not_show() {
    let quirks =
        Quirks { absent_member: AbsentMember::NoTarget, members_shown: Some(3), ..Quirks::default() };
    let mut world = crew(quirks).await;
    let mut by_id: Vec<_> = CREW.map(|name| (world.stand_in.user(name).unwrap().id().unwrap(), name)).into();
    by_id.sort();
    let ((out, first), (_, last)) = (by_id[0].clone(), by_id[4].clone());
    let group = world.stand_in.group("Crew").unwrap().id().unwrap();
    let taken_out = json!([{"op": "remove", "path": format!("members[value eq \"{out}\"]")}]);
    assert!(world.stand_in.alter(Kind::Group, &group, &taken_out));
    world.group("shore", "On shore").await;
    for name in [first, last] {
        world.user(name, "Sailor", &["shore"]).await;
    }
    world.run(None).await;
    let left = everybody().into_iter().filter(|name| name != first && name != last).collect();
    assert_eq!(members(&world), left);
}
