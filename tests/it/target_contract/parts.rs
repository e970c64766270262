//! Attributes that are made of parts: a manager, elements of a list by their type, addresses and roles.

use provisioning::target::{Change, Kind};
use provisioning::value::Value;
use serde_json::json;

use super::subject::{Subject, path, user};
use super::{DEPARTMENT, WORK_EMAIL, WORK_PHONE};

const HOME_EMAIL: &str = "emails[type eq \"home\"].value";
const MOBILE: &str = "phoneNumbers[type eq \"mobile\"].value";
const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";

/// A name that no other dialect's turn took.
fn in_turn(subject: &Subject, name: &str) -> String {
    format!("{name}.{:?}", subject.connection.capabilities.user_update)
}

pub(super) async fn a_manager_is_named_changed_and_cleared(subject: &Subject) {
    let boss = subject.create(user(&in_turn(subject, "max.leads"), &[])).await;
    let dean = subject.create(user(&in_turn(subject, "ned.leads"), &[])).await;
    let (boss, dean) = (boss.remote_id.as_str(), dean.remote_id.as_str());
    let attributes = [(DEPARTMENT, "Engines"), (MANAGER, boss)];
    let made = subject.create(user(&in_turn(subject, "ona.reports"), &attributes)).await;
    assert_eq!(subject.shown(&made, MANAGER).await, Some(json!(boss)));
    subject.change(&made, &[(MANAGER, Some(boss), Some(dean))]).await;
    assert_eq!(subject.shown(&made, MANAGER).await, Some(json!(dean)));
    subject.change(&made, &[(MANAGER, Some(dean), None)]).await;
    assert_eq!(subject.shown(&made, MANAGER).await, None);
    subject.change(&made, &[(MANAGER, None, Some(boss))]).await;
    assert_eq!(subject.shown(&made, MANAGER).await, Some(json!(boss)));
    assert_eq!(subject.shown(&made, DEPARTMENT).await, Some(json!("Engines")));
    subject.change(&made, &[(MANAGER, Some(boss), None), (DEPARTMENT, Some("Engines"), None)]).await;
    assert_eq!((subject.shown(&made, MANAGER).await, subject.shown(&made, DEPARTMENT).await), (None, None));
    // The first of its schema.
    let plain = subject.create(user(&in_turn(subject, "pia.reports"), &[])).await;
    subject.change(&plain, &[(MANAGER, None, Some(boss))]).await;
    assert_eq!(subject.shown(&plain, MANAGER).await, Some(json!(boss)));
}

pub(super) async fn elements_of_one_list_are_told_apart_by_type(subject: &Subject) {
    let attributes = [(WORK_EMAIL, "w@example.org"), (HOME_EMAIL, "h@example.org"), (MOBILE, "+49 1")];
    let made = subject.create(user(&in_turn(subject, "quin.mails"), &attributes)).await;
    subject.change(&made, &[(HOME_EMAIL, Some("h@example.org"), Some("home@example.org"))]).await;
    subject.change(&made, &[(WORK_PHONE, None, Some("+49 2"))]).await;
    let expected = [
        (WORK_EMAIL, "w@example.org"),
        (HOME_EMAIL, "home@example.org"),
        (MOBILE, "+49 1"),
        (WORK_PHONE, "+49 2"),
    ];
    for (attribute, value) in expected {
        assert_eq!(subject.shown(&made, attribute).await, Some(json!(value)), "{attribute}");
    }
    subject
        .change(&made, &[(HOME_EMAIL, Some("home@example.org"), None), (MOBILE, Some("+49 1"), None)])
        .await;
    for (attribute, value) in expected {
        let stays = attribute == WORK_EMAIL || attribute == WORK_PHONE;
        assert_eq!(subject.shown(&made, attribute).await, stays.then(|| json!(value)), "{attribute}");
    }
    let emails = subject.shown(&made, "emails").await.expect("the list");
    assert_eq!(emails.as_array().map(Vec::len), Some(1), "the element goes with its value: {emails}");
}

pub(super) async fn an_address_loses_its_parts_one_by_one(subject: &Subject) {
    let (locality, country) = ("addresses[type eq \"work\"].locality", "addresses[type eq \"work\"].country");
    let made =
        subject.create(user(&in_turn(subject, "rae.moves"), &[(locality, "Ulm"), (country, "DE")])).await;
    subject.change(&made, &[(locality, Some("Ulm"), None)]).await;
    assert_eq!(subject.shown(&made, locality).await, None);
    assert_eq!(subject.shown(&made, country).await, Some(json!("DE")));
    subject.change(&made, &[(country, Some("DE"), None)]).await;
    assert_eq!(subject.shown(&made, country).await, None);
    subject.change(&made, &[(locality, None, Some("Bern")), (country, None, Some("CH"))]).await;
    assert_eq!(subject.shown(&made, locality).await, Some(json!("Bern")));
    assert_eq!(subject.shown(&made, country).await, Some(json!("CH")));
    let addresses = subject.shown(&made, "addresses").await.expect("the list");
    assert_eq!(addresses.as_array().map(Vec::len), Some(1), "{addresses}");
    let element = Change { attribute: path("addresses[type eq \"work\"]"), old: None, new: None };
    subject.update(Kind::User, &made, vec![element.clone()], &[], &[]).await;
    assert_eq!(subject.shown(&made, "addresses").await, None, "the element goes as a whole");
    subject.update(Kind::User, &made, vec![element], &[], &[]).await;
}

pub(super) async fn a_list_of_roles_comes_changes_and_goes(subject: &Subject) {
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).to_owned()).collect());
    let change = |old: Option<Value>, new: Option<Value>| vec![Change { attribute: path("roles"), old, new }];
    let made = subject.create(user(&in_turn(subject, "sal.plays"), &[])).await;
    let roles = async || {
        let shown = subject.shown(&made, "roles").await;
        shown.and_then(|shown| Value::from_json(&shown))
    };
    let mut steps = vec![None, Some(list(&["pilot", "cook"])), Some(list(&["cook"])), None];
    if !subject.dialect.replaces_lists {
        steps.remove(2);
    }
    for step in steps.windows(2) {
        subject.update(Kind::User, &made, change(step[0].clone(), step[1].clone()), &[], &[]).await;
        assert_eq!(roles().await, step[1]);
    }
}
