//! What our client needs of a SCIM target, as one contract: the stand-in passes it, and so do servers that we did not write. Where
//! they differ a [`Dialect`] says how.

use std::collections::BTreeSet;

use catalog::{Settings, UserUpdate};
use provisioning::ids::RemoteId;
use provisioning::ports::Connector;
use provisioning::target::{Capabilities, Change, Kind, MatchKey, TargetError, Write};
use provisioning::value::Value;
use secrecy::SecretString;
use serde_json::json;
use testkit::{StandIn, StandInConfig};

use subject::{Dialect, Subject, group, path, texts, user};

use crate::servers::{Product, start};

mod forms;
mod parts;
mod quirks;
mod subject;
mod surprises;

const WORK_EMAIL: &str = "emails[type eq \"work\"].value";
const WORK_PHONE: &str = "phoneNumbers[type eq \"work\"].value";
const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

/// Every case in turn, on one target.
async fn holds_for(subject: &Subject, token: &SecretString) {
    a_page_of_nothing_ends_the_list(subject).await;
    discovery_knows_what_it_takes(subject, token).await;
    every_kind_of_attribute_arrives(subject).await;
    an_account_is_found_by_external_id_and_by_name(subject).await;
    one_changed_attribute_leaves_the_others(subject).await;
    an_email_comes_changes_and_goes(subject).await;
    let objects = subject.dialect.takes_objects.then_some(UserUpdate::PatchObject);
    for user_update in [UserUpdate::PatchPath, UserUpdate::Put].into_iter().chain(objects) {
        let subject = subject.spoken_to(Settings { user_update: Some(user_update), ..Settings::default() });
        parts::a_manager_is_named_changed_and_cleared(&subject).await;
        parts::elements_of_one_list_are_told_apart_by_type(&subject).await;
        parts::an_address_loses_its_parts_one_by_one(&subject).await;
        parts::a_list_of_roles_comes_changes_and_goes(&subject).await;
    }
    an_account_is_turned_off_and_on(subject).await;
    a_group_is_made_with_its_members_and_renamed(subject).await;
    members_come_and_go(subject).await;
    surprises::hold_for(subject).await;
    forms::hold_for(subject).await;
    every_page_of_a_long_list_is_read_once(subject).await;
    what_is_missing_is_not_found(subject).await;
    a_name_that_is_taken_is_a_conflict(subject).await;
    a_wrong_token_is_unauthorized(subject).await;
    what_is_deleted_is_gone(subject).await;
}

async fn a_page_of_nothing_ends_the_list(subject: &Subject) {
    for kind in [Kind::User, Kind::Group] {
        let page = subject.target.list(kind, 1).await.result.expect("a page");
        assert_eq!((page.found.len(), page.next), (0, None));
    }
}

async fn discovery_knows_what_it_takes(subject: &Subject, token: &SecretString) {
    let discovery = subject.connector.discover(&subject.connection, token).await.result.expect("connected");
    let Capabilities { user_update, filter, groups, .. } = discovery.capabilities;
    let Dialect { user_update: said, filter: filters, shows_schemas, .. } = subject.dialect;
    assert_eq!((user_update, filter, groups, discovery.from_schemas), (said, filters, true, shows_schemas));
    for attribute in ["userName", "name.givenName", "title", WORK_EMAIL, WORK_PHONE, DEPARTMENT] {
        assert!(discovery.attributes.iter().any(|known| known.same_as(&path(attribute))), "{attribute}");
    }
    assert!(discovery.required.contains(&path("userName")));
    subject.target.control().await.result.expect("the control read");
}

async fn every_kind_of_attribute_arrives(subject: &Subject) {
    let attributes = [
        ("title", "Engineer"),
        ("name.givenName", "Ada"),
        ("name.familyName", "Lovelace"),
        (WORK_EMAIL, "ada@example.org"),
        (WORK_PHONE, "+49 731 1"),
        ("addresses[type eq \"work\"].locality", "Ulm"),
        (DEPARTMENT, "Engines"),
    ];
    let made = subject.create(user("ada.arrives", &attributes)).await;
    assert_eq!((made.external_id.as_deref(), made.active), (Some("ext-ada.arrives"), Some(true)));
    let shown = subject.read(Kind::User, &made).await;
    assert_eq!((shown.name.as_str(), shown.active), ("ada.arrives", Some(true)));
    for (attribute, value) in attributes {
        assert_eq!(shown.resource.read(&path(attribute)), Some(&json!(value)), "{attribute}");
    }
}

async fn an_account_is_found_by_external_id_and_by_name(subject: &Subject) {
    let made = subject.create(user("Ada.Found", &[])).await;
    // A quote in a filter must be escaped, which not every server reads; it is found all the same.
    let quoted = subject.create(user("Ada.\"Found\"", &[])).await;
    let of = |key| subject.find(Kind::User, key);
    for (name, found) in [("Ada.Found", &made), ("Ada.\"Found\"", &quoted)] {
        let only = [found.remote_id.clone()];
        assert_eq!(of(MatchKey::ExternalId(format!("ext-{name}"))).await, only);
        assert_eq!(of(MatchKey::Name(name.into())).await, only);
    }
    let in_other_case = of(MatchKey::Name("ADA.found".into())).await;
    // Where no filter is used, what is compared is compared by us.
    let is_found = subject.dialect.name_filter_ignores_case || !subject.connection.capabilities.filter;
    let expected = if is_found { vec![made.remote_id] } else { Vec::new() };
    assert_eq!(in_other_case, expected);
    assert!(of(MatchKey::ExternalId("ext-nobody".into())).await.is_empty());
    assert!(of(MatchKey::Name("ada.foun".into())).await.is_empty());
    let crew = subject.create(group("Found Crew", &[])).await;
    for key in [MatchKey::Name("Found Crew".into()), MatchKey::ExternalId("ext-Found Crew".into())] {
        assert_eq!(subject.find(Kind::Group, key).await, std::slice::from_ref(&crew.remote_id));
    }
}

async fn one_changed_attribute_leaves_the_others(subject: &Subject) {
    let attributes = [("title", "Engineer"), (WORK_EMAIL, "b@example.org"), (DEPARTMENT, "Engines")];
    let made = subject.create(user("bob.changes", &attributes)).await;
    subject.change(&made, &[("title", Some("Engineer"), Some("Director"))]).await;
    subject.change(&made, &[("nickName", None, Some("Bobby")), ("name.givenName", None, Some("Bob"))]).await;
    subject.change(&made, &[(DEPARTMENT, Some("Engines"), Some("Sales"))]).await;
    let shown = subject.read(Kind::User, &made).await;
    for (attribute, value) in [
        ("title", "Director"),
        ("nickName", "Bobby"),
        ("name.givenName", "Bob"),
        (WORK_EMAIL, "b@example.org"),
        (DEPARTMENT, "Sales"),
    ] {
        assert_eq!(shown.resource.read(&path(attribute)), Some(&json!(value)), "{attribute}");
    }
    subject.change(&made, &[("title", Some("Director"), None), (DEPARTMENT, Some("Sales"), None)]).await;
    let shown = subject.read(Kind::User, &made).await;
    assert_eq!((shown.resource.read(&path("title")), shown.resource.read(&path(DEPARTMENT))), (None, None));
    assert_eq!(shown.resource.text("nickName"), Some("Bobby"));
}

async fn an_email_comes_changes_and_goes(subject: &Subject) {
    let made = subject.create(user("cyd.mails", &[("title", "Engineer")])).await;
    let email = async || subject.read(Kind::User, &made).await.resource.read(&path(WORK_EMAIL)).cloned();
    subject.change(&made, &[(WORK_EMAIL, None, Some("c@example.org"))]).await;
    assert_eq!(email().await, Some(json!("c@example.org")));
    subject.change(&made, &[(WORK_EMAIL, Some("c@example.org"), Some("cyd@example.org"))]).await;
    assert_eq!(email().await, Some(json!("cyd@example.org")));
    subject.change(&made, &[(WORK_EMAIL, Some("cyd@example.org"), None)]).await;
    assert_eq!(email().await, None);
    // We believe it is there; it was taken away at the target.
    subject.change(&made, &[(WORK_EMAIL, Some("cyd@example.org"), Some("back@example.org"))]).await;
    assert_eq!(email().await, Some(json!("back@example.org")));
    assert_eq!(subject.read(Kind::User, &made).await.resource.text("title"), Some("Engineer"));
}

async fn an_account_is_turned_off_and_on(subject: &Subject) {
    let made = subject.create(user("dee.leaves", &[])).await;
    for active in [false, true] {
        let change = Change {
            attribute: path("active"),
            old: Some(Value::Boolean(!active)),
            new: Some(Value::Boolean(active)),
        };
        subject.update(Kind::User, &made, vec![change], &[], &[]).await;
        assert_eq!(subject.read(Kind::User, &made).await.active, Some(active));
    }
}

async fn a_group_is_made_with_its_members_and_renamed(subject: &Subject) {
    let eve = subject.create(user("eve.joins", &[])).await;
    let fay = subject.create(user("fay.joins", &[])).await;
    let crew = subject.create(group("Crew", &[&eve, &fay])).await;
    assert_eq!(subject.members(&crew).await, texts(&[&eve, &fay]));
    let change =
        Change { attribute: path("displayName"), old: Some("Crew".into()), new: Some("Team".into()) };
    subject.update(Kind::Group, &crew, vec![change], &[], &[]).await;
    assert_eq!(subject.read(Kind::Group, &crew).await.name, "Team");
    assert_eq!(subject.members(&crew).await, texts(&[&eve, &fay]));
}

async fn members_come_and_go(subject: &Subject) {
    let gus = subject.create(user("gus.moves", &[])).await;
    let hal = subject.create(user("hal.moves", &[])).await;
    let ida = subject.create(user("ida.moves", &[])).await;
    let crew = subject.create(group("Movers", &[])).await;
    subject.update(Kind::Group, &crew, Vec::new(), &[&gus, &hal], &[]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&gus, &hal]));
    // One who is a member stays one, and one who is none cannot be missed.
    subject.update(Kind::Group, &crew, Vec::new(), &[&hal], &[]).await;
    subject.update(Kind::Group, &crew, Vec::new(), &[], &[&ida]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&gus, &hal]));
    subject.update(Kind::Group, &crew, Vec::new(), &[&ida], &[&gus]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&hal, &ida]));
    subject.update(Kind::Group, &crew, Vec::new(), &[], &[&hal, &ida]).await;
    assert!(subject.members(&crew).await.is_empty());
}

async fn every_page_of_a_long_list_is_read_once(subject: &Subject) {
    for number in 0..210 {
        subject.create(user(&format!("many{number}"), &[])).await;
    }
    let mut names = Vec::new();
    let (mut next, mut pages) = (Some(1), 0);
    while let Some(start) = next {
        let page = subject.target.list(Kind::User, start).await.result.expect("a page");
        names.extend(page.found.into_iter().map(|found| found.name));
        (next, pages) = (page.next, pages + 1);
        assert!(pages < 20, "the list never ends");
    }
    let many: BTreeSet<_> = names.iter().filter(|name| name.starts_with("many")).collect();
    assert_eq!(many.len(), 210);
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "a row came twice");
    let by_index = subject.connection.capabilities.paging == catalog::Paging::Index;
    // By cursor a walk is one.
    assert!(pages > 1 || !by_index || subject.dialect.pages_by_cursor);
}

async fn what_is_missing_is_not_found(subject: &Subject) {
    let nobody = RemoteId::new("6f1c1f5e-0000-4000-8000-000000000000").expect("an id");
    for kind in [Kind::User, Kind::Group] {
        let result = subject.target.get(kind, &nobody).await.result;
        assert!(matches!(result, Err(TargetError::NotFound(_))), "{result:?}");
        let deletion = subject.target.write(&Write::Delete { kind, remote_id: nobody.clone() }).await.result;
        assert!(matches!(deletion, Err(TargetError::NotFound(_))), "{deletion:?}");
    }
}

async fn a_name_that_is_taken_is_a_conflict(subject: &Subject) {
    subject.create(user("joe.first", &[])).await;
    let taken = ["joe.first", "JOE.First"];
    for name in taken.iter().take(if subject.dialect.names_differ_without_case { 2 } else { 1 }) {
        let result = subject.target.write(&user(name, &[])).await.result;
        assert!(matches!(result, Err(TargetError::Conflict(_))), "{name}: {result:?}");
    }
}

async fn a_wrong_token_is_unauthorized(subject: &Subject) {
    let target = subject.connector.open(&subject.connection, &"wrong".to_owned().into());
    let control = target.control().await.result;
    assert!(matches!(control, Err(TargetError::Unauthorized(_))), "{control:?}");
    let write = target.write(&user("kim.never", &[])).await.result;
    assert!(matches!(write, Err(TargetError::Unauthorized(_))), "{write:?}");
}

async fn what_is_deleted_is_gone(subject: &Subject) {
    let lea = subject.create(user("lea.goes", &[])).await;
    let crew = subject.create(group("Goers", &[])).await;
    for (kind, found) in [(Kind::User, lea), (Kind::Group, crew)] {
        let deletion = Write::Delete { kind, remote_id: found.remote_id.clone() };
        assert!(subject.target.write(&deletion).await.result.expect("deleted").is_none());
        let result = subject.target.get(kind, &found.remote_id).await.result;
        assert!(matches!(result, Err(TargetError::NotFound(_))), "{result:?}");
    }
}

#[tokio::test]
async fn the_stand_in_holds_the_contract() {
    let stand_in = StandIn::start(StandInConfig::default()).await.expect("a stand-in");
    let subject = Subject::new(stand_in.base_url(), &stand_in.token(), Dialect::default()).await;
    holds_for(&subject, &stand_in.token()).await;
}

#[tokio::test]
async fn scim2_server_holds_the_contract() {
    let Some(server) = start("scim2_server_holds_the_contract", Product::Scim2Server).await else { return };
    let dialect = Dialect { removes_as_array: false, ..Dialect::default() };
    let subject = Subject::new(&server.base_url, &server.token, dialect).await;
    holds_for(&subject, &server.token).await;
    assert!(!server.everything(Kind::User).await.is_empty());
}

#[tokio::test]
async fn scimmy_holds_the_contract() {
    let Some(server) = start("scimmy_holds_the_contract", Product::Scimmy).await else { return };
    let dialect = Dialect { name_filter_ignores_case: false, replaces_lists: false, ..Dialect::default() };
    let subject = Subject::new(&server.base_url, &server.token, dialect).await;
    holds_for(&subject, &server.token).await;
    assert!(!server.everything(Kind::User).await.is_empty());
}
