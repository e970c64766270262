use provisioning::directory::{Group, User};
use serde_json::{Value, json};
use testkit::LoggedRequest;

use super::system::{System, lines};

/// The operations of a PATCH, as they were sent.
fn operations(request: &LoggedRequest) -> Vec<Value> {
    let body = request.body.as_ref().expect("a body");
    body["Operations"].as_array().expect("operations").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_changed_title_is_one_patch_of_the_title() {
    let system = System::in_step(20, 3, 1).await;
    let (ada, ..) = system.somebody();
    let mut promoted = ada.clone();
    promoted.custom.insert("title".into(), "Head of Numbers".into());
    let requests = system.requests_of(system.put_user(&ada, promoted, &[], &[])).await;
    assert_eq!(lines(&requests), ["PATCH Users"]);
    assert_eq!(
        operations(&requests[0]),
        [json!({"op": "replace", "path": "title", "value": "Head of Numbers"})]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_not_mapped_is_no_request() {
    let system = System::in_step(20, 3, 1).await;
    let (ada, ..) = system.somebody();
    let mut changed = ada.clone();
    changed.custom.insert("shoe_size".into(), "44".into());
    let requests = system.requests_of(system.put_user(&ada, changed, &[], &[])).await;
    assert!(requests.is_empty(), "{:?}", lines(&requests));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_or_leaves_a_group_is_one_patch_of_that_group() {
    let system = System::in_step(20, 4, 2).await;
    let (ada, _, other) = system.somebody();
    let joined = system.requests_of(system.put_user(&ada, ada.clone(), &[&other], &[])).await;
    assert_eq!(lines(&joined), ["PATCH Groups"]);
    assert!(system.target.members_of(&other.name).contains(&ada.username));
    let left = system.requests_of(system.put_user(&ada, ada.clone(), &[], &[&other])).await;
    assert_eq!(lines(&left), ["PATCH Groups"]);
    assert_eq!(operations(&left[0]).len(), 1);
    assert!(!system.target.members_of(&other.name).contains(&ada.username));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_is_deactivated_first_and_then_leaves_each_group() {
    let system = System::in_step(30, 5, 3).await;
    let (ada, ..) = system.somebody();
    let groups = system.groups_of(&ada.id);
    let leaves = async { system.engine.tables().directory.delete_user(&ada.id).await.unwrap() };
    let requests = system.requests_of(leaves).await;
    let lines = lines(&requests);
    assert_eq!(lines[0], "PATCH Users");
    assert_eq!(operations(&requests[0]), [json!({"op": "replace", "path": "active", "value": false})]);
    assert_eq!(lines[1..], vec!["PATCH Groups"; groups.len()]);
    assert_eq!(system.target.user(&ada.username).expect("the account stays").active(), Some(false));
    for group in system.directory.groups.iter().filter(|group| groups.contains(&group.id)) {
        assert!(!system.target.members_of(&group.name).contains(&ada.username));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_is_one_patch() {
    let system = System::in_step(20, 3, 1).await;
    let (ada, group, _) = system.somebody();
    let renamed = User { username: "ada.king".into(), ..ada.clone() };
    let requests = system.requests_of(system.put_user(&ada, renamed, &[], &[])).await;
    assert_eq!(lines(&requests), ["PATCH Users"]);
    assert_eq!(operations(&requests[0]), [json!({"op": "replace", "path": "userName", "value": "ada.king"})]);

    let named = Group { name: "Renamed".into(), ..group.clone() };
    let requests = system.requests_of(system.put_group(Some(group), &named)).await;
    assert_eq!(lines(&requests), ["PATCH Groups"]);
    assert_eq!(
        operations(&requests[0]),
        [json!({"op": "replace", "path": "displayName", "value": "Renamed"})]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_is_created_once_and_joins_his_group() {
    let system = System::in_step(10, 2, 1).await;
    let (ada, group, _) = system.somebody();
    let bob = User {
        id: "bob".parse().unwrap(),
        source_id: None,
        username: "bob".into(),
        email: Some("bob@example.org".into()),
        ..ada
    };
    let join = std::collections::BTreeSet::from([group.id.clone()]);
    let write = provisioning::ports::UserWrite { old: None, new: bob, join, leave: Default::default() };
    let joins = async { system.engine.tables().directory.write_user(&write).await.unwrap() };
    let requests = system.requests_of(joins).await;
    let writes: Vec<_> = lines(&requests).into_iter().filter(|line| !line.starts_with("GET ")).collect();
    assert_eq!(writes, ["POST Users", "PATCH Groups"]);
    assert!(system.target.members_of(&group.name).contains("bob"));
}
