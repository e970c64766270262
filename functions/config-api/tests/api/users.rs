use axum::body::Body;
use axum::http::header;
use serde_json::{Value, json};

use crate::client::{Client, request};

/// Makes a user of this name; his id.
pub async fn make(client: &Client, username: &str) -> String {
    let user = client.json("POST", "/v1/users", &json!({"username": username})).await.expect(201);
    user["id"].as_str().expect("an id").to_owned()
}

fn names(users: &[Value]) -> Vec<&str> {
    users.iter().map(|user| user["username"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn a_user_is_made_and_shown_as_he_was_given() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/floor", &json!({"type": "integer"})).await.expect(201);
    let given = json!({"username": " Ada ", "email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace",
        "display_name": "Ada L.", "status": "disabled", "source_id": "hr-7", "custom": {"floor": 3}});
    let answer = client.json("POST", "/v1/users", &given).await;
    let (location, tag) =
        (answer.header(header::LOCATION).to_owned(), answer.header(header::ETAG).to_owned());
    let made = answer.expect(201);
    let shown = client.get(&location).await;
    assert_eq!(shown.header(header::ETAG), tag);
    let shown = shown.expect(200);
    assert_eq!(shown, made);
    let mut expected = given;
    expected["username"] = json!("Ada");
    expected["id"] = made["id"].clone();
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn users_are_listed_by_name_whatever_its_case_a_page_at_a_time() {
    let client = Client::new().await;
    for name in ["eve", "Ann", "cyd", "BOB", "dan", "Ärne", "z", "ann2", "ann1"] {
        make(&client, name).await;
    }
    let expected = ["Ann", "ann1", "ann2", "BOB", "cyd", "dan", "eve", "z", "Ärne"];
    for limit in [1, 2, 3, 9, 200] {
        assert_eq!(names(&client.all("/v1/users", limit).await), expected, "{limit}");
    }
    for limit in [1, 50] {
        assert_eq!(names(&client.all("/v1/users?q=ANN", limit).await), ["Ann", "ann1", "ann2"]);
    }
    assert_eq!(names(&client.all("/v1/users?q=%C3%A4", 50).await), ["Ärne"]);
    assert!(client.all("/v1/users?q=nobody", 50).await.is_empty());
}

#[tokio::test]
async fn a_user_is_found_by_his_source_id() {
    let client = Client::new().await;
    client.json("POST", "/v1/users", &json!({"username": "ada", "source_id": "hr-7"})).await.expect(201);
    make(&client, "bob").await;
    assert_eq!(names(&client.all("/v1/users?source_id=hr-7", 50).await), ["ada"]);
    assert_eq!(names(&client.all("/v1/users?source_id=hr-7&q=AD", 50).await), ["ada"]);
    assert!(client.all("/v1/users?source_id=hr-7&q=bob", 50).await.is_empty());
    assert!(client.all("/v1/users?source_id=hr-8", 50).await.is_empty());
}

#[tokio::test]
async fn who_bears_a_name_or_a_source_id_is_told_to_the_second_who_wants_it() {
    let client = Client::new().await;
    let ada =
        client.json("POST", "/v1/users", &json!({"username": "Ada", "source_id": "hr-7"})).await.expect(201);
    let bob = make(&client, "bob").await;
    let problem =
        client.json("POST", "/v1/users", &json!({"username": "ADA"})).await.problem(409, "name-taken");
    assert_eq!(problem["taken_by"], ada["id"]);
    assert_eq!(problem["errors"][0]["field"], "username");
    let path = format!("/v1/users/{bob}");
    client.json("PATCH", &path, &json!({"username": "aDA"})).await.problem(409, "name-taken");
    let taken =
        client.json("PATCH", &path, &json!({"source_id": "hr-7"})).await.problem(409, "source-id-taken");
    assert_eq!(taken["taken_by"], ada["id"]);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_clears_what_is_null_and_leaves_the_rest() {
    let client = Client::new().await;
    for (name, kind) in [("floor", "integer"), ("team", "string")] {
        client.json("PUT", &format!("/v1/attributes/{name}"), &json!({"type": kind})).await.expect(201);
    }
    let given = json!({"username": "ada", "email": "a@example.org", "first_name": "Ada", "custom": {"floor": 3, "team": "x"}});
    let user = client.json("POST", "/v1/users", &given).await.expect(201);
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    let patch =
        json!({"email": null, "first_name": "Augusta", "status": "disabled", "custom": {"floor": null}});
    let patched = client.json("PATCH", &path, &patch).await.expect(200);
    let expected = json!({"id": user["id"], "username": "ada", "first_name": "Augusta", "status": "disabled",
        "custom": {"team": "x"}});
    assert_eq!(patched, expected);
    assert_eq!(client.get(&path).await.expect(200), expected);
    // A patch that says nothing changes nothing.
    assert_eq!(client.json("PATCH", &path, &json!({})).await.expect(200), expected);
    let merge =
        request("PATCH", &path).header(header::CONTENT_TYPE, "application/merge-patch+json; charset=utf-8");
    let merged =
        client.send(merge.body(Body::from(r#"{"email": "b@example.org"}"#)).unwrap()).await.expect(200);
    assert_eq!(merged["email"], "b@example.org");
}

#[tokio::test]
async fn a_write_on_an_outdated_reading_is_refused_where_it_says_what_it_read() {
    let client = Client::new().await;
    let path = format!("/v1/users/{}", make(&client, "ada").await);
    let tag = client.get(&path).await.header(header::ETAG).to_owned();
    let write = async |tag: &str| {
        let patch = request("PATCH", &path)
            .header(header::IF_MATCH, tag)
            .header(header::CONTENT_TYPE, "application/json");
        client
            .send(
                patch.body(Body::from(format!(r#"{{"first_name": "{}"}}"#, tag.trim_matches('"')))).unwrap(),
            )
            .await
    };
    write(&tag).await.expect(200);
    let stale = write(&tag).await;
    stale.problem(412, "stale");
    let current = stale.header(header::ETAG).to_owned();
    assert_eq!(client.get(&path).await.header(header::ETAG), current);
    write(&current).await.expect(200);
    write("no tag").await.problem(400, "invalid-header");
    let delete = request("DELETE", &path).header(header::IF_MATCH, &tag);
    client.send(delete.body(Body::empty()).unwrap()).await.problem(412, "stale");
}

#[tokio::test]
async fn a_deleted_user_is_gone_from_everywhere() {
    let client = Client::new().await;
    let id = make(&client, "ada").await;
    let path = format!("/v1/users/{id}");
    let deleted = client.delete(&path).await.expect(202);
    assert_eq!(deleted["username"], "ada");
    client.get(&path).await.problem(404, "not-found");
    client.delete(&path).await.problem(404, "not-found");
    client.json("PATCH", &path, &json!({})).await.problem(404, "not-found");
    client.get(&format!("{path}/groups")).await.problem(404, "not-found");
    client.get(&format!("{path}/offboard")).await.problem(404, "not-found");
    assert!(client.all("/v1/users", 50).await.is_empty());
    // The job that takes him down lets his name go at its end.
    let again = client.json("POST", "/v1/users", &json!({"username": "ADA"})).await;
    again.problem(409, "name-taken");
}

#[tokio::test]
async fn custom_attributes_are_held_against_their_definitions() {
    let client = Client::new().await;
    for (name, kind) in [("floor", "integer"), ("hired", "date"), ("tags", "string_list"), ("vip", "boolean")]
    {
        client.json("PUT", &format!("/v1/attributes/{name}"), &json!({"type": kind})).await.expect(201);
    }
    let good = json!({"floor": -3, "hired": "2026-02-28", "tags": ["a", "b"], "vip": false});
    client.json("POST", "/v1/users", &json!({"username": "ada", "custom": good})).await.expect(201);
    for (custom, field) in [
        (json!({"floor": "3"}), "custom.floor"),
        (json!({"hired": "2026-02-30"}), "custom.hired"),
        (json!({"tags": "a"}), "custom.tags"),
        (json!({"vip": 1}), "custom.vip"),
    ] {
        let problem = client
            .json("POST", "/v1/users", &json!({"username": "bob", "custom": custom}))
            .await
            .problem(422, "invalid-value");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let unknown = json!({"username": "bob", "custom": {"flor": 3}});
    let problem = client.json("POST", "/v1/users", &unknown).await.problem(422, "invalid-value");
    assert_eq!(problem["errors"][0]["allowed"], "floor, hired, tags, vip");
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_the_field_they_name() {
    let client = Client::new().await;
    for (body, field) in [
        (json!({}), "username"),
        (json!({"username": ""}), "username"),
        (json!({"username": "   "}), "username"),
        (json!({"username": "a\u{0}b"}), "username"),
        (json!({"username": "x".repeat(257)}), "username"),
        (json!({"username": ["a"]}), "username"),
        (json!({"username": null}), "username"),
        (json!({"username": "a", "email": ""}), "email"),
        (json!({"username": "a", "status": "gone"}), "status"),
        (json!({"username": "a", "admin": true}), "admin"),
        (json!({"username": "a", "id": "mine"}), "id"),
        (json!({"username": "a", "custom": {"x": {"y": 1}}}), "custom.x"),
        (json!({"username": "a", "custom": {"x": 1.5}}), "custom.x"),
        (json!({"username": "a", "custom": {"x": 18446744073709551615_u64}}), "custom.x"),
        (json!({"username": "a", "custom": {"x": []}}), "custom.x"),
        (json!({"username": "a", "custom": {"x": null}}), "custom.x"),
        (json!({"username": "a", "custom": []}), "custom"),
    ] {
        let problem = client.json("POST", "/v1/users", &body).await.problem(400, "invalid-body");
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
    }
    client.json("POST", "/v1/users", &json!([])).await.problem(400, "invalid-body");
    let without_type = request("POST", "/v1/users").body(Body::from("{}")).unwrap();
    client.send(without_type).await.problem(415, "unsupported-media-type");
    let not_json = request("POST", "/v1/users").header(header::CONTENT_TYPE, "application/json");
    let invalid = not_json.body(Body::from(vec![b'"', 0xff, b'"'])).unwrap();
    client.send(invalid).await.problem(400, "invalid-body");
}

#[tokio::test]
async fn a_user_too_large_for_the_table_is_refused() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/tags", &json!({"type": "string_list"})).await.expect(201);
    let tags = vec!["x".repeat(4_096); 100];
    let user = json!({"username": "ada", "custom": {"tags": tags}});
    client.json("POST", "/v1/users", &user).await.problem(422, "invalid-value");
}

#[tokio::test]
async fn ids_that_cannot_be_name_nobody() {
    let client = Client::new().await;
    let long = "x".repeat(600);
    let wide = "%F0%9F%92%A9".repeat(200);
    for id in ["%23", "a%23b", "%00", "%0a", "%ff", long.as_str(), wide.as_str(), "nobody", "..%2f..%2fetc"] {
        for path in [format!("/v1/users/{id}"), format!("/v1/users/{id}/groups"), format!("/v1/groups/{id}")]
        {
            client.get(&path).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn cursors_and_filters_of_hostile_callers_do_no_harm() {
    let client = Client::new().await;
    make(&client, "ada").await;
    let cursor = |json: Value| config_api::page::Cursor::at(&json).as_str().to_owned();
    for harmless in [json!({"name": "", "id": ""}), json!({"name": "\u{10ffff}", "id": "x".repeat(500)})] {
        client.get(&format!("/v1/users?cursor={}", cursor(harmless))).await.expect(200);
    }
    for forged in [json!({"name": 1, "id": ""}), json!([]), json!("x")] {
        let answer = client.get(&format!("/v1/users?cursor={}", cursor(forged))).await;
        assert_eq!(answer.problem(400, "invalid-query")["errors"][0]["field"], "cursor");
    }
    let long = "x".repeat(257);
    for query in [format!("q={long}"), format!("source_id={long}"), "q=%00".into(), "source_id=%0a".into()] {
        client.get(&format!("/v1/users?{query}")).await.problem(400, "invalid-query");
    }
    let wide = "%F0%9F%92%A9".repeat(256);
    client.get(&format!("/v1/users?q={wide}")).await.expect(200);
    client.get("/v1/users?source_id=").await.expect(200);
    client.get("/v1/users?q=%ff%fe").await.expect(200);
}

#[tokio::test]
async fn who_only_reads_changes_nothing() {
    let client = Client::new().await;
    let id = make(&client, "ada").await;
    for (method, path) in [
        ("POST", "/v1/users".to_owned()),
        ("PATCH", format!("/v1/users/{id}")),
        ("DELETE", format!("/v1/users/{id}")),
        ("POST", format!("/v1/users/{id}/offboard")),
        ("PUT", "/v1/attributes/x".to_owned()),
    ] {
        let request = http::Request::builder().method(method).uri(&path);
        let request = request.header(header::AUTHORIZATION, "Bearer read-only");
        client.send(request.body(Body::empty()).unwrap()).await.problem(403, "forbidden");
    }
    client.get(&format!("/v1/users/{id}")).await.expect(200);
}
