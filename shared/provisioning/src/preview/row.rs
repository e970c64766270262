//! What would be done about one user or group.

use serde::{Deserialize, Serialize};

use super::Follows;
use crate::activity::{Action, MEMBERS_SHOWN};
use crate::ids::RemoteId;
use crate::link::{Link, Object};
use crate::matching::Candidate;
use crate::target::Change;

/// What would be done about one user or group. What is in step has no row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// About whom.
    pub object: Object,
    /// His name in the directory, or the one last sent of somebody who is deleted.
    pub name: String,
    /// What.
    pub action: RowAction,
    /// His counterpart's id, where he has one or one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_id: Option<RemoteId>,
    /// Attribute by attribute, from what is there to what would be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Attributes that name somebody whose account is still to be made or adopted, and are sent once it is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<Follows>,
    /// Why nothing can be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Between whom a person must decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Members that a group would gain.
    #[serde(default, skip_serializing_if = "Members::is_none")]
    pub added: Members,
    /// Members that it would lose.
    #[serde(default, skip_serializing_if = "Members::is_none")]
    pub removed: Members,
    /// What a group is to the fuse.
    #[serde(default, skip_serializing_if = "GroupWeight::is_none")]
    pub weight: GroupWeight,
}

/// What a group is to the fuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupWeight {
    /// It is linked.
    pub linked: bool,
    /// Members that are there through us.
    pub pushed: u64,
    /// Of these, members who would be taken out and keep their accounts.
    pub taken: u64,
    /// Of these, who would get nothing for it, one by one.
    pub lost: u64,
}

impl GroupWeight {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowAction {
    /// Made.
    Create,
    /// Linked with what is there, which is brought into step.
    Adopt,
    /// Changed: attributes, or a group's members.
    Update,
    /// Turned on again.
    Reactivate,
    /// Turned off.
    Deactivate,
    /// Deleted.
    Delete,
    /// Let go as it is; of a group our members are taken out first, where the policy says so.
    Release,
    /// A person must decide.
    Conflict,
    /// A required attribute has no value.
    Blocked,
    /// The target does not let itself be listed: what is there is found out when it is done.
    MatchOrCreate,
}

/// Some members of a group: all are counted, the first are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// How many.
    pub count: u64,
    /// The first of them, by name.
    pub names: Vec<String>,
}

impl Members {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.count == 0
    }

    /// How many more names are shown.
    pub(super) fn room(&self) -> usize {
        MEMBERS_SHOWN.saturating_sub(self.names.len())
    }
}

impl RowAction {
    /// Every action.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Adopt,
        Self::Update,
        Self::Reactivate,
        Self::Deactivate,
        Self::Delete,
        Self::Release,
        Self::Conflict,
        Self::Blocked,
        Self::MatchOrCreate,
    ];
}

impl From<Action> for RowAction {
    /// The action of a plan of changes.
    fn from(action: Action) -> Self {
        match action {
            Action::Create => Self::Create,
            Action::Adopt => Self::Adopt,
            Action::Update | Action::Configure | Action::Drift => Self::Update,
            Action::Reactivate => Self::Reactivate,
            Action::Deactivate => Self::Deactivate,
            Action::Delete => Self::Delete,
            Action::Release => Self::Release,
            Action::Hold => Self::Conflict,
        }
    }
}

impl PreviewRow {
    /// A row of this object, with nothing but its action.
    pub(super) fn new(object: &Object, name: &str, action: RowAction) -> Self {
        Self {
            object: object.clone(),
            name: name.to_owned(),
            action,
            remote_id: None,
            changes: Vec::new(),
            follows: Vec::new(),
            reason: None,
            candidates: Vec::new(),
            added: Members::default(),
            removed: Members::default(),
            weight: GroupWeight::default(),
        }
    }

    /// The account by which a group would name this user once all is done; `None` where he would have none in use. An
    /// account that is still to be made goes by the user's own id.
    pub(super) fn account(&self, link: Option<&Link>, target_generation: u64) -> Option<RemoteId> {
        let own = || RemoteId::new(self.object.id());
        match self.action {
            RowAction::Create | RowAction::MatchOrCreate => self.remote_id.clone().or_else(own),
            RowAction::Adopt | RowAction::Update | RowAction::Reactivate => self.remote_id.clone(),
            RowAction::Blocked => link.and_then(|link| link.usable_remote(target_generation)).cloned(),
            RowAction::Deactivate | RowAction::Delete | RowAction::Release | RowAction::Conflict => None,
        }
    }

    /// The account or group that the row would take from now on, so that nobody else may.
    pub fn takes(&self) -> Option<&RemoteId> {
        self.remote_id.as_ref().filter(|_| matches!(self.action, RowAction::Create | RowAction::Adopt))
    }

    /// Whether the row says anything: a change without an attribute and without a member is none.
    pub(super) fn says_something(&self) -> bool {
        self.action != RowAction::Update
            || !(self.changes.is_empty()
                && self.follows.is_empty()
                && self.added.is_none()
                && self.removed.is_none())
    }
}
