//! The directory: our own store of users, groups and memberships, the source of truth.

pub mod attribute;
pub mod file;
pub mod import;
pub mod import_job;
pub mod job;
pub mod naming;
pub mod offboarding;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{GroupId, SourceId, UserId};
use crate::value::Value;

/// A person in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Ours; immutable, never reused.
    pub id: UserId,
    /// The source's immutable key; with one, a rename is a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<SourceId>,
    /// Unique without regard to case; shown as typed.
    pub username: String,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The full name as it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether he may sign in.
    #[serde(default)]
    pub status: Status,
    /// Attributes beyond the built-in ones, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, Value>,
    /// Set while a deletion with many memberships is under way; he counts as deleted from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// He may.
    #[default]
    Active,
    /// He may not, for now.
    Disabled,
}

/// A group in the directory. Groups hold users only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Ours; immutable, never reused.
    pub id: GroupId,
    /// The source's immutable key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<SourceId>,
    /// Unique without regard to case; shown as typed.
    pub name: String,
    /// Set while a deletion with many members is under way; it counts as deleted from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
}

/// A user and all his groups, from one consistent read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The user himself; `None` where only memberships of a deleted one remain.
    pub user: Option<User>,
    /// The groups he is a member of.
    pub groups: BTreeSet<GroupId>,
}

impl UserRecord {
    /// The user, unless he is deleted or being deleted.
    pub fn present(&self) -> Option<&User> {
        self.user.as_ref().filter(|user| !user.deleting)
    }
}
