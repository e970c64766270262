//! The table of DESIGN section 7, line by line.

use std::time::Duration;

use super::*;
use crate::directory::{Status, User};
use crate::ids::RemoteId;
use crate::link::LinkKey;
use crate::testing::{configured, user};

const EPOCH: Timestamp = Timestamp::UNIX_EPOCH;

fn record(user: User, groups: &[&str]) -> UserRecord {
    UserRecord {
        user: Some(user),
        groups: groups.iter().map(|group| group.parse().expect("an id")).collect(),
    }
}

fn link(state: State, title: &str, on: bool) -> Link {
    let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
    let mut link = Link::new(key);
    link.state = state;
    if state != State::New {
        link.remote_id = RemoteId::new("r1");
        link.sent = [("userName", "ada"), ("title", title)]
            .into_iter()
            .map(|(name, value)| (name.parse().expect("a path"), Value::from(value)))
            .chain([(active(), Value::Boolean(on))])
            .collect();
    }
    link
}

fn plan(configured: &Configured, record: Option<&UserRecord>, link: &Link) -> String {
    plan_user(configured, record, link, EPOCH).to_string()
}

#[test]
fn a_user_in_a_selected_group_without_a_counterpart_is_matched_or_created() {
    let here = record(user("ada", "Engineer"), &["sales"]);
    for state in [State::New, State::Creating, State::Blocked, State::Conflict] {
        let unlinked = Link { state, ..link(State::New, "", true) };
        assert_eq!(plan(&configured(), Some(&here), &unlinked), "match or create", "{state:?}");
    }
}

#[test]
fn a_tombstone_is_matched_again_and_never_written_to() {
    let here = record(user("ada", "Engineer"), &["sales"]);
    assert_eq!(
        plan(&configured(), Some(&here), &link(State::Tombstone, "Engineer", true)),
        "match or create"
    );
}

#[test]
fn an_equal_user_costs_nothing_and_one_changed_attribute_one_change() {
    let here = record(user("ada", "Engineer"), &["sales"]);
    assert_eq!(plan(&configured(), Some(&here), &link(State::Linked, "Engineer", true)), "nothing");
    assert_eq!(
        plan(&configured(), Some(&here), &link(State::Linked, "Clerk", true)),
        "Update; title: \"Clerk\" -> \"Engineer\""
    );
}

#[test]
fn a_returner_is_reactivated_with_all_that_changed_in_one_request() {
    let here = record(user("ada", "Countess"), &["sales"]);
    assert_eq!(
        plan(&configured(), Some(&here), &link(State::Deactivated, "Engineer", false)),
        "Reactivate; active: false -> true; title: \"Engineer\" -> \"Countess\""
    );
}

#[test]
fn a_disabled_user_is_deactivated_and_never_deleted_and_his_attributes_wait() {
    let disabled = record(User { status: Status::Disabled, ..user("ada", "Countess") }, &["sales"]);
    let mut configured = configured();
    for departure in [Departure::Deactivate, Departure::Delete] {
        configured.application.policy.on_disable = departure;
        assert_eq!(
            plan(&configured, Some(&disabled), &link(State::Linked, "Engineer", true)),
            "Deactivate; active: true -> false"
        );
    }
    assert_eq!(plan(&configured, Some(&disabled), &link(State::Deactivated, "Engineer", false)), "nothing");
    assert_eq!(plan(&configured, Some(&disabled), &link(State::New, "", false)), "nothing");
}

#[test]
fn who_is_in_no_selected_group_has_a_grace() {
    let elsewhere = record(user("ada", "Engineer"), &["unselected"]);
    let mut configured = configured();
    configured.application.policy.grace_seconds = 60;
    let mut linked = link(State::Linked, "Engineer", true);
    let until = after(EPOCH, Duration::from_secs(60));
    assert_eq!(
        plan_user(&configured, Some(&elsewhere), &linked, EPOCH),
        UserPlan::WaitForGrace { since: EPOCH, until }
    );
    linked.unassigned_since = Some(EPOCH);
    assert_eq!(
        plan_user(&configured, Some(&elsewhere), &linked, until).to_string(),
        "Deactivate; active: true -> false"
    );
}

#[test]
fn a_deleted_user_goes_as_the_policy_says() {
    let mut configured = configured();
    let linked = link(State::Linked, "Engineer", true);
    for (departure, expected) in [
        (Departure::Deactivate, "Deactivate; active: true -> false"),
        (Departure::Delete, "Delete"),
        (Departure::Leave, "Release"),
    ] {
        configured.application.policy.on_delete = departure;
        assert_eq!(plan(&configured, None, &linked), expected);
        assert_eq!(plan(&configured, None, &link(State::Deactivated, "Engineer", false)), "nothing");
    }
}

#[test]
fn an_account_that_was_left_is_off_once_its_user_is_assigned_again_and_disabled() {
    let disabled = record(User { status: Status::Disabled, ..user("ada", "Engineer") }, &["sales"]);
    let left = link(State::Released, "Engineer", true);
    assert_eq!(plan(&configured(), Some(&disabled), &left), "Deactivate; active: true -> false");
    let mut leaving = configured();
    leaving.application.policy.on_disable = Departure::Leave;
    assert_eq!(plan(&leaving, Some(&disabled), &left), "nothing");
}

#[test]
fn who_left_while_his_create_was_open_is_looked_up() {
    let creating = Link { state: State::Creating, ..link(State::New, "", true) };
    assert_eq!(plan(&configured(), None, &creating), "look up a create whose answer was lost");
}

#[test]
fn who_is_left_alone_when_disabled_is_looked_up_all_the_same_while_his_create_is_open() {
    let mut configured = configured();
    configured.application.policy.on_disable = Departure::Leave;
    let disabled = record(User { status: Status::Disabled, ..user("ada", "Engineer") }, &["sales"]);
    let creating = Link { state: State::Creating, ..link(State::New, "", true) };
    assert_eq!(plan(&configured, Some(&disabled), &creating), "look up a create whose answer was lost");
    assert_eq!(plan(&configured, Some(&disabled), &link(State::Linked, "Engineer", true)), "nothing");
}

#[test]
fn a_deactivation_in_doubt_is_undone_and_a_reactivation_in_doubt_too() {
    let here = record(user("ada", "Engineer"), &["sales"]);
    let mut doubtful = link(State::Linked, "Engineer", true);
    doubtful.doubt.insert(active());
    assert_eq!(plan(&configured(), Some(&here), &doubtful), "Update; active: true -> true");
    let mut coming_back = link(State::Deactivated, "Engineer", false);
    coming_back.doubt.insert(active());
    assert_eq!(plan(&configured(), None, &coming_back), "Deactivate; active: false -> false");
}

#[test]
fn a_required_attribute_without_a_value_blocks() {
    let nameless = record(User { username: String::new(), ..user("ada", "Engineer") }, &["sales"]);
    assert_eq!(
        plan(&configured(), Some(&nameless), &link(State::New, "", true)),
        "blocked: userName is required by the target and this user has no value for it"
    );
}

#[test]
fn a_link_of_another_target_is_not_touched() {
    let mut configured = configured();
    configured.application.target_generation = 7;
    let linked = link(State::Linked, "Engineer", true);
    assert_eq!(plan(&configured, None, &linked), "nothing");
    let here = record(user("ada", "Engineer"), &["sales"]);
    assert_eq!(plan(&configured, Some(&here), &linked), "match or create");
}

#[test]
fn an_account_deleted_at_the_target_is_not_made_again_by_itself() {
    let here = record(user("ada", "Engineer"), &["sales"]);
    assert_eq!(plan(&configured(), Some(&here), &link(State::Missing, "Engineer", true)), "nothing");
}

#[test]
fn who_is_kept_stays_until_something_else_is_desired_of_him() {
    let kept = Link {
        removal: Some(crate::link::Removal::Kept(Desired::Deleted)),
        ..link(State::Linked, "Engineer", true)
    };
    assert_eq!(plan(&configured(), None, &kept), "nothing");
    let elsewhere = record(user("ada", "Engineer"), &["other"]);
    assert_eq!(plan(&configured(), Some(&elsewhere), &kept), "Deactivate; active: true -> false");
}

#[test]
fn a_change_that_a_person_rejected_is_not_sent_and_another_is() {
    let rejected = Link {
        rejected: [("title".parse().expect("a path"), Some(Value::from("Clerk")))].into(),
        ..link(State::Linked, "Engineer", true)
    };
    let here = |title| record(user("ada", title), &["sales"]);
    assert_eq!(plan(&configured(), Some(&here("Clerk")), &rejected), "nothing");
    assert_eq!(
        plan(&configured(), Some(&here("Director")), &rejected),
        "Update; title: \"Engineer\" -> \"Director\""
    );
}
