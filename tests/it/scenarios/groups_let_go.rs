//! Groups that Rollcall lets go and takes up again: adopted ones, and all of them while group information is excluded.

use std::collections::BTreeSet;

use provisioning::application::{Configuration, DeselectedGroup, Policy, Selection};
use provisioning::target::Kind;
use serde_json::json;

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn select(world: &mut World, groups: &[&str], exclude: bool) {
    let groups = groups.iter().map(|id| id.parse().unwrap()).collect();
    let selection = Some(Selection { groups, exclude_group_information: exclude, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(world).await;
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The writes since the log was cleared, to one of the two endpoints.
fn writes_to(world: &World, endpoint: &str) -> Vec<String> {
    world.writes().into_iter().filter(|write| write.contains(endpoint)).collect()
}

/// Sales was at the target before us, with Zoe in it. Ada is in Sales and in Engineering, Bob in Sales only.
async fn with_an_adopted_group(on_deselect: DeselectedGroup) -> World {
    let mut world = World::new(&["sales", "eng"]).await;
    world.set_policy(Policy { grace_seconds: 0, on_deselect, ..Policy::default() }).await;
    let zoe = json!({"schemas": [scim::USER_SCHEMA], "userName": "zoe", "active": true});
    let zoe = world.stand_in.seed(Kind::User, &zoe).unwrap();
    let theirs =
        json!({"schemas": [scim::GROUP_SCHEMA], "displayName": "Sales", "members": [{ "value": zoe }]});
    world.stand_in.seed(Kind::Group, &theirs).unwrap();
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    world.user("ada", "Engineer", &["sales", "eng"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"], names(&["ada", "bob", "zoe"]));
    world.stand_in.clear_log();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adopted_group_that_is_released_loses_whom_we_added_and_nobody_else() {
    for on_deselect in [DeselectedGroup::Empty, DeselectedGroup::Leave, DeselectedGroup::Delete] {
        let mut world = with_an_adopted_group(on_deselect).await;
        let sales = world.stand_in.group("Sales").unwrap().id();
        select(&mut world, &["eng"], false).await;
        let memberships = world.memberships();
        assert_eq!(memberships["Sales"], names(&["zoe"]), "{on_deselect:?}");
        assert_eq!(memberships["Engineering"], names(&["ada"]), "{on_deselect:?}: she is in the other still");
        assert_eq!(world.stand_in.group("Sales").unwrap().id(), sales, "{on_deselect:?}: it is theirs");
        let accounts = world.accounts();
        assert_eq!(accounts["ada"], Some("Engineer".into()), "{on_deselect:?}: she is in a selected group");
        assert_eq!((&accounts["bob"], &accounts["zoe"]), (&None, &Some(String::new())), "{on_deselect:?}");
        let users = writes_to(&world, "/Users");
        assert_eq!(users.len(), 1, "{on_deselect:?}: only Bob's account is spoken of: {users:?}");

        // Nothing more is said of it, whatever happens there and here.
        world.stand_in.clear_log();
        world.user("ada", "Engineer", &["eng"]).await;
        world.user("cy", "Clerk", &["sales"]).await;
        settled(&mut world).await;
        world.setup.sync(&world.application, None).await.unwrap();
        settled(&mut world).await;
        assert_eq!(world.writes(), Vec::<String>::new(), "{on_deselect:?}");

        // Taken up again, it has those who are in it now, beside Zoe.
        select(&mut world, &["sales", "eng"], false).await;
        assert_eq!(world.memberships()["Sales"], names(&["bob", "cy", "zoe"]), "{on_deselect:?}");
        assert_eq!(world.stand_in.group("Sales").unwrap().id(), sales, "{on_deselect:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_information_that_is_excluded_for_a_while_is_left_alone_and_then_caught_up_with() {
    let mut world = with_an_adopted_group(DeselectedGroup::Delete).await;
    let before = world.stand_in.groups().into_iter().map(scim::Resource::into_json).collect::<Vec<_>>();
    select(&mut world, &["sales", "eng"], true).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "groups are let go as they are, and users stay");

    // Meanwhile accounts come, change and go, and no group is spoken of.
    world.user("ada", "Countess", &["sales"]).await;
    world.user("cy", "Clerk", &["sales"]).await;
    world.delete("bob").await;
    world.group("eng", "Machines").await;
    settled(&mut world).await;
    assert_eq!(writes_to(&world, "/Groups"), Vec::<String>::new());
    let after = world.stand_in.groups().into_iter().map(scim::Resource::into_json).collect::<Vec<_>>();
    assert_eq!(after, before);
    let accounts = world.accounts();
    assert_eq!((&accounts["ada"], &accounts["bob"]), (&Some("Countess".into()), &None));
    assert_eq!(accounts["cy"], Some("Clerk".into()));

    // Told again, groups are what they should be, under their new names, and nobody's account is touched for it.
    world.stand_in.clear_log();
    select(&mut world, &["sales", "eng"], false).await;
    let memberships = world.memberships();
    assert_eq!(memberships.keys().map(String::as_str).collect::<Vec<_>>(), ["Machines", "Sales"]);
    assert_eq!(memberships["Sales"], names(&["ada", "cy", "zoe"]));
    assert_eq!(memberships["Machines"], BTreeSet::new());
    assert_eq!(writes_to(&world, "/Users"), Vec::<String>::new());
    world.stand_in.clear_log();
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "it is in step");
}
