//! What the stand-in refuses, shows and does under switches that our own client gives no cause to notice, or notices only in a life:
//! each request is answered one way without the switch and another with it.

use std::time::{Duration, Instant};

use provisioning::target::Kind;
use reqwest::{Client, Method};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{Clearing, GroupRename, KnownValues, OperationNames, Quirks, StandIn, StandInConfig};

/// A stand-in with a user `u-000001` and a group `g-000002` of which he is a member.
async fn stand_in(quirks: Quirks) -> StandIn {
    let stand_in =
        StandIn::start(StandInConfig { quirks, ..StandInConfig::default() }).await.expect("a stand-in");
    let ada = json!({"userName": "ada", "title": "Engineer", "name": {"givenName": "Ada"}});
    let id = stand_in.seed(Kind::User, &ada).expect("a user");
    let crew = json!({"displayName": "Crew", "members": [{"value": id}]});
    stand_in.seed(Kind::Group, &crew).expect("a group");
    stand_in
}

/// The status, and the body where there is one.
async fn send(stand_in: &StandIn, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let client = Client::builder().no_proxy().build().expect("a client");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = client.request(method, format!("{}{path}", stand_in.base_url()));
    let answer = request.bearer_auth(stand_in.token().expose_secret()).json(body).send().await;
    let answer = answer.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn patch(op: &str, path: &str, value: Value) -> Value {
    let mut operation = json!({"op": op, "path": path});
    operation["value"] = value;
    json!({ "Operations": [operation] })
}

/// What each switch refuses, and would be taken without it.
#[tokio::test]
async fn a_switch_refuses_what_is_taken_without_it() {
    const USER: &str = "/Users/u-000001";
    const GROUP: &str = "/Groups/g-000002";
    let off = Quirks::default;
    let departments = KnownValues { attribute: "department", values: &["Engines"] };
    let enterprise = json!({ scim::ENTERPRISE_SCHEMA: {"department": "Engines"}, "userName": "bob" });
    let home = |value: &str, primary: bool| json!([{"type": "home", "value": value, "primary": primary}]);
    let bob = |name: &str, value: Value| json!({"userName": "bob", name: value});
    let removal = json!({"Operations": [{"op": "remove", "path": "title"}]});
    let renamed = patch("replace", "displayName", "Team".into());
    let shown = || json!([{"type": "work", "value": "1", "display": "one"}]);
    let cases = [
        (
            Quirks { operation_names: OperationNames::Capitalised, ..off() },
            "PATCH",
            USER,
            patch("add", "title", "x".into()),
        ),
        (
            Quirks { operation_names: OperationNames::LowerCase, ..off() },
            "PATCH",
            USER,
            patch("Add", "title", "x".into()),
        ),
        (Quirks { clearing: Clearing::Null, ..off() }, "PATCH", USER, removal.clone()),
        (Quirks { clearing: Clearing::Put, ..off() }, "PATCH", USER, removal),
        (Quirks { clearing: Clearing::Put, ..off() }, "PATCH", USER, patch("replace", "title", Value::Null)),
        (Quirks { group_rename: GroupRename::Object, ..off() }, "PATCH", GROUP, renamed),
        (Quirks { old_enterprise: true, ..off() }, "POST", "/Users", enterprise),
        (
            Quirks { known_values: Some(departments), ..off() },
            "POST",
            "/Users",
            bob("department", "Looms".into()),
        ),
        (
            Quirks { needs_primary_email: true, ..off() },
            "POST",
            "/Users",
            bob("emails", home("b@x.org", false)),
        ),
        (Quirks { refuses_display: true, ..off() }, "POST", "/Users", bob("phoneNumbers", shown())),
        (
            Quirks { refuses_display: true, ..off() },
            "PATCH",
            GROUP,
            patch("add", "members", json!([{"value": "u-000001", "display": "Ada"}])),
        ),
        (
            Quirks { display_names_without_at: true, ..off() },
            "POST",
            "/Users",
            bob("displayName", "b@x".into()),
        ),
        (
            Quirks { verified_domain: Some("example.org"), ..off() },
            "POST",
            "/Users",
            bob("emails", home("b@x.org", true)),
        ),
        (Quirks { taken_elsewhere: Some("bo"), ..off() }, "POST", "/Users", json!({"userName": "bob"})),
        (Quirks { put_needs_id: true, ..off() }, "PUT", USER, json!({"userName": "ada"})),
        (Quirks { no_group_put: true, ..off() }, "PUT", GROUP, json!({"displayName": "Crew"})),
        (
            Quirks { refuses_operations_without_path: true, ..off() },
            "PATCH",
            USER,
            json!({"Operations": [{"op": "add", "value": {"title": "x"}}]}),
        ),
    ];
    for (quirks, method, path, body) in cases {
        let (taken, _) = send(&stand_in(off()).await, method, path, &body).await;
        assert!(taken < 300, "without {:?}: {taken}", quirks.names());
        let (refused, _) = send(&stand_in(quirks).await, method, path, &body).await;
        assert!((400..500).contains(&refused), "{:?}: {refused}", quirks.names());
    }
}

#[tokio::test]
async fn a_group_may_be_in_a_group_where_groups_are_nested() {
    let nested = json!([{"op": "add", "path": "members", "value": [{"value": "g-000002"}]}]);
    let body = json!({ "Operations": nested });
    for (nests_groups, status) in [(false, 400), (true, 204)] {
        let stand_in = stand_in(Quirks { nests_groups, ..Quirks::default() }).await;
        let all = stand_in.seed(Kind::Group, &json!({"displayName": "All"})).expect("a group");
        assert_eq!(send(&stand_in, "PATCH", &format!("/Groups/{all}"), &body).await.0, status);
        let (_, shown) = send(&stand_in, "GET", &format!("/Groups/{all}"), &Value::Null).await;
        let expected = json!([{"value": "g-000002", "type": "Group"}]);
        assert_eq!(shown["members"], if nests_groups { expected } else { json!([]) });
        assert!(stand_in.erase(Kind::Group, "g-000002"));
        let (_, shown) = send(&stand_in, "GET", &format!("/Groups/{all}"), &Value::Null).await;
        assert_eq!(shown["members"], json!([]), "it goes with its memberships");
    }
}

#[tokio::test]
async fn a_put_clears_what_it_leaves_out_unless_that_is_kept_until_it_is_null() {
    for (put_keeps_what_is_absent, expected) in [(false, None), (true, Some("Engineer"))] {
        let stand_in = stand_in(Quirks { put_keeps_what_is_absent, ..Quirks::default() }).await;
        let put = async |body: Value| {
            assert_eq!(send(&stand_in, "PUT", "/Users/u-000001", &body).await.0, 200);
            stand_in.user("ada").expect("ada").text("title").map(str::to_owned)
        };
        assert_eq!(put(json!({"userName": "ada"})).await.as_deref(), expected);
        assert_eq!(put(json!({"userName": "ada", "title": null})).await, None);
    }
}

#[tokio::test]
async fn names_are_hidden_and_errors_are_another_s_json() {
    let stand_in = stand_in(Quirks { hides_names: true, json_errors: true, ..Quirks::default() }).await;
    let (_, shown) = send(&stand_in, "GET", "/Users/u-000001", &Value::Null).await;
    assert_eq!(shown["name"]["givenName"], "N/A");
    let (status, error) = send(&stand_in, "GET", "/Users/u-000009", &Value::Null).await;
    assert_eq!((status, error), (404, json!({"message": "it did not work"})));
}

#[tokio::test]
async fn what_reads_or_writes_all_there_is_takes_as_long_as_there_is_much() {
    let each = Duration::from_millis(40);
    let quirks = Quirks { slow_members: Some(each), slow_filters: Some(each), ..Quirks::default() };
    let stand_in = stand_in(quirks).await;
    for name in ["bob", "cyd"] {
        stand_in.seed(Kind::User, &json!({"userName": name})).expect("a user");
    }
    let taken = async |method: &str, path: &str, body: Value| {
        #[expect(clippy::disallowed_methods, reason = "the stand-in keeps real time")]
        let before = Instant::now();
        assert!(send(&stand_in, method, path, &body).await.0 < 300);
        before.elapsed()
    };
    assert!(taken("GET", "/Users?filter=userName%20eq%20%22ada%22", Value::Null).await >= each * 3);
    let joined = json!([{"value": "u-000003"}, {"value": "u-000004"}]);
    assert!(taken("PATCH", "/Groups/g-000002", patch("add", "members", joined)).await >= each);
    assert!(
        taken("PATCH", "/Groups/g-000002", patch("add", "members", json!([{"value": "u-000003"}]))).await
            >= each * 3
    );
    assert!(taken("GET", "/Users/u-000001", Value::Null).await < each * 3);
}

#[tokio::test]
async fn what_else_a_target_has_is_in_its_discovery_documents() {
    let stand_in =
        stand_in(Quirks { more_resource_types: true, old_enterprise: true, ..Quirks::default() }).await;
    let ids = async |path: &str| {
        let (_, list) = send(&stand_in, "GET", path, &Value::Null).await;
        let rows = list["Resources"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| Some(row["id"].as_str()?.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(ids("/ResourceTypes").await, ["Department", "User", "Group"]);
    assert!(ids("/Schemas").await.iter().any(|id| id == "urn:scim:schemas:extension:enterprise:1.0"));
}
