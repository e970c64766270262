//! Pains 1 to 11: what is sent is right, and what a target answers is not misread.

use std::collections::BTreeMap;
use std::time::Duration;

use provisioning::application::Configuration;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::target::Kind;
use testkit::{Fault, Quirks};

use super::{company, company_of, failures, settled, stranger, swept};

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

/// Pain 2: a run over what is there already ends in conflicts, because the list was not read to its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_beyond_the_first_page_are_found_and_not_made_again() {
    let mut world = company(Quirks::default()).await;
    for n in 0..130 {
        stranger(&world, &format!("user{n}"));
        world.user(&format!("user{n}"), "New", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    let created = world.stand_in.writes().iter().filter(|write| write.path == "/Users").count();
    assert_eq!(created, 0, "nobody was tried to be made anew");
    assert!(world.accounts().values().all(|title| title.as_deref() == Some("New")));
    assert_eq!(world.memberships()["Sales"].len(), 130);
}

/// Pain 2: one conflict takes the whole run down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_of_one_stops_nobody_else() {
    let mut world = company(Quirks::default()).await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    world.stand_in.fail(Fault::always().method("POST").about("ada").status(409));
    world.enable().await;
    settled(&mut world).await;
    let accounts: Vec<_> = world.accounts().into_keys().collect();
    assert_eq!(accounts, ["bob", "cy"]);
    assert_eq!(world.memberships()["Sales"], ["bob", "cy"].map(String::from).into());
}

/// Pain 3: a configuration that says too little turns PATCH and filters off without a word, and accounts are doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_says_nothing_turns_nothing_off() {
    let mut world = company(Quirks { empty_configuration: true, ..Quirks::default() }).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    stranger(&world, "ada");
    world.stand_in.clear_log();
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    let log = world.stand_in.requests();
    assert!(log.iter().any(|sent| sent.method == "GET" && sent.path.starts_with("/Users?filter")), "{log:?}");
    assert!(log.iter().all(|sent| sent.method != "PUT" && sent.path != "/Users"), "{log:?}");
}

/// Pain 5: the difference never becomes empty where a target drops what it was sent, or it hides that a value went.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_target_drops_is_not_sent_for_ever_and_what_went_is_cleared_once() {
    let mut world = company(Quirks { drops_enterprise: true, ..Quirks::default() }).await;
    let mapped = |target: &str, source| MappedAttribute {
        target: target.parse().unwrap(),
        source,
        required: target == "userName",
    };
    let attributes = vec![
        mapped("userName", Source::Directory(DirectoryAttribute::Username)),
        mapped("title", Source::Custom("title".into())),
        mapped(DEPARTMENT, Source::Custom("department".into())),
    ];
    let new = Configuration { mapping: Some(Mapping { attributes }), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    let sales = &["sales"];
    world
        .write_user("ada", sales, |ada| {
            ada.custom.insert("title".into(), "Countess".into());
            ada.custom.insert("department".into(), "Numbers".into());
        })
        .await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    swept(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "nothing changed");
    world
        .write_user("ada", sales, |ada| {
            ada.custom.remove("title");
        })
        .await;
    settled(&mut world).await;
    swept(&mut world).await;
    assert_eq!(world.stand_in.user("ada").unwrap().text("title"), None);
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

/// Pain 6: a target that never shows members keeps everybody who left a group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_a_group_is_out_where_members_are_never_shown() {
    let mut world = company(Quirks { hides_members: true, ..Quirks::default() }).await;
    world.user("ada", "Countess", &["sales", "eng"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.user("ada", "Countess", &["eng"]).await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales"), ["bob"].map(String::from).into());
    assert_eq!(world.stand_in.members_of("Engineering"), ["ada"].map(String::from).into());
}

/// Pain 7: a group of more members than one request takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_250_is_filled_by_no_more_than_100_a_request() {
    let quirks = Quirks { hides_members: true, members_per_request: Some(100), ..Quirks::default() };
    let mut world = company_of("aws-iam-identity-center", quirks).await;
    for n in 0..250 {
        world.user(&format!("user{n}"), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), 250);
    let refused: Vec<_> = world.stand_in.writes().into_iter().filter(|write| write.status >= 400).collect();
    assert!(refused.is_empty(), "nothing too large was sent: {refused:?}");
}

/// Pain 8: one member whom the target does not know keeps everybody out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_whose_account_is_gone_keeps_nobody_else_out() {
    let mut world = company(Quirks::default()).await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    let id = world.stand_in.user("bob").unwrap().id().unwrap();
    assert!(world.stand_in.erase(Kind::User, &id));
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales", "eng"]).await;
    }
    settled(&mut world).await;
    let members = world.stand_in.members_of("Engineering");
    assert!(members.contains("ada") && members.contains("cy"), "{members:?}");
}

/// Pain 8: changes of one group that reach a target at the same time lose members.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_changes_of_one_group_are_under_way_at_once() {
    const LATENCY: Duration = Duration::from_millis(200);
    let mut world = company(Quirks::default()).await;
    for n in 0..24 {
        world.user(&format!("user{n}"), "Clerk", &[if n < 12 { "sales" } else { "eng" }]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    world.stand_in.set_latency(LATENCY);
    // Everybody changes sides, a few at a time, while the same is told to three workers.
    for few in (0..24).collect::<Vec<_>>().chunks(6) {
        for n in few {
            world.user(&format!("user{n}"), "Clerk", &[if *n < 12 { "eng" } else { "sales" }]).await;
        }
        while world.read_streams().await {}
        world.answer_with_workers(3).await;
    }
    world.stand_in.set_latency(Duration::ZERO);
    settled(&mut world).await;
    assert_eq!((world.memberships()["Sales"].len(), world.memberships()["Engineering"].len()), (12, 12));
    let log = world.stand_in.requests();
    let mut begun: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for sent in log.iter().filter(|sent| sent.method == "PATCH" && sent.path.starts_with("/Groups/")) {
        begun.entry(&sent.path).or_default().push(sent.at);
    }
    assert!(begun.values().all(|times| times.len() >= 3), "each was changed several times: {begun:?}");
    // The last one may have come once the target was fast again, behind all the others.
    let gaps = begun.values().flat_map(|times| times.windows(2).map(|two| two[1] - two[0]));
    assert!(gaps.clone().all(|gap| gap >= LATENCY), "{:?}", gaps.collect::<Vec<_>>());
}

/// Pain 9: one name that cannot be changed stops every run until somebody looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_that_is_refused_stops_nobody_and_is_done_once_it_can_be() {
    let mut world = company(Quirks::default()).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let account = world.stand_in.user("ada").unwrap().id();
    world.stand_in.fail(Fault::always().method("PATCH").about("ada").status(409));
    world.write_user("ada", &["sales"], |ada| ada.username = "lovelace".into()).await;
    world.user("bob", "Director", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["bob"], Some("Director".into()));
    assert!(!failures(&world).await.is_empty(), "it is told");
    world.stand_in.clear_faults();
    swept(&mut world).await;
    assert_eq!(world.stand_in.user("lovelace").unwrap().id(), account, "the same account");
    assert_eq!(world.stand_in.counts().0, 2);
}

/// Pain 11: who comes together with his group is not in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_together_with_his_group_is_in_it() {
    let mut world = company(Quirks::default()).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    // The bells of users and groups are answered as they were rung; the group may come first.
    world.group("eng", "Machines").await;
    world.user("bob", "Engineer", &["eng"]).await;
    settled(&mut world).await;
    assert_eq!(world.memberships()["Machines"], ["bob"].map(String::from).into());
}
