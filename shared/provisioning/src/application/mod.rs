//! An application: a service provider that is provisioned, with all that an administrator set and what the workers
//! note about its target.

mod policy;
mod selection;
mod setup;

pub use policy::{Departure, DeselectedGroup, Policy};
pub use selection::{Selection, SelectionMode};
pub use setup::{Configuration, Links, Setup, SetupError, missing_steps};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ids::{ApplicationId, JobId};
use crate::mapping::Mapping;
use crate::target::Capabilities;

/// What an administrator set, versioned: every write raises `version`, and every mark names the version it was made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Ours.
    pub id: ApplicationId,
    /// What people call it.
    pub name: String,
    /// Its entry in the catalog.
    pub catalog_key: String,
    /// Raised by every configuration write.
    pub version: u64,
    /// Whether it is provisioned.
    pub lifecycle: Lifecycle,
    /// How its target is reached; none until it was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// Raised when the connection points at another tenant; links of another generation are not ours to use.
    pub target_generation: u64,
    /// What happens to accounts and groups that are no longer wanted.
    #[serde(default)]
    pub policy: Policy,
}

/// Whether an application is provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// Never enabled yet.
    Setup,
    /// Kept in step.
    Enabled,
    /// Left alone until enabled again.
    Disabled,
}

/// How a target is reached. The token itself lies in the secret store, under `secret`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The SCIM base URL, without a trailing slash.
    pub base_url: Url,
    /// The name under which the secret store holds the credentials.
    pub secret: SecretName,
    /// What the target can do, and where that is known from.
    #[serde(default)]
    pub capabilities: Capabilities,
}

/// The name of a secret, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretName(pub String);

/// What workers and jobs note about an application while they run. It carries no version: it configures nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The target asked to be left alone until then (429, or 503 with a time).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub not_before: Option<Timestamp>,
    /// Why nothing is sent until a person acts: the target refuses our credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// The sweep under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepNote>,
}

/// What others must know of a sweep under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepNote {
    /// The job that walks.
    pub job: JobId,
    /// How far it is.
    pub phase: SweepPhase,
    /// The listing of the target it made, once complete; creates of this sweep need no look-up of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// When the group phase began. From then on every selected group is compared in full, so links settled before
    /// need not be told to their groups one by one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub groups_since: Option<Timestamp>,
}

/// The phases of a sweep, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SweepPhase {
    /// Reading what the target has.
    Listing,
    /// Looking at the users of the selected groups.
    Users,
    /// Comparing the selected groups.
    Groups,
    /// Counting the links whose user or group is no longer wanted, for the fuse.
    Counting,
    /// Marking those links.
    Removals,
}

/// A complete listing of a target, kept as found rows for the sweep that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Names the found rows.
    pub id: JobId,
    /// Accounts found; with none there is nothing to look up.
    pub users: u64,
    /// Groups found.
    pub groups: u64,
}

/// An application with all its configuration, from one consistent read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The application itself.
    pub application: Application,
    /// What is sent of a user.
    pub mapping: Mapping,
    /// Which groups are provisioned.
    pub selection: Selection,
    /// What the workers noted.
    pub condition: Condition,
}

impl Configured {
    /// Whether requests may be sent at `now`.
    pub fn may_send(&self, now: Timestamp) -> bool {
        self.is_live() && self.condition.not_before.is_none_or(|until| until <= now)
    }

    /// Whether it is enabled and not paused.
    pub fn is_live(&self) -> bool {
        self.application.lifecycle == Lifecycle::Enabled && self.condition.paused.is_none()
    }

    /// Whether a sweep has yet to compare the groups.
    pub fn sweep_before_groups(&self) -> bool {
        self.condition.sweep.as_ref().is_some_and(|sweep| sweep.phase < SweepPhase::Groups)
    }
}
