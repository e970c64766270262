//! What is told of a connection's credentials: when they run out, and never what they are.

use axum::body::Body;
use http::header;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{StandIn, StandInConfig};

use crate::client::{Answer, Client, request};

async fn connect(client: &Client, target: &StandIn, expires_at: Option<&str>) -> Answer {
    let read = client.get("/v1/applications/crm/connection").await;
    let token = target.token();
    let mut body =
        json!({"mode": "bearer", "base_url": target.base_url().as_str(), "token": token.expose_secret()});
    if let Some(at) = expires_at {
        body["expires_at"] = at.into();
    }
    let request = request("PUT", "/v1/applications/crm/connection")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, read.header(header::ETAG));
    client.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

#[tokio::test]
async fn when_a_token_runs_out_is_shown_and_warned_of() {
    let client = Client::new().await;
    let target = StandIn::start(StandInConfig::default()).await.expect("a target");
    client.setup.create(&"crm".parse().expect("an id"), "CRM", "generic-saml").await.expect("an application");
    let connected = connect(&client, &target, None).await.expect(200);
    assert!(connected["token_stored_at"].as_str().is_some_and(|at| at.starts_with("2026-11-23T08:00")));
    assert_eq!(connected.get("token_expires_at"), None, "nobody knows");

    let problem = connect(&client, &target, Some("2026-11-01T00:00:00Z")).await.problem(422, "invalid-value");
    assert_eq!(problem["errors"][0]["field"], "expires_at");
    connect(&client, &target, Some("soon")).await.problem(400, "invalid-body");

    let connected = connect(&client, &target, Some("2027-11-01T00:00:00Z")).await.expect(200);
    assert_eq!(connected["token_expires_at"], "2027-11-01T00:00:00Z");
    let status = client.get("/v1/applications/crm/status").await.expect(200);
    assert_eq!((&status["token_expires_at"], status.get("warnings")), (&json!("2027-11-01T00:00:00Z"), None));

    connect(&client, &target, Some("2026-12-01T00:00:00Z")).await.expect(200);
    let status = client.get("/v1/applications/crm/status").await.expect(200);
    let warning: &Value = &status["warnings"][0];
    assert!(warning.as_str().is_some_and(|said| said.contains("in 7 days")), "{status}");
}
