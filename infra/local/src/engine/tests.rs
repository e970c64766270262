use std::collections::BTreeSet;

use provisioning::application::{Configuration, Links, Selection};
use provisioning::directory::{Group, Status, User};
use provisioning::ids::{ApplicationId, GroupId};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{GroupWrite, UserWrite};
use testkit::{StandIn, StandInConfig};

use super::*;

const SOON: Duration = Duration::from_secs(1);

fn config() -> EngineConfig {
    EngineConfig { address_policy: AddressPolicy::AllowLocal, ..EngineConfig::default() }
}

fn application() -> ApplicationId {
    "crm".parse().unwrap()
}

fn group() -> GroupId {
    "staff".parse().unwrap()
}

async fn add_user(engine: &Engine, name: &str) {
    let new = User {
        id: name.parse().unwrap(),
        source_id: None,
        username: name.to_owned(),
        email: None,
        first_name: None,
        last_name: None,
        display_name: None,
        status: Status::Active,
        custom: Default::default(),
        deleting: false,
    };
    let write = UserWrite { old: None, new, join: BTreeSet::from([group()]), leave: BTreeSet::new() };
    engine.tables().directory.write_user(&write).await.unwrap();
}

async fn set_up(engine: &Engine, target: &StandIn) {
    let new = Group { id: group(), source_id: None, name: "Staff".into(), deleting: false };
    engine.tables().directory.write_group(&GroupWrite { old: None, new }).await.unwrap();
    let setup = engine.setup();
    setup.create(&application(), "CRM", "generic-oidc").await.unwrap();
    setup.connect(&application(), target.base_url(), &target.token(), Links::Keep).await.unwrap();
    let mapping = Mapping {
        attributes: vec![MappedAttribute {
            target: "userName".parse().unwrap(),
            source: Source::Directory(DirectoryAttribute::Username),
            required: true,
        }],
    };
    let selection = Selection { groups: BTreeSet::from([group()]), ..Selection::default() };
    let configuration =
        Configuration { mapping: Some(mapping), selection: Some(selection), ..Configuration::default() };
    setup.configure(&application(), configuration).await.unwrap();
    setup.enable(&application(), None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enabled_application_comes_into_step_and_stays_so() {
    let target = StandIn::start(StandInConfig::default()).await.unwrap();
    let engine = Engine::start(config()).await.unwrap();
    add_user_before_setup(&engine).await;
    set_up(&engine, &target).await;
    add_user(&engine, "ada").await;
    let idle = engine.until_idle(SOON).await.unwrap();
    assert_eq!(idle, Idle::default());
    assert!(target.user("ada").is_some());
    add_user(&engine, "bob").await;
    engine.until_idle(SOON).await.unwrap();
    assert_eq!(target.members_of("Staff"), BTreeSet::from(["ada".to_owned(), "bob".to_owned()]));
    let log = engine.tables().activity.of_application(&application(), None, 100).await.unwrap();
    assert!(
        log.outcomes.len() >= 5,
        "three of configuration and one of each write: {:?}",
        log.outcomes.len()
    );
    engine.stop(SOON).await;
}

async fn add_user_before_setup(engine: &Engine) {
    assert_eq!(engine.until_idle(SOON).await.unwrap(), Idle::default(), "nothing to do is idle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_ended_process_left_is_taken_up_by_the_next() {
    let target = StandIn::start(StandInConfig::default()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let kept = || EngineConfig { data: Some(directory.path().to_owned()), ..config() };
    let engine = Engine::start(kept()).await.unwrap();
    set_up(&engine, &target).await;
    engine.until_idle(SOON).await.unwrap();
    add_user(&engine, "ada").await;
    let second = Engine::start(kept()).await.err().unwrap();
    assert!(matches!(second, EngineError::InUse(_)), "{second}");
    // As by a kill: nothing is finished. In one process the lock goes with the last of the functions' threads.
    drop(engine);
    let engine = loop {
        match Engine::start(kept()).await {
            Err(EngineError::InUse(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            started => break started.unwrap(),
        }
    };
    engine.until_idle(SOON).await.unwrap();
    assert_eq!(target.members_of("Staff"), BTreeSet::from(["ada".to_owned()]));
    engine.stop(SOON).await;
    let again = Engine::start(kept()).await;
    assert!(again.is_ok(), "a stopped engine has let go of its data: {:?}", again.err());
}
