//! Removing an application, in each way, and what the fuse says to it.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{StandIn, StandInConfig};

use super::served::Served;
use crate::real_time::now;

/// So many that the fuse asks.
const PEOPLE: usize = 12;

async fn world() -> (Served, StandIn, String) {
    let served = Served::start();
    let target = StandIn::start(StandInConfig::default()).await.unwrap();
    let lines: String = (0..PEOPLE).map(|index| format!("{index},user{index},All\n")).collect();
    served.import(&format!("id,username,groups\n{lines}"), 4_000, json!({"complete": true})).await;
    let application = served.provisioned(&target, &["All"]).await;
    target.clear_log();
    (served, target, application)
}

async fn until_gone(served: &Served, application: &str) {
    let began = now();
    let path = format!("/v1/applications/{application}");
    while served.raw("GET", &path, None, None).await.status != 404 {
        let status = served.raw("GET", &format!("{path}/status"), None, None).await;
        assert!(began.elapsed() < Duration::from_secs(60), "it is not removed: {status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn active(target: &StandIn) -> usize {
    target.users().iter().filter(|user| user.active() == Some(true)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_stay_cost_no_request() {
    let (served, target, application) = world().await;
    let answer = served.configure("DELETE", &application, "?accounts=leave", Value::Null).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    until_gone(&served, &application).await;
    assert_eq!((active(&target), target.request_count()), (PEOPLE, 0), "{:?}", target.requests());
    // The people are the directory's, and a new application of the same target adopts their accounts.
    assert_eq!(served.all("/v1/users").await.len(), PEOPLE);
    served.provisioned(&target, &["All"]).await;
    assert_eq!(target.counts(), (PEOPLE, 1), "nobody is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_fuse_lets_go_is_held_until_a_person_says_how_many() {
    let (served, target, application) = world().await;
    let answer = served.configure("DELETE", &application, "?accounts=deactivate", Value::Null).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let held = served.until(&application, |status| status["status"] == "held").await;
    assert_eq!(held["held"], PEOPLE, "{held}");
    assert_eq!((active(&target), target.writes().len()), (PEOPLE, 0));
    let fewer = format!("?accounts=deactivate&allow_removals={}", PEOPLE - 1);
    assert_eq!(served.configure("DELETE", &application, &fewer, Value::Null).await.status, 202);
    served.until(&application, |status| status["status"] == "held").await;
    assert_eq!(active(&target), PEOPLE);
    let all = format!("?accounts=deactivate&allow_removals={PEOPLE}");
    assert_eq!(served.configure("DELETE", &application, &all, Value::Null).await.status, 202);
    until_gone(&served, &application).await;
    assert_eq!(active(&target), 0);
    assert!(target.members_of("All").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_groups_of_ours_are_deleted_where_that_is_asked() {
    let (served, target, application) = world().await;
    let all = format!("?accounts=delete&allow_removals={PEOPLE}");
    assert_eq!(served.configure("DELETE", &application, &all, Value::Null).await.status, 202);
    until_gone(&served, &application).await;
    assert_eq!(target.counts(), (0, 0));
    let told = served.all(&format!("/v1/activity?application={application}")).await;
    assert!(told.iter().any(|event| event["outcome"]["reason"] == "the application was removed"), "{told:?}");
}
