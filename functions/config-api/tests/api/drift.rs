use axum::body::Body;
use axum::http::header;
use jiff::Timestamp;
use provisioning::application::{Application, Lifecycle};
use provisioning::ids::{ApplicationId, RemoteId};
use provisioning::link::{Link, LinkKey, Mark, State};
use provisioning::ports::ConfigurationWrite;
use provisioning::value::Value as Sent;
use serde_json::{Value, json};

use crate::client::{Client, request};

fn crm() -> ApplicationId {
    "crm".parse().expect("an id")
}

/// An enabled application whose links a test writes as a sweep would have left them.
async fn enabled() -> Client {
    let client = Client::new().await;
    client.setup.create(&crm(), "CRM", "generic-saml").await.expect("an application");
    let before = client.tables.applications.load(&crm()).await.expect("a read").expect("an application");
    let version = before.application.version + 1;
    let application = Application { lifecycle: Lifecycle::Enabled, version, ..before.application };
    assert!(client.tables.applications.write(&ConfigurationWrite::of(application)).await.expect("a write"));
    client
}

async fn link(client: &Client, key: LinkKey, change: impl FnOnce(&mut Link)) {
    let mark =
        Mark { application_version: 1, due_at: Timestamp::UNIX_EPOCH, by_sweep: false, compare: false };
    client.tables.links.mark(&key, &mark).await.expect("a mark");
    let before = client.tables.links.link(&key).await.expect("a read").expect("a link");
    let mut after = before.rewritten();
    let configured = client.tables.applications.load(&crm()).await.expect("a read").expect("an application");
    after.target_generation = configured.application.target_generation;
    (after.remote_id, after.state) = (RemoteId::new(&format!("r-{}", key.object.id())), State::Linked);
    after.work.due_at = None;
    after.sent.insert("active".parse().expect("a path"), Sent::Boolean(true));
    change(&mut after);
    client.tables.links.write(&before, &after, None).await.expect("a write");
}

fn user(id: &str) -> LinkKey {
    LinkKey::user(&crm(), &id.parse().expect("an id"))
}

/// Ada is suspended at the target and her name is shown otherwise, Bob was deleted there, Cy is in step.
async fn drifted() -> Client {
    let client = enabled().await;
    link(&client, user("ada"), |link| {
        link.sent.insert("userName".parse().expect("a path"), "Ada".into());
        link.observed.normalised.insert("userName".parse().expect("a path"), Some("ada".into()));
        link.observed.drift.insert("active".parse().expect("a path"), Some(Sent::Boolean(false)));
    })
    .await;
    link(&client, user("bob"), |link| link.state = State::Missing).await;
    link(&client, user("cy"), |_| {}).await;
    let sales = LinkKey::group(&crm(), &"sales".parse().expect("an id"));
    link(&client, sales, |link| {
        link.observed.members.gone.insert("ada".parse().expect("an id"));
        link.observed.members.added.insert("cy".parse().expect("an id"));
    })
    .await;
    client
}

async fn post(client: &Client, path: &str) -> crate::client::Answer {
    client.send(request("POST", path).body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn what_was_changed_at_the_target_is_listed_page_by_page_and_counted() {
    let client = drifted().await;
    for limit in [1, 50] {
        let mut all = client.all("/v1/applications/crm/drift", limit).await;
        all.sort_by_key(|link| link["id"].as_str().map(str::to_owned));
        let drift: Vec<&Value> = all.iter().map(|link| &link["drift"]).collect();
        assert_eq!(
            json!(drift),
            json!([
                [{"kind": "deactivated_at_target", "attribute": "active", "sent": true, "shown": false}],
                [{"kind": "deleted_at_target"}],
                [{"kind": "members", "gone": ["ada"], "added": ["cy"]}],
            ])
        );
        assert_eq!(all[0]["normalised"], json!([{"attribute": "userName", "sent": "Ada", "shown": "ada"}]));
    }
    let status = client.get("/v1/applications/crm/status").await.expect(200);
    assert_eq!(
        (&status["drift"], &status["missing"], &status["in_step"]),
        (&json!(2), &json!(1), &json!(false))
    );
    client.get("/v1/applications/nobody/drift").await.problem(404, "not-found");
    client.get("/v1/applications/crm/drift?cursor=x").await.problem(400, "invalid-query");
}

#[tokio::test]
async fn a_person_has_drift_undone_and_what_did_not_drift_is_a_problem() {
    let client = drifted().await;
    post(&client, "/v1/applications/crm/drift/users/ada/repair").await.expect(202);
    let ada = client.tables.links.link(&user("ada")).await.expect("a read").expect("a link");
    assert_eq!(ada.doubt, ["active".parse().expect("a path")].into());
    assert!(ada.work.due_at.is_some() && ada.outcome.is_some_and(|outcome| !outcome.actor.is_system()));
    post(&client, "/v1/applications/crm/drift/users/bob/repair").await.expect(202);
    let bob = client.tables.links.link(&user("bob")).await.expect("a read").expect("a link");
    assert_eq!((bob.state, bob.remote_id), (State::New, None));
    post(&client, "/v1/applications/crm/drift/groups/sales/repair").await.expect(202);
    for path in ["users/cy", "users/nobody", "groups/nothing"] {
        let path = format!("/v1/applications/crm/drift/{path}/repair");
        post(&client, &path).await.problem(409, "no-drift");
    }
}

#[tokio::test]
async fn who_only_reads_sees_drift_and_has_nothing_undone() {
    let client = drifted().await;
    let reader = |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path);
        request.header(header::AUTHORIZATION, "Bearer read-only").body(Body::empty()).expect("a request")
    };
    client.send(reader("GET", "/v1/applications/crm/drift")).await.expect(200);
    let repair = "/v1/applications/crm/drift/users/ada/repair";
    client.send(reader("POST", repair)).await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_policy_of_drift_has_its_defaults_and_turns_nobody_on() {
    let client = enabled().await;
    let path = "/v1/applications/crm/policy";
    let answer = client.get(path).await;
    let tag = answer.header(header::ETAG).to_owned();
    let mut policy = answer.expect(200);
    assert_eq!(
        policy["drift"],
        json!({"attributes": "report", "members": "report", "deleted_at_target": "report",
            "deactivated_at_target": "report", "reactivated_at_target": "repair"})
    );
    let put = async |policy: &Value| {
        let request = request("PUT", path).header(header::IF_MATCH, &tag);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        client.send(request.body(Body::from(policy.to_string())).expect("a request")).await
    };
    policy["drift"]["deactivated_at_target"] = json!("repair");
    put(&policy).await.problem(400, "invalid-body");
    policy["drift"] = json!({"attributes": "repair", "deleted_at_target": "recreate"});
    let set = put(&policy).await.expect(200);
    assert_eq!(
        set["drift"],
        json!({"attributes": "repair", "members": "report", "deleted_at_target": "recreate",
            "deactivated_at_target": "report", "reactivated_at_target": "repair"})
    );
}
