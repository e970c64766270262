use axum::body::Body;
use axum::http::header;
use jiff::{SignedDuration, Timestamp};
use provisioning::activity::{Action, Actor, EventName, Outcome, OutcomeResult, TargetNote};
use provisioning::target::Kind;
use serde_json::{Value, json};

use crate::client::{Answer, Client, request};
use crate::users;

fn event(number: i64, user: &str, result: OutcomeResult, actor: Actor) -> Outcome {
    let start: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
    Outcome {
        id: format!("crm#user#{user}:{number}"),
        at: start + SignedDuration::from_hours(number),
        actor,
        event: EventName::UserSync,
        result,
        action: Action::Update,
        reason: "title changed".into(),
        security: false,
        application: "crm".parse().expect("an id"),
        application_name: "=CRM, \"the\" first".into(),
        target: Some(TargetNote { key: user.into(), kind: Kind::User, name: "@ada".into(), remote_id: None }),
        changes: Vec::new(),
        added: Vec::new(),
        removed: Vec::new(),
        added_count: 0,
        removed_count: 0,
        requests: Vec::new(),
    }
}

/// Ten events, an hour apart: the user's, every second failed, every fifth an administrator's.
async fn log(client: &Client, user: &str) {
    let events = (0..10).map(|number| {
        let result = if number % 2 == 0 { OutcomeResult::Failure } else { OutcomeResult::Success };
        let actor =
            if number % 5 == 0 { Actor::Administrator("ada@example.org".into()) } else { Actor::System };
        event(number, user, result, actor)
    });
    client.tables.activity.put(&events.collect::<Vec<_>>()).await.expect("events");
}

async fn as_form(client: &Client, path: &str, accept: &str) -> Answer {
    client
        .send(request("GET", path).header(header::ACCEPT, accept).body(Body::empty()).expect("a request"))
        .await
}

fn numbers(events: &[Value]) -> Vec<&str> {
    let ids = events.iter().map(|event| event["activity_id"].as_str().expect("an id"));
    ids.map(|id| id.rsplit(':').next().expect("a number")).collect()
}

#[tokio::test]
async fn each_view_is_paged_newest_first_to_its_end() {
    let client = Client::new().await;
    log(&client, "4711").await;
    let all = ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"];
    for limit in [1, 3, 50] {
        for path in [
            "/v1/activity",
            "/v1/users/4711/timeline",
            "/v1/applications/crm/logs",
            "/v1/activity?application=crm",
        ] {
            assert_eq!(numbers(&client.all(path, limit).await), all, "{path}");
        }
        assert_eq!(numbers(&client.all("/v1/administrator-actions", limit).await), ["5", "0"]);
        for path in ["/v1/applications/crm/logs", "/v1/activity"] {
            let failures =
                client.all(&format!("{path}?result=FAILURE&event=provisioning_user_sync"), limit).await;
            assert_eq!(numbers(&failures), ["8", "6", "4", "2", "0"]);
        }
    }
    assert!(client.all("/v1/activity?application=other", 50).await.is_empty());
    assert!(client.all("/v1/activity?event=provisioning_enable", 50).await.is_empty());
    let within = "/v1/activity?from=2026-11-20T14:00:00Z&to=2026-11-20T16:00:00Z";
    assert_eq!(numbers(&client.all(within, 50).await), ["3", "2"]);
}

#[tokio::test]
async fn an_event_is_shown_in_its_envelope_with_who_did_it() {
    let client = Client::new().await;
    log(&client, "4711").await;
    let actions = client.all("/v1/administrator-actions", 50).await;
    assert_eq!(actions[0]["actor"]["name"], "ada@example.org");
    assert_eq!(actions[0]["action"]["name"], "provisioning_user_sync");
    assert_eq!(actions[0]["outcome"], json!({"result": "SUCCESS", "reason": "title changed"}));
    let newest = &client.all("/v1/activity", 1).await;
    assert_eq!(newest[0]["actor"]["type"], "system");
}

#[tokio::test]
async fn a_table_is_followed_by_its_links_and_safe_to_open() {
    let client = Client::new().await;
    log(&client, "4711").await;
    let (mut text, mut next) = (String::new(), "/v1/activity?limit=4&application=crm".to_owned());
    loop {
        let answer = as_form(&client, &next, "text/csv").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
        text.push_str(&answer.text);
        let link = answer.header(header::LINK).to_owned();
        let Some(target) = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""))
        else {
            break;
        };
        assert!(target.starts_with("/v1/activity?limit=4&application=crm&cursor="), "{target}");
        next = target.to_owned();
    }
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[0].starts_with("ts,activity_id,event,result"));
    assert!(lines[1].contains(r#""'=CRM, ""the"" first""#) && lines[1].contains(",'@ada,"), "{}", lines[1]);
}

#[tokio::test]
async fn lines_of_json_are_the_same_events() {
    let client = Client::new().await;
    log(&client, "4711").await;
    let answer = as_form(&client, "/v1/activity", "application/x-ndjson").await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-ndjson");
    let lines: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, client.all("/v1/activity", 50).await);
    assert!(answer.headers.get(header::LINK).is_none());
}

#[tokio::test]
async fn whom_nobody_knows_has_no_timeline_and_who_has_done_nothing_an_empty_one() {
    let client = Client::new().await;
    client.get("/v1/users/nobody/timeline").await.problem(404, "not-found");
    client.get("/v1/applications/nothing/logs").await.problem(404, "not-found");
    let ada = users::make(&client, "ada").await;
    assert!(client.all(&format!("/v1/users/{ada}/timeline"), 50).await.is_empty());
    assert!(client.all("/v1/activity", 50).await.is_empty());
    assert!(client.all("/v1/administrator-actions", 50).await.is_empty());
}

#[tokio::test]
async fn filters_that_cannot_be_are_named() {
    let client = Client::new().await;
    log(&client, "4711").await;
    for (query, field) in [
        ("result=success", "result"),
        ("event=login", "event"),
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z", "to"),
        ("application=a%23b", "application"),
        ("application=", "application"),
        ("cursor=abc", "cursor"),
    ] {
        let problem = client.get(&format!("/v1/activity?{query}")).await.problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
    let cursor = |json: Value| config_api::page::Cursor::at(&json).as_str().to_owned();
    for forged in [
        json!({"at": 1, "id": "x".repeat(2_000)}),
        json!({"at": i64::MAX, "id": ""}),
        json!({"at": "1", "id": ""}),
    ] {
        let answer = client.get(&format!("/v1/activity?cursor={}", cursor(forged))).await;
        assert_eq!(answer.problem(400, "invalid-query")["errors"][0]["field"], "cursor");
    }
    for harmless in [json!({"at": -1, "id": ""}), json!({"at": 1_800_000_000_000_i64, "id": "a#b#c"})] {
        client.get(&format!("/v1/activity?cursor={}", cursor(harmless))).await.expect(200);
    }
}

#[tokio::test]
async fn the_receipt_of_an_offboarded_user_tells_since_when() {
    let client = Client::new().await;
    let ada = users::make(&client, "ada").await;
    client.setup.create(&"crm".parse().unwrap(), "CRM", "generic-saml").await.unwrap();
    log(&client, &ada).await;
    let key = provisioning::link::LinkKey::user(&"crm".parse().unwrap(), &ada.parse().unwrap());
    let due_at = Timestamp::UNIX_EPOCH;
    let mark = provisioning::link::Mark { application_version: 1, due_at, by_sweep: false, compare: false };
    client.tables.links.mark(&key, &mark).await.unwrap();
    let path = format!("/v1/users/{ada}/offboard");
    let receipt = client.send(request("POST", &path).body(Body::empty()).unwrap()).await.expect(202);
    assert_eq!(receipt["applications"][0]["since"], "2026-11-20T21:00:00Z");
}
