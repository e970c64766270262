//! Which quirks a stand-in tells that were met, over HTTP.

use reqwest::{Client, Method};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{Deactivation, Quirks, StandIn, StandInConfig};

async fn watched(quirks: Quirks) -> StandIn {
    let config = StandInConfig { quirks, ..StandInConfig::default() };
    let stand_in = StandIn::start(config).await.expect("a stand-in");
    stand_in.watch_quirks();
    stand_in
}

async fn send(stand_in: &StandIn, method: Method, path: &str, body: &Value) {
    let client = Client::builder().no_proxy().build().expect("a client");
    let request = client.request(method, format!("{}{path}", stand_in.base_url()));
    request.bearer_auth(stand_in.token().expose_secret()).json(body).send().await.expect("an answer");
}

#[tokio::test]
async fn a_quirk_is_met_by_the_request_that_it_answers_otherwise_and_by_no_other() {
    let stand_in = watched(Quirks { no_patch: true, user_name_length: Some(5), ..Quirks::default() }).await;
    send(&stand_in, Method::POST, "/Users", &json!({"userName": "ada"})).await;
    assert_eq!(stand_in.met(), [].into());
    let off = json!({"Operations": [{"op": "replace", "path": "title", "value": "Countess"}]});
    send(&stand_in, Method::PATCH, "/Users/u-000001", &off).await;
    assert_eq!(stand_in.met(), ["no_patch"].into());
    send(&stand_in, Method::POST, "/Users", &json!({"userName": "lovelace"})).await;
    assert_eq!(stand_in.met(), ["no_patch", "user_name_length"].into());
}

#[tokio::test]
async fn a_quirk_that_leaves_something_else_behind_is_met_whatever_is_answered() {
    let quirks = Quirks { deactivation: Deactivation::Deletes, ..Quirks::default() };
    let stand_in = watched(quirks).await;
    send(&stand_in, Method::POST, "/Users", &json!({"userName": "ada"})).await;
    let off = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    send(&stand_in, Method::PATCH, "/Users/u-000001", &off).await;
    assert_eq!(stand_in.met(), ["deactivation"].into());
    assert_eq!(stand_in.counts(), (0, 0), "what was tried without the quirk left nothing behind");
}

#[tokio::test]
async fn what_is_made_is_not_taken_for_another_because_time_goes_on() {
    let stand_in = watched(Quirks { second_deletion_fails: true, ..Quirks::default() }).await;
    for name in ["ada", "bob"] {
        send(&stand_in, Method::POST, "/Users", &json!({"userName": name})).await;
    }
    send(&stand_in, Method::DELETE, "/Users/u-000001", &Value::Null).await;
    assert_eq!(stand_in.met(), [].into());
    send(&stand_in, Method::DELETE, "/Users/u-000001", &Value::Null).await;
    assert_eq!(stand_in.met(), ["second_deletion_fails"].into());
}
