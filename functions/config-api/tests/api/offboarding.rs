use axum::body::Body;
use jiff::Timestamp;
use provisioning::application::{Configuration, Departure, Policy, Selection};
use provisioning::ids::{ApplicationId, RemoteId};
use provisioning::link::{Link, LinkKey, Mark, State};
use serde_json::{Value, json};

use crate::client::{Client, request};
use crate::users;

async fn offboard(client: &Client, user: &str) -> Value {
    let path = format!("/v1/users/{user}/offboard");
    client.send(request("POST", &path).body(Body::empty()).expect("a request")).await.expect(202)
}

/// An application with a link of the user in this state.
pub async fn link(client: &Client, application: &str, user: &str, change: impl FnOnce(&mut Link)) {
    let application: ApplicationId = application.parse().expect("an id");
    client.setup.create(&application, "An application", "generic-saml").await.expect("an application");
    let key = LinkKey::user(&application, &user.parse().expect("an id"));
    let mark =
        Mark { application_version: 1, due_at: Timestamp::UNIX_EPOCH, by_sweep: false, compare: false };
    client.tables.links.mark(&key, &mark).await.expect("a mark");
    let before = client.tables.links.link(&key).await.expect("a link").expect("a link");
    let mut after = before.clone();
    (after.target_generation, after.remote_id) = (1, RemoteId::new("r-1"));
    change(&mut after);
    client.tables.links.write(&before, &after, None).await.expect("a write");
}

#[tokio::test]
async fn offboarding_disables_and_a_user_without_accounts_is_closed_at_once() {
    let client = Client::new().await;
    let ada = users::make(&client, "ada").await;
    let path = format!("/v1/users/{ada}/offboard");
    client.get(&path).await.problem(404, "not-offboarded");
    let receipt = offboard(&client, &ada).await;
    assert_eq!(receipt["closed"], true);
    assert_eq!(receipt["applications"], json!([]));
    assert!(receipt["disabled_at"].as_str().unwrap().starts_with("2026-11-23T08:00"));
    assert_eq!(client.get(&format!("/v1/users/{ada}")).await.expect(200)["status"], "disabled");
    // Once more it is the same, with the time of the first.
    assert_eq!(offboard(&client, &ada).await, receipt);
    assert_eq!(client.get(&path).await.expect(200), receipt);
}

#[tokio::test]
async fn the_receipt_tells_of_each_account() {
    let client = Client::new().await;
    let ada = users::make(&client, "ada").await;
    link(&client, "a-inactive", &ada, |link| link.state = State::Deactivated).await;
    link(&client, "b-deleted", &ada, |link| link.state = State::Tombstone).await;
    link(&client, "c-never-made", &ada, |link| link.remote_id = None).await;
    link(&client, "d-to-come", &ada, |link| link.state = State::Linked).await;
    link(&client, "e-failed", &ada, |link| {
        link.state = State::Linked;
        link.work.problem = Some("the target said 500".into());
    })
    .await;
    link(&client, "f-released", &ada, |link| link.state = State::Released).await;
    link(&client, "g-policy", &ada, |link| link.state = State::Linked).await;
    let policy = Policy { on_unassign: Departure::Leave, ..Policy::default() };
    let leave = Configuration { policy: Some(policy), ..Configuration::default() };
    client.setup.configure(&"g-policy".parse().unwrap(), leave).await.unwrap();

    let receipt = offboard(&client, &ada).await;
    assert_eq!(receipt["closed"], false);
    let accounts = receipt["applications"].as_array().unwrap();
    let state = |application: &str| {
        let account = accounts.iter().find(|account| account["application"] == application).unwrap();
        account["state"].as_str().unwrap()
    };
    assert_eq!(state("a-inactive"), "closed");
    assert_eq!(state("b-deleted"), "closed");
    assert_eq!(state("c-never-made"), "closed");
    assert_eq!(state("d-to-come"), "pending");
    assert_eq!(state("e-failed"), "failed");
    assert_eq!(state("f-released"), "left");
    assert_eq!(state("g-policy"), "left");
    let failed = accounts.iter().find(|account| account["application"] == "e-failed").unwrap();
    assert_eq!((&failed["reason"], &failed["remote_id"]), (&json!("the target said 500"), &json!("r-1")));
}

#[tokio::test]
async fn in_a_selected_group_it_is_on_disable_that_decides() {
    let client = Client::new().await;
    let ada = users::make(&client, "ada").await;
    let group = client.json("POST", "/v1/groups", &json!({"name": "Sales"})).await.expect(201);
    let group = group["id"].as_str().unwrap();
    let member = request("PUT", &format!("/v1/groups/{group}/members/{ada}")).body(Body::empty()).unwrap();
    client.send(member).await.expect(204);
    link(&client, "crm", &ada, |link| link.state = State::Linked).await;
    let selection = Selection { groups: [group.parse().unwrap()].into(), ..Selection::default() };
    let policy = Policy { on_disable: Departure::Leave, ..Policy::default() };
    let new = Configuration { selection: Some(selection), policy: Some(policy), ..Configuration::default() };
    client.setup.configure(&"crm".parse().unwrap(), new).await.unwrap();
    assert_eq!(offboard(&client, &ada).await["applications"][0]["state"], "left");
}

#[tokio::test]
async fn who_was_disabled_another_way_has_a_receipt_without_a_time() {
    let client = Client::new().await;
    let ada = users::make(&client, "ada").await;
    client.json("PATCH", &format!("/v1/users/{ada}"), &json!({"status": "disabled"})).await.expect(200);
    let receipt = client.get(&format!("/v1/users/{ada}/offboard")).await.expect(200);
    assert_eq!((&receipt["disabled_at"], &receipt["closed"]), (&Value::Null, &json!(true)));
}
