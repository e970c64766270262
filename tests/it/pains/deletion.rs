//! Pains 12 to 14: nothing goes that should stay, and nothing stays that should go.

use provisioning::application::{Configuration, Departure, DeselectedGroup, Policy, Selection};
use provisioning::target::Kind;
use serde_json::json;
use testkit::{Fault, Quirks};

use super::{at_once, company, settled, stranger, swept};

fn all_is_deleted() -> Policy {
    let gone = Departure::Delete;
    Policy {
        on_unassign: gone,
        on_delete: gone,
        on_disable: gone,
        on_deselect: DeselectedGroup::Delete,
        ..at_once()
    }
}

/// Pain 13: what somebody else made is deleted, because it is in no directory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_made_is_never_touched_however_much_is_deleted() {
    let mut world = company(Quirks::default()).await;
    world.set_policy(all_is_deleted()).await;
    let zoe = stranger(&world, "zoe");
    let members = json!([{ "value": zoe }]);
    let theirs = json!({"schemas": [scim::GROUP_SCHEMA], "displayName": "Landing Zone", "members": members});
    let adopted = json!({"schemas": [scim::GROUP_SCHEMA], "displayName": "Sales", "members": members});
    for group in [&theirs, &adopted] {
        world.stand_in.seed(Kind::Group, group).unwrap();
    }
    let zoe_before = world.stand_in.user("zoe").unwrap().to_json();
    let theirs_before = world.stand_in.group("Landing Zone").unwrap().to_json();
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["eng"]).await;
    world.user("cy", "Clerk", &["eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"], ["ada", "zoe"].map(String::from).into(), "ours beside theirs");
    world.delete("bob").await;
    settled(&mut world).await;
    let groups = ["eng".parse().unwrap()].into();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    swept(&mut world).await;
    assert_eq!(world.accounts().into_keys().collect::<Vec<_>>(), ["cy", "zoe"], "of ours who is left");
    assert_eq!(world.memberships()["Sales"], ["zoe"].map(String::from).into(), "an adopted group stays");
    assert_eq!(world.stand_in.user("zoe").unwrap().to_json(), zoe_before);
    assert_eq!(world.stand_in.group("Landing Zone").unwrap().to_json(), theirs_before);
}

/// Pain 14: a deletion that failed once is forgotten, and the account stays for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_that_failed_is_tried_until_it_is_done() {
    let mut world = company(Quirks::default()).await;
    world.set_policy(all_is_deleted()).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.fail(Fault::next(3).method("DELETE").status(500));
    world.delete("ada").await;
    settled(&mut world).await;
    let tries: Vec<_> =
        world.stand_in.writes().into_iter().filter(|write| write.method == "DELETE").collect();
    assert_eq!(tries.iter().map(|write| write.status).collect::<Vec<_>>(), [500, 500, 500, 204]);
    assert_eq!(world.accounts().into_keys().collect::<Vec<_>>(), ["bob"]);
}
