//! What an administrator is told of a policy at a target where it cannot be undone, or cannot be carried out.

use axum::body::Body;
use http::header;
use serde_json::{Value, json};

use crate::client::{Answer, Client, request};

async fn application(catalog_key: &str) -> Client {
    let client = Client::new().await;
    client.setup.create(&"crm".parse().expect("an id"), "CRM", catalog_key).await.expect("an application");
    client
}

async fn put(client: &Client, policy: &Value) -> Answer {
    let read = client.get("/v1/applications/crm/policy").await;
    let request = request("PUT", "/v1/applications/crm/policy")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, read.header(header::ETAG));
    client.send(request.body(Body::from(policy.to_string())).expect("a request")).await
}

#[tokio::test]
async fn where_deactivation_removes_accounts_a_disabled_user_keeps_his_unless_said_otherwise() {
    let client = application("sentry").await;
    let policy = client.get("/v1/applications/crm/policy").await.expect(200);
    assert_eq!((&policy["on_disable"], &policy["on_unassign"]), (&json!("leave"), &json!("deactivate")));
    let warnings = policy["warnings"].as_array().expect("warnings");
    assert_eq!(warnings.len(), 3, "{policy}");
    assert!(warnings[0].as_str().expect("a text").contains("removes an account that is deactivated"));
    assert!(warnings[2].as_str().expect("a text").contains("keeps what his account gives him"));
    // What was read can be sent back, and what is left out has this target's default.
    assert_eq!(put(&client, &policy).await.expect(200), policy);
    assert_eq!(put(&client, &json!({})).await.expect(200)["on_disable"], "leave");
    let said = put(&client, &json!({"on_disable": "deactivate"})).await.expect(200);
    assert_eq!(
        (&said["on_disable"], said["warnings"].as_array().map(Vec::len)),
        (&json!("deactivate"), Some(3))
    );
    put(&client, &json!({"on_disable": null})).await.problem(400, "invalid-body");
}

#[tokio::test]
async fn elsewhere_a_disabled_user_is_turned_off_and_nobody_is_warned() {
    let client = application("generic-saml").await;
    let policy = client.get("/v1/applications/crm/policy").await.expect(200);
    assert_eq!(policy["on_disable"], "deactivate");
    let deleting = put(&client, &json!({"on_delete": "delete"})).await.expect(200);
    assert!(policy.get("warnings").is_none() && deleting.get("warnings").is_none());
}

#[tokio::test]
async fn a_deletion_that_cannot_be_undone_is_warned_of() {
    let client = application("github-emu").await;
    let policy = put(&client, &json!({"on_delete": "delete"})).await.expect(200);
    assert!(policy["warnings"][0].as_str().expect("a warning").contains("cannot be undone"), "{policy}");
}

#[tokio::test]
async fn a_deletion_that_the_target_refuses_is_refused_when_it_is_typed() {
    let client = application("salesforce").await;
    let problem = put(&client, &json!({"on_delete": "delete"})).await.problem(422, "invalid-value");
    assert_eq!(problem["errors"][0]["field"], "on_delete");
    assert_eq!(problem["errors"][0]["allowed"], "deactivate or leave");
    let policy = client.get("/v1/applications/crm/policy").await.expect(200);
    assert_eq!(policy["on_delete"], "deactivate");
    put(&client, &json!({"on_delete": "leave"})).await.expect(200);
}
