//! Ends that never came: a deletion, a removal or a person waited for something that was over.

use provisioning::application::{Configuration, Departure, DeselectedGroup, Policy};
use provisioning::link::State;
use provisioning::target::Kind;
use testkit::Fault;

use super::{ada_in_step, at_once, link, settled, somebody_elses_eve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_whose_groups_are_kept_no_more_holds_up_no_deletion() {
    let mut world = ada_in_step(Policy { on_delete: Departure::Delete, ..at_once() }).await;
    let overrides = catalog::Settings { groups: Some(false), ..catalog::Settings::default() };
    let new = Configuration { overrides: Some(overrides), ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    settled(&mut world).await;
    world.delete("ada").await;
    world.run(None).await;
    assert_eq!(world.accounts().get("ada"), None, "{:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_deleted_and_made_again_under_its_name_has_its_members_within_the_hour() {
    let mut world = ada_in_step(Policy { on_deselect: DeselectedGroup::Delete, ..at_once() }).await;
    world.tables.directory.delete_group(&"sales".parse().unwrap()).await.ok();
    world.group("sales2", "Sales").await;
    world.user("ada", "Engineer", &["eng", "sales2"]).await;
    let groups = ["sales2".parse().unwrap(), "eng".parse().unwrap()].into();
    let selection = Some(provisioning::application::Selection { groups, ..Default::default() });
    let new = Configuration { selection, ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    world.run(None).await;
    assert!(
        world.memberships().get("Sales").is_some_and(|members| members.contains("ada")),
        "{:?}",
        world.memberships()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_made_again_under_his_name_has_an_account_within_the_hour() {
    for order in 0..2 {
        let mut world = ada_in_step(Policy { on_delete: Departure::Delete, ..at_once() }).await;
        world.delete("ada").await;
        if order == 0 {
            world.read_streams().await;
        }
        world.write_user("ada2", &["sales"], |ada| ada.username = "ada".into()).await;
        world.run(None).await;
        let link = link(&world, "ada2").await;
        assert_eq!(link.state, State::Linked, "{order}: {:?}", link.work.problem);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_with_a_conflict_is_removed_within_the_hour() {
    let mut world = ada_in_step(at_once()).await;
    somebody_elses_eve(&world);
    world.user("eve", "Clerk", &["eng"]).await;
    settled(&mut world).await;
    world.setup.remove(&world.application, Departure::Deactivate, None).await.unwrap();
    world.run(None).await;
    let left = world.tables.applications.load(&world.application).await.unwrap();
    assert!(left.is_none(), "{:?}", left.unwrap().condition);
    assert_eq!(world.accounts()["ada"], None);
    assert!(world.accounts()["eve"].is_some(), "she was never ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_of_somebody_who_left_while_the_application_was_disabled_is_over() {
    let mut world = ada_in_step(at_once()).await;
    somebody_elses_eve(&world);
    world.user("eve", "Clerk", &["eng"]).await;
    settled(&mut world).await;
    world.setup.disable(&world.application).await.unwrap();
    world.delete("eve").await;
    settled(&mut world).await;
    world.enable().await;
    settled(&mut world).await;
    let link = link(&world, "eve").await;
    assert_eq!((link.state, link.work.problem), (State::New, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_whose_account_is_gone_where_nobody_is_deleted_is_over() {
    let mut world = ada_in_step(Policy { on_delete: Departure::Delete, ..at_once() }).await;
    world.stand_in.fail(Fault::next(100).method("DELETE").path("/Users").status(405));
    let id = world.stand_in.user("ada").unwrap().id().unwrap();
    assert!(world.stand_in.erase(Kind::User, &id));
    world.delete("ada").await;
    settled(&mut world).await;
    let link = link(&world, "ada").await;
    assert_eq!((link.state, link.work.due_at, link.work.problem), (State::Tombstone, None, None));
    let told = world.events().await;
    assert!(told.iter().any(|told| told.reason.contains("gone already")), "{told:#?}");
}
