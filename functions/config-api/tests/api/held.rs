//! What the fuse holds, and the one person whom it never does.

use axum::body::Body;
use provisioning::application::{Configuration, Selection};
use provisioning::fuse::Window;
use provisioning::link::{Link, LinkKey, Removal, RemovalKind, State};
use provisioning::ports::{FuseWritten, Stamps};
use serde_json::json;

use crate::client::{Client, request};
use crate::offboarding::link;
use crate::users;

/// A user with an account, in the only selected group, of an application whose fuse has blown; the user's id and the group's.
async fn blown(client: &Client, change: impl FnOnce(&mut Link)) -> (String, String) {
    let ada = users::make(client, "ada").await;
    let group = client.json("POST", "/v1/groups", &json!({"name": "Sales"})).await.expect(201);
    let group = group["id"].as_str().expect("a text").to_owned();
    let member =
        request("PUT", &format!("/v1/groups/{group}/members/{ada}")).body(Body::empty()).expect("a request");
    client.send(member).await.expect(204);
    link(client, "crm", &ada, |link| {
        link.state = State::Linked;
        change(link);
    })
    .await;
    let crm = "crm".parse().expect("one");
    let selection = Selection { groups: [group.parse().expect("one")].into(), ..Selection::default() };
    let new = Configuration { selection: Some(selection), ..Configuration::default() };
    client.setup.configure(&crm, new).await.expect("an answer");
    let window = Window::default();
    let full = window.blow("too much".into(), "2026-11-23T07:00:00Z".parse().expect("one"));
    let written = client.tables.fuse.write(&crm, &window, &full, Stamps::None).await.expect("an answer");
    assert_eq!(written, FuseWritten::Yes);
    (ada, group)
}

/// Whether he may go although the fuse has blown, and how many it counted.
async fn goes(client: &Client, user: &str) -> (bool, u64) {
    let crm = "crm".parse().expect("one");
    let now = client.setup.clock.now();
    let window = client.tables.fuse.window(&crm).await.expect("an answer");
    assert!(window.blown.is_some(), "it holds all others");
    let link = client
        .tables
        .links
        .link(&LinkKey::user(&crm, &user.parse().expect("one")))
        .await
        .expect("an answer")
        .expect("it is there");
    (link.may_lose(RemovalKind::Removal, now), window.counted(now).accounts)
}

#[tokio::test]
async fn one_person_who_is_taken_away_by_hand_may_go_though_the_fuse_has_blown() {
    for (method, path, body) in [
        ("POST", "/v1/users/{user}/offboard", None),
        ("DELETE", "/v1/users/{user}", None),
        ("PATCH", "/v1/users/{user}", Some(json!({"status": "disabled"}))),
        ("DELETE", "/v1/groups/{group}/members/{user}", None),
    ] {
        let client = Client::new().await;
        let (ada, group) = blown(&client, |_| {}).await;
        let path = path.replace("{user}", &ada).replace("{group}", &group);
        let answer = match body {
            Some(body) => client.json(method, &path, &body).await,
            None => client.send(request(method, &path).body(Body::empty()).expect("a request")).await,
        };
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        assert_eq!(goes(&client, &ada).await, (true, 1), "{method} {path}");
    }
}

#[tokio::test]
async fn who_is_held_already_goes_once_he_is_taken_away_by_hand() {
    let client = Client::new().await;
    let since = "2026-11-23T07:00:00Z".parse().expect("one");
    let held = Some(Removal::Held { kind: RemovalKind::Change, since });
    let (ada, _) = blown(&client, |link| link.removal = held).await;
    let path = format!("/v1/users/{ada}/offboard");
    client.send(request("POST", &path).body(Body::empty()).expect("a request")).await.expect(202);
    assert_eq!(goes(&client, &ada).await, (true, 1));
}

#[tokio::test]
async fn the_list_says_what_each_would_lose() {
    for (kind, shown, accounts, changes) in [
        (RemovalKind::Change, "change", 0, 1),
        (RemovalKind::Removal, "removal", 1, 0),
        (RemovalKind::Deletion, "deletion", 1, 0),
    ] {
        let client = Client::new().await;
        let since = "2026-11-23T07:00:00Z".parse().expect("one");
        blown(&client, |link| link.removal = Some(Removal::Held { kind, since })).await;
        let list = client.get("/v1/applications/crm/held").await.expect(200);
        let item = &list["items"][0];
        assert_eq!((&item["removal"], &item["removal_kind"]), (&json!("held"), &json!(shown)));
        assert_eq!((&list["accounts"], &list["changes"]), (&json!(accounts), &json!(changes)), "{shown}");
    }
}
