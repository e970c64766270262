//! Matching: which account or group at the target is the counterpart of an object that has no link yet
//! (DESIGN section 7, second table). What a filter or a listing brought is always re-checked here.

use crate::folding::folded;
use crate::link::Origin;
use crate::target::Found;

/// What was found at the target for one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidates {
    /// Under our externalId.
    pub by_external_id: Vec<Found>,
    /// Under its name.
    pub by_name: Vec<Found>,
}

/// What to do about the candidates.
#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// There is none: create.
    None,
    /// This one is the counterpart.
    Link {
        /// The counterpart.
        found: Box<Found>,
        /// Whether it is ours by a create whose answer was lost, or was there before us.
        origin: Origin,
    },
    /// A person must decide.
    Conflict {
        /// Why, and what can be done.
        reason: String,
    },
}

/// Decides. `creating` says that a create of ours may have been sent whose answer is not known.
pub fn decide(candidates: &Candidates, external_id: &str, name: &str, creating: bool) -> Match {
    let all = || candidates.by_external_id.iter().chain(&candidates.by_name);
    let mut ours: Vec<&Found> = Vec::new();
    for found in all().filter(|found| found.external_id.as_deref() == Some(external_id)) {
        if !ours.iter().any(|known| known.remote_id == found.remote_id) {
            ours.push(found);
        }
    }
    match ours[..] {
        [] => by_name(candidates, name),
        [found] if creating => Match::Link { found: Box::new(found.clone()), origin: Origin::Created },
        [found] => adopt(found),
        _ => Match::Conflict {
            reason: format!(
                "{} resources at the target bear the externalId '{external_id}'; leave it to one",
                ours.len()
            ),
        },
    }
}

fn by_name(candidates: &Candidates, name: &str) -> Match {
    let bearing: Vec<_> =
        candidates.by_name.iter().filter(|found| folded(&found.name) == folded(name)).collect();
    match bearing[..] {
        [] => Match::None,
        [found] => match found.external_id.as_deref() {
            None | Some("") => adopt(found),
            Some(foreign) => Match::Conflict {
                reason: format!(
                    "'{name}' exists at the target with the externalId '{foreign}' of another source; \
                     clear that externalId there, or rename one of the two"
                ),
            },
        },
        _ => Match::Conflict {
            reason: format!(
                "{} resources at the target are named '{name}'; leave the name to one",
                bearing.len()
            ),
        },
    }
}

fn adopt(found: &Found) -> Match {
    if found.active == Some(false) {
        let reason = format!(
            "'{}' exists at the target and was deactivated there, not by Rollcall; \
             reactivate or delete it at the target to go on",
            found.name
        );
        return Match::Conflict { reason };
    }
    Match::Link { found: Box::new(found.clone()), origin: Origin::Adopted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RemoteId;

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
        Candidates { by_external_id: Vec::new(), by_name: found.to_vec() }
    }

    fn linked(outcome: &Match) -> Option<(&str, Origin)> {
        match outcome {
            Match::Link { found, origin } => Some((found.remote_id.as_str(), *origin)),
            _ => None,
        }
    }

    #[test]
    fn our_external_id_is_ours_and_created_only_while_a_create_is_open() {
        let ours = account("1", Some("e"), "ada");
        let candidates = Candidates { by_external_id: vec![ours.clone()], by_name: vec![ours] };
        assert_eq!(linked(&decide(&candidates, "e", "ada", false)), Some(("1", Origin::Adopted)));
        assert_eq!(linked(&decide(&candidates, "e", "ada", true)), Some(("1", Origin::Created)));
    }

    #[test]
    fn a_lost_create_is_found_where_external_id_cannot_be_filtered() {
        assert_eq!(
            linked(&decide(&named(&[account("1", Some("e"), "ada")]), "e", "ada", true)),
            Some(("1", Origin::Created))
        );
    }

    #[test]
    fn a_name_without_external_id_is_adopted_in_whatever_case() {
        assert_eq!(
            linked(&decide(&named(&[account("1", None, "ADA")]), "e", "ada", false)),
            Some(("1", Origin::Adopted))
        );
    }

    #[test]
    fn a_filter_that_was_ignored_adopts_nobody() {
        assert_eq!(decide(&named(&[account("1", None, "bob")]), "e", "ada", false), Match::None);
    }

    #[test]
    fn a_foreign_external_id_two_of_a_name_or_an_account_turned_off_are_for_a_person() {
        let off = Found { active: Some(false), ..account("1", None, "ada") };
        let cases = [
            named(&[account("1", Some("other"), "ada")]),
            named(&[account("1", None, "ada"), account("2", None, "Ada")]),
            named(&[off]),
        ];
        for candidates in cases {
            assert!(
                matches!(decide(&candidates, "e", "ada", false), Match::Conflict { .. }),
                "{candidates:?}"
            );
        }
    }
}
