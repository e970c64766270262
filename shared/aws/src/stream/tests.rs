use provisioning::activity::Outcome;
use provisioning::detect::{DirectoryChange, StreamChange};
use provisioning::ids::RemoteId;
use provisioning::link::{Link, LinkKey, State};
use serde_json::{Value, json};

use super::{StreamEvent, Unreadable, changes};

/// An event of one record with these images in DynamoDB's JSON.
fn event(old: Option<Value>, new: Option<Value>) -> StreamEvent {
    let mut record = json!({
        "eventID": "1", "eventName": "MODIFY", "awsRegion": "eu-central-1",
        "dynamodb": {"SequenceNumber": "100", "SizeBytes": 1, "ApproximateCreationDateTime": 1_800_000_000},
    });
    if let Some(old) = old {
        record["dynamodb"]["OldImage"] = old;
    }
    if let Some(new) = new {
        record["dynamodb"]["NewImage"] = new;
    }
    serde_json::from_value(json!({"Records": [record]})).unwrap()
}

fn read(event: &StreamEvent) -> Vec<StreamChange> {
    let changes = changes(event);
    assert!(changes.iter().all(|(number, _)| number == "100"));
    changes.into_iter().map(|(_, change)| change.unwrap()).collect()
}

fn unreadable(event: &StreamEvent) -> Unreadable {
    changes(event).pop().unwrap().1.unwrap_err()
}

fn profile(username: &str, deleting: bool) -> Value {
    json!({
        "pk": {"S": "U#ann"}, "sk": {"S": "PROFILE"}, "item": {"S": "user_profile"}, "id": {"S": "ann"},
        "username": {"S": username}, "status": {"S": "active"}, "deleting": {"BOOL": deleting},
        "custom": {"M": {"cost_center": {"S": "42"}, "floor": {"N": "3"}}},
    })
}

fn group(name: &str, deleting: bool) -> Value {
    json!({
        "pk": {"S": "G#sales"}, "sk": {"S": "META"}, "item": {"S": "group_meta"}, "id": {"S": "sales"},
        "name": {"S": name}, "deleting": {"BOOL": deleting},
    })
}

fn membership(item: &str) -> Value {
    json!({"pk": {"S": "G#sales"}, "sk": {"S": "M#ann"}, "item": {"S": item}})
}

fn outcome() -> Outcome {
    serde_json::from_value(json!({
        "id": "crm#user#ann:7", "at": 1_800_000_000_250_i64, "event": "provisioning_user_sync", "result": "SUCCESS",
        "action": "create", "reason": "in a selected group", "application": "crm", "application_name": "CRM",
    }))
    .unwrap()
}

fn link(presence_changed: bool, outcome: Option<&Outcome>) -> Value {
    let mut image = json!({
        "pk": {"S": "U#ann"}, "sk": {"S": "L#crm"}, "item": {"S": "user_link"}, "key": {"S": "crm#user#ann"},
        "presence_changed": {"BOOL": presence_changed},
    });
    if let Some(outcome) = outcome {
        let value: serde_dynamo::AttributeValue = serde_dynamo::to_attribute_value(outcome).unwrap();
        image["outcome"] = serde_json::to_value(value).unwrap();
    }
    image
}

fn user_change(event: &StreamEvent) -> (Option<String>, Option<String>) {
    match read(event).pop().unwrap() {
        StreamChange::Directory(DirectoryChange::User { old, new }) => {
            (old.map(|user| user.username), new.map(|user| user.username))
        }
        other => panic!("not a user: {other:?}"),
    }
}

#[test]
fn a_profile_tells_a_user_created_changed_and_deleted() {
    let (ann, anne) = (Some("ann".to_owned()), Some("anne".to_owned()));
    assert_eq!(user_change(&event(None, Some(profile("ann", false)))), (None, ann.clone()));
    assert_eq!(
        user_change(&event(Some(profile("ann", false)), Some(profile("anne", false)))),
        (ann.clone(), anne)
    );
    assert_eq!(user_change(&event(Some(profile("ann", false)), None)), (ann, None));
}

#[test]
fn a_profile_that_is_being_deleted_counts_as_deleted_and_is_told_once() {
    let begun = event(Some(profile("ann", false)), Some(profile("ann", true)));
    assert_eq!(user_change(&begun), (Some("ann".to_owned()), None));
    assert!(read(&event(Some(profile("ann", true)), None)).is_empty());
}

#[test]
fn a_profile_whose_user_stays_the_same_tells_nothing() {
    let mut touched = profile("ann", false);
    touched["bookkeeping"] = json!({"N": "1"});
    assert!(read(&event(Some(profile("ann", false)), Some(touched))).is_empty());
}

#[test]
fn a_group_tells_its_rename_and_its_deletion() {
    let names = |event: &StreamEvent| match read(event).pop().unwrap() {
        StreamChange::Directory(DirectoryChange::Group { old, new }) => {
            (old.map(|group| group.name), new.map(|group| group.name))
        }
        other => panic!("not a group: {other:?}"),
    };
    let (sales, deals) = (Some("Sales".to_owned()), Some("Deals".to_owned()));
    assert_eq!(
        names(&event(Some(group("Sales", false)), Some(group("Deals", false)))),
        (sales.clone(), deals)
    );
    assert_eq!(names(&event(Some(group("Sales", false)), Some(group("Sales", true)))), (sales, None));
}

#[test]
fn a_membership_is_told_once_by_its_groups_item() {
    let change = |removed| {
        vec![StreamChange::Directory(DirectoryChange::Membership {
            group: "sales".parse().unwrap(),
            user: "ann".parse().unwrap(),
            removed,
        })]
    };
    assert_eq!(read(&event(None, Some(membership("group_membership")))), change(false));
    assert_eq!(read(&event(Some(membership("group_membership")), None)), change(true));
    assert!(read(&event(None, Some(membership("user_membership")))).is_empty());
}

#[test]
fn a_settling_write_tells_presence_and_outcome() {
    let key = LinkKey::user(&"crm".parse().unwrap(), &"ann".parse().unwrap());
    let outcome = outcome();
    assert_eq!(
        read(&event(Some(link(false, None)), Some(link(true, Some(&outcome))))),
        [StreamChange::Presence(key), StreamChange::Outcome(Box::new(outcome.clone()))]
    );
    assert!(read(&event(Some(link(true, Some(&outcome))), Some(link(false, None)))).is_empty());
}

/// A link's item as it is written.
fn written(link: &Link) -> Value {
    let item: serde_dynamo::Item = serde_dynamo::to_item(link).unwrap();
    let mut image = serde_json::to_value(item.into_inner()).unwrap();
    image["item"] = json!({"S": "user_link"});
    image
}

#[test]
fn an_account_is_told_where_its_id_became_another_one_and_not_where_it_was_switched() {
    let key = LinkKey::user(&"crm".parse().unwrap(), &"ann".parse().unwrap());
    let of = |state, remote_id: &str, target_generation| Link {
        state,
        remote_id: RemoteId::new(remote_id),
        target_generation,
        presence_changed: true,
        ..Link::new(key.clone())
    };
    let told = |old: Option<&Link>, new: &Link| {
        let changes = read(&event(old.map(written), Some(written(new))));
        changes.contains(&StreamChange::Account(key.clone()))
    };
    let linked = of(State::Linked, "7", 1);
    assert!(told(None, &linked));
    assert!(!told(Some(&linked), &of(State::Deactivated, "7", 1)));
    assert!(told(Some(&linked), &of(State::Linked, "8", 1)));
    assert!(told(Some(&linked), &of(State::Linked, "7", 2)), "another target's");
    assert!(told(Some(&linked), &of(State::Tombstone, "7", 1)));
    assert!(told(Some(&linked), &of(State::Missing, "7", 1)));
}

#[test]
fn an_outcome_is_told_whatever_item_carries_it() {
    let mut application = link(false, Some(&outcome()));
    application["item"] = json!({"S": "application"});
    assert_eq!(read(&event(None, Some(application))), [StreamChange::Outcome(Box::new(outcome()))]);
}

#[test]
fn what_expires_by_its_time_to_live_tells_nothing() {
    let mut event = event(Some(membership("group_membership")), None);
    event.records[0].user_identity =
        serde_json::from_value(json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"})).unwrap();
    assert!(read(&event).is_empty());
}

#[test]
fn an_unreadable_record_names_what_is_wrong_and_no_value() {
    let mut broken = profile("confidential", false);
    broken["status"] = json!({"S": "confidential"});
    let error = unreadable(&event(None, Some(broken)));
    assert_eq!(error.to_string(), "a stream record cannot be read: a profile is no user");

    let mut nobody = membership("group_membership");
    nobody["sk"] = json!({"S": "confidential"});
    assert!(!unreadable(&event(None, Some(nobody))).to_string().contains("confidential"));
    assert_eq!(unreadable(&event(None, None)).to_string(), "a stream record cannot be read: it has no image");
}

#[test]
fn bookkeeping_tells_nothing() {
    assert!(
        read(&event(None, Some(json!({"pk": {"S": "x"}, "sk": {"S": "y"}, "item": {"S": "fuse_window"}}))))
            .is_empty()
    );
}
