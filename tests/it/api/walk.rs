//! From nothing to in step, and back to nothing, as an administrator goes.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Fault, StandIn, StandInConfig};

use super::served::Served;
use crate::real_time::now;

const PEOPLE: &str = "\
id,username,email,first_name,last_name,status,groups,job
1,ada,ada@example.org,Ada,Lovelace,active,Engineering;Leads,Countess
2,grace,grace@example.org,Grace,Hopper,active,Engineering,Admiral
3,alan,alan@example.org,Alan,Turing,disabled,Engineering,Researcher
4,mary,mary@example.org,Mary,Shelley,active,Writing,Novelist
";

/// A token that would be found wherever it leaks to.
const CANARY: &str = "canary-7d0c1f9e5b";

fn shown(target: &StandIn, name: &str) -> Value {
    target.user(name).map(|user| user.to_json()).unwrap_or_default()
}

async fn seen(what: &str, holds: impl Fn() -> bool) {
    let began = now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_walks_from_empty_to_in_step_and_back_to_nothing() {
    let served = Served::start();
    let token = CANARY.to_owned();
    let target = StandIn::start(StandInConfig { token, ..StandInConfig::default() }).await.unwrap();

    // The directory, in parts that are cut within lines.
    let import = served.import(PEOPLE, 100, json!({"complete": true})).await;
    assert_eq!((&import["state"], &import["counts"]["created"]), (&json!("finished"), &json!(4)), "{import}");
    assert_eq!(served.all("/v1/users").await.len(), 4);
    let attributes = served.get("/v1/attributes").await;
    assert_eq!(
        attributes["items"][0]["name"], "job",
        "an unknown column is a custom attribute: {attributes}"
    );

    let new = json!({"catalog_key": "generic-saml", "name": "CRM"});
    let application = served.post("/v1/applications", new).await;
    let id = application["id"].as_str().unwrap().to_owned();
    let at = |part: &str| format!("/v1/applications/{id}{part}");
    assert_eq!(served.get(&at("/status")).await["next_step"], "connect it to its SCIM endpoint");

    // Before it is connected the mapping is locked, and nothing can be enabled.
    for locked in ["/schema", "/mapping"] {
        let answer = served.raw("GET", &at(locked), None, None).await;
        assert_eq!((answer.status, &answer.json["type"]), (409, &json!("/problems/not-connected")));
    }
    let answer = served.raw("POST", &at("/enable"), None, None).await;
    assert_eq!((answer.status, &answer.json["type"]), (409, &json!("/problems/not-ready")));
    assert_eq!(answer.json["errors"][0]["field"], "connection");

    refuses_connections(&served, &id, &target).await;
    assert_eq!(served.get(&at("/connection")).await["status"], "none");
    let answer = served.connect(&id, &target).await;
    assert_eq!((answer.status, &answer.json["status"]), (200, &json!("connected")), "{answer:?}");
    assert!(!answer.json.to_string().contains(CANARY), "a token is never shown");
    assert!(!served.keeps(CANARY), "a token lies with the secrets only");

    // What the target requires is mapped already, and cannot be left out.
    let mapping = served.get(&at("/mapping")).await;
    assert_eq!(mapping["attributes"][0]["target"], "userName");
    assert_eq!(mapping["attributes"][0]["required"], true);
    let entry = |target: &str, source: Value| json!({"target": target, "source": source});
    let without = json!({"attributes": [entry("title", json!({"custom": "job"}))]});
    let answer = served.configure("PUT", &id, "/mapping", without).await;
    assert_eq!(answer.status, 422);
    assert!(answer.json["errors"][0]["hint"].as_str().unwrap().contains("requires"), "{answer:?}");
    let wanted = json!({"attributes": [
        entry("userName", json!({"directory": "username"})),
        entry("name.familyName", json!({"directory": "last_name"})),
        entry("title", json!({"custom": "job"})),
        entry("userType", json!({"constant": "Employee"})),
    ]});
    served.put(&id, "/mapping", wanted).await;
    let ada = served.get("/v1/users?q=ada").await["items"][0]["id"].clone();
    let evaluated = served.post(&at("/mapping/evaluate"), json!({"user": ada})).await;
    assert!(evaluated["attributes"].to_string().contains("Countess"), "{evaluated}");

    let groups = served.all("/v1/groups").await;
    let named = |name: &str| groups.iter().find(|group| group["name"] == name).unwrap()["id"].clone();
    let selected = json!({"mode": "list", "groups": [named("Engineering"), named("Leads")]});
    served.put(&id, "/groups", selected).await;
    assert_eq!(served.get(&at("/status")).await["status"], "ready");

    served.call("POST", &at("/enable"), None).await;
    let status = served.until_in_step(&id).await;
    assert_eq!((&status["status"], &status["idle"]), (&json!("enabled"), &json!(true)), "{status}");
    assert_eq!(target.counts(), (2, 2), "who is disabled, or in no selected group, has no account");
    assert_eq!(shown(&target, "ada")["title"], "Countess");
    assert_eq!(shown(&target, "grace")["userType"], "Employee");
    assert_eq!(target.members_of("Engineering"), ["ada", "grace"].map(str::to_owned).into());

    tells_what_it_did(&served, &id).await;

    // Changes of the directory are seen at the target, each by the requests it takes.
    let ada = ada.as_str().unwrap();
    target.clear_log();
    served.call("PATCH", &format!("/v1/users/{ada}"), Some(json!({"custom": {"job": "Analyst"}}))).await;
    seen("the new title", || shown(&target, "ada")["title"] == "Analyst").await;
    let grace = served.get("/v1/users?q=grace").await["items"][0]["id"].as_str().unwrap().to_owned();
    served.call("POST", &format!("/v1/users/{grace}/offboard"), None).await;
    seen("an account that is off", || shown(&target, "grace")["active"] == false).await;
    let began = now();
    loop {
        let receipt = served.get(&format!("/v1/users/{grace}/offboard")).await;
        if receipt["closed"] == true {
            assert_eq!(receipt["applications"][0]["state"], "closed", "{receipt}");
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{receipt}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    served.until_in_step(&id).await;

    // Disabled, it is left alone.
    served.call("POST", &at("/disable"), None).await;
    target.clear_log();
    served.call("PATCH", &format!("/v1/users/{ada}"), Some(json!({"custom": {"job": "Retired"}}))).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(target.request_count(), 0, "{:?}", target.requests());

    // Removed with its accounts.
    let answer = served.configure("DELETE", &id, "?accounts=deactivate", Value::Null).await;
    assert_eq!((answer.status, &answer.json["lifecycle"]), (202, &json!("removing")), "{answer:?}");
    let began = now();
    while served.raw("GET", &at(""), None, None).await.status != 404 {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it is not removed: {}",
            served.get(&at("/status")).await
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shown(&target, "ada")["active"], false);
    assert!(target.members_of("Engineering").is_empty(), "our members went");
    assert_eq!(served.all("/v1/applications").await, Vec::<Value>::new());
}

/// A wrong token, a web page and a closed port are each refused with what is wrong, and nothing is kept.
async fn refuses_connections(served: &Served, id: &str, target: &StandIn) {
    let with = |base_url: &str, token: &str| json!({"mode": "bearer", "base_url": base_url, "token": token});
    let refused = async |body: Value| {
        let answer = served.configure("PUT", id, "/connection", body).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        answer.json
    };
    let wrong = refused(with(target.base_url().as_str(), "a-wrong-token")).await;
    assert_eq!(
        (&wrong["type"], &wrong["errors"][0]["field"]),
        (&json!("/problems/target-refused"), &json!("token"))
    );
    assert!(!wrong.to_string().contains("a-wrong-token"), "{wrong}");
    target.fail(Fault::always().web_page());
    let page = refused(with(target.base_url().as_str(), CANARY)).await;
    assert_eq!(
        (&page["type"], &page["errors"][0]["field"]),
        (&json!("/problems/target-refused"), &json!("base_url"))
    );
    target.clear_faults();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = refused(with(&format!("http://{closed}/scim/v2"), CANARY)).await;
    assert_eq!(nobody["type"], "/problems/target-refused", "{nobody}");
    let no_url = refused(with("scim example", CANARY)).await;
    assert_eq!(no_url["type"], "/problems/invalid-value", "{no_url}");
}

/// The log of the application, the log of all, and the timeline of one person tell the same.
async fn tells_what_it_did(served: &Served, id: &str) {
    let began = now();
    let log = loop {
        let log = served.all(&format!("/v1/applications/{id}/logs")).await;
        if log.iter().filter(|event| event["action"]["name"] == "provisioning_user_sync").count() == 2 {
            break log;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{log:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let names: Vec<_> = log.iter().map(|event| event["action"]["name"].as_str().unwrap()).collect();
    for (name, count) in
        [("provisioning_enable", 1), ("provisioning_user_sync", 2), ("provisioning_group_sync", 2)]
    {
        assert_eq!(names.iter().filter(|told| **told == name).count(), count, "{name}: {names:?}");
    }
    assert!(names.contains(&"provisioning_config_update"), "{names:?}");
    assert!(
        log.iter().all(|event| event["outcome"]["reason"].as_str().is_some_and(|reason| !reason.is_empty()))
    );
    let all = served.all(&format!("/v1/activity?application={id}")).await;
    assert_eq!(all.len(), log.len());
    let ada = served.get("/v1/users?q=ada").await["items"][0]["id"].as_str().unwrap().to_owned();
    let timeline = served.all(&format!("/v1/users/{ada}/timeline")).await;
    assert_eq!(timeline.len(), 1, "{timeline:?}");
    let actions = served.all("/v1/administrator-actions").await;
    assert!(actions.iter().any(|event| event["action"]["name"] == "provisioning_enable"), "{actions:?}");
    assert!(actions.iter().all(|event| event["actor"]["type"] != "system"), "{actions:?}");
}
