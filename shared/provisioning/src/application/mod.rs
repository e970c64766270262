//! An application: a service provider that is provisioned, with all that an administrator set and what the workers
//! note about its target.

mod base_url;
mod departure;
mod expiry;
mod identity;
mod lifetime;
mod pace;
mod policy;
mod rates;
mod selection;
mod setup;
mod status;

pub use base_url::{BaseUrlProblem, base_url};
pub(crate) use expiry::warn;
pub use identity::{Evidence, Sighting};
pub use lifetime::Lifetime;
pub use pace::{Pace, SLOWEST};
pub use policy::{
    Adopt, Departure, DeselectedGroup, DriftPolicy, OnDeletion, OnDrift, Policy, ReactivateAdopted,
};
pub use rates::{Call, Charge, Rates, Verb, beyond};
pub use selection::{MOST_GROUPS, Selection, SelectionMode};
pub use setup::{Configuration, Links, Setup, SetupError, Step, missing_steps};
pub use status::{COUNTED_TO, Stage, Status, status};

use catalog::Profile;
use jiff::Timestamp;
use scim::AttributePath;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::desired::Desired;
use crate::ids::{ApplicationId, JobId};
use crate::link::Link;
use crate::mapping::Mapping;
use crate::target::{Capabilities, Discovery};

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
    /// Being taken away: its accounts first, as an administrator chose, then all that is known of it.
    Removing,
}

impl Lifecycle {
    /// Whether requests are sent and what is due is rung.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Enabled | Self::Removing)
    }
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
    /// Since when the credentials are kept, and until when.
    #[serde(default)]
    pub lifetime: Lifetime,
}

/// The attributes a target takes, as it was asked when it was connected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSchema {
    /// The attributes it takes for users.
    pub attributes: Vec<AttributePath>,
    /// Those it requires.
    pub required: Vec<AttributePath>,
    /// Whether they come from its `/Schemas`, or are the default set.
    pub from_schemas: bool,
}

impl TargetSchema {
    /// What was found, and what the profile says is required beside: targets refuse accounts for want of attributes that no
    /// document of theirs calls required.
    pub fn of(discovery: &Discovery, profile: Option<&Profile>) -> Self {
        let mut schema = Self {
            attributes: discovery.attributes.clone(),
            required: discovery.required.clone(),
            from_schemas: discovery.from_schemas,
        };
        let named = profile.and_then(|profile| profile.required_attributes.as_ref());
        let named = named.into_iter().flat_map(|known| &known.value);
        for path in named.filter_map(|path| path.parse::<AttributePath>().ok()) {
            for list in [&mut schema.attributes, &mut schema.required] {
                if !list.iter().any(|known| known.same_as(&path)) {
                    list.push(path.clone());
                }
            }
        }
        schema
    }

    /// The attribute as the target spells it, if it takes it. Of a list of which it takes elements by type it takes any type.
    pub fn takes(&self, typed: &AttributePath) -> Option<AttributePath> {
        let known = self.attributes.iter().find(|known| known.same_as(typed)).cloned();
        let other = || self.attributes.iter().any(|known| known.differs_in_type_only(typed));
        known.or_else(|| other().then(|| typed.clone()))
    }

    /// Whether the target requires the attribute. `userName` is always required (RFC 7643 section 4.1.1).
    pub fn requires(&self, path: &AttributePath) -> bool {
        path.to_string().eq_ignore_ascii_case("userName")
            || self.required.iter().any(|required| required.same_as(path))
    }
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
    /// Removals that the last sweep held. Of an application that is being removed it is what waits to be allowed: nothing of it
    /// is marked until then, so no link says so. Of any other the links that are held are counted instead.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: u64,
    /// The sweep under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepNote>,
    /// When the last sweep began that was to read what the target has, of those that came to their end.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub read_at: Option<Timestamp>,
    /// When the last sweep began that read the target's lists to their ends: only what was listed says how the target shows it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub listed_at: Option<Timestamp>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
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
}

/// The phases of a sweep, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SweepPhase {
    /// Reading what the target has.
    Listing,
    /// Holding what was listed against what was sent.
    Comparing,
    /// Marking what the listing lacks, to be looked for one by one.
    Confirming,
    /// Looking at the users of the selected groups.
    Users,
    /// Counting the memberships of the selected groups that would be lost, for the fuse.
    Memberships,
    /// Comparing the selected groups.
    Groups,
    /// Counting the links whose user or group is no longer wanted, for the fuse.
    Counting,
    /// Marking those links.
    Removals,
    /// Taking away what is known of an application that is being removed.
    Purging,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    /// The application itself.
    pub application: Application,
    /// What its target takes; none until it was connected.
    pub schema: Option<TargetSchema>,
    /// What is sent of a user.
    pub mapping: Mapping,
    /// Which groups are provisioned.
    pub selection: Selection,
    /// What the workers noted.
    pub condition: Condition,
    /// The pace at which requests go to its target; none until it refused one for coming too soon.
    pub pace: Option<Pace>,
}

impl Configured {
    /// Whether requests may be sent at `now`.
    pub fn may_send(&self, now: Timestamp) -> bool {
        self.is_live() && self.condition.not_before.is_none_or(|until| until <= now)
    }

    /// Whether it is kept in step, or removed, and not paused.
    pub fn is_live(&self) -> bool {
        self.application.lifecycle.is_active() && self.condition.paused.is_none()
    }

    /// Whether a person has it that this account or group stays as it is although this is desired. Where the application is
    /// removed, his later word is that none does.
    pub fn keeps(&self, link: &Link, desired: Desired) -> bool {
        self.application.lifecycle != Lifecycle::Removing && link.is_kept(desired)
    }

    /// Whether a sweep has yet to compare the groups.
    pub fn sweep_before_groups(&self) -> bool {
        self.condition.sweep.as_ref().is_some_and(|sweep| sweep.phase < SweepPhase::Groups)
    }
}
