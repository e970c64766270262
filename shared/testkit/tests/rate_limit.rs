//! The stand-in's rate limit and its memory of who was active when, over HTTP.

use std::time::Duration;

use provisioning::target::Kind;
use reqwest::{Client, Method, Response};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{RateLimit, StandIn, StandInConfig};

async fn limited(limit: RateLimit) -> StandIn {
    let config = StandInConfig { rate_limit: Some(limit), ..StandInConfig::default() };
    StandIn::start(config).await.expect("a stand-in")
}

async fn send(stand_in: &StandIn, method: Method, path: &str, body: &Value) -> Response {
    let client = Client::builder().no_proxy().build().expect("a client");
    let request = client.request(method, format!("{}{path}", stand_in.base_url()));
    request.bearer_auth(stand_in.token().expose_secret()).json(body).send().await.expect("an answer")
}

async fn create(stand_in: &StandIn, user_name: &str) -> Response {
    send(stand_in, Method::POST, "/Users", &json!({"userName": user_name})).await
}

#[tokio::test]
async fn what_is_beyond_the_limit_is_refused_with_a_time_to_wait_and_has_no_effect() {
    let stand_in = limited(RateLimit::SlidingWindow(1)).await;
    assert_eq!(create(&stand_in, "ada").await.status(), 201);
    let refused = create(&stand_in, "bob").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(stand_in.counts(), (1, 0));
    assert_eq!((stand_in.arrivals().count(), stand_in.arrivals().refused()), (2, 1));
    assert_eq!(stand_in.requests()[1].status, 429);
}

#[tokio::test]
async fn who_waits_as_long_as_he_was_told_is_served() {
    for limit in [RateLimit::SlidingWindow(1), RateLimit::FixedWindow(1)] {
        let stand_in = limited(limit).await;
        while create(&stand_in, "ada").await.status() != 201 {}
        while create(&stand_in, "bob").await.status() != 429 {}
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(create(&stand_in, "zoe").await.status(), 201, "{limit:?}");
    }
}

#[tokio::test]
async fn the_arrivals_outlive_the_log() {
    let stand_in = limited(RateLimit::FixedWindow(1_000)).await;
    create(&stand_in, "ada").await;
    stand_in.clear_log();
    create(&stand_in, "bob").await;
    let arrivals = stand_in.arrivals();
    assert_eq!((stand_in.request_count(), arrivals.count()), (1, 2));
    assert_eq!(arrivals.most_within(Duration::from_secs(10)), 2);
    assert!(arrivals.last().expect("one") <= stand_in.uptime());
}

#[tokio::test]
async fn when_an_account_was_turned_off_and_on_is_known() {
    let stand_in = StandIn::start(StandInConfig::default()).await.expect("a stand-in");
    let id = stand_in.seed(Kind::User, &json!({"userName": "ada"})).expect("an id");
    let set =
        |path: &str, value: Value| json!({"Operations": [{"op": "replace", "path": path, "value": value}]});
    for (path, value) in
        [("active", json!(false)), ("title", json!("x")), ("active", json!(true)), ("active", json!(true))]
    {
        let answer = send(&stand_in, Method::PATCH, &format!("/Users/{id}"), &set(path, value)).await;
        assert_eq!(answer.status(), 204);
    }
    let history = stand_in.activations("ADA");
    let active: Vec<bool> = history.iter().map(|activation| activation.active).collect();
    assert_eq!(active, [true, false, true], "only what changed it is told");
    assert!(history.is_sorted_by_key(|activation| activation.at));
    assert!(stand_in.activations("bob").is_empty());
}
