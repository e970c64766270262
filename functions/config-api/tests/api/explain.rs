use jiff::Timestamp;
use provisioning::application::TargetSchema;
use provisioning::ids::{ApplicationId, RemoteId};
use provisioning::link::{Link, LinkKey, Mark, State};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::ConfigurationWrite;
use serde_json::{Value, json};

use crate::client::Client;
use crate::users;

fn crm() -> ApplicationId {
    "crm".parse().expect("an id")
}

/// An application that sends `userName` and `title`, the latter required, and selects the group 'sales'.
async fn application(client: &Client) {
    client.setup.create(&crm(), "CRM", "generic-saml").await.expect("an application");
    let before = client.tables.applications.load(&crm()).await.expect("a read").expect("an application");
    let mapped = |target: &str, source, required| MappedAttribute {
        target: target.parse().expect("a path"),
        source,
        required,
    };
    let mut selection = before.selection.clone();
    selection.groups.insert("sales".parse().expect("an id"));
    let mut application = before.application.clone();
    application.version += 1;
    let write = ConfigurationWrite {
        schema: Some(TargetSchema::default()),
        mapping: Some(Mapping {
            attributes: vec![
                mapped("userName", Source::Directory(DirectoryAttribute::Username), true),
                mapped("displayName", Source::Directory(DirectoryAttribute::DisplayName), true),
            ],
        }),
        selection: Some(selection),
        ..ConfigurationWrite::of(application)
    };
    assert!(client.tables.applications.write(&write).await.expect("a write"));
}

async fn link(client: &Client, user: &str, change: impl FnOnce(&mut Link)) {
    let key = LinkKey::user(&crm(), &user.parse().expect("an id"));
    let mark =
        Mark { application_version: 1, due_at: Timestamp::UNIX_EPOCH, by_sweep: false, compare: false };
    client.tables.links.mark(&key, &mark).await.expect("a mark");
    let before = client.tables.links.link(&key).await.expect("a read").expect("a link");
    let mut after = before.rewritten();
    (after.target_generation, after.remote_id, after.state) = (1, RemoteId::new("r-1"), State::Linked);
    change(&mut after);
    client.tables.links.write(&before, &after, None).await.expect("a write");
}

async fn explained(client: &Client, user: &str) -> Value {
    client.get(&format!("/v1/applications/crm/users/{user}/explain")).await.expect(200)
}

fn attribute<'a>(explanation: &'a Value, target: &str) -> &'a Value {
    let attributes = explanation["attributes"].as_array().expect("attributes");
    attributes.iter().find(|attribute| attribute["target"] == target).expect("an attribute")
}

#[tokio::test]
async fn a_user_in_no_selected_group_is_told_so() {
    let client = Client::new().await;
    application(&client).await;
    let ada = users::make(&client, "ada").await;
    let told = explained(&client, &ada).await;
    assert_eq!((&told["desired"], &told["action"]), (&json!("unassigned"), &json!("nothing")));
    assert_eq!(told["because"], "the user is in no selected group, and has no account that is ours");
    assert_eq!((&told["groups"], &told["link"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn a_leaver_is_told_what_was_sent_and_that_the_application_is_not_enabled() {
    let client = Client::new().await;
    application(&client).await;
    let ada = users::make(&client, "ada").await;
    link(&client, &ada, |link| {
        link.sent.insert("userName".parse().expect("a path"), "ada.old".into());
        link.sent.insert("active".parse().expect("a path"), provisioning::value::Value::Boolean(true));
        link.unassigned_since = Some(Timestamp::UNIX_EPOCH);
        link.work.problem = Some("the target said 500".into());
        link.work.attempts = 1;
    })
    .await;
    let told = explained(&client, &ada).await;
    assert_eq!(told["action"], "deactivate", "{told}");
    assert_eq!(told["hindrance"], json!({"kind": "not_enabled"}));
    assert_eq!((&told["link"]["remote_id"], &told["link"]["attempts"]), (&json!("r-1"), &json!(1)));
    assert_eq!(told["link"]["problem"], "the target said 500");
    assert_eq!(attribute(&told, "userName")["sent"], "ada.old");
    let active = attribute(&told, "active");
    assert_eq!(
        (&active["sent"], &active["value"], &active["outcome"]),
        (&json!(true), &json!(false), &json!("sent"))
    );
}

#[tokio::test]
async fn nothing_is_written_by_explaining() {
    let client = Client::new().await;
    application(&client).await;
    let ada = users::make(&client, "ada").await;
    link(&client, &ada, |_| {}).await;
    let key = LinkKey::user(&crm(), &ada.parse().expect("an id"));
    let before = client.tables.links.link(&key).await.expect("a read");
    explained(&client, &ada).await;
    assert_eq!(client.tables.links.link(&key).await.expect("a read"), before);
}

#[tokio::test]
async fn somebody_nobody_knows_and_an_application_nobody_knows_are_not_found() {
    let client = Client::new().await;
    application(&client).await;
    client.get("/v1/applications/crm/users/nobody/explain").await.problem(404, "not-found");
    let ada = users::make(&client, "ada").await;
    client.get(&format!("/v1/applications/none/users/{ada}/explain")).await.problem(404, "not-found");
}

#[tokio::test]
async fn who_is_to_get_an_account_is_told_by_what_one_is_looked_for_and_by_which_group() {
    let client = Client::new().await;
    application(&client).await;
    let ada = users::make(&client, "ada").await;
    let sales = json!({"name": "Sales", "source_id": "g-sales"});
    let group = client.json("POST", "/v1/groups", &sales).await.expect(201);
    let group = group["id"].as_str().expect("an id");
    let path = format!("/v1/groups/{group}/members/{ada}");
    client.json("PUT", &path, &Value::Null).await;
    let before = client.tables.applications.load(&crm()).await.expect("a read").expect("an application");
    let mut selection = before.selection.clone();
    selection.groups.insert(group.parse().expect("an id"));
    let mut application = before.application.clone();
    application.version += 1;
    let write = ConfigurationWrite { selection: Some(selection), ..ConfigurationWrite::of(application) };
    assert!(client.tables.applications.write(&write).await.expect("a write"));

    let told = explained(&client, &ada).await;
    assert_eq!(told["groups"], json!([{"id": group, "name": "Sales"}]));
    assert_eq!((&told["desired"], &told["action"]), (&json!("active"), &json!("blocked")), "{told}");
    assert_eq!(attribute(&told, "displayName")["outcome"], "blocks");

    let named = json!({"display_name": "Ada Lovelace"});
    client.json("PATCH", &format!("/v1/users/{ada}"), &named).await;
    let told = explained(&client, &ada).await;
    assert_eq!(told["action"], "match_or_create", "{told}");
    assert_eq!(told["looks_for"], json!({"external_id": ada, "name": "ada"}));
    assert_eq!(attribute(&told, "displayName")["outcome"], "sent_if_new");
    assert_eq!(attribute(&told, "displayName")["source"], json!({"directory": "display_name"}));
}
