//! One person whom an administrator takes away by the API goes, though the fuse holds all others.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{StandIn, StandInConfig};

use super::served::Served;
use crate::real_time::now;

const PEOPLE: usize = 20;

fn active(target: &StandIn) -> Vec<String> {
    let users = target.users();
    let active = users.iter().filter(|user| user.active() == Some(true));
    let mut names: Vec<_> = active.map(|user| user.text("userName").unwrap().to_owned()).collect();
    names.sort();
    names
}

fn lines(disabled: std::ops::Range<usize>) -> String {
    let lines = disabled.map(|index| format!("{index},user{index:02},All,disabled\n"));
    format!("id,username,groups,status\n{}", lines.collect::<String>())
}

async fn until_off(target: &StandIn, user: &str) {
    let began = now();
    while active(target).iter().any(|name| name == user) {
        assert!(began.elapsed() < Duration::from_secs(30), "{user} is held: {:?}", active(target));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_take_one_person_away_by_hand_goes_though_the_fuse_has_blown() {
    let served = Served::start();
    let target = StandIn::start(StandInConfig::default()).await.unwrap();
    let all: String = (0..PEOPLE).map(|index| format!("{index},user{index:02},All\n")).collect();
    served.import(&format!("id,username,groups\n{all}"), 4_000, json!({"complete": true})).await;
    let application = served.provisioned(&target, &["All"]).await;
    served.put(&application, "/policy", json!({"grace_seconds": 0})).await;
    // Two imports, each of too few to be asked about: the fifth of twenty is one too many.
    for disabled in [0..4, 4..8] {
        served.import(&lines(disabled), 4_000, json!({"complete": false})).await;
    }
    served.until(&application, |status| status["held"] == 4 && status["pending"]["users"] == 0).await;
    assert_eq!(active(&target).len(), PEOPLE - 4);
    let list = format!("/v1/applications/{application}/held");
    assert!(served.get(&list).await["blown_at"].is_string(), "the fuse has blown");

    let ids: Vec<(String, String)> = served
        .all("/v1/users")
        .await
        .iter()
        .map(|user| (user["username"].as_str().unwrap().into(), user["id"].as_str().unwrap().into()))
        .collect();
    let id = |name: &str| ids.iter().find(|(username, _)| username == name).unwrap().1.clone();
    let group = served.all("/v1/groups").await[0]["id"].as_str().unwrap().to_owned();
    served.call("POST", &format!("/v1/users/{}/offboard", id("user10")), None).await;
    until_off(&target, "user10").await;
    served.call("DELETE", &format!("/v1/users/{}", id("user11")), None).await;
    until_off(&target, "user11").await;
    served.call("PATCH", &format!("/v1/users/{}", id("user12")), Some(json!({"status": "disabled"}))).await;
    until_off(&target, "user12").await;
    served.call("DELETE", &format!("/v1/groups/{group}/members/{}", id("user13")), None).await;
    until_off(&target, "user13").await;
    // One of those who are held goes too, once it is an administrator who says so.
    let held = served.get(&list).await["items"].as_array().unwrap().clone();
    assert_eq!(held.len(), 4, "{held:?}");
    let (waiting, name): (&Value, _) = (&held[0]["id"], held[0]["name"].as_str().unwrap().to_owned());
    served.call("POST", &format!("/v1/users/{}/offboard", waiting.as_str().unwrap()), None).await;
    until_off(&target, &name).await;
    served.until(&application, |status| status["held"] == 3 && status["pending"]["users"] == 0).await;
    assert_eq!(active(&target).len(), PEOPLE - 9, "nobody else went");
}
