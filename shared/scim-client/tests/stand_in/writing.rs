//! Which requests a write takes, and what stands at the target afterwards.

use catalog::GroupUpdate;
use provisioning::target::{Capabilities, Kind, TargetError, Write};
use provisioning::value::Value;
use serde_json::json;
use testkit::{AbsentMember, Fault, Quirks};

use crate::example::*;

#[tokio::test]
async fn one_changed_attribute_is_one_request_with_that_attribute() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    let titled = update(&ada, &[change("title", Some("Engineer".into()), Some("Director".into()))]);
    let exchange = target.write(&titled).await;
    exchange.result.expect("accepted");
    assert_eq!(exchange.requests.len(), 1);
    let writes = stand_in.writes();
    assert_eq!(
        writes[1].body.as_ref().expect("a body")["Operations"],
        json!([{"op": "replace", "path": "title", "value": "Director"}])
    );
    let ada = stand_in.user("ada").expect("ada");
    assert_eq!(ada.text("title"), Some("Director"));
    assert_eq!(ada.read(&path(WORK_EMAIL)), Some(&json!("ada@example.org")));
}

#[tokio::test]
async fn an_email_that_somebody_took_away_is_added_again() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    assert!(stand_in.alter(Kind::User, ada.remote_id.as_str(), &json!([{"op": "remove", "path": "emails"}])));
    let moved = [
        change(WORK_EMAIL, Some("ada@example.org".into()), Some("ada@example.com".into())),
        change("title", Some("Engineer".into()), Some("Director".into())),
    ];
    let exchange = target.write(&update(&ada, &moved)).await;
    exchange.result.expect("accepted");
    let methods: Vec<_> = exchange.requests.iter().map(|note| (note.method.as_str(), note.status)).collect();
    assert_eq!(methods, [("PATCH", Some(400)), ("GET", Some(200)), ("PATCH", Some(204))]);
    let ada = stand_in.user("ada").expect("ada");
    assert_eq!(
        ada.read(&path("emails")),
        Some(&json!([{"type": "work", "primary": true, "value": "ada@example.com"}]))
    );
    assert_eq!(ada.text("title"), Some("Director"));
}

#[tokio::test]
async fn lines_of_a_new_address_become_one_address() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    let lines = [
        change("addresses[type eq \"work\"].locality", None, Some("Ulm".into())),
        change("addresses[type eq \"work\"].country", None, Some("DE".into())),
    ];
    target.write(&update(&ada, &lines)).await.result.expect("accepted");
    let address = json!([{"type": "work", "primary": true, "locality": "Ulm", "country": "DE"}]);
    assert_eq!(stand_in.user("ada").expect("ada").read(&path("addresses")), Some(&address));
}

#[tokio::test]
async fn a_target_without_patch_is_read_and_put_and_that_is_learned() {
    let stand_in = stand_in(Quirks { no_patch: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    let title = |old: &str, new: &str| update(&ada, &[change("title", Some(old.into()), Some(new.into()))]);
    let exchange = target.write(&title("Engineer", "Director")).await;
    exchange.result.expect("accepted");
    let methods = |notes: &[provisioning::target::RequestNote]| {
        notes.iter().map(|note| note.method.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(methods(&exchange.requests), "PATCH GET PUT");
    let exchange = target.write(&title("Director", "Chair")).await;
    exchange.result.expect("accepted");
    assert_eq!(methods(&exchange.requests), "GET PUT");
    let ada = stand_in.user("ada").expect("ada");
    assert_eq!((ada.text("title"), ada.text("externalId")), (Some("Chair"), Some("ext-ada")));
    assert_eq!(ada.read(&path(WORK_EMAIL)), Some(&json!("ada@example.org")));
}

#[tokio::test]
async fn members_are_put_where_there_is_no_patch() {
    let stand_in = stand_in(Quirks { no_patch: true, ..Quirks::default() }).await;
    let target =
        target_with(&stand_in, Capabilities { group_update: GroupUpdate::Put, ..Capabilities::default() });
    let ada = made(&*target, &create_user("ada")).await.remote_id;
    let bob = made(&*target, &create_user("bob")).await.remote_id;
    let crew = made(&*target, &create_group("Crew", &[&ada])).await;
    target.write(&members(&crew, &[&bob], &[&ada])).await.result.expect("accepted");
    assert_eq!(stand_in.members_of("Crew"), ["bob".to_owned()].into());
}

#[tokio::test]
async fn members_that_a_post_ignored_are_added() {
    let stand_in = stand_in(Quirks { post_ignores_members: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await.remote_id;
    made(&*target, &create_group("Crew", &[&ada])).await;
    assert_eq!(stand_in.members_of("Crew"), ["ada".to_owned()].into());
}

#[tokio::test]
async fn a_group_made_but_not_filled_is_in_doubt_and_not_refused() {
    let stand_in = stand_in(Quirks { post_ignores_members: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await.remote_id;
    stand_in.fail(Fault::always().method("PATCH").status(400));
    let result = target.write(&create_group("Crew", &[&ada])).await.result;
    assert!(matches!(result, Err(TargetError::Unknown(_))), "{result:?}");
}

#[tokio::test]
async fn what_a_silent_post_made_is_looked_up() {
    let stand_in = stand_in(Quirks { post_answers_nothing: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    assert_eq!(ada.external_id.as_deref(), Some("ext-ada"));
    assert_eq!(Some(ada.remote_id.as_str().to_owned()), stand_in.user("ada").and_then(|ada| ada.id()));
}

#[tokio::test]
async fn all_changes_of_a_group_go_in_one_patch() {
    let stand_in = stand_in(Quirks { patch_answers_200: true, ..Quirks::default() }).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await.remote_id;
    let bob = made(&*target, &create_user("bob")).await.remote_id;
    let crew = made(&*target, &create_group("Crew", &[&ada])).await;
    let write = Write::Update {
        kind: Kind::Group,
        remote_id: crew.remote_id,
        changes: vec![change("displayName", Some("Crew".into()), Some("Team".into()))],
        add: [bob].into(),
        remove: [ada].into(),
        stay: None,
    };
    let exchange = target.write(&write).await;
    exchange.result.expect("accepted");
    assert_eq!(exchange.requests.len(), 1);
    assert_eq!(stand_in.members_of("Team"), ["bob".to_owned()].into());
}

#[tokio::test]
async fn removing_one_who_is_not_there_is_fine_even_where_the_target_says_so() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await.remote_id;
    let bob = made(&*target, &create_user("bob")).await.remote_id;
    let crew = made(&*target, &create_group("Crew", &[&ada])).await;
    let no_target = Fault::next(1).method("PATCH").status(400).body(r#"{"scimType": "noTarget"}"#);
    stand_in.fail(no_target);
    let exchange = target.write(&members(&crew, &[], &[&bob])).await;
    exchange.result.expect("one who is not there");
    assert_eq!(exchange.requests.len(), 1);
}

#[tokio::test]
async fn of_two_to_be_removed_none_is_believed_to_be_out_already() {
    let quirks =
        Quirks { absent_member: AbsentMember::NoTarget, members_shown: Some(1), ..Quirks::default() };
    let stand_in = stand_in(quirks).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await.remote_id;
    let bob = made(&*target, &create_user("bob")).await.remote_id;
    let cy = made(&*target, &create_user("cy")).await.remote_id;
    let crew = made(&*target, &create_group("Crew", &[&bob, &cy])).await;
    // Ada is no member; Cy is one, and is not shown.
    let both = target.write(&members(&crew, &[], &[&ada, &cy])).await;
    assert!(matches!(both.result, Err(TargetError::Rejected(_))), "{:?}", both.result);
    for alone in [&ada, &cy] {
        target.write(&members(&crew, &[], &[alone])).await.result.expect("out");
    }
    assert_eq!(stand_in.members_of("Crew"), ["bob".to_owned()].into());
}

#[tokio::test]
async fn deactivating_replaces_active_alone() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    let off = [change("active", None, Some(Value::Boolean(false)))];
    target.write(&update(&ada, &off)).await.result.expect("accepted");
    let body = stand_in.writes().pop().expect("a write").body.expect("a body");
    assert_eq!(body["Operations"], json!([{"op": "replace", "path": "active", "value": false}]));
    assert_eq!(stand_in.user("ada").expect("ada").active(), Some(false));
}

/// Refused without a word, and then answered as done and not done.
fn refuses_and_then_ignores(stand_in: &testkit::StandIn) {
    stand_in.fail(Fault::next(1).method("PATCH").status(400).body("{}"));
    stand_in.fail(Fault::next(1).behind(1).method("PATCH").status(200).body("{}"));
}

#[tokio::test]
async fn verbs_that_are_ignored_are_not_taken_for_those_that_a_target_wants() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    refuses_and_then_ignores(&stand_in);
    let titled = update(&ada, &[change("title", Some("Engineer".into()), Some("Director".into()))]);
    let answer = target.write(&titled).await.result;
    assert!(matches!(answer, Err(TargetError::Rejected(_))), "{answer:?}");
    assert_eq!(target.learned().operation_names, None);
    assert_eq!(stand_in.user("ada").expect("ada").text("title"), Some("Engineer"));
}

#[tokio::test]
async fn a_name_by_an_object_that_is_ignored_is_no_new_name() {
    let stand_in = stand_in(Quirks::default()).await;
    let target = target(&stand_in);
    let crew = made(&*target, &create_group("Crew", &[])).await;
    stand_in.fail(Fault::next(1).method("PATCH").status(400).body(r#"{"scimType": "invalidPath"}"#));
    stand_in.fail(Fault::next(1).behind(1).method("PATCH").status(200).body("{}"));
    let renamed = [change("displayName", Some("Crew".into()), Some("Team".into()))];
    let write = Write::Update {
        kind: Kind::Group,
        remote_id: crew.remote_id,
        changes: renamed.to_vec(),
        add: [].into(),
        remove: [].into(),
        stay: None,
    };
    let answer = target.write(&write).await.result;
    assert!(matches!(answer, Err(TargetError::Rejected(_))), "{answer:?}");
    assert!(stand_in.group("Crew").is_some());
}

#[tokio::test]
async fn what_a_put_keeps_and_no_null_takes_away_is_what_the_target_makes_of_it() {
    let quirks = Quirks { no_patch: true, put_keeps_what_is_absent: true, ..Quirks::default() };
    let stand_in = stand_in(quirks).await;
    let target = target(&stand_in);
    let ada = made(&*target, &create_user("ada")).await;
    stand_in.fail(Fault::next(1).behind(1).method("PUT").status(400).body("{}"));
    let cleared = update(&ada, &[change("title", Some("Engineer".into()), None)]);
    target.write(&cleared).await.result.expect("the first PUT was accepted");
    assert_eq!(stand_in.writes().iter().filter(|write| write.method == "PUT").count(), 2);
}
