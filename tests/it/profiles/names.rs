//! Groups that cannot be renamed.

use provisioning::activity::{Action, OutcomeResult};
use testkit::{GroupRename, Quirks};

use crate::pains::{company_of, settled, swept};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_cannot_be_renamed_keeps_its_name_and_that_is_told_once() {
    let quirks = Quirks { group_rename: GroupRename::Never, ..Quirks::default() };
    let mut world = company_of("atlassian", quirks).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["sales", "eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    world.group("sales", "Field Sales").await;
    world.user("ada", "Clerk", &["eng"]).await;
    settled(&mut world).await;
    swept(&mut world).await;
    assert!(world.stand_in.group("Field Sales").is_none());
    assert_eq!(world.memberships()["Sales"], ["bob"].map(String::from).into());
    assert_eq!(world.memberships()["Engineering"], ["ada", "bob"].map(String::from).into());
    let refused: Vec<_> = world.stand_in.writes().into_iter().filter(|write| write.status >= 400).collect();
    assert!(refused.is_empty(), "no name was sent: {refused:?}");
    let told: Vec<_> =
        world.events().await.into_iter().filter(|told| told.reason.contains("cannot rename")).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((told[0].action, told[0].result), (Action::Hold, OutcomeResult::Failure));
    assert_eq!(told[0].changes[0].to_string(), "displayName: \"Sales\" -> \"Field Sales\"");
    world.group("sales", "Inside Sales").await;
    settled(&mut world).await;
    let told = world.events().await.into_iter().filter(|told| told.reason.contains("cannot rename")).count();
    assert_eq!(told, 2, "each name once");
}
