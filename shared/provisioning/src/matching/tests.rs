//! The table of DESIGN section 7, row by row.

use super::*;

fn account(id: &str, external_id: Option<&str>, name: &str) -> Found {
    Found {
        remote_id: RemoteId::new(id).expect("an id"),
        external_id: external_id.map(str::to_owned),
        name: name.into(),
        active: Some(true),
        resource: scim::Resource::default(),
    }
}

fn named(found: &[Found]) -> Candidates {
    Candidates { by_name: found.to_vec(), ..Candidates::default() }
}

fn judged(candidates: &Candidates, creating: bool, rules: Rules) -> Match {
    decide(candidates, &Sought { kind: Kind::User, external_id: "e", name: "ada", creating }, &rules)
}

fn linked(candidates: &Candidates, creating: bool, rules: Rules) -> Option<(String, Origin)> {
    match judged(candidates, creating, rules) {
        Match::Link { found, origin } => Some((found.remote_id.to_string(), origin)),
        _ => None,
    }
}

/// The reason, after checking that it is a conflict.
#[track_caller]
fn refused(candidates: &Candidates, rules: Rules) -> String {
    match judged(candidates, false, rules) {
        Match::Conflict { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

fn usual() -> Rules {
    Rules::default()
}

#[test]
fn our_external_id_is_ours_and_created_only_while_a_create_is_open() {
    let ours = account("1", Some("e"), "ada");
    let by_name = vec![ours.clone()];
    let candidates = Candidates { by_external_id: vec![ours], by_name, ..Candidates::default() };
    assert_eq!(linked(&candidates, false, usual()), Some(("1".into(), Origin::Adopted)));
    assert_eq!(linked(&candidates, true, usual()), Some(("1".into(), Origin::Created)));
}

#[test]
fn a_lost_create_is_found_where_external_id_cannot_be_filtered() {
    let candidates = named(&[account("1", Some("e"), "ada")]);
    assert_eq!(linked(&candidates, true, usual()), Some(("1".into(), Origin::Created)));
}

#[test]
fn a_name_without_external_id_is_adopted_in_whatever_case() {
    for external_id in [None, Some("")] {
        let candidates = named(&[account("1", external_id, "ADA")]);
        assert_eq!(linked(&candidates, false, usual()), Some(("1".into(), Origin::Adopted)));
    }
}

#[test]
fn adoption_can_be_asked_for_user_by_user_or_ruled_out() {
    let candidates = named(&[account("1", None, "ada")]);
    assert!(refused(&candidates, Rules { adopt: Adopt::Ask, ..usual() }).contains("choose it by hand"));
    assert!(refused(&candidates, Rules { adopt: Adopt::Never, ..usual() }).contains("never adopted"));
}

#[test]
fn what_bears_our_external_id_is_ours_whatever_is_said_of_adoption() {
    let candidates = named(&[account("1", Some("e"), "ada")]);
    let rules = Rules { adopt: Adopt::Never, ..usual() };
    assert_eq!(linked(&candidates, false, rules), Some(("1".into(), Origin::Adopted)));
}

#[test]
fn a_foreign_external_id_is_for_a_person_unless_a_migration_takes_it_over() {
    let candidates = named(&[account("1", Some("okta-7"), "ada")]);
    assert!(refused(&candidates, usual()).contains("'okta-7' of another source"));
    let rules = Rules { take_over: true, ..usual() };
    assert_eq!(linked(&candidates, false, rules), Some(("1".into(), Origin::Adopted)));
}

#[test]
fn the_account_of_another_user_is_never_taken() {
    let owner = LinkKey::user(&"crm".parse().expect("an id"), &"grace".parse().expect("an id"));
    for external_id in [None, Some("okta-7"), Some("e")] {
        let found = account("1", external_id, "ada");
        let owned = [(found.remote_id.clone(), owner.clone())].into();
        let candidates = Candidates { by_name: vec![found], owned, ..Candidates::default() };
        let rules = Rules { take_over: true, ..usual() };
        assert!(refused(&candidates, rules).contains("crm#user#grace"), "{external_id:?}");
    }
}

#[test]
fn of_several_none_is_taken_and_all_are_shown() {
    let candidates = named(&[account("1", None, "ada"), account("2", None, "Ada")]);
    let Match::Conflict { candidates, .. } = judged(&candidates, false, Rules { take_over: true, ..usual() })
    else {
        panic!("no conflict")
    };
    let ids: Vec<_> = candidates.iter().map(|candidate| candidate.remote_id.to_string()).collect();
    assert_eq!(ids, ["1", "2"]);
    let twice = named(&[account("1", Some("e"), "a"), account("2", Some("e"), "b")]);
    assert!(refused(&twice, usual()).contains("leave it to one"));
}

#[test]
fn an_adopted_account_that_is_off_goes_as_the_policy_says() {
    let off = named(&[Found { active: Some(false), ..account("1", None, "ada") }]);
    let with = |reactivate| Rules { reactivate, ..usual() };
    assert!(refused(&off, with(ReactivateAdopted::Ask)).contains("to turn it on"));
    assert!(refused(&off, with(ReactivateAdopted::No)).contains("stay off"));
    assert_eq!(linked(&off, false, with(ReactivateAdopted::Yes)), Some(("1".into(), Origin::Adopted)));
}

#[test]
fn an_account_that_our_lost_create_made_is_ours_though_it_is_off() {
    let off = named(&[Found { active: Some(false), ..account("1", Some("e"), "ada") }]);
    assert_eq!(linked(&off, true, usual()), Some(("1".into(), Origin::Created)));
}

#[test]
fn the_mail_address_counts_only_where_nothing_bears_the_name() {
    let by_email = vec![account("2", None, "a.lovelace")];
    let candidates = Candidates { by_email: by_email.clone(), ..Candidates::default() };
    assert_eq!(linked(&candidates, false, usual()), Some(("2".into(), Origin::Adopted)));
    let both = Candidates { by_name: vec![account("1", None, "ada")], by_email, ..Candidates::default() };
    assert_eq!(linked(&both, false, usual()), Some(("1".into(), Origin::Adopted)));
}

#[test]
fn a_filter_that_was_ignored_adopts_nobody() {
    assert_eq!(judged(&named(&[account("1", None, "bob")]), false, usual()), Match::None);
}
