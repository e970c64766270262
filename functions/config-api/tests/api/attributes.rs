use provisioning::application::Configuration;
use provisioning::mapping::{MappedAttribute, Mapping, Source};
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn attributes_are_defined_described_anew_listed_and_taken_away() {
    let client = Client::new().await;
    let path = "/v1/attributes/cost%20center";
    let defined =
        client.json("PUT", path, &json!({"type": "string", "description": "Who pays"})).await.expect(201);
    assert_eq!(defined, json!({"name": "cost center", "type": "string", "description": "Who pays"}));
    assert_eq!(client.get(path).await.expect(200), defined);
    let described = client.json("PUT", path, &json!({"type": "string"})).await.expect(200);
    assert_eq!(described, json!({"name": "cost center", "type": "string"}));
    for name in ["b", "a"] {
        client.json("PUT", &format!("/v1/attributes/{name}"), &json!({"type": "boolean"})).await.expect(201);
    }
    for limit in [1, 50] {
        let all = client.all("/v1/attributes", limit).await;
        let names: Vec<_> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["a", "b", "cost center"]);
    }
    client.delete(path).await.expect(204);
    client.delete(path).await.problem(404, "not-found");
    client.get(path).await.problem(404, "not-found");
}

#[tokio::test]
async fn the_type_of_an_attribute_does_not_change() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/floor", &json!({"type": "integer"})).await.expect(201);
    client
        .json("PUT", "/v1/attributes/floor", &json!({"type": "string"}))
        .await
        .problem(409, "attribute-type-fixed");
    assert_eq!(client.get("/v1/attributes/floor").await.expect(200)["type"], "integer");
}

#[tokio::test]
async fn a_mapped_attribute_is_not_taken_away_and_who_maps_it_is_named() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/floor", &json!({"type": "integer"})).await.expect(201);
    let crm = "crm".parse().unwrap();
    client.setup.create(&crm, "CRM", "generic-saml").await.unwrap();
    let mapped = MappedAttribute {
        target: "title".parse().unwrap(),
        source: Source::Custom("floor".into()),
        required: false,
    };
    let mapping = Some(Mapping { attributes: vec![mapped] });
    client.setup.configure(&crm, Configuration { mapping, ..Configuration::default() }).await.unwrap();
    let problem = client.delete("/v1/attributes/floor").await.problem(409, "attribute-in-use");
    assert_eq!(problem["applications"], json!(["crm"]));
    client.get("/v1/attributes/floor").await.expect(200);
}

#[tokio::test]
async fn values_stay_where_they_are_when_their_definition_goes() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/floor", &json!({"type": "integer"})).await.expect(201);
    let user = client
        .json("POST", "/v1/users", &json!({"username": "ada", "custom": {"floor": 3}}))
        .await
        .expect(201);
    client.delete("/v1/attributes/floor").await.expect(204);
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200)["custom"]["floor"], 3);
    // It can still be cleared, and nothing else about it.
    client.json("PATCH", &path, &json!({"custom": {"floor": 4}})).await.problem(422, "invalid-value");
    assert_eq!(
        client.json("PATCH", &path, &json!({"custom": {"floor": null}})).await.expect(200)["custom"],
        json!({})
    );
}

#[tokio::test]
async fn names_and_types_that_cannot_be_are_refused() {
    let client = Client::new().await;
    let long = "x".repeat(129);
    for name in ["username", "groups", "%20x", "a%0ab", long.as_str()] {
        let answer = client.json("PUT", &format!("/v1/attributes/{name}"), &json!({"type": "string"})).await;
        assert_eq!(answer.problem(422, "invalid-value")["errors"][0]["field"], "name");
        client.get(&format!("/v1/attributes/{name}")).await.problem(404, "not-found");
    }
    for body in [json!({}), json!({"type": "float"}), json!({"type": "string", "description": ""})] {
        client.json("PUT", "/v1/attributes/x", &body).await.problem(400, "invalid-body");
    }
}

#[tokio::test]
async fn a_user_is_named_by_username_id_or_source_id_and_kept_by_his_id() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/manager", &json!({"type": "user_reference"})).await.expect(201);
    let boss =
        client.json("POST", "/v1/users", &json!({"username": "Boss", "source_id": "77"})).await.expect(201);
    let id = boss["id"].as_str().unwrap();
    let ada = client
        .json("POST", "/v1/users", &json!({"username": "ada", "custom": {"manager": "boss"}}))
        .await
        .expect(201);
    assert_eq!(ada["custom"]["manager"], json!({"id": id, "username": "Boss"}));
    let path = format!("/v1/users/{}", ada["id"].as_str().unwrap());
    for named in
        [json!("77"), json!(id), json!({"id": id}), json!({"username": "BOSS"}), json!({"source_id": "77"})]
    {
        let patch = json!({"custom": {"manager": named}});
        assert_eq!(client.json("PATCH", &path, &patch).await.expect(200)["custom"]["manager"]["id"], id);
    }
    // What is shown can be given back, and another name of his changes nothing.
    let renamed = json!({"username": "chief"});
    client.json("PATCH", &format!("/v1/users/{id}"), &renamed).await.expect(200);
    let shown = client.get(&path).await.expect(200)["custom"]["manager"].clone();
    assert_eq!(shown, json!({"id": id, "username": "chief"}));
    client.json("PATCH", &path, &json!({"custom": {"manager": shown}})).await.expect(200);
    for unknown in
        [json!("nobody"), json!({"id": "nobody"}), json!(7), json!(["boss"]), json!({"username": "77"})]
    {
        let patch = json!({"custom": {"manager": unknown}});
        let problem = client.json("PATCH", &path, &patch).await.problem(422, "invalid-value");
        assert!(problem.to_string().contains("custom.manager"), "{problem}");
    }
    client.json("PATCH", &path, &json!({"custom": {"manager": null}})).await.expect(200);
    assert_eq!(client.get(&path).await.expect(200)["custom"], json!({}));
}
