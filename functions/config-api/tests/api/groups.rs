use axum::body::Body;
use axum::http::header;
use serde_json::{Value, json};

use crate::client::{Client, request};
use crate::users;

async fn make(client: &Client, name: &str) -> String {
    let group = client.json("POST", "/v1/groups", &json!({"name": name})).await.expect(201);
    group["id"].as_str().expect("an id").to_owned()
}

async fn put(client: &Client, path: &str) {
    client.send(request("PUT", path).body(Body::empty()).expect("a request")).await.expect(204);
}

fn texts<'a>(items: &'a [Value], field: &str) -> Vec<&'a str> {
    items.iter().map(|item| item[field].as_str().expect("text")).collect()
}

#[tokio::test]
async fn a_group_is_made_renamed_listed_and_deleted() {
    let client = Client::new().await;
    let answer = client.json("POST", "/v1/groups", &json!({"name": "Sales", "source_id": "g-1"})).await;
    let path = answer.header(header::LOCATION).to_owned();
    let group = answer.expect(201);
    assert_eq!(client.get(&path).await.expect(200), group);
    let patch = json!({"name": "Field Sales", "source_id": null});
    let renamed = client.json("PATCH", &path, &patch).await.expect(200);
    assert_eq!(renamed, json!({"id": group["id"], "name": "Field Sales"}));
    for name in ["staff", "Board"] {
        make(&client, name).await;
    }
    for limit in [1, 50] {
        assert_eq!(texts(&client.all("/v1/groups", limit).await, "name"), ["Board", "Field Sales", "staff"]);
    }
    assert_eq!(texts(&client.all("/v1/groups?q=fi", 50).await, "name"), ["Field Sales"]);
    assert_eq!(client.delete(&path).await.expect(202), renamed);
    client.get(&path).await.problem(404, "not-found");
    client.delete(&path).await.problem(404, "not-found");
    assert_eq!(client.all("/v1/groups", 50).await.len(), 2);
}

#[tokio::test]
async fn two_groups_never_share_a_name_or_a_source_id() {
    let client = Client::new().await;
    let sales =
        client.json("POST", "/v1/groups", &json!({"name": "Sales", "source_id": "g-1"})).await.expect(201);
    for body in [json!({"name": "SALES"}), json!({"name": "Straße", "source_id": "g-1"})] {
        let answer = client.json("POST", "/v1/groups", &body).await;
        let kind = if body.get("source_id").is_some() { "source-id-taken" } else { "name-taken" };
        assert_eq!(answer.problem(409, kind)["taken_by"], sales["id"]);
    }
    assert_eq!(client.all("/v1/groups?source_id=g-1", 50).await, [sales]);
}

#[tokio::test]
async fn a_group_is_changed_only_in_the_version_that_was_read() {
    let client = Client::new().await;
    let path = format!("/v1/groups/{}", make(&client, "Sales").await);
    let patch = request("PATCH", &path)
        .header(header::IF_MATCH, "\"old\"")
        .header(header::CONTENT_TYPE, "application/json");
    client.send(patch.body(Body::from("{}")).unwrap()).await.problem(412, "stale");
    let delete = request("DELETE", &path).header(header::IF_MATCH, "*");
    client.send(delete.body(Body::empty()).unwrap()).await.expect(202);
}

#[tokio::test]
async fn members_join_and_leave_however_often_it_is_said() {
    let client = Client::new().await;
    let (sales, ada) = (make(&client, "Sales").await, users::make(&client, "ada").await);
    let path = format!("/v1/groups/{sales}/members/{ada}");
    put(&client, &path).await;
    put(&client, &path).await;
    let members = client.all(&format!("/v1/groups/{sales}/members"), 50).await;
    assert_eq!(members, [json!({"id": ada, "username": "ada"})]);
    assert_eq!(
        client.all(&format!("/v1/users/{ada}/groups"), 50).await,
        [json!({"id": sales, "name": "Sales"})]
    );
    for _ in 0..2 {
        client.delete(&path).await.expect(204);
    }
    assert!(client.all(&format!("/v1/groups/{sales}/members"), 50).await.is_empty());
    assert!(client.all(&format!("/v1/users/{ada}/groups"), 50).await.is_empty());
}

#[tokio::test]
async fn a_membership_of_nobody_or_in_nothing_is_not_found() {
    let client = Client::new().await;
    let (sales, ada) = (make(&client, "Sales").await, users::make(&client, "ada").await);
    for path in [format!("/v1/groups/{sales}/members/nobody"), format!("/v1/groups/nothing/members/{ada}")] {
        let answer = client.send(request("PUT", &path).body(Body::empty()).unwrap()).await;
        answer.problem(404, "not-found");
        client.delete(&path).await.problem(404, "not-found");
    }
    client.get("/v1/groups/nothing/members").await.problem(404, "not-found");
}

#[tokio::test]
async fn members_and_groups_are_paged_to_the_end() {
    let client = Client::new().await;
    let ada = users::make(&client, "ada").await;
    let mut groups = Vec::new();
    for number in 0..5 {
        let group = make(&client, &format!("g{number}")).await;
        put(&client, &format!("/v1/groups/{group}/members/{ada}")).await;
        groups.push(group);
    }
    groups.sort();
    for limit in [1, 2, 5, 50] {
        assert_eq!(texts(&client.all(&format!("/v1/users/{ada}/groups"), limit).await, "id"), groups);
    }
    for name in ["bob", "cyd", "dan"] {
        let user = users::make(&client, name).await;
        put(&client, &format!("/v1/groups/{}/members/{user}", groups[0])).await;
    }
    for limit in [1, 2, 4, 50] {
        let members = client.all(&format!("/v1/groups/{}/members", groups[0]), limit).await;
        let mut found = texts(&members, "username");
        found.sort_unstable();
        assert_eq!(found, ["ada", "bob", "cyd", "dan"]);
    }
}
