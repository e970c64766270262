//! Targets whose answers leave a person something to do, and those that are met once only.

use std::time::Duration;

use provisioning::activity::OutcomeResult;
use provisioning::application::{Configuration, Departure, Policy, Selection};
use provisioning::link::{Link, LinkKey, State};
use provisioning::target::Kind;
use serde_json::json;
use testkit::{Deletion, Fault, OperationNames, Paging, Quirks};

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn link(world: &World, user: &str) -> Link {
    let key = LinkKey::user(&world.application, &user.parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

async fn failures(world: &World) -> Vec<String> {
    let events = world.events().await;
    events.into_iter().filter(|told| told.result == OutcomeResult::Failure).map(|told| told.reason).collect()
}

fn seed(world: &World, name: &str) -> String {
    let account = json!({"schemas": [scim::USER_SCHEMA], "userName": name, "title": "Old", "active": true});
    world.stand_in.seed(Kind::User, &account).unwrap()
}

async fn company(quirks: Quirks, policy: Policy) -> World {
    let world = World::new(&["sales"]).await;
    world.stand_in.set_quirks(quirks);
    world.set_policy(Policy { grace_seconds: 0, ..policy }).await;
    world.group("sales", "Sales").await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_deleted_for_good_and_comes_back_is_a_conflict_that_says_why() {
    let quirks = Quirks { deletion: Deletion::ForGood, ..Quirks::default() };
    let deleting = Policy { on_unassign: Departure::Delete, ..Policy::default() };
    let mut world = company(quirks, deleting).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.user("ada", "Engineer", &[]).await;
    settled(&mut world).await;
    assert!(world.stand_in.user("ada").is_none());
    world.user("ada", "Engineer", &["sales"]).await;
    settled(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!(ada.state, State::Conflict);
    let problem = ada.work.problem.unwrap_or_default();
    assert!(problem.contains("may be deleted but kept"), "{problem}");
    assert_eq!(failures(&world).await.len(), 1, "it is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_accounts_whose_names_differ_in_case_only_none_is_taken() {
    let quirks = Quirks { names_by_case: true, ignore_filter: true, ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    seed(&world, "ada");
    // The target tells them apart; the seed does not.
    let second = seed(&world, "eva");
    let renamed = json!([{"op": "replace", "path": "userName", "value": "ADA"}]);
    let body = json!({ "Operations": renamed });
    let url = format!("{}/Users/{second}", world.stand_in.base_url());
    let token = secrecy::ExposeSecret::expose_secret(&world.stand_in.token()).to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client.patch(url).bearer_auth(token).json(&body).send().await.unwrap();
    assert!(sent.status().is_success());
    world.stand_in.clear_log();
    world.user("ada", "Countess", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.candidates.len()), (State::Conflict, 2));
    let titles: Vec<_> =
        world.stand_in.users().iter().filter_map(|user| user.text("title").map(str::to_owned)).collect();
    assert_eq!(titles, ["Old", "Old"], "neither was touched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_runs_out_on_the_way_begins_the_list_anew() {
    let quirks = Quirks { paging: Paging::CursorOnly, rows_per_page: Some(5), ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    for n in 0..12 {
        seed(&world, &format!("user{n:02}"));
        world.user(&format!("user{n:02}"), "New", &["sales"]).await;
    }
    let expired = r#"{"status": "400", "scimType": "expiredCursor", "detail": "ask again"}"#;
    world.stand_in.fail(Fault::next(1).behind(1).path("/Users?cursor=").status(400).body(expired));
    world.enable().await;
    settled(&mut world).await;
    let made = world.stand_in.writes().iter().filter(|write| write.path == "/Users").count();
    assert_eq!(made, 0, "who is there is found, on whatever page");
    assert!(world.accounts().values().all(|title| title.as_deref() == Some("New")));
    assert_eq!(failures(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_wants_plain_json_is_asked_once_and_it_is_told() {
    let mut world = company(Quirks { wants_json: true, ..Quirks::default() }, Policy::default()).await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    let refused = world.stand_in.writes().into_iter().filter(|write| write.status == 415).count();
    assert!((1..=4).contains(&refused), "three users and their group, and nothing later: {refused}");
    let told = world.events().await;
    let learned: Vec<_> = told.iter().filter(|told| told.reason.contains("learned")).collect();
    assert!(learned.len() == 1 && learned[0].reason.contains("content_type"), "{learned:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_takes_verbs_with_capitals_only_is_asked_once_and_it_is_told() {
    let quirks = Quirks { operation_names: OperationNames::Capitalised, ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    for title in ["Countess", "Duchess"] {
        world.user("ada", title, &["sales"]).await;
        settled(&mut world).await;
        assert_eq!(world.accounts()["ada"], Some(title.into()));
    }
    let refused = world.stand_in.writes().into_iter().filter(|write| write.status == 400).count();
    assert_eq!(refused, 1, "nobody knew");
    let told = world.events().await;
    let learned: Vec<_> = told.iter().filter(|told| told.reason.contains("learned")).collect();
    assert!(learned.len() == 1 && learned[0].reason.contains("operation_names"), "{learned:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_deletes_nobody_turns_a_leaver_off_and_it_is_told() {
    let quirks = Quirks { deletion: Deletion::Unsupported, ..Quirks::default() };
    let mut world = company(quirks, Policy { on_delete: Departure::Delete, ..Policy::default() }).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.delete("ada").await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "her access ends");
    let told = world.events().await;
    let last = told.iter().rev().find(|told| told.reason.contains("the target deletes no accounts"));
    assert!(last.is_some_and(|last| last.result == OutcomeResult::Success), "{told:#?}");
    assert_eq!(failures(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_answered_405_or_501_is_sent_once_and_leaves_no_leaver_with_access() {
    let delete = Policy { on_unassign: Departure::Delete, on_delete: Departure::Delete, ..Policy::default() };
    for status in [405, 501] {
        for unassigned in [true, false] {
            let mut world = company(Quirks::default(), delete.clone()).await;
            world.user("ada", "Engineer", &["sales"]).await;
            world.enable().await;
            settled(&mut world).await;
            world.stand_in.fail(Fault::next(100).method("DELETE").path("/Users").status(status));
            match unassigned {
                true => world.user("ada", "Engineer", &[]).await,
                false => world.delete("ada").await,
            }
            settled(&mut world).await;
            Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
            settled(&mut world).await;
            let case = format!("{status}, unassigned: {unassigned}");
            assert_eq!(world.accounts()["ada"], None, "{case}: her access ends");
            let sent = world.stand_in.writes().iter().filter(|write| write.method == "DELETE").count();
            assert_eq!((sent, failures(&world).await), (1, Vec::new()), "{case}");
            let told = world.events().await;
            let once =
                told.iter().filter(|told| told.reason.contains("the target deletes no accounts")).count();
            let ada = link(&world, "ada").await;
            assert_eq!((once, ada.state, ada.work.due_at), (1, State::Deactivated, None), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_of_what_somebody_else_changed_meanwhile_is_laid_over_what_is_there_now() {
    let quirks = Quirks { no_patch: true, versions: true, ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    // The version that we read is not the one that is there when our PUT comes.
    world.stand_in.fail(Fault::next(1).method("PUT").path("/Users").status(412));
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    let asked: Vec<_> =
        world.stand_in.requests().into_iter().map(|sent| (sent.method, sent.status)).collect();
    let expected = [("PATCH", 501), ("GET", 200), ("PUT", 412), ("GET", 200), ("PUT", 200)];
    let expected = expected.map(|(method, status)| (method.to_owned(), status));
    assert!(asked.ends_with(&expected[1..]), "{asked:?}");
    assert_eq!(failures(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_was_listed_and_that_no_filter_finds_is_adopted_and_not_made_twice() {
    let quirks = Quirks { group_filter_finds_nothing: true, ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    let theirs = json!({"schemas": [scim::GROUP_SCHEMA], "displayName": "Board", "members": []});
    let theirs = world.stand_in.seed(Kind::Group, &theirs).unwrap();
    world.group("board", "Board").await;
    world.user("ada", "Engineer", &["sales", "board"]).await;
    let groups = ["sales".parse().unwrap(), "board".parse().unwrap()].into();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    // What came to the directory is told before, so that the sweep is first at the group.
    settled(&mut world).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.memberships()["Board"], ["ada"].map(String::from).into());
    assert_eq!(world.stand_in.group("Board").unwrap().id(), Some(theirs));
}

/// A target where no filter finds a group, with Board and so many others on it, and a world that was enabled before Board came to
/// the directory: no sweep lists it first.
async fn a_live_group(quirks: Quirks, others: usize) -> (World, String) {
    let mut world = company(quirks, Policy::default()).await;
    world.user("ada", "Engineer", &["sales"]).await;
    let groups = ["sales".parse().unwrap(), "board".parse().unwrap()].into();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    world.enable().await;
    settled(&mut world).await;
    let seed = |name: &str| {
        let group = json!({"schemas": [scim::GROUP_SCHEMA], "displayName": name, "members": []});
        world.stand_in.seed(Kind::Group, &group).unwrap()
    };
    (0..others).for_each(|n| drop(seed(&format!("Other {n}"))));
    let theirs = seed("Board");
    world.stand_in.clear_log();
    world.group("board", "Board").await;
    world.user("ada", "Engineer", &["sales", "board"]).await;
    settled(&mut world).await;
    (world, theirs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_group_that_no_filter_finds_is_adopted_and_not_made_twice() {
    for (others, rows_per_page) in [(0, None), (8, Some(5))] {
        let quirks = Quirks { group_filter_finds_nothing: true, rows_per_page, ..Quirks::default() };
        let (world, theirs) = a_live_group(quirks, others).await;
        assert_eq!(world.memberships()["Board"], ["ada"].map(String::from).into());
        assert_eq!(world.stand_in.group("Board").unwrap().id(), Some(theirs));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_filter_finds_what_is_listed_no_list_is_read_to_its_end_for_a_new_group() {
    let quirks = Quirks { rows_per_page: Some(5), ..Quirks::default() };
    let (mut world, _) = a_live_group(quirks, 50).await;
    let groups = ["sales", "board", "legal"].map(|group| group.parse().unwrap()).into();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    world.stand_in.clear_log();
    world.group("legal", "Legal").await;
    world.user("ada", "Engineer", &["sales", "board", "legal"]).await;
    settled(&mut world).await;
    let asked = world.stand_in.requests();
    let asked: Vec<_> = asked.iter().map(|sent| format!("{} {}", sent.method, sent.path)).collect();
    let reads = asked.iter().filter(|sent| sent.starts_with("GET /Groups")).count();
    assert!(world.memberships()["Legal"].contains("ada"));
    assert!(reads <= 4, "two look-ups, a page and a look-up of what it shows: {asked:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_whose_account_is_there_in_another_case_gets_it_where_no_filter_finds_it() {
    let quirks = Quirks { filters_by_case: true, ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    seed(&world, "ADA");
    world.stand_in.watch_quirks();
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(link(&world, "ada").await.state, State::Linked);
    let titles: Vec<_> =
        world.stand_in.users().iter().map(|user| user.text("title").map(str::to_owned)).collect();
    assert_eq!(titles, [Some("Clerk".to_owned()), Some("Countess".to_owned())]);
    assert_eq!(failures(&world).await, Vec::<String>::new());
    assert_eq!(world.stand_in.met(), ["filters_by_case"].into());
}

/// Who was deleted for good is in no list: it is read once, and never again for him.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_read_once_for_a_name_that_is_taken_by_nobody_who_is_shown() {
    let quirks = Quirks { deletion: Deletion::ForGood, ..Quirks::default() };
    let mut world = company(quirks, Policy::default()).await;
    world.enable().await;
    settled(&mut world).await;
    let gone = seed(&world, "ada");
    let url = format!("{}/Users/{gone}", world.stand_in.base_url());
    let token = secrecy::ExposeSecret::expose_secret(&world.stand_in.token()).to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.delete(url).bearer_auth(token).send().await.unwrap().status().is_success());
    world.stand_in.clear_log();
    world.user("ada", "Countess", &["sales"]).await;
    for _ in 0..3 {
        settled(&mut world).await;
        world.clock.advance(Duration::from_secs(86_400));
    }
    assert_eq!(link(&world, "ada").await.state, State::Conflict);
    assert_eq!(failures(&world).await.len(), 1, "it is told once");
    let lists = world
        .stand_in
        .requests()
        .into_iter()
        .filter(|sent| sent.path.starts_with("/Users?startIndex"))
        .count();
    assert_eq!(lists, 1);
}
