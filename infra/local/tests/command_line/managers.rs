//! What an administrator set through the API between two runs: managers as users of the directory, and a mapping by hand.
//! A run keeps it, and what a dry run says of it is what the run does.

use std::collections::BTreeMap;
use std::time::Duration;

use provisioning::application::Configuration;
use provisioning::directory::attribute::{AttributeDefinition, AttributeType};
use provisioning::mapping::{MappedAttribute, Mapping, Source};
use rollcall::engine::{Engine, EngineConfig};
use scim::AttributePath;
use scim_client::AddressPolicy;
use serde_json::Value;

use crate::world::World;

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
const PEOPLE: &str = "username,manager,job,groups\nann,boss,Clerk,Eng\nbob,boss,Clerk,Eng\nboss,,Head,Eng\n";

/// The administrator defines `manager` as a user and maps, as the API does, with the engine up for as long as that takes.
async fn administrator_maps(world: &World, entries: &[(&str, Source)]) {
    let config = EngineConfig {
        data: Some(world.data()),
        address_policy: AddressPolicy::AllowLocal,
        ..EngineConfig::default()
    };
    let engine = Engine::start(config).await.expect("an engine");
    let manager =
        AttributeDefinition { name: "manager".into(), kind: AttributeType::UserReference, description: None };
    engine.tables().attributes.define(&manager).await.expect("a definition");
    let application = engine.tables().applications.list().await.expect("the applications").remove(0).id;
    let known = engine.tables().applications.load(&application).await.expect("it").expect("it");
    let by_hand = entries.iter().map(|(target, source)| MappedAttribute {
        target: target.parse().expect("a path"),
        source: source.clone(),
        required: false,
    });
    let attributes = known.mapping.attributes.into_iter().chain(by_hand).collect();
    let new = Configuration { mapping: Some(Mapping { attributes }), ..Configuration::default() };
    Box::pin(engine.setup().configure(&application, new)).await.expect("configured");
    engine.until_idle(Duration::from_secs(5)).await.expect("idle");
    engine.stop(Duration::from_secs(10)).await;
}

fn manager() -> (&'static str, Source) {
    (MANAGER, Source::Reference("manager".into()))
}

/// Who is whose manager at the target, by user name. One who names nobody there names the id itself.
fn managers(world: &World) -> BTreeMap<String, String> {
    let path: AttributePath = MANAGER.parse().expect("a path");
    let users = world.target.users();
    let name = |user: &scim::Resource| user.text("userName").expect("a name").to_owned();
    let names: BTreeMap<_, _> = users.iter().map(|user| (user.id().expect("an id"), name(user))).collect();
    let manager = |user: &scim::Resource| {
        let id = user.read(&path)?.as_str()?.to_owned();
        Some((name(user), names.get(&id).cloned().unwrap_or(id)))
    };
    users.iter().filter_map(manager).collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    expected.iter().map(|(user, manager)| ((*user).to_owned(), (*manager).to_owned())).collect()
}

/// A dry run, then the run: both end alike and tell the same of users. Answers how it ended, and what the run told.
async fn said_and_done(world: &World, text: &str, more: &[&str]) -> (i32, Value) {
    world.target.clear_log();
    let said = world.keep(text, &[more, &["--dry-run"]].concat()).await;
    assert_eq!(world.target.writes().len(), 0, "a dry run writes nothing");
    let done = world.keep(text, more).await;
    assert_eq!(
        (said.0, &said.1["users"], &said.1["failures"]),
        (done.0, &done.1["users"], &done.1["failures"]),
        "{said:#?} {done:#?}"
    );
    done
}

/// That another run of this file writes nothing, and its dry run says so.
async fn stays(world: &World, text: &str) {
    let (code, told) = said_and_done(world, text, &[]).await;
    assert_eq!((code, world.target.writes().len()), (0, 0), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_of_a_file_are_sent_as_their_accounts_and_a_second_run_writes_nothing() {
    let world = World::new().await;
    world.keep(PEOPLE, &[]).await;
    administrator_maps(&world, &[manager()]).await;
    assert_eq!(managers(&world), pairs(&[]), "a text of the days before names nobody");
    let (code, told) = said_and_done(&world, PEOPLE, &[]).await;
    assert_eq!((code, &told["users"]["updated"]), (0, &Value::from(2)), "{told:#}");
    assert_eq!(managers(&world), pairs(&[("ann", "boss"), ("bob", "boss")]));
    stays(&world, PEOPLE).await;

    let other = PEOPLE.replace("bob,boss", "bob,ann");
    let (_, told) = said_and_done(&world, &other, &[]).await;
    assert_eq!(told["users"]["updated"], 1, "{told:#}");
    assert_eq!(managers(&world), pairs(&[("ann", "boss"), ("bob", "ann")]));

    // A file that does not speak of managers leaves them; an empty cell clears.
    stays(&world, "username,job,groups\nann,Clerk,Eng\nbob,Clerk,Eng\nboss,Head,Eng\n").await;
    let (_, told) = said_and_done(&world, &PEOPLE.replace("bob,boss", "bob,"), &[]).await;
    assert_eq!(told["users"]["updated"], 1, "{told:#}");
    assert_eq!(managers(&world), pairs(&[("ann", "boss")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_of_a_json_file_go_by_id_and_source_id_too() {
    let world = World::new().await;
    let line = |username: &str, id: &str, manager: &str| {
        format!(
            "{{\"username\":\"{username}\",\"id\":\"{id}\",\"manager\":{manager},\"groups\":[\"Eng\"]}}\n"
        )
    };
    let people = line("ann", "E1", "\"E3\"") + &line("bob", "E2", "\"BOSS\"") + &line("boss", "E3", "null");
    world.keep(&people, &[]).await;
    administrator_maps(&world, &[manager()]).await;
    let (code, told) = said_and_done(&world, &people, &[]).await;
    assert_eq!(code, 0, "{told:#}");
    assert_eq!(managers(&world), pairs(&[("ann", "boss"), ("bob", "boss")]));
    stays(&world, &people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_follow_a_manager_who_comes_with_a_later_file() {
    let world = World::new().await;
    let alone = PEOPLE.replace("boss,,Head,Eng", "boss,,Head,");
    world.keep(&alone, &[]).await;
    administrator_maps(&world, &[manager()]).await;
    stays(&world, &alone).await;
    assert_eq!(managers(&world), pairs(&[]), "he has no account there");
    let (code, told) = said_and_done(&world, PEOPLE, &[]).await;
    assert_eq!(
        (code, &told["users"]["created"], &told["users"]["updated"]),
        (0, &Value::from(1), &Value::from(2)),
        "{told:#}"
    );
    assert_eq!(managers(&world), pairs(&[("ann", "boss"), ("bob", "boss")]));
    stays(&world, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_whom_nobody_knows_is_said_and_the_one_there_was_stays() {
    let world = World::new().await;
    world.keep(PEOPLE, &[]).await;
    administrator_maps(&world, &[manager()]).await;
    world.keep(PEOPLE, &[]).await;
    let wrong = PEOPLE.replace("bob,boss,Clerk", "bob,bosss,Clark");
    let (code, told) = said_and_done(&world, &wrong, &["--map", "title=job"]).await;
    assert_eq!(code, 1, "{told:#}");
    let failures = told["failures"].as_array().expect("failures");
    assert_eq!(failures.len(), 1, "{told:#}");
    let failure = failures[0].to_string();
    assert!(failure.contains("bob") && failure.contains("manager") && failure.contains("bosss"), "{failure}");
    assert_eq!(managers(&world), pairs(&[("ann", "boss"), ("bob", "boss")]));
    assert_eq!(world.target.user("bob").expect("bob").text("title"), Some("Clark"), "all else is done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_mapped_by_hand_stays_but_where_map_says_otherwise() {
    let world = World::new().await;
    let text = "username,job,nick,groups\nann,Clerk,Annie,Eng\n";
    world.keep(text, &[]).await;
    let constant = Source::Constant("Employee".into());
    administrator_maps(&world, &[("userType", constant), ("title", Source::Custom("job".into()))]).await;
    let shown = |attribute: &str| world.target.user("ann").expect("ann").text(attribute).map(str::to_owned);
    assert_eq!((shown("userType"), shown("title")), (Some("Employee".into()), Some("Clerk".into())));
    stays(&world, text).await;

    let (code, told) = said_and_done(&world, text, &["--map", "title=nick"]).await;
    assert_eq!((code, &told["users"]["updated"]), (0, &Value::from(1)), "{told:#}");
    assert_eq!((shown("userType"), shown("title")), (Some("Employee".into()), Some("Annie".into())));
    // A column that is called like an attribute does not take the place of what was mapped either.
    stays(&world, &text.replace("job,nick", "title,nick")).await;
}
