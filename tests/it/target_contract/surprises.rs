//! What others' clients learned to expect: authentik's tests of its SCIM client, and what Okta asks of a target.

use std::collections::BTreeSet;

use provisioning::ids::RemoteId;
use provisioning::target::{Change, Kind, MatchKey, TargetError, Write};
use provisioning::value::Value;
use serde_json::json;

use super::DEPARTMENT;
use super::subject::{Subject, group, path, texts, user};

const COST_CENTER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter";

pub(super) async fn hold_for(subject: &Subject) {
    a_member_who_is_not_there_is_removed_in_peace(subject).await;
    a_group_may_be_emptied_and_filled_again(subject).await;
    who_was_off_comes_back_with_what_changed_meanwhile(subject).await;
    who_has_the_name_is_found_after_a_conflict(subject).await;
    what_is_as_it_was_sends_nothing(subject).await;
    one_enterprise_attribute_goes_and_the_other_stays(subject).await;
    what_came_twice_is_asked_for_by_its_id(subject).await;
}

async fn a_member_who_is_not_there_is_removed_in_peace(subject: &Subject) {
    let mia = subject.create(user("mia.there", &[])).await;
    let ned = subject.create(user("ned.never", &[])).await;
    let crew = subject.create(group("Absent", &[&mia])).await;
    for _ in 0..2 {
        subject.update(Kind::Group, &crew, Vec::new(), &[], &[&ned]).await;
        assert_eq!(subject.members(&crew).await, texts(&[&mia]));
    }
    // Together with one who is there.
    subject.take_out(&crew, &[&mia, &ned]).await;
    assert!(subject.members(&crew).await.is_empty());
}

async fn a_group_may_be_emptied_and_filled_again(subject: &Subject) {
    let ora = subject.create(user("ora.again", &[])).await;
    let crew = subject.create(group("Again", &[&ora])).await;
    subject.update(Kind::Group, &crew, Vec::new(), &[], &[&ora]).await;
    subject.update(Kind::Group, &crew, Vec::new(), &[&ora], &[]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&ora]));
}

async fn who_was_off_comes_back_with_what_changed_meanwhile(subject: &Subject) {
    let made = subject.create(user("pia.returns", &[("title", "Engineer")])).await;
    let turn = |on: bool| Change {
        attribute: path("active"),
        old: Some(Value::Boolean(!on)),
        new: Some(Value::Boolean(on)),
    };
    subject.update(Kind::User, &made, vec![turn(false)], &[], &[]).await;
    let title =
        Change { attribute: path("title"), old: Some("Engineer".into()), new: Some("Director".into()) };
    subject.update(Kind::User, &made, vec![turn(true), title], &[], &[]).await;
    let shown = subject.read(Kind::User, &made).await;
    assert_eq!((shown.active, shown.resource.text("title")), (Some(true), Some("Director")));
}

async fn who_has_the_name_is_found_after_a_conflict(subject: &Subject) {
    let made = subject.create(user("quin.there", &[])).await;
    let mut again = user("quin.there", &[]);
    if let Write::Create { external_id, .. } = &mut again {
        *external_id = "ext-another".into();
    }
    let refused = subject.target.write(&again).await.result;
    assert!(matches!(refused, Err(TargetError::Conflict(_))), "{refused:?}");
    let found = subject.find(Kind::User, MatchKey::Name("quin.there".into())).await;
    assert_eq!(found, [made.remote_id]);
    assert!(subject.find(Kind::User, MatchKey::ExternalId("ext-another".into())).await.is_empty());
}

async fn what_is_as_it_was_sends_nothing(subject: &Subject) {
    let made = subject.create(user("rex.same", &[])).await;
    let write = Write::Update {
        kind: Kind::User,
        remote_id: made.remote_id,
        changes: Vec::new(),
        add: BTreeSet::new(),
        remove: BTreeSet::new(),
        stay: None,
    };
    let exchange = subject.target.write(&write).await;
    exchange.result.expect("nothing to do");
    assert_eq!(exchange.requests, Vec::new());
}

async fn one_enterprise_attribute_goes_and_the_other_stays(subject: &Subject) {
    let attributes = [(DEPARTMENT, "Engines"), (COST_CENTER, "4711")];
    let made = subject.create(user("sue.works", &attributes)).await;
    subject.change(&made, &[(DEPARTMENT, Some("Engines"), Some("Looms"))]).await;
    subject.change(&made, &[(COST_CENTER, Some("4711"), None)]).await;
    let shown = subject.read(Kind::User, &made).await.resource;
    assert_eq!(
        (shown.read(&path(DEPARTMENT)), shown.read(&path(COST_CENTER))),
        (Some(&json!("Looms")), None)
    );
    subject.change(&made, &[(DEPARTMENT, Some("Looms"), None), (COST_CENTER, None, Some("4712"))]).await;
    let shown = subject.read(Kind::User, &made).await.resource;
    assert_eq!((shown.read(&path(DEPARTMENT)), shown.read(&path(COST_CENTER))), (None, Some(&json!("4712"))));
}

/// An id of any form is what the next request names.
async fn what_came_twice_is_asked_for_by_its_id(subject: &Subject) {
    let made = subject.create(user("tom.twice", &[])).await;
    let read = subject.read(Kind::User, &made).await;
    let listed = subject.find(Kind::User, MatchKey::Name("tom.twice".into())).await;
    assert_eq!(listed, std::slice::from_ref(&read.remote_id));
    assert_eq!(read.remote_id, made.remote_id);
    assert_eq!(RemoteId::new(&read.resource.id().expect("an id")), Some(made.remote_id));
}
