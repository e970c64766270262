//! Matching: which account or group at the target is the counterpart of an object that has no link yet
//! (DESIGN section 7, second table). Whether what a filter or a listing brought bears externalId and name is
//! re-checked here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::application::{Adopt, Policy, ReactivateAdopted};
use crate::folding::folded;
use crate::ids::RemoteId;
use crate::link::{LinkKey, Origin};
use crate::target::{Found, Kind};

/// What was found at the target for one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidates {
    /// Under our externalId.
    pub by_external_id: Vec<Found>,
    /// Under its name.
    pub by_name: Vec<Found>,
    /// Under its e-mail address, where an administrator chose that as a key. Who looked has checked that they bear it: a
    /// resource may show several.
    pub by_email: Vec<Found>,
    /// Which of them are counterparts of other objects of the directory.
    pub owned: BTreeMap<RemoteId, LinkKey>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought<'a> {
    /// A user or a group.
    pub kind: Kind,
    /// The externalId we send.
    pub external_id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// A create of ours may have been sent whose answer is not known.
    pub creating: bool,
}

/// What an administrator chose for accounts that were there before us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    /// An account that bears the key and no externalId.
    pub adopt: Adopt,
    /// One with a foreign externalId is adopted too.
    pub take_over: bool,
    /// One that is turned off.
    pub reactivate: ReactivateAdopted,
}

/// The rules by which something that an open create may have made is ours: nobody needs to be asked about that.
pub(crate) const MADE_BY_US: Rules =
    Rules { adopt: Adopt::Automatic, take_over: false, reactivate: ReactivateAdopted::Yes };

impl From<&Policy> for Rules {
    fn from(policy: &Policy) -> Self {
        Self { adopt: policy.adopt, take_over: policy.take_over, reactivate: policy.reactivate_adopted }
    }
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
        /// Whom it is about, so that he can choose.
        candidates: Vec<Candidate>,
    },
}

/// An account or group that may be the counterpart, as it is shown to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id at the target.
    pub remote_id: RemoteId,
    /// Its name there.
    pub name: String,
    /// The externalId it bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Whether it is active, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The object of the directory whose counterpart it is already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<LinkKey>,
}

/// How long after it was asked for something may be made, the difference of two clocks included: some targets queue what they accept.
pub(crate) const DONE_LATE: SignedDuration = SignedDuration::from_hours(1);
/// Most candidates that are shown.
const SHOWN: usize = 20;

/// Decides, row by row of the table.
pub fn decide(candidates: &Candidates, sought: &Sought<'_>, rules: &Rules) -> Match {
    let all = candidates.by_external_id.iter().chain(&candidates.by_name).chain(&candidates.by_email);
    let ours = distinct(all.filter(|found| found.external_id.as_deref() == Some(sought.external_id)));
    let conflict = |reason, about: &[&Found]| candidates.conflict(reason, about);
    match ours[..] {
        [] => by_key(candidates, sought, rules),
        [found] => match candidates.owned.get(&found.remote_id) {
            Some(owner) => conflict(owned_by(found, owner), &[found]),
            None if sought.creating => linked(found, Origin::Created),
            None => adopted(candidates, found, rules),
        },
        _ => {
            let (count, id) = (ours.len(), sought.external_id);
            conflict(
                format!("{count} resources at the target bear the externalId '{id}'; leave it to one"),
                &ours,
            )
        }
    }
}

/// By its name, and where nothing bears that, by its e-mail address.
fn by_key(candidates: &Candidates, sought: &Sought<'_>, rules: &Rules) -> Match {
    let named = candidates.by_name.iter().filter(|found| folded(&found.name) == folded(sought.name));
    let named = distinct(named);
    let (key, bearing) = match named[..] {
        [] => ("e-mail address", distinct(candidates.by_email.iter())),
        _ => ("name", named),
    };
    let name = sought.name;
    match bearing[..] {
        [] => Match::None,
        [found] => one_by_key(candidates, found, sought.kind, rules),
        _ => {
            let count = bearing.len();
            let reason = format!(
                "{count} resources at the target bear the {key} of '{name}'; leave it to one, or choose one"
            );
            candidates.conflict(reason, &bearing)
        }
    }
}

fn one_by_key(candidates: &Candidates, found: &Found, kind: Kind, rules: &Rules) -> Match {
    let Found { remote_id, name, .. } = found;
    let conflict = |reason| candidates.conflict(reason, &[found]);
    if let Some(owner) = candidates.owned.get(remote_id) {
        return conflict(owned_by(found, owner));
    }
    match (found.external_id.as_deref(), rules.adopt) {
        (Some(foreign), _) if !foreign.is_empty() && !rules.take_over => conflict(format!(
            "'{name}' exists at the target with the externalId '{foreign}' of another source; {}set take_over where \
             all such {kind}s are to be taken over, or rename one of the two",
            by_hand(kind)
        )),
        (None | Some(""), Adopt::Ask) => conflict(format!(
            "'{name}' exists at the target and may be the counterpart of this {kind}; {}set adopt to automatic, or rename one of \
             the two",
            by_hand(kind)
        )),
        (None | Some(""), Adopt::Never) => conflict(format!(
            "'{name}' exists at the target, and what was there is never adopted; rename one of the two, or delete \
             the one there"
        )),
        _ => adopted(candidates, found, rules),
    }
}

/// A way out that there is for users only.
fn by_hand(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "choose it by hand, ",
        Kind::Group => "",
    }
}

fn adopted(candidates: &Candidates, found: &Found, rules: &Rules) -> Match {
    let off = found.active == Some(false);
    let name = &found.name;
    match rules.reactivate {
        ReactivateAdopted::Ask if off => candidates.conflict(
            format!(
                "'{name}' exists at the target and was deactivated there, not by Rollcall; choose it by hand to turn it on, \
                 or delete it at the target"
            ),
            &[found],
        ),
        ReactivateAdopted::No if off => candidates.conflict(
            format!("'{name}' was deactivated at the target, not by Rollcall, and such accounts stay off"),
            &[found],
        ),
        _ => linked(found, Origin::Adopted),
    }
}

fn linked(found: &Found, origin: Origin) -> Match {
    Match::Link { found: Box::new(found.clone()), origin }
}

fn owned_by(found: &Found, owner: &LinkKey) -> String {
    format!("'{}' at the target is the counterpart of {owner}; rename one of the two", found.name)
}

fn distinct<'a>(found: impl Iterator<Item = &'a Found>) -> Vec<&'a Found> {
    let mut distinct: Vec<&Found> = Vec::new();
    for found in found {
        if !distinct.iter().any(|known| known.remote_id == found.remote_id) {
            distinct.push(found);
        }
    }
    distinct
}

impl Candidates {
    /// Those that an open create of this externalId may have made: whatever bears it; where nothing does, what bears the name it
    /// asked for, and neither a foreign externalId nor the name of another object of the directory. Before it was sent there was
    /// none of either. What says that it was made long after it was `asked_at` is somebody else's, though it bears that name.
    pub(crate) fn made_by_open_create(mut self, external_id: &str, asked_at: Option<Timestamp>) -> Self {
        let Self { by_name, owned, .. } = &mut self;
        by_name.retain(|found| {
            let foreign =
                found.external_id.as_deref().is_some_and(|shown| !shown.is_empty() && shown != external_id);
            let later = asked_at.zip(found.created()).map(|(asked, made)| made.duration_since(asked));
            let is_later = later.is_some_and(|later| later > DONE_LATE);
            !foreign && !is_later && !owned.contains_key(&found.remote_id)
        });
        self
    }

    /// Every account that was found, once.
    pub fn all(&self) -> Vec<&Found> {
        distinct(self.by_external_id.iter().chain(&self.by_name).chain(&self.by_email))
    }

    /// A conflict about these.
    pub fn conflict(&self, reason: String, about: &[&Found]) -> Match {
        let shown = about.iter().take(SHOWN).map(|found| Candidate {
            remote_id: found.remote_id.clone(),
            name: found.name.clone(),
            external_id: found.external_id.clone(),
            active: found.active,
            owner: self.owned.get(&found.remote_id).cloned(),
        });
        Match::Conflict { reason, candidates: shown.collect() }
    }
}

#[cfg(test)]
mod tests;
