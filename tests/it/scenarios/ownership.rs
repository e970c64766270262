//! Whose an account is: migrations, rehires, recycled names, accounts that somebody else turned off.

use std::time::Duration;

use provisioning::adoption::{AdoptionError, Adoptions};
use provisioning::application::{Adopt, Departure, Policy, ReactivateAdopted, Setup};
use provisioning::directory::Status;
use provisioning::ids::RemoteId;
use provisioning::link::{Link, LinkKey, Origin, State, Trouble};
use provisioning::target::Kind;
use serde_json::json;
use testkit::{Fault, Quirks};

use crate::world::{Run, World};

fn at_once() -> Policy {
    Policy { grace_seconds: 0, ..Policy::default() }
}

async fn company(policy: Policy) -> World {
    let world = World::new(&["sales", "eng"]).await;
    world.set_policy(policy).await;
    world.group("sales", "Sales").await;
    world.group("eng", "Engineering").await;
    world
}

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn link(world: &World, user: &str) -> Link {
    let key = LinkKey::user(&world.application, &user.parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

fn seed(world: &World, name: &str, external_id: Option<&str>, active: bool) -> String {
    let mut account =
        json!({"schemas": [scim::USER_SCHEMA], "userName": name, "title": "Old", "active": active});
    if let Some(external_id) = external_id {
        account["externalId"] = external_id.into();
    }
    world.stand_in.seed(Kind::User, &account).unwrap()
}

async fn conflicts(world: &World) -> usize {
    let links = &world.tables.links;
    links.propose_trouble_count(&world.application, Trouble::Conflict, 1_000).await.unwrap()
}

fn adoptions(world: &World) -> Adoptions {
    let Setup { tables, bell, clock, .. } = world.setup.clone();
    Adoptions { tables, bell, clock }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_of_200_accounts_with_foreign_external_ids_waits_for_take_over() {
    let mut world = company(at_once()).await;
    for n in 0..200 {
        seed(&world, &format!("user{n}"), Some(&format!("okta-{n}")), true);
        world.user(&format!("user{n}"), "New", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(conflicts(&world).await, 200);
    assert!(world.accounts().values().all(|title| title.as_deref() == Some("Old")), "nobody was touched");
    world.set_policy(Policy { take_over: true, ..at_once() }).await;
    settled(&mut world).await;
    assert_eq!(conflicts(&world).await, 0);
    let accounts = world.accounts();
    assert_eq!(accounts.len(), 200, "none was made twice");
    assert!(accounts.values().all(|title| title.as_deref() == Some("New")));
    assert_eq!(link(&world, "user7").await.origin, Some(Origin::Adopted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_suspended_is_not_deleted_under_on_unassign_delete() {
    let policy = Policy { on_unassign: Departure::Delete, on_delete: Departure::Delete, ..at_once() };
    let mut world = company(policy).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.write_user("ada", &["sales"], |ada| ada.status = Status::Disabled).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None);
    world.write_user("ada", &[], |_| {}).await;
    settled(&mut world).await;
    assert_eq!(world.accounts().get("ada"), Some(&None), "off, and still there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_enabled_again_after_90_days_has_his_account_back_in_one_request() {
    let mut world = company(at_once()).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let before = link(&world, "ada").await.remote_id;
    world.write_user("ada", &["sales"], |ada| ada.status = Status::Disabled).await;
    settled(&mut world).await;
    world.clock.advance(Duration::from_secs(90 * 86_400));
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    world.write_user("ada", &["sales"], |ada| ada.status = Status::Active).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    assert_eq!(link(&world, "ada").await.remote_id, before);
    let users: Vec<_> = world.writes().into_iter().filter(|write| write.contains("/Users")).collect();
    assert_eq!(users.len(), 1, "{users:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_recycled_after_a_tombstone_is_a_new_account() {
    let mut world = company(Policy { on_delete: Departure::Delete, ..at_once() }).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let old = link(&world, "ada").await.remote_id;
    world.delete("ada").await;
    settled(&mut world).await;
    assert_eq!(link(&world, "ada").await.state, State::Tombstone);
    world.write_user("ada2", &["sales"], |user| user.username = "ada".into()).await;
    settled(&mut world).await;
    let new = link(&world, "ada2").await;
    assert_eq!((new.state, new.origin), (State::Linked, Some(Origin::Created)));
    assert_ne!(new.remote_id, old);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_recycled_while_its_old_account_is_only_off_gives_nobody_that_account() {
    let mut world = company(Policy { take_over: true, ..at_once() }).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.delete("ada").await;
    settled(&mut world).await;
    world.write_user("ada2", &["sales"], |user| user.username = "ada".into()).await;
    settled(&mut world).await;
    let waiting = link(&world, "ada2").await;
    assert_eq!(waiting.state, State::Conflict);
    assert!(waiting.work.problem.unwrap_or_default().contains("crm#user#ada;"), "the owner is named");
    assert_eq!(waiting.candidates.len(), 1);
    assert_eq!(world.accounts()["ada"], None, "it stays off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_in_the_middle_of_a_first_sync_ends_without_access() {
    let mut world = company(at_once()).await;
    for n in 0..30 {
        world.user(&format!("user{n}"), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    while world.stand_in.counts().0 < 10 {
        world.do_page().await;
        world.answer().await;
    }
    for n in [1, 29] {
        world.delete(&format!("user{n}")).await;
    }
    settled(&mut world).await;
    let accounts = world.accounts();
    assert_eq!(accounts.values().flatten().count(), 28, "{accounts:?}");
    for n in [1, 29] {
        assert!(!matches!(accounts.get(&format!("user{n}")), Some(Some(_))), "user{n} has access");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_the_targets_administrator_suspended_is_not_turned_on_by_a_change() {
    let mut world = company(at_once()).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let id = link(&world, "ada").await.remote_id.unwrap().to_string();
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    assert!(world.stand_in.alter(Kind::User, &id, &off));
    world.user("ada", "Countess", &["sales", "eng"]).await;
    settled(&mut world).await;
    world.setup.sync(&world.application, None).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "it stays off: {:#?}", world.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_create_answer_at_a_server_that_cannot_filter_makes_no_second_account() {
    let mut world = company(at_once()).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.set_quirks(Quirks { no_filter: true, ..Quirks::default() });
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").after_applying().cut());
    world.user("ada", "Engineer", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()));
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.origin), (State::Linked, Some(Origin::Created)));
    assert_eq!(world.stand_in.counts().0, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_that_are_off_wait_for_a_person_until_the_policy_turns_them_on() {
    let mut world = company(at_once()).await;
    seed(&world, "ada", None, false);
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None);
    assert_eq!(conflicts(&world).await, 1);
    world.set_policy(Policy { reactivate_adopted: ReactivateAdopted::Yes, ..at_once() }).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waited_for_a_person_and_left_while_the_application_was_off_waits_no_more() {
    let mut world = company(at_once()).await;
    seed(&world, "ada", Some("okta-1"), true);
    world.user("ada", "Countess", &["sales"]).await;
    world.write_user("bob", &["sales"], |user| user.username = String::new()).await;
    world.stand_in.seed(Kind::Group, &json!({"displayName": "Engineering", "externalId": "okta-2"})).unwrap();
    world.user("cyd", "Clerk", &["eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    let links = &world.tables.links;
    let troubles =
        async |trouble| links.propose_trouble_count(&world.application, trouble, 10).await.unwrap();
    assert_eq!((troubles(Trouble::Conflict).await, troubles(Trouble::Blocked).await), (2, 1));
    world.setup.disable(&world.application).await.unwrap();
    settled(&mut world).await;
    world.delete("ada").await;
    world.write_user("bob", &[], |_| {}).await;
    world.tables.directory.delete_group(&"eng".parse().unwrap()).await.unwrap();
    settled(&mut world).await;
    world.enable().await;
    settled(&mut world).await;
    let links = &world.tables.links;
    let troubles =
        async |trouble| links.propose_trouble_count(&world.application, trouble, 10).await.unwrap();
    assert_eq!((troubles(Trouble::Conflict).await, troubles(Trouble::Blocked).await), (0, 0));
    assert_eq!((link(&world, "ada").await.state, link(&world, "bob").await.state), (State::New, State::New));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_chooses_an_account_and_nobody_elses() {
    let mut world = company(Policy { adopt: Adopt::Ask, ..at_once() }).await;
    let lovelace = seed(&world, "a.lovelace", Some("okta-1"), false);
    world.user("bob", "Clerk", &["sales"]).await;
    seed(&world, "ada", None, true);
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(link(&world, "ada").await.state, State::Conflict);
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let adoptions = adoptions(&world);
    let bobs = link(&world, "bob").await.remote_id.unwrap();
    let refused = adoptions.choose(&configured, &"ada".parse().unwrap(), &bobs).await.unwrap_err();
    assert!(matches!(refused, AdoptionError::Owned(_)), "{refused}");
    // She is to have the other account, of another name, foreign and off: the person has seen it.
    world.stand_in.erase(Kind::User, &link(&world, "ada").await.candidates[0].remote_id.to_string());
    let chosen = RemoteId::new(&lovelace).unwrap();
    let marked = adoptions.choose(&configured, &"ada".parse().unwrap(), &chosen).await.unwrap();
    adoptions.ring(&marked).await.unwrap();
    settled(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.remote_id, ada.chosen), (State::Linked, Some(chosen), None));
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_account_stays_as_it_is_and_may_be_chosen_for_another() {
    let mut world = company(at_once()).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let account = link(&world, "ada").await.remote_id.unwrap();
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let adoptions = adoptions(&world);
    world.stand_in.clear_log();
    assert!(adoptions.forget(&configured, &"ada".parse().unwrap()).await.unwrap());
    settled(&mut world).await;
    assert_eq!(link(&world, "ada").await.state, State::New);
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()), "the account is as it was");
    let owner = world.tables.links.owner(
        &world.application,
        configured.application.target_generation,
        Kind::User,
        &account,
    );
    assert_eq!(owner.await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_go_before_the_account_that_is_deleted() {
    let mut world = company(Policy { on_delete: Departure::Delete, ..at_once() }).await;
    world.user("ada", "Engineer", &["sales", "eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    world.delete("ada").await;
    settled(&mut world).await;
    let writes = world.writes();
    assert_eq!(writes.len(), 3, "{writes:?}");
    assert!(writes[2].starts_with("DELETE "), "targets leave dangling members behind: {writes:?}");
}
