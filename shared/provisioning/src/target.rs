//! What we know and say of a target in the domain's words; `scim-client` turns it into requests.

mod capabilities;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

pub use capabilities::{Capabilities, Layers, Origin, RequestLimit};
use jiff::Timestamp;
use scim::{AttributePath, Resource};
use serde::{Deserialize, Serialize};

use crate::folding::folded;
use crate::ids::RemoteId;
use crate::value::{Attributes, Value};

/// What discovery found: capabilities and the attributes the target takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// What the target can do.
    pub capabilities: Capabilities,
    /// The attributes it takes for users.
    pub attributes: Vec<AttributePath>,
    /// Those it requires.
    pub required: Vec<AttributePath>,
    /// Whether they come from its `/Schemas`, or are the default set.
    pub from_schemas: bool,
}

/// A user or group as a target shows it, reduced to what matching needs. Always checked by us: a filter may be ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its id at the target.
    pub remote_id: RemoteId,
    /// The externalId it bears.
    pub external_id: Option<String>,
    /// `userName` of a user, `displayName` of a group.
    pub name: String,
    /// Whether an account is active; `None` where it is not said.
    pub active: Option<bool>,
    /// The whole resource, the baseline of an adoption.
    pub resource: Resource,
}

impl Found {
    /// Whether it bears an externalId that is neither this one nor, where a target has no other, its own id.
    pub fn is_anothers(&self, external_id: &str) -> bool {
        let ours = |shown: &str| {
            shown.is_empty() || folded(shown) == folded(external_id) || shown == self.remote_id.as_str()
        };
        !self.external_id.as_deref().is_none_or(ours)
    }

    /// When the target says that it was made (RFC 7643 section 3.1).
    pub fn created(&self) -> Option<Timestamp> {
        let path = "meta.created".parse().ok()?;
        self.resource.read(&path)?.as_str()?.parse().ok()
    }

    /// The e-mail addresses it shows.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let emails = self.resource.as_json().iter().find(|(name, _)| name.eq_ignore_ascii_case("emails"));
        let emails = emails.and_then(|(_, emails)| emails.as_array()).into_iter().flatten();
        emails.filter_map(|email| email.get("value")?.as_str())
    }
}

/// By what a resource is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchKey {
    /// `externalId eq`
    ExternalId(String),
    /// `userName eq`, or `displayName eq` for a group.
    Name(String),
    /// `emails.value eq`; users only.
    Email(String),
}

/// A page of what a target has.
#[derive(Debug, Clone)]
pub struct FoundPage {
    /// The resources of this page.
    pub found: Vec<Found>,
    /// Where the next page starts (1-based, RFC 7644 section 3.4.2.4); `None` after the last.
    pub next: Option<u64>,
}

/// Which kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
        })
    }
}

/// One attribute of one object that is to change, or has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which attribute.
    pub attribute: AttributePath,
    /// What we last sent and the target accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What is sent; `None` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

impl Change {
    /// Whether it takes something away: a value, or the name that an account is known by.
    pub fn takes_away(&self) -> bool {
        let renames = || self.attribute.to_string().eq_ignore_ascii_case("userName") && self.old != self.new;
        self.old.is_some() && (self.new.is_none() || renames())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attribute, old, new } = self;
        let shown =
            |value: &Option<Value>| value.as_ref().map_or_else(|| "(none)".into(), ToString::to_string);
        write!(f, "{attribute}: {} -> {}", shown(old), shown(new))
    }
}

/// A request that writes, as data: what a plan says and what `scim-client` sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Make a resource. For a group, with these members.
    Create {
        /// Users or groups.
        kind: Kind,
        /// The externalId it is to bear.
        external_id: String,
        /// Its attributes.
        attributes: Attributes,
        /// The members of a group.
        members: BTreeSet<RemoteId>,
    },
    /// Change attributes, and for a group members.
    Update {
        /// Users or groups.
        kind: Kind,
        /// Which.
        remote_id: RemoteId,
        /// The attributes that change.
        changes: Vec<Change>,
        /// Members to add.
        add: BTreeSet<RemoteId>,
        /// Members to remove.
        remove: BTreeSet<RemoteId>,
        /// Members of a group who were put in it before and are to stay, where that is known: a target that takes the whole list
        /// of members only is sent none that lacks one of them ([`TargetError::WholeList`]).
        stay: Option<BTreeSet<RemoteId>>,
    },
    /// Delete a resource.
    Delete {
        /// Users or groups.
        kind: Kind,
        /// Which.
        remote_id: RemoteId,
    },
}

impl Write {
    /// The same update with these changes alone.
    #[must_use]
    pub fn of_changes(self, only: &[Change]) -> Self {
        match self {
            Self::Update { kind, remote_id, add, remove, stay, .. } => {
                Self::Update { kind, remote_id, changes: only.to_vec(), add, remove, stay }
            }
            other => other,
        }
    }
}

/// One request as it went out, for the activity log. Never a header, never a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestNote {
    /// `POST`, `PATCH`, …
    pub method: String,
    /// The path behind the base URL.
    pub path: String,
    /// The status answered; `None` where no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What came of an exchange with a target, and the requests it took.
#[derive(Debug)]
pub struct Exchange<T> {
    /// The requests sent, in order.
    pub requests: Vec<RequestNote>,
    /// What came of them.
    pub result: Result<T, TargetError>,
}

/// Why a target did not do what was asked, sorted by what the caller does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No answer, or none that can be understood: whether it was done is not known. Try again later.
    #[error("{0}")]
    Unknown(String),
    /// It said it is in trouble itself (5xx). Try again later.
    #[error("{0}")]
    Failed(String),
    /// It asked to be left alone for a time (429, 503 with a time). Not a failure.
    #[error("the target asked to wait {} s", .0.as_secs())]
    Throttled(Duration),
    /// It was not sent: no moment was free at the target's pace, or the application was disabled meanwhile. Try again after
    /// this time.
    #[error("it was not sent yet")]
    Unsent(Duration),
    /// It refuses our credentials (401). Nothing more is sent until a person acts.
    #[error("{0}")]
    Unauthorized(String),
    /// It refuses this one object (403). Whether it refuses everything, a control read tells.
    #[error("{0}")]
    Forbidden(String),
    /// It does not have the resource (404, 410).
    #[error("{0}")]
    NotFound(String),
    /// Another resource has what must be unique (409).
    #[error("{0}")]
    Conflict(String),
    /// It will not take this as it stands (other 4xx). This object fails, others go on.
    #[error("{0}")]
    Rejected(String),
    /// It takes the members of a group as a whole only, and the write does not say who is to stay: nothing was changed. Send it
    /// again with them.
    #[error("the target takes all members of a group at once only")]
    WholeList,
    /// It lacks the operation (405, 501).
    #[error("{0}")]
    Unsupported(String),
    /// The address must not be used.
    #[error("{0}")]
    Refused(String),
}
