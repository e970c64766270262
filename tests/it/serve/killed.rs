//! The service killed in the middle of a first sync, again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::target::Kind;
use serde_json::json;
use testkit::{StandIn, StandInConfig};

use crate::api::served::Served;
use crate::command::events_in;
use crate::ledger::{self, Ledger};
use crate::real_time::now;

const USERS: usize = 150;
/// So many that no group has more members than one event of the log names.
const GROUPS: usize = 10;
const KILLS: usize = 8;

fn name(user: usize) -> String {
    format!("user{user:03}")
}

/// The two groups somebody is in.
fn groups_of(user: usize) -> [String; 2] {
    [user, user + 1].map(|group| format!("Team {}", group % GROUPS))
}

fn file() -> String {
    let line = |user| format!("{},{},{}\n", user, name(user), groups_of(user).join(";"));
    "id,username,groups\n".to_owned() + &(0..USERS).map(line).collect::<String>()
}

fn members() -> BTreeMap<String, BTreeSet<String>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for user in 0..USERS {
        for group in groups_of(user) {
            members.entry(group).or_default().insert(name(user));
        }
    }
    members
}

/// Waits until the target has so many users more than none.
async fn until_there_are(target: &StandIn, users: usize) {
    let began = now();
    while target.counts().0 < users {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not go on: {:?}", target.counts());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_deaths_of_a_first_sync_double_and_lose_nothing() {
    let latency = Duration::from_millis(30);
    let target = StandIn::start(StandInConfig { latency, ..StandInConfig::default() }).await.unwrap();
    let mut served = Served::start();
    let import = served.import(&file(), 100_000, json!({"complete": true, "dry_run": false})).await;
    assert_eq!(import["counts"]["created"], USERS, "{import}");
    let new = json!({"catalog_key": "generic-saml", "name": "CRM"});
    let application = served.post("/v1/applications", new).await["id"].as_str().unwrap().to_owned();
    assert_eq!(served.connect(&application, &target).await.status, 200);
    let groups: Vec<_> = served.all("/v1/groups").await.iter().map(|group| group["id"].clone()).collect();
    served.put(&application, "/groups", json!({"mode": "list", "groups": groups})).await;
    served.call("POST", &format!("/v1/applications/{application}/enable"), None).await;

    for kill in 0..KILLS {
        // At another moment of a request's way each time.
        until_there_are(&target, 1 + kill * USERS / (KILLS + 1)).await;
        tokio::time::sleep(latency * u32::try_from(kill).unwrap() / 4).await;
        served = served.killed_and_started_again();
    }
    served.until_in_step(&application).await;
    served.signal("TERM");
    let (status, folder, _) = served.ended();
    assert_eq!(status.code(), Some(0));

    let names: Vec<_> = target.users().iter().map(|user| user.text("userName").unwrap().to_owned()).collect();
    assert_eq!(names.iter().cloned().collect::<BTreeSet<_>>(), (0..USERS).map(name).collect());
    assert_eq!((names.len(), target.counts().1), (USERS, GROUPS), "nobody and no group is there twice");
    for (group, members) in members() {
        assert_eq!(target.members_of(&group), members, "{group}");
    }
    let made =
        target.writes().iter().filter(|request| request.method == "POST" && request.status == 201).count();
    assert_eq!(made, USERS + GROUPS);

    // The log, replayed, tells each of them, and of no write twice.
    let events = events_in(&Served::data(&folder)).await;
    let ledger = Ledger::replay(&events, "after eight deaths");
    let accounts: BTreeSet<_> = ledger.accounts().into_keys().collect();
    assert_eq!(accounts, (0..USERS).map(name).collect(), "{}", ledger::shown(&events));
    assert_eq!(ledger.members(), members(), "{}", ledger::shown(&events));
    // One event a user, whether the service that sent the request saw its answer or the next one found the account. Of one that was found
    // by a service that died over it, what was sent then is told by itself.
    let told: Vec<_> = events.iter().filter(|event| is_of_a_user(event)).collect();
    let (made, changed): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|event| event.action == Action::Create);
    assert_eq!(made.len(), USERS, "{}", ledger::shown(&events));
    let bare: BTreeSet<_> =
        made.iter().filter(|event| event.changes.is_empty()).map(|event| key(event)).collect();
    let mut later: Vec<_> = changed.into_iter().map(key).collect();
    later.sort_unstable();
    assert_eq!(later, bare.into_iter().collect::<Vec<_>>(), "{}", ledger::shown(&events));
}

fn is_of_a_user(event: &Outcome) -> bool {
    let is_user = event.target.as_ref().is_some_and(|target| target.kind == Kind::User);
    is_user && event.result == OutcomeResult::Success
}

fn key(event: &Outcome) -> &str {
    event.target.as_ref().map_or("", |target| &target.key)
}
