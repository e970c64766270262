use jiff::{SignedDuration, Timestamp};
use scim::{AttributePath, Resource};
use serde_json::json;

use super::*;
use crate::application::{Configured, OnDrift};
use crate::directory::{Status, UserRecord};
use crate::ids::RemoteId;
use crate::link::{Link, LinkKey, State};
use crate::target::Found;
use crate::testing::{configured, user};
use crate::value::Value;

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn path(text: &str) -> AttributePath {
    text.parse().expect("a path")
}

/// Ada's account as it was sent at 1,000 s; the target was read as a whole at 2,000 s.
fn ada() -> (Configured, UserRecord, Link) {
    let mut configured = configured();
    configured.condition.listed_at = Some(at(2_000));
    let groups = ["sales".parse().expect("an id")].into();
    let record = UserRecord { user: Some(user("ada", "Countess")), groups };
    let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
    let sent = [
        (path("userName"), Value::from("ada")),
        (path("title"), Value::from("Countess")),
        (path("active"), Value::Boolean(true)),
    ];
    let observed = Observed { accepted_at: Some(at(1_000)), ..Observed::default() };
    let link = Link {
        state: State::Linked,
        remote_id: RemoteId::new("r1"),
        external_id: Some("ada".into()),
        sent: sent.into(),
        observed,
        ..Link::new(key)
    };
    (configured, record, link)
}

fn found(title: &str, active: bool) -> Found {
    let json = json!({"id": "r1", "userName": "ada", "title": title, "active": active, "externalId": "ada"});
    Found {
        remote_id: RemoteId::new("r1").expect("an id"),
        external_id: Some("ada".into()),
        name: "ada".into(),
        active: Some(active),
        resource: Resource::from_json(json).expect("an object"),
    }
}

fn judged(configured: &Configured, record: &UserRecord, link: &Link, found: &Found) -> Option<Judged> {
    judge(configured, Subject::User(Some(record)), link, found, at(3_000))
}

#[test]
fn what_is_shown_as_it_was_sent_is_nothing_to_write() {
    let (configured, record, link) = ada();
    assert!(is_as_known(&configured, &link, &found("Countess", true)));
    assert_eq!(judged(&configured, &record, &link, &found("Countess", true)), None);
}

#[test]
fn an_attribute_changed_at_the_target_is_told_once_and_forgotten_when_it_is_as_it_was() {
    let (configured, record, link) = ada();
    let first = judged(&configured, &record, &link, &found("Queen", true)).expect("drift");
    let outcome = first.outcome.expect("told");
    assert_eq!(outcome.changes[0].to_string(), "title: \"Countess\" -> \"Queen\"");
    assert!(!first.repairs && first.after.doubt.is_empty() && !outcome.security);
    assert_eq!(judged(&configured, &record, &first.after, &found("Queen", true)), None);
    let gone = judged(&configured, &record, &first.after, &found("Countess", true)).expect("forgotten");
    assert_eq!((gone.outcome, gone.after.observed.has_drifted()), (None, false));
}

#[test]
fn where_attributes_are_repaired_the_drifted_one_is_in_doubt() {
    let (mut configured, record, link) = ada();
    configured.application.policy.drift.attributes = OnDrift::Repair;
    let judged = judged(&configured, &record, &link, &found("Queen", true)).expect("drift");
    assert!(judged.repairs && judged.outcome.is_some());
    assert_eq!(judged.after.doubt, [path("title")].into());
}

#[test]
fn a_value_shown_otherwise_from_the_first_is_normalised_and_no_drift_until_it_shows_a_third() {
    let (configured, record, mut link) = ada();
    link.observed.accepted_at = Some(at(2_500));
    link.observed.unseen = [path("title")].into();
    let first = judged(&configured, &record, &link, &found("countess", true)).expect("noted");
    assert_eq!((&first.outcome, first.repairs), (&None, false));
    assert_eq!(first.after.observed.normalised, [(path("title"), Some("countess".into()))].into());
    // It was read since, so what it shows is known.
    let mut later = configured;
    later.condition.listed_at = Some(at(4_000));
    assert_eq!(judged(&later, &record, &first.after, &found("countess", true)), None);
    assert!(judged(&later, &record, &first.after, &found("Queen", true)).expect("drift").outcome.is_some());
}

#[test]
fn what_a_link_of_an_older_version_shows_otherwise_is_normalised_at_the_first_reading() {
    let (mut configured, record, mut link) = ada();
    configured.condition.listed_at = None;
    link.observed = Observed::default();
    let first = judged(&configured, &record, &link, &found("countess", true)).expect("noted");
    assert!(first.outcome.is_none() && !first.after.observed.has_drifted());
}

#[test]
fn an_account_turned_off_at_the_target_is_told_and_never_turned_on_whatever_is_repaired() {
    let (mut configured, record, link) = ada();
    configured.application.policy.drift.attributes = OnDrift::Repair;
    let judged = judged(&configured, &record, &link, &found("Countess", false)).expect("drift");
    assert!(!judged.repairs && judged.after.doubt.is_empty());
    assert_eq!(Kind::all_of(&judged.after), [Kind::DeactivatedAtTarget]);
    let outcome = judged.outcome.expect("told");
    assert!(outcome.reason.contains("only a person turns it on again") && !outcome.security);
}

#[test]
fn an_account_that_we_turned_off_and_is_on_is_turned_off_again_and_told_as_a_security_event() {
    let (mut configured, mut record, mut link) = ada();
    record.user.as_mut().expect("ada").status = Status::Disabled;
    link.state = State::Deactivated;
    link.sent.insert(path("active"), Value::Boolean(false));
    // Even if it was never seen off.
    link.observed.unseen = [path("active")].into();
    link.observed.accepted_at = Some(at(2_500));
    let repaired = judged(&configured, &record, &link, &found("Countess", true)).expect("drift");
    assert!(repaired.repairs && repaired.outcome.is_some_and(|outcome| outcome.security));
    assert_eq!(repaired.after.doubt, [path("active")].into());
    configured.application.policy.drift.reactivated_at_target = OnDrift::Report;
    let reported = judged(&configured, &record, &link, &found("Countess", true)).expect("drift");
    assert!(!reported.repairs && reported.outcome.is_some_and(|outcome| outcome.security));
}

#[test]
fn an_account_that_we_deleted_and_is_active_is_taken_up_again_only_if_it_bears_our_external_id() {
    let (configured, _, mut link) = ada();
    link.state = State::Tombstone;
    let gone = |found: &Found| judge(&configured, Subject::User(None), &link, found, at(3_000));
    let judged = gone(&found("Countess", true)).expect("drift");
    assert!(judged.repairs && judged.ownership.is_some());
    assert_eq!(judged.after.state, State::Linked);
    let recycled = Found { external_id: None, ..found("Countess", true) };
    assert_eq!(gone(&recycled), None);
    assert_eq!(gone(&found("Countess", false)), None);
}

#[test]
fn the_other_attributes_of_an_account_that_is_off_are_not_looked_at() {
    let (configured, mut record, mut link) = ada();
    record.user.as_mut().expect("ada").status = Status::Disabled;
    link.state = State::Deactivated;
    link.sent.insert(path("active"), Value::Boolean(false));
    assert_eq!(judged(&configured, &record, &link, &found("obfuscated", false)), None);
}

#[test]
fn an_account_that_was_missing_and_is_there_again_is_kept_again() {
    let (configured, record, mut link) = ada();
    link.state = State::Missing;
    link.work.problem = Some("gone".into());
    let judged = judged(&configured, &record, &link, &found("Countess", true)).expect("back");
    assert_eq!((judged.after.state, judged.after.work.problem), (State::Linked, None));
    assert!(judged.outcome.expect("told").reason.contains("again"));
}

#[test]
fn what_is_sent_anew_is_to_be_seen_anew_and_its_normalised_value_is_forgotten() {
    let (_, _, mut link) = ada();
    link.observed.normalised = [(path("title"), Some("countess".into()))].into();
    link.observed.unseen = [path("userName")].into();
    let sent = link.sent.clone();
    link.observed.accept([path("title")].iter(), &sent, Some(at(2_000)), at(3_000));
    assert!(link.observed.normalised.is_empty());
    assert_eq!(link.observed.unseen, [path("title")].into(), "the rest was seen at 2,000 s");
    assert!(link.observed.is_newer_than(at(3_059)) && !link.observed.is_newer_than(at(3_060)));
}
