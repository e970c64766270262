use super::*;
use crate::activity::Action;
use crate::application::Departure;
use crate::directory::User;
use crate::ids::RemoteId;
use crate::link::State;
use crate::plan::active;
use crate::testing::{configured, user};
use crate::value::Value;

fn path(text: &str) -> scim::AttributePath {
    text.parse().expect("a path")
}

fn key() -> LinkKey {
    LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"))
}

fn record(user: User, groups: &[&str]) -> UserRecord {
    let groups = groups.iter().map(|group| group.parse().expect("an id")).collect();
    UserRecord { user: Some(user), groups }
}

fn linked(title: &str) -> Link {
    let sent = [
        (path("userName"), Value::from("ada")),
        (path("title"), title.into()),
        (active(), Value::Boolean(true)),
    ];
    Link { state: State::Linked, remote_id: RemoteId::new("1"), sent: sent.into(), ..Link::new(key()) }
}

fn explained(configured: &Configured, record: &UserRecord, link: Option<Link>) -> Explanation {
    explanation(configured, Some(record), &key(), link, Timestamp::UNIX_EPOCH)
}

fn fate(explanation: &Explanation, name: &str) -> Fate {
    let found = explanation.attributes.iter().find(|attribute| attribute.target == path(name));
    found.expect("an attribute").fate.clone()
}

#[test]
fn who_is_in_step_has_every_attribute_in_step() {
    let told =
        explained(&configured(), &record(user("ada", "Countess"), &["sales"]), Some(linked("Countess")));
    assert_eq!((told.plan.clone(), told.because.as_str()), (UserPlan::Nothing, "his account is in step"));
    for name in ["userName", "title", "active"] {
        assert_eq!(fate(&told, name), Fate::InStep, "{name}");
    }
}

#[test]
fn a_change_shows_what_was_sent_and_what_would_be() {
    let told =
        explained(&configured(), &record(user("ada", "Countess"), &["sales"]), Some(linked("Engineer")));
    let Fate::Sent(change) = fate(&told, "title") else { panic!("it is sent") };
    assert_eq!(change.to_string(), "title: \"Engineer\" -> \"Countess\"");
    assert_eq!(fate(&told, "userName"), Fate::InStep);
    assert_eq!(told.hindrance, None);
}

#[test]
fn who_has_no_account_is_looked_for_by_externalid_and_name_before_one_is_made() {
    let ada = User { source_id: Some(crate::ids::SourceId("hr-7".into())), ..user("ada", "") };
    let told = explained(&configured(), &record(ada, &["sales"]), None);
    let keys = told.keys.clone().expect("keys");
    assert_eq!((keys.external_id.as_str(), keys.name.as_str(), keys.email), ("hr-7", "ada", None));
    assert!(told.because.contains("one is looked for, and made if there is none"), "{}", told.because);
    assert_eq!(fate(&told, "userName"), Fate::SentIfNew);
}

#[test]
fn who_lacks_a_required_value_is_blocked_and_the_attribute_says_so() {
    let mut configured = configured();
    configured.mapping.attributes[1].required = true;
    let nobody = User { custom: [].into(), ..user("ada", "") };
    let told = explained(&configured, &record(nobody, &["sales"]), None);
    assert_eq!(told.because, "title is required by the target and this user has no value for it");
    assert_eq!(fate(&told, "title"), Fate::Blocks);
    assert_eq!(fate(&told, "userName"), Fate::NotSent);
}

#[test]
fn who_leaves_is_told_the_policy_by_which_he_goes() {
    for (policy, word) in [
        (Departure::Deactivate, "turns his account off"),
        (Departure::Delete, "deletes his account"),
        (Departure::Leave, "leaves his account as it is"),
    ] {
        let mut configured = configured();
        configured.application.policy.on_unassign = policy;
        let told = explained(&configured, &record(user("ada", "x"), &[]), Some(linked("Countess")));
        assert_eq!(told.because, format!("the user is in no selected group; the policy on_unassign {word}"));
        assert_eq!(fate(&told, "title"), Fate::NotSent, "{policy:?}");
    }
}

#[test]
fn who_is_turned_off_shows_active_going_from_true_to_false() {
    let mut ada = record(user("ada", "Countess"), &["sales"]);
    ada.user.as_mut().expect("a user").status = Status::Disabled;
    let told = explained(&configured(), &ada, Some(linked("Countess")));
    assert!(matches!(told.plan, UserPlan::Change { action: Action::Deactivate, .. }));
    let Fate::Sent(change) = fate(&told, "active") else { panic!("it is sent") };
    assert_eq!(change.to_string(), "active: true -> false");
}

#[test]
fn what_is_planned_but_cannot_go_now_says_why() {
    let ada = record(user("ada", "Countess"), &["sales"]);
    let of = |change: &dyn Fn(&mut Configured)| {
        let mut configured = configured();
        change(&mut configured);
        explained(&configured, &ada, Some(linked("Engineer"))).hindrance
    };
    let later: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    assert_eq!(of(&|it| it.application.lifecycle = Lifecycle::Disabled), Some(Hindrance::NotEnabled));
    assert_eq!(of(&|it| it.condition.paused = Some("401".into())), Some(Hindrance::Paused("401".into())));
    assert_eq!(of(&|it| it.condition.not_before = Some(later)), Some(Hindrance::NotBefore(later)));
    let mut failing = linked("Engineer");
    (failing.work.attempts, failing.work.due_at) = (2, Some(later));
    assert_eq!(explained(&configured(), &ada, Some(failing)).hindrance, Some(Hindrance::Retry(later)));
}

#[test]
fn what_was_sent_and_is_mapped_no_more_is_shown_to_stay() {
    let mut link = linked("Countess");
    link.sent.insert(path("nickName"), "Al".into());
    let told = explained(&configured(), &record(user("ada", "Countess"), &["sales"]), Some(link));
    assert_eq!(fate(&told, "nickName"), Fate::Unmapped);
}

#[test]
fn what_was_sent_to_another_target_says_nothing_of_this_one() {
    let mut configured = configured();
    configured.application.target_generation = 2;
    let ada = record(user("ada", "Countess"), &["sales"]);
    let told = explained(&configured, &ada, Some(linked("Countess")));
    assert!(matches!(told.plan, UserPlan::Match { .. }));
    assert!(told.attributes.iter().all(|attribute| attribute.sent.is_none()));
}
