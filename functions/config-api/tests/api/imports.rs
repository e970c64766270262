use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use provisioning::directory::job::DirectoryWorker;
use provisioning::ports::{Bell, Doorbell, Lane, StoreResult};
use serde_json::{Value, json};

use crate::client::{Answer, Client, request};

const IMPORTS: &str = "/v1/directory/imports";

struct Silent;

#[async_trait]
impl Bell for Silent {
    async fn ring(&self, _: Lane, _: &str, _: &[Doorbell]) -> StoreResult<()> {
        Ok(())
    }
}

/// Begins an import and gives its path.
async fn begun(client: &Client, format: &str) -> String {
    let import = client.json("POST", IMPORTS, &json!({"format": format})).await.expect(201);
    assert_eq!((&import["state"], &import["format"]), (&json!("open"), &json!(format)));
    format!("{IMPORTS}/{}", import["id"].as_str().expect("it works"))
}

async fn put(client: &Client, path: &str, number: u32, bytes: impl Into<Body>) -> Answer {
    client.send(request("PUT", &format!("{path}/parts/{number}")).body(bytes.into()).expect("it works")).await
}

async fn commit(client: &Client, path: &str, request: &Value) -> Answer {
    client.json("POST", &format!("{path}/commit"), request).await
}

/// Does the import's pages as the jobs function does, and shows how it ended.
async fn run(client: &Client, path: &str) -> Value {
    let id = path.rsplit('/').next().expect("it works").parse().expect("it works");
    let worker = DirectoryWorker {
        tables: client.tables.clone(),
        bell: Arc::new(Silent),
        clock: client.setup.clock.clone(),
    };
    while client.get(path).await.expect(200)["state"] == "running" {
        let step = client.tables.directory_jobs.job(&id).await.expect("it works").expect("it works").step;
        worker.page(&id, step).await.expect("it works");
    }
    client.get(path).await.expect(200)
}

const WHOLE: Value = Value::Null;

fn asked(complete: bool, dry_run: bool) -> Value {
    json!({"complete": complete, "dry_run": dry_run})
}

#[tokio::test]
async fn a_file_in_parts_is_imported_and_what_became_of_its_lines_is_told() {
    let client = Client::new().await;
    let path = begun(&client, "csv").await;
    // Cut within a character and within a line.
    let file = "username,email,groups,floor\nzoë,z@x.org,Eng;Ops,3\nbob,,Eng,4\n,,,\n".as_bytes();
    for (number, part) in (1..).zip(file.chunks(30)) {
        put(&client, &path, number, part.to_vec()).await.expect(204);
    }
    let committed = commit(&client, &path, &asked(true, false)).await.expect(202);
    assert_eq!((&committed["state"], &committed["phase"]), (&json!("running"), &json!("additions")));
    let import = run(&client, &path).await;
    assert_eq!(import["state"], "finished");
    assert_eq!(import["counts"]["created"], 2);
    assert_eq!(import["counts"]["memberships_added"], 3);
    assert_eq!((&import["problems"], &import["lines_total"]), (&json!(1), &json!(4)));
    assert!(import["note"].as_str().unwrap().contains("nobody was deleted"));

    let lines = client.all(&format!("{path}/lines"), 2).await;
    let results: Vec<_> =
        lines.iter().map(|line| (&line["line"], &line["username"], &line["result"])).collect();
    assert_eq!(results[0], (&json!(2), &json!("zoë"), &json!("created")));
    assert_eq!(results[2], (&json!(4), &WHOLE, &json!("problem")));
    let broken = client.all(&format!("{path}/lines?result=problem"), 10).await;
    assert_eq!(broken[0]["problems"][0]["column"], "username");
    assert!(broken[0]["problems"][0]["detail"].as_str().unwrap().contains("a value is required"));

    let users = client.all("/v1/users", 10).await;
    assert_eq!(users.len(), 2);
    let floor = client.get("/v1/attributes/floor").await.expect(200);
    assert_eq!(floor["type"], "string", "an unknown column is defined");
    assert_eq!(client.all(IMPORTS, 1).await.len(), 1);
}

#[tokio::test]
async fn values_are_brought_to_the_types_of_their_attributes_or_refused() {
    let client = Client::new().await;
    client.json("PUT", "/v1/attributes/floor", &json!({"type": "integer"})).await.expect(201);
    let path = begun(&client, "csv").await;
    put(&client, &path, 1, "username,floor\nada,3\nbob,ground\n").await.expect(204);
    commit(&client, &path, &asked(false, false)).await.expect(202);
    run(&client, &path).await;
    let lines = client.all(&format!("{path}/lines?result=problem"), 10).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["problems"][0]["column"], "floor");
    assert!(lines[0]["problems"][0]["detail"].as_str().unwrap().contains("a whole number"));
    let users = client.all("/v1/users", 10).await;
    assert_eq!((users.len(), &users[0]["custom"]["floor"]), (1, &json!(3)));
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_is_committed_again_on_the_same_parts() {
    let client = Client::new().await;
    let path = begun(&client, "ndjson").await;
    put(&client, &path, 1, "{\"username\": \"ada\", \"vip\": true}\n").await.expect(204);
    commit(&client, &path, &asked(true, true)).await.expect(202);
    let import = run(&client, &path).await;
    assert_eq!((&import["state"], &import["counts"]["created"]), (&json!("finished"), &json!(1)));
    assert!(client.all("/v1/users", 10).await.is_empty());
    assert!(client.all("/v1/attributes", 10).await.is_empty());
    commit(&client, &path, &asked(true, false)).await.expect(202);
    assert_eq!(run(&client, &path).await["dry_run"], false);
    assert_eq!(client.all("/v1/users", 10).await.len(), 1);
    let problem = commit(&client, &path, &asked(true, false)).await;
    problem.problem(409, "import-not-open");
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_commit_is_named() {
    let client = Client::new().await;
    let path = begun(&client, "csv").await;
    let problem = commit(&client, &path, &asked(true, false)).await.problem(409, "parts-missing");
    assert_eq!(problem["parts"], json!([1]));
    put(&client, &path, 1, "username\n").await.expect(204);
    put(&client, &path, 3, "ada\n").await.expect(204);
    let problem = commit(&client, &path, &asked(true, false)).await.problem(409, "parts-missing");
    assert_eq!(problem["parts"], json!([2]));
    put(&client, &path, 2, "bob\n").await.expect(204);
    commit(&client, &path, &asked(true, false)).await.expect(202);
    put(&client, &path, 2, "eve\n").await.problem(409, "import-not-open");

    let other = begun(&client, "csv").await;
    put(&client, &other, 1, "username\neve\n").await.expect(204);
    let problem = commit(&client, &other, &asked(false, false)).await.problem(409, "import-under-way");
    assert!(path.ends_with(problem["import"].as_str().unwrap()));
    client.delete(&path).await.expect(204);
    assert_eq!(client.get(&path).await.expect(200)["state"], "cancelled");
    commit(&client, &other, &asked(false, false)).await.expect(202);
    assert_eq!(run(&client, &other).await["counts"]["created"], 1);
}

#[tokio::test]
async fn removals_that_are_too_many_are_held_until_they_are_allowed() {
    let client = Client::new().await;
    let path = begun(&client, "csv").await;
    let all: String = (0..10).map(|number| format!("user{number}\n")).collect();
    put(&client, &path, 1, format!("username\n{all}")).await.expect(204);
    commit(&client, &path, &asked(true, false)).await.expect(202);
    run(&client, &path).await;
    let path = begun(&client, "csv").await;
    put(&client, &path, 1, "username\nuser0\nuser1\nuser2\n").await.expect(204);
    commit(&client, &path, &asked(true, false)).await.expect(202);
    let held = run(&client, &path).await;
    assert_eq!((&held["state"], &held["removals"]), (&json!("held"), &json!(7)));
    assert_eq!(client.all("/v1/users", 50).await.len(), 10);
    let allowed = json!({"complete": true, "dry_run": false, "allow_removals": 7});
    commit(&client, &path, &allowed).await.expect(202);
    assert_eq!(run(&client, &path).await["counts"]["users_deleted"], 7);
    assert_eq!(client.all("/v1/users", 50).await.len(), 3);
}

#[tokio::test]
async fn input_that_cannot_be_used_is_named() {
    let client = Client::new().await;
    client.json("POST", IMPORTS, &json!({"format": "xml"})).await.problem(400, "invalid-body");
    let path = begun(&client, "csv").await;
    put(&client, &path, 0, "x").await.problem(422, "invalid-value");
    put(&client, &path, 10_001, "x").await.problem(422, "invalid-value");
    put(&client, &path, 1, "").await.problem(422, "invalid-value");
    put(&client, &path, 1, vec![b'x'; 4_000_001]).await.problem(413, "too-large");
    put(&client, &format!("{IMPORTS}/nothing"), 1, "x").await.problem(404, "not-found");
    client.get(&format!("{IMPORTS}/nothing")).await.problem(404, "not-found");
    client.delete(&format!("{IMPORTS}/nothing")).await.problem(404, "not-found");
    client.get(&format!("{path}/lines?result=lost")).await.problem(400, "invalid-query");
    commit(&client, &path, &json!({"dry_run": true})).await.problem(400, "invalid-body");
}
