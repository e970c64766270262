use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use provisioning::application::{Configuration, Links, Policy, Selection};
use provisioning::directory::{Status, User};
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::UserWrite;
use provisioning::preview::Previewer;
use provisioning::target::Kind;
use serde_json::{Value, json};
use testkit::{StandIn, StandInConfig};

use crate::client::{Client, request};
use crate::users;

/// An application that is connected to a target, maps two attributes, and selects one group.
struct World {
    client: Client,
    target: StandIn,
    group: String,
}

fn crm() -> ApplicationId {
    "crm".parse().expect("an id")
}

impl World {
    async fn new() -> Self {
        let client = Client::new().await;
        let target = StandIn::start(StandInConfig::default()).await.expect("a target");
        let group = client.json("POST", "/v1/groups", &json!({"name": "Sales"})).await.expect(201);
        let group = group["id"].as_str().expect("an id").to_owned();
        let world = Self { client, target, group };
        world.set_up().await;
        world
    }

    async fn set_up(&self) {
        let setup = &self.client.setup;
        setup.create(&crm(), "CRM", "generic-saml").await.expect("an application");
        let url = self.target.base_url();
        setup.connect(&crm(), url, &self.target.token(), Links::Keep).await.expect("a connection");
        let mapped = |target: &str, source| MappedAttribute {
            target: target.parse().expect("a path"),
            source: Source::Directory(source),
            required: target == "userName",
        };
        let attributes = vec![
            mapped("userName", DirectoryAttribute::Username),
            mapped("displayName", DirectoryAttribute::DisplayName),
        ];
        let group: GroupId = self.group.parse().expect("an id");
        let new = Configuration {
            mapping: Some(Mapping { attributes }),
            selection: Some(Selection { groups: [group].into(), ..Selection::default() }),
            ..Configuration::default()
        };
        setup.configure(&crm(), new).await.expect("a configuration");
    }

    /// A user in the selected group.
    async fn hire(&self, name: &str) -> String {
        let user = users::make(&self.client, name).await;
        self.join(&user).await;
        user
    }

    /// So many users in the selected group.
    async fn crowd(&self, count: usize) {
        let group: GroupId = self.group.parse().expect("an id");
        for number in 0..count {
            let id: UserId = format!("user-{number:05}").parse().expect("an id");
            let new = User {
                username: id.to_string(),
                id,
                source_id: None,
                email: None,
                first_name: None,
                last_name: None,
                display_name: None,
                status: Status::Active,
                custom: BTreeMap::new(),
                deleting: false,
            };
            let join = [group.clone()].into();
            let write = UserWrite { old: None, new, join, leave: BTreeSet::new() };
            self.client.setup.tables.directory.write_user(&write).await.expect("written");
        }
    }

    async fn join(&self, user: &str) {
        let path = format!("/v1/groups/{}/members/{user}", self.group);
        let put = self.client.send(request("PUT", &path).body(Body::empty()).expect("a request")).await;
        assert!(put.status.is_success(), "{put:?}");
    }

    async fn start(&self) -> String {
        let post = request("POST", "/v1/applications/crm/previews").body(Body::empty());
        let started = self.client.send(post.expect("a request")).await.expect(202);
        assert_eq!(started["status"], "running");
        started["id"].as_str().expect("an id").to_owned()
    }

    /// Does every page, as `jobs` does.
    async fn finish(&self, preview: &str) -> Value {
        let setup = self.client.setup.clone();
        let previewer = Previewer {
            tables: setup.tables,
            secrets: setup.secrets,
            connector: setup.connector,
            bell: setup.bell,
            clock: setup.clock,
        };
        for step in 0..20 {
            previewer.page(&crm(), &preview.parse().expect("an id"), step).await.expect("a page");
        }
        self.shown(preview).await
    }

    async fn shown(&self, preview: &str) -> Value {
        self.client.get(&format!("/v1/applications/crm/previews/{preview}")).await.expect(200)
    }

    async fn rows(&self, preview: &str, filter: &str) -> Vec<Value> {
        self.client.all(&format!("/v1/applications/crm/previews/{preview}/rows{filter}"), 2).await
    }

    async fn enable(&self, preview: &str) -> crate::client::Answer {
        self.client.json("POST", "/v1/applications/crm/enable", &json!({"preview": preview})).await
    }
}

fn named<'a>(rows: &'a [Value], name: &str) -> &'a Value {
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no row of {name}: {rows:?}"))
}

#[tokio::test]
async fn a_preview_says_of_each_user_and_group_what_would_be_done_and_writes_nothing() {
    let world = World::new().await;
    let there = json!({"userName": "bob", "displayName": "Bobby", "active": true});
    world.target.seed(Kind::User, &there).expect("an account");
    let foreign = json!({"userName": "eve", "externalId": "another-source", "active": true});
    world.target.seed(Kind::User, &foreign).expect("an account");
    for name in ["ada", "bob", "eve"] {
        world.hire(name).await;
    }
    let preview = world.start().await;
    let shown = world.finish(&preview).await;
    assert_eq!((&shown["status"], &shown["current"]), (&json!("complete"), &json!(true)), "{shown}");
    let users = &shown["users"];
    assert_eq!((&users["create"], &users["adopt"], &users["conflict"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((&shown["groups"]["create"], &shown["members_added"]), (&json!(1), &json!(2)));

    let rows = world.rows(&preview, "").await;
    let ada = named(&rows, "ada");
    assert_eq!(
        ada["changes"],
        json!([{"attribute": "active", "new": true}, {"attribute": "userName", "new": "ada"}])
    );
    let bob = named(&rows, "bob");
    assert_eq!((&bob["action"], &bob["kind"]), (&json!("adopt"), &json!("user")));
    assert_eq!(bob["changes"], json!([{"attribute": "displayName", "old": "Bobby"}]));
    let eve = named(&rows, "eve");
    assert_eq!(eve["candidates"][0]["external_id"], "another-source");
    assert!(eve["reason"].as_str().expect("a reason").contains("take_over"), "{eve}");
    assert_eq!(named(&rows, "Sales")["added"], json!({"count": 2, "names": ["ada", "bob"]}));
    assert_eq!(rows[0]["kind"], "group", "groups come first");

    let conflicts = world.rows(&preview, "?action=conflict").await;
    assert_eq!(conflicts, std::slice::from_ref(eve));
    assert!(world.target.writes().is_empty(), "{:?}", world.target.writes());
}

#[tokio::test]
async fn an_application_is_enabled_by_a_preview_that_still_holds() {
    let world = World::new().await;
    world.hire("ada").await;
    let preview = world.start().await;
    world.enable(&preview).await.problem(409, "preview-outdated");
    world.finish(&preview).await;
    let enabled = world.enable(&preview).await.expect(202);
    assert_eq!(enabled["status"], "enabled");
    let checked = json!({"complete": true, "checked": 2, "of": 2});
    assert_eq!(enabled["preview"], checked, "ada and her group");
}

#[tokio::test]
async fn enabling_by_a_preview_of_a_large_directory_says_how_much_of_it_was_looked_at_again() {
    let world = World::new().await;
    world.crowd(1_050).await;
    let preview = world.start().await;
    world.finish(&preview).await;
    let enabled = world.enable(&preview).await.expect(202);
    let checked = &enabled["preview"];
    assert_eq!((&checked["complete"], &checked["of"]), (&json!(false), &json!(1_051)), "{checked}");
    let looked_at = checked["checked"].as_u64().expect("a number");
    assert!((1_000..1_051).contains(&looked_at), "{checked}");

    // Without a preview nothing is looked at again, and nothing is said of it.
    let again = world
        .client
        .send(request("POST", "/v1/applications/crm/enable").body(Body::empty()).expect("a request"));
    assert!(again.await.expect(202).get("preview").is_none());
}

#[tokio::test]
async fn who_enables_by_a_preview_is_told_exactly_who_changed_since_and_nothing_is_enabled() {
    let world = World::new().await;
    let ada = world.hire("ada").await;
    world.hire("bob").await;
    let preview = world.start().await;
    world.finish(&preview).await;
    let named = json!({"display_name": "Ada Lovelace"});
    world.client.json("PATCH", &format!("/v1/users/{ada}"), &named).await.expect(200);
    let cyd = world.hire("cyd").await;

    let problem = world.enable(&preview).await.problem(409, "preview-outdated");
    let changed = problem["changed"]["objects"].as_array().expect("objects");
    let of = |id: &str| changed.iter().find(|object| object["id"] == id).expect("an object").clone();
    assert_eq!((&of(&ada)["previewed"], &of(&ada)["now"]), (&json!("create"), &json!("create")));
    assert_eq!((&of(&cyd)["previewed"], &of(&cyd)["now"]), (&Value::Null, &json!("create")));
    assert!(changed.iter().all(|object| object["name"] != "bob"), "{changed:?}");
    assert_eq!(problem["changed"]["complete"], true);
    let application = world.client.get("/v1/applications/crm").await.expect(200);
    assert_eq!(application["lifecycle"], "setup");

    let anew = world.start().await;
    world.finish(&anew).await;
    world.enable(&anew).await.expect(202);
}

#[tokio::test]
async fn another_configuration_ends_a_preview_and_outdates_one_that_is_complete() {
    let world = World::new().await;
    world.hire("ada").await;
    let complete = world.start().await;
    world.finish(&complete).await;
    let begun = world.start().await;
    let policy = Policy { take_over: true, ..Policy::default() };
    let new = Configuration { policy: Some(policy), ..Configuration::default() };
    world.client.setup.configure(&crm(), new).await.expect("a configuration");
    let ended = world.finish(&begun).await;
    assert_eq!((&ended["status"], &ended["current"]), (&json!("failed"), &json!(false)));
    assert_eq!(ended["reason"], "the configuration was changed while the preview was made");
    let problem = world.enable(&complete).await.problem(409, "preview-outdated");
    assert!(problem["detail"].as_str().expect("a detail").contains("configuration was changed"));
}

#[tokio::test]
async fn a_newer_preview_ends_the_one_under_way() {
    let world = World::new().await;
    let older = world.start().await;
    let newer = world.start().await;
    assert_eq!(world.finish(&older).await["reason"], "a newer preview was started");
    assert_eq!(world.finish(&newer).await["status"], "complete");
}

#[tokio::test]
async fn a_target_that_refuses_the_credentials_fails_the_preview_with_its_words_and_stops_nothing_else() {
    let world = World::new().await;
    world.hire("ada").await;
    world.target.set_token("another");
    let preview = world.start().await;
    let shown = world.finish(&preview).await;
    assert_eq!(shown["status"], "failed", "{shown}");
    assert!(shown["reason"].as_str().expect("a reason").contains("401"), "{shown}");
    let status = world.client.get("/v1/applications/crm/status").await.expect(200);
    assert_eq!(status["status"], "ready");
}

#[tokio::test]
async fn what_is_not_set_up_has_no_preview_and_what_is_not_there_is_not_found() {
    let client = Client::new().await;
    client.setup.create(&crm(), "CRM", "generic-saml").await.expect("an application");
    let post = |path: &str| client.send(request("POST", path).body(Body::empty()).expect("a request"));
    let problem = post("/v1/applications/crm/previews").await.problem(409, "not-ready");
    assert_eq!(problem["errors"][0]["field"], "connection");
    post("/v1/applications/none/previews").await.problem(404, "not-found");
    client.get("/v1/applications/crm/previews/none").await.problem(404, "not-found");
    client.get("/v1/applications/crm/previews/none/rows").await.problem(404, "not-found");
    let unknown = json!({"preview": "none"});
    let enable = "/v1/applications/crm/enable";
    client.json("POST", enable, &unknown).await.problem(422, "invalid-value");
    client.json("POST", enable, &json!({"previw": "x"})).await.problem(400, "invalid-body");
}
