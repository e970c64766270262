//! A connection that leads to another tenant, whose ids overlap with the first one's.

use provisioning::target::Kind;
use serde_json::{Value, json};
use testkit::{StandIn, StandInConfig};

use super::served::Served;

const PEOPLE: &str = "id,username,groups\n1,ada,All\n2,grace,All\n3,alan,All\n";

/// Another tenant: other people under the very ids that ours have at the first one.
async fn other_tenant(first: &StandIn) -> StandIn {
    let other = StandIn::start(StandInConfig::default()).await.unwrap();
    for name in ["zoe", "yves", "xena"] {
        let user = json!({"userName": name, "externalId": format!("other-{name}"), "active": true,
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]});
        other.seed(Kind::User, &user).unwrap();
    }
    let ids = |target: &StandIn| target.users().iter().filter_map(|user| user.id()).collect::<Vec<_>>();
    assert_eq!(ids(&other), ids(first), "the ids of the two overlap");
    other
}

async fn world() -> (Served, StandIn, StandIn, String) {
    let served = Served::start();
    let first = StandIn::start(StandInConfig::default()).await.unwrap();
    served.import(PEOPLE, 1_000, json!({"complete": true})).await;
    let application = served.provisioned(&first, &["All"]).await;
    let other = other_tenant(&first).await;
    first.clear_log();
    other.clear_log();
    (served, first, other, application)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_is_refused_and_nothing_is_written_to_either() {
    let (served, first, other, application) = world().await;
    let answer = served.connect(&application, &other).await;
    assert_eq!(
        (answer.status, &answer.json["type"]),
        (409, &json!("/problems/target-changed")),
        "{answer:?}"
    );
    assert_eq!((&answer.json["same"], &answer.json["different"]), (&json!(0), &json!(3)));
    served.call("POST", &format!("/v1/applications/{application}/sync"), None).await;
    served.until_in_step(&application).await;
    assert!(first.writes().is_empty() && other.writes().is_empty());
    let shown = served.get(&format!("/v1/applications/{application}/connection")).await;
    assert_eq!(shown["base_url"], first.base_url().as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_url_with_a_token_of_another_tenant_is_refused_too() {
    let (served, first, _other, application) = world().await;
    // The token decides the tenant: under the same URL there are now other people.
    let ids: Vec<String> = first.users().iter().filter_map(|user| user.id()).collect();
    for id in &ids {
        let renamed = json!([{"op": "replace", "path": "externalId", "value": format!("other-{id}")}]);
        assert!(first.alter(Kind::User, id, &renamed));
    }
    first.set_token("token-of-another-tenant");
    first.clear_log();
    let answer = served.connect(&application, &first).await;
    assert_eq!(
        (answer.status, &answer.json["type"]),
        (409, &json!("/problems/target-changed")),
        "{answer:?}"
    );
    assert!(first.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_of_the_same_tenant_is_taken_without_a_question() {
    let (served, first, _other, application) = world().await;
    first.set_token("a-rotated-token");
    let answer = served.connect(&application, &first).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    served.until_in_step(&application).await;
    assert!(first.writes().is_empty(), "{:?}", first.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn relink_starts_a_new_generation_that_touches_no_stranger() {
    let (served, first, other, application) = world().await;
    let answer = served.connect_as(&application, &other, json!("relink")).await;
    assert_eq!((answer.status, &answer.json["target_generation"]), (200, &json!(2)), "{answer:?}");
    served.until_in_step(&application).await;
    assert!(first.writes().is_empty());
    assert_eq!(other.counts(), (6, 1), "three strangers, and our three beside them");
    for name in ["zoe", "yves", "xena"] {
        assert_eq!(other.user(name).unwrap().active(), Some(true));
    }
    assert_eq!(other.members_of("All"), ["ada", "grace", "alan"].map(str::to_owned).into());
    let posts = other.writes().iter().filter(|write| write.method == "POST").count();
    assert_eq!((posts, other.writes().len()), (4, 4), "{:?}", other.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_was_kept_by_mistake_can_be_relinked_as_it_is_connected() {
    let (served, _first, other, application) = world().await;
    assert_eq!(served.connect_as(&application, &other, json!("keep")).await.status, 200);
    let answer = served.connect_as(&application, &other, json!("relink")).await;
    assert_eq!((answer.status, &answer.json["target_generation"]), (200, &json!(2)), "{answer:?}");
    served.until_in_step(&application).await;
    assert_eq!(other.counts(), (6, 1), "three strangers, and our three beside them");
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_keeps_the_links() {
    let (served, first, other, application) = world().await;
    let answer = served.connect_as(&application, &other, json!("keep")).await;
    assert_eq!((answer.status, &answer.json["target_generation"]), (200, &json!(1)), "{answer:?}");
    served.until_in_step(&application).await;
    let links = served.all(&format!("/v1/applications/{application}/links/users")).await;
    assert_eq!(links.len(), 3);
    assert!(links.iter().all(|link: &Value| link["state"] == "linked"), "{links:?}");
    assert!(first.writes().is_empty() && other.writes().is_empty(), "nothing differs from what was sent");
}
