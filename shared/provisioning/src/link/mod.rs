//! A link: the counterpart of one user or group at one target, with what was last sent and accepted, what is in
//! doubt, who works on it, and when it is next due.
//!
//! A link comes into being by its first mark and stays for good: after a removal it is what tells a rehire from a
//! recycled name.

mod key;
mod parked;
mod removal;
mod trouble;
mod work;

pub use key::{LinkKey, Object};
pub use parked::Parked;
pub use removal::{MemberRemoval, Removal, RemovalKind};
pub use trouble::Trouble;
pub use work::{Claim, Mark, Work};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use scim::AttributePath;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::activity::Outcome;
use crate::drift::Observed;
use crate::ids::{RemoteId, UserId};
use crate::matching::Candidate;
use crate::value::{Attributes, Value};

/// The life of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Marked, never created: nothing of it is at the target.
    #[default]
    New,
    /// A create may have been sent; it is looked up before it is created again.
    Creating,
    /// It has a counterpart.
    Linked,
    /// The counterpart is inactive through us, or a group was emptied and let go.
    Deactivated,
    /// The counterpart was deleted at the target by somebody else.
    Missing,
    /// A person must decide: the reason is in `work.problem`.
    Conflict,
    /// A required attribute has no value.
    Blocked,
    /// The counterpart was left as it is; we no longer keep it.
    Released,
    /// The counterpart was deleted by us.
    Tombstone,
}

/// Where the counterpart came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// We made it.
    Created,
    /// It was there before us.
    Adopted,
}

/// The link of one object at one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whose link it is.
    pub key: LinkKey,
    /// The target it belongs to; a link of another generation is nobody's at this one.
    #[serde(default)]
    pub target_generation: u64,
    /// Where in its life it is.
    #[serde(default)]
    pub state: State,
    /// The counterpart's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_id: Option<RemoteId>,
    /// The externalId sent at the first create or adoption; it never changes while the link lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The name that the last create asked for: by it the counterpart is found where externalIds are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_name: Option<String>,
    /// When it was asked for: what was made long after that was not made by it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub asked_at: Option<Timestamp>,
    /// Where the counterpart came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The counterpart was found, and linked by the intent of a change: which of both it is, until an event has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<Origin>,
    /// What was last sent and accepted.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub sent: Attributes,
    /// The account that a person chose for this user; it is linked at the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<RemoteId>,
    /// Between whom a person must decide, while the link is in conflict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Attributes that may or may not have been taken; always sent again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub doubt: BTreeSet<AttributePath>,
    /// Members of a group of whom the same is true, and the remote ids that were named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members_in_doubt: BTreeMap<UserId, RemoteId>,
    /// Members of a group whom the target refuses while it takes others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parked: BTreeMap<UserId, Parked>,
    /// A DELETE may have been sent whose outcome is not known: if the counterpart is gone, it went through us.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion_in_doubt: bool,
    /// A group is to be compared with all its members, not only by its todo rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compare: bool,
    /// Since when the user is in no selected group; removal waits for the grace.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub unassigned_since: Option<Timestamp>,
    /// What the fuse said of its removal, since it was last wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
    /// Memberships of the group wait for a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_members: bool,
    /// Changes that a person rejected: what was to be sent of each attribute, and is not as long as that is what it would be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<AttributePath, Option<Value>>,
    /// How the target shows what was sent.
    #[serde(default, skip_serializing_if = "Observed::is_empty")]
    pub observed: Observed,
    /// Whom mapped attributes of this user name: at each of them lies a row by which this link is found when his account
    /// comes, changes or goes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub references: BTreeSet<UserId>,
    /// What is to be done, by whom, when.
    #[serde(flatten)]
    pub work: Work,
    /// What the last settling write did. Only the write that settles carries it; the next one drops it, so the stream
    /// shows each outcome once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Set by the settling write that gave, changed or took the remote id, or turned the account on or off: the
    /// groups concerned must look. Transient like `outcome`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub presence_changed: bool,
}

impl Link {
    /// A link that was never anything.
    pub fn new(key: LinkKey) -> Self {
        Self {
            key,
            target_generation: 0,
            state: State::New,
            remote_id: None,
            external_id: None,
            asked_name: None,
            asked_at: None,
            origin: None,
            untold: None,
            sent: Attributes::new(),
            chosen: None,
            candidates: Vec::new(),
            doubt: BTreeSet::new(),
            members_in_doubt: BTreeMap::new(),
            parked: BTreeMap::new(),
            deletion_in_doubt: false,
            compare: false,
            unassigned_since: None,
            removal: None,
            holds_members: false,
            rejected: BTreeMap::new(),
            observed: Observed::default(),
            references: BTreeSet::new(),
            work: Work::default(),
            outcome: None,
            presence_changed: false,
        }
    }

    /// The link as its next write begins: what was told with the last one is told once.
    #[must_use]
    pub fn rewritten(&self) -> Self {
        let mut next = self.clone();
        next.outcome = None;
        next.presence_changed = false;
        next.work.revision += 1;
        next
    }

    /// Sets what this write tells. The same settlement has the same id however often it is told: the link, and which of its
    /// outcomes it is.
    pub fn tell(&mut self, outcome: &Outcome) {
        self.work.settlements += 1;
        let name = format!("{}:{}", self.key, self.work.settlements);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
        self.outcome = Some(Outcome { id, ..outcome.clone() });
    }

    /// Whether a create may have been sent to this target whose outcome is not known: there may be an account of ours there.
    pub fn create_is_open(&self, target_generation: u64) -> bool {
        let open = self.state == State::Creating
            || (self.state == State::Conflict && self.remote_id.is_none() && !self.doubt.is_empty());
        open && self.target_generation == target_generation
    }

    /// Comes to belong to this target.
    pub fn enter(&mut self, target_generation: u64) {
        self.leave_behind(target_generation);
        self.target_generation = target_generation;
    }

    /// Forgets what was noted and said at another target than this one and says nothing of what is here: whom a group's requests
    /// named by ids of there, what the fuse and a person said of losses there, whose account was chosen there.
    pub fn leave_behind(&mut self, target_generation: u64) {
        if self.target_generation == target_generation {
            return;
        }
        self.chosen = None;
        self.untold = None;
        self.members_in_doubt.clear();
        self.parked.clear();
        self.removal = None;
        self.holds_members = false;
        self.rejected.clear();
    }

    /// Whether something of it waits for a person: its removal, a change, or members of a group.
    pub fn waits(&self) -> bool {
        self.is_held() || self.holds_members
    }

    /// The counterpart's id if it is an account or group in use: one that may be a member, or have members.
    pub fn usable_remote(&self, target_generation: u64) -> Option<&RemoteId> {
        let usable = self.state == State::Linked && self.target_generation == target_generation;
        self.remote_id.as_ref().filter(|_| usable)
    }

    /// The counterpart's id at this target, in use or not: it is this object's until it is deleted or forgotten.
    pub fn owned_remote(&self, target_generation: u64) -> Option<&RemoteId> {
        let owned = self.state != State::Tombstone && self.target_generation == target_generation;
        self.remote_id.as_ref().filter(|_| owned)
    }

    /// The account that is there, whether it is in use or not, and at which target: what others who name this user are sent.
    pub fn account(&self) -> Option<(u64, &RemoteId)> {
        let is_there = !matches!(self.state, State::Tombstone | State::Missing);
        self.remote_id.as_ref().filter(|_| is_there).map(|remote_id| (self.target_generation, remote_id))
    }

    /// The account that is there at this target.
    pub fn account_at(&self, target_generation: u64) -> Option<&RemoteId> {
        self.account().filter(|(at, _)| *at == target_generation).map(|(_, remote_id)| remote_id)
    }

    /// The account a person chose, if he chose it at this target.
    pub fn chosen_at(&self, target_generation: u64) -> Option<&RemoteId> {
        self.chosen.as_ref().filter(|_| self.target_generation == target_generation)
    }

    /// The name last sent, for people: `userName` or `displayName`.
    pub fn shown_name(&self) -> Option<String> {
        let named =
            |name: &str| self.sent.iter().find(|(path, _)| path.attribute().eq_ignore_ascii_case(name));
        let found = match self.key.object {
            Object::User(_) => named("userName"),
            Object::Group(_) => named("displayName"),
        };
        found.and_then(|(_, value)| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
