//! What a link remembers of how its target shows what was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use scim::AttributePath;
use serde::{Deserialize, Serialize};

use super::compare::shown;
use crate::clock::after;
use crate::ids::UserId;
use crate::target::Found;
use crate::value::{Attributes, Value};

/// How long a target may take to show what it accepted, and how far the clocks of two machines may be apart. What was listed
/// before a write and this long after says nothing of it.
pub const SETTLING: Duration = Duration::from_secs(60);

/// Most members of each kind that a link notes; of a larger drift the first of them, in the order of their ids.
pub const MOST_MEMBERS_NOTED: usize = 1_000;

/// What is known of how the target shows a counterpart. Only what differs is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// When a write was last accepted: what was listed before says nothing of it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub accepted_at: Option<Timestamp>,
    /// Accepted, and not shown by any answer yet: how the target shows them is learned from the next listing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unseen: BTreeSet<AttributePath>,
    /// What the target shows in the place of what it accepted (*sent X, shows Y*; X is what was last sent).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub normalised: BTreeMap<AttributePath, Option<Value>>,
    /// What somebody made of it at the target.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drift: BTreeMap<AttributePath, Option<Value>>,
    /// The same of a group's members.
    #[serde(default, skip_serializing_if = "MemberDrift::is_empty")]
    pub members: MemberDrift,
    /// A complete listing lacked it: reading it tells whether it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacking: bool,
}

/// Members who are not as they were pushed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDrift {
    /// Pushed, and not in the group any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gone: BTreeSet<UserId>,
    /// Users of ours who are in the group, and not through us.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub added: BTreeSet<UserId>,
}

impl MemberDrift {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.added.is_empty()
    }
}

impl Observed {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something at the target was changed by somebody.
    pub fn has_drifted(&self) -> bool {
        !self.drift.is_empty() || !self.members.is_empty()
    }

    /// What was made of these attributes, at `now`. `answer` is what the target showed in return, where it did.
    pub fn made(attributes: &Attributes, answer: Option<&Found>, now: Timestamp) -> Self {
        let mut observed = Self { accepted_at: Some(now), ..Self::default() };
        for (path, sent) in attributes {
            match answer.and_then(|answer| shown(answer, path)) {
                // A value that is not answered may still be shown.
                None => {
                    observed.unseen.insert(path.clone());
                }
                Some(value) if value != *sent => {
                    observed.normalised.insert(path.clone(), Some(value));
                }
                Some(_) => {}
            }
        }
        observed
    }

    /// A counterpart that was found as it is, at `now`.
    pub fn found(now: Timestamp) -> Self {
        Self { accepted_at: Some(now), ..Self::default() }
    }

    /// These attributes, of all that were `sent`, were accepted at `now`. `listed_at`: when the last whole reading of the target began.
    pub fn accept<'a>(
        &mut self,
        paths: impl Iterator<Item = &'a AttributePath>,
        sent: &Attributes,
        listed_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        if self.all_seen(listed_at) {
            self.unseen.clear();
        } else if self.accepted_at.is_none() {
            self.unseen = sent.keys().cloned().collect();
        }
        for path in paths {
            self.normalised.remove(path);
            self.drift.remove(path);
            self.unseen.insert(path.clone());
        }
        self.accepted_at = Some(now);
    }

    /// Whether the target was read as a whole since anything was accepted.
    fn all_seen(&self, listed_at: Option<Timestamp>) -> bool {
        let accepted_at = self.accepted_at.map(|at| after(at, SETTLING));
        listed_at.is_some_and(|listed_at| accepted_at.is_none_or(|at| at <= listed_at))
    }

    /// Whether how the target shows this attribute is still to be learned.
    pub fn is_unseen(&self, path: &AttributePath, listed_at: Option<Timestamp>) -> bool {
        !self.all_seen(listed_at) && (self.accepted_at.is_none() || self.unseen.contains(path))
    }

    /// Whether what was listed from `listed_at` on says nothing of what was accepted since.
    pub fn is_newer_than(&self, listed_at: Timestamp) -> bool {
        self.accepted_at.is_some_and(|at| after(at, SETTLING) > listed_at)
    }
}
