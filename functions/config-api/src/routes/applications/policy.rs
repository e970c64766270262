//! What happens to accounts and groups that are no longer wanted, and whose an account is that was there before us.

mod drift;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use provisioning::application::{
    Adopt, Application, Configuration, Configured, Departure, DeselectedGroup, Policy, ReactivateAdopted,
};
use provisioning::fuse::Limits;
use provisioning::ids::ApplicationId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::drift::DriftPolicy;
use super::{ConfigurationProblems, Read, present};
use crate::Api;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::etag::{ETag, IfMatch};
use crate::path::Path;
use crate::problem::Problem;
use crate::whole_number::Whole;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_policy, set_policy))
}

/// The longest grace, in seconds: a week.
const LONGEST_GRACE: u32 = 604_800;

/// What happens to accounts and groups that are no longer wanted, and to accounts that were there before us. What is left out
/// has its default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"on_disable": "deactivate", "on_unassign": "deactivate", "on_delete": "delete",
    "groups": {"on_deselect": "empty"}, "grace_seconds": 60, "adopt": "automatic", "take_over": false,
    "match": ["user_name"], "reactivate_adopted": "ask",
    "drift": {"attributes": "report", "members": "report", "deleted_at_target": "report",
        "deactivated_at_target": "report", "reactivated_at_target": "repair"},
    "fuse": {"accounts": 50, "groups": 5, "memberships": 1000, "percent": 10, "floor": 5}}))]
struct WirePolicy {
    /// A user in a selected group is disabled. Its default is `deactivate`, or `leave` where the target removes an account that
    /// is deactivated.
    #[serde(deserialize_with = "crate::merge_patch::kept")]
    #[schema(nullable = false)]
    on_disable: Option<WhenDisabled>,
    /// A user is in no selected group any more.
    on_unassign: WhenGone,
    /// A user was deleted from the directory.
    on_delete: WhenGone,
    /// What happens to groups.
    groups: GroupPolicy,
    /// How long a user must be out of every selected group before he is removed: a move from one to another is two changes.
    #[schema(maximum = 604800)]
    grace_seconds: Grace,
    /// An account that bears a user's key, and no externalId.
    adopt: WhenThere,
    /// Accounts that bear the externalId of another source are adopted too: a migration from that source.
    take_over: bool,
    /// By what an account is looked for that bears no externalId of ours: `user_name` always, named here or not,
    /// and `email`, if it is named, where nothing bears the name.
    #[serde(rename = "match")]
    #[schema(value_type = Vec<WireKey>, min_items = 1, max_items = 2)]
    keys: MatchKeys,
    /// An account that is to be adopted and was turned off, not by us.
    reactivate_adopted: WhenOff,
    /// What is done about what somebody changed at the target.
    drift: DriftPolicy,
    /// How much is taken away within 24 hours before a person is asked.
    fuse: FusePolicy,
    /// What to know of these policies at this target: what cannot be undone there. What is sent of it is not looked at.
    #[serde(deserialize_with = "unread", skip_serializing_if = "Vec::is_empty")]
    #[schema(read_only)]
    warnings: Vec<String>,
}

/// Reads over what is only shown, so that what was read can be sent back.
fn unread<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| Vec::new())
}

/// How much is taken away within 24 hours before a person is asked. One person who is disabled, deleted or offboarded, or taken
/// out of a group, by hand counts and is never held.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct FusePolicy {
    /// Most accounts.
    accounts: Many,
    /// Most groups, emptied or deleted.
    groups: Many,
    /// Most memberships of users who keep their accounts, those of emptied and deleted groups among them.
    memberships: Many,
    /// The largest share in percent: of the linked accounts, of the linked groups, and of all memberships at the target that are
    /// there through Rollcall. A membership in whose stead the user got another one within a day is none of the share.
    #[schema(value_type = u8, maximum = 100)]
    percent: Percent,
    /// Fewer accounts, groups or memberships than this are never too large a share.
    floor: Many,
}

impl Default for FusePolicy {
    fn default() -> Self {
        Limits::default().into()
    }
}

impl From<Limits> for FusePolicy {
    fn from(limits: Limits) -> Self {
        let Limits { accounts, groups, memberships, percent, floor } = limits;
        Self {
            accounts: Many(accounts),
            groups: Many(groups),
            memberships: Many(memberships),
            percent: Percent(percent),
            floor: Many(floor),
        }
    }
}

impl From<FusePolicy> for Limits {
    fn from(policy: FusePolicy) -> Self {
        let FusePolicy { accounts, groups, memberships, percent, floor } = policy;
        Self {
            accounts: accounts.0,
            groups: groups.0,
            memberships: memberships.0,
            percent: percent.0,
            floor: floor.0,
        }
    }
}

/// A count, a million at most.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Whole")]
#[schema(value_type = u32, maximum = 1000000)]
struct Many(u64);

impl TryFrom<Whole> for Many {
    type Error = &'static str;
    fn try_from(Whole(count): Whole) -> Result<Self, Self::Error> {
        let count = u64::try_from(count).ok().filter(|count| *count <= 1_000_000);
        count.map(Self).ok_or("0 to 1000000")
    }
}

/// A share.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Whole")]
struct Percent(u8);

impl TryFrom<Whole> for Percent {
    type Error = &'static str;
    fn try_from(Whole(percent): Whole) -> Result<Self, Self::Error> {
        u8::try_from(percent).ok().filter(|percent| *percent <= 100).map(Self).ok_or("0 to 100")
    }
}

/// By what an account is looked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<WireKey>", into = "Vec<WireKey>")]
struct MatchKeys {
    email: bool,
}

/// A key of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccountKey)]
enum WireKey {
    /// The user's name.
    UserName,
    /// His e-mail address.
    Email,
}

impl TryFrom<Vec<WireKey>> for MatchKeys {
    type Error = &'static str;
    fn try_from(keys: Vec<WireKey>) -> Result<Self, Self::Error> {
        match keys.len() {
            1 | 2 => Ok(Self { email: keys.contains(&WireKey::Email) }),
            _ => Err("one or two of \"user_name\" and \"email\""),
        }
    }
}

impl From<MatchKeys> for Vec<WireKey> {
    fn from(keys: MatchKeys) -> Self {
        if keys.email { vec![WireKey::UserName, WireKey::Email] } else { vec![WireKey::UserName] }
    }
}

/// What is done about an account that bears a user's key, and no externalId.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenThere {
    /// It is linked, and what differs is sent.
    Automatic,
    /// A person says whose it is, user by user.
    Ask,
    /// It is never linked.
    Never,
}

/// What is done about an account that is to be adopted and was turned off, not by us.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenOff {
    /// A person decides, user by user.
    Ask,
    /// It is turned on.
    Yes,
    /// It stays off, and is not linked.
    No,
}

/// Seconds, a week at most.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Whole")]
#[schema(value_type = u32, maximum = 604800)]
struct Grace(u32);

impl TryFrom<Whole> for Grace {
    type Error = &'static str;
    fn try_from(Whole(seconds): Whole) -> Result<Self, Self::Error> {
        let seconds = u32::try_from(seconds).ok().filter(|seconds| *seconds <= LONGEST_GRACE);
        seconds.map(Self).ok_or("0 to 604800 seconds, a week")
    }
}

/// What happens to a suspended account. It is never deleted: he may be back tomorrow.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenDisabled {
    /// `active` becomes false.
    Deactivate,
    /// It stays as it is.
    Leave,
}

/// What happens to an account that should no longer be used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenGone {
    /// `active` becomes false.
    Deactivate,
    /// It is deleted.
    Delete,
    /// It stays as it is.
    Leave,
}

/// What happens to groups.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct GroupPolicy {
    /// A group is no longer selected, or was deleted from the directory.
    on_deselect: WhenDeselected,
}

/// What happens to a group that is no longer provisioned.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhenDeselected {
    /// Our members go, the group stays.
    Empty,
    /// A group we made is deleted; another loses our members.
    Delete,
    /// Group and members stay; one that was there before us still loses our members.
    Leave,
}

impl Default for WirePolicy {
    fn default() -> Self {
        let mut usual = Self::from(&Policy::default());
        // It depends on the target.
        usual.on_disable = None;
        usual
    }
}

impl Default for GroupPolicy {
    fn default() -> Self {
        WirePolicy::default().groups
    }
}

impl From<&Policy> for WirePolicy {
    fn from(policy: &Policy) -> Self {
        let gone = |departure| match departure {
            Departure::Deactivate => WhenGone::Deactivate,
            Departure::Delete => WhenGone::Delete,
            Departure::Leave => WhenGone::Leave,
        };
        Self {
            on_disable: Some(match policy.on_disable {
                Departure::Leave => WhenDisabled::Leave,
                Departure::Deactivate | Departure::Delete => WhenDisabled::Deactivate,
            }),
            on_unassign: gone(policy.on_unassign),
            on_delete: gone(policy.on_delete),
            groups: GroupPolicy {
                on_deselect: match policy.on_deselect {
                    DeselectedGroup::Empty => WhenDeselected::Empty,
                    DeselectedGroup::Delete => WhenDeselected::Delete,
                    DeselectedGroup::Leave => WhenDeselected::Leave,
                },
            },
            grace_seconds: Grace(policy.grace_seconds),
            adopt: match policy.adopt {
                Adopt::Automatic => WhenThere::Automatic,
                Adopt::Ask => WhenThere::Ask,
                Adopt::Never => WhenThere::Never,
            },
            take_over: policy.take_over,
            keys: MatchKeys { email: policy.match_email },
            reactivate_adopted: match policy.reactivate_adopted {
                ReactivateAdopted::Ask => WhenOff::Ask,
                ReactivateAdopted::Yes => WhenOff::Yes,
                ReactivateAdopted::No => WhenOff::No,
            },
            drift: policy.drift.into(),
            fuse: policy.fuse.into(),
            warnings: Vec::new(),
        }
    }
}

impl WirePolicy {
    /// As it is typed for an application whose policy is this until one is set.
    fn over(self, usual: &Policy) -> Policy {
        let policy = self;
        let gone = |departure| match departure {
            WhenGone::Deactivate => Departure::Deactivate,
            WhenGone::Delete => Departure::Delete,
            WhenGone::Leave => Departure::Leave,
        };
        Policy {
            on_disable: match policy.on_disable {
                Some(WhenDisabled::Deactivate) => Departure::Deactivate,
                Some(WhenDisabled::Leave) => Departure::Leave,
                None => usual.on_disable,
            },
            on_unassign: gone(policy.on_unassign),
            on_delete: gone(policy.on_delete),
            on_deselect: match policy.groups.on_deselect {
                WhenDeselected::Empty => DeselectedGroup::Empty,
                WhenDeselected::Delete => DeselectedGroup::Delete,
                WhenDeselected::Leave => DeselectedGroup::Leave,
            },
            grace_seconds: policy.grace_seconds.0,
            adopt: match policy.adopt {
                WhenThere::Automatic => Adopt::Automatic,
                WhenThere::Ask => Adopt::Ask,
                WhenThere::Never => Adopt::Never,
            },
            take_over: policy.take_over,
            match_email: policy.keys.email,
            reactivate_adopted: match policy.reactivate_adopted {
                WhenOff::Ask => ReactivateAdopted::Ask,
                WhenOff::Yes => ReactivateAdopted::Yes,
                WhenOff::No => ReactivateAdopted::No,
            },
            drift: policy.drift.into(),
            fuse: policy.fuse.into(),
        }
    }
}

fn shown(configured: &Configured) -> Response {
    let Application { policy, version, .. } = &configured.application;
    let warnings = policy.warnings(configured.application.profile());
    let policy = WirePolicy { warnings, ..policy.into() };
    (ETag::version(*version), Json(policy)).into_response()
}

/// Shows what happens to accounts and groups that are no longer wanted.
#[utoipa::path(get, path = "/v1/applications/{id}/policy", tag = "policy", operation_id = "get_policy",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The policy", body = WirePolicy,
        headers(("ETag" = String, description = "The application's version")))))]
async fn get_policy(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    Ok(shown(&present(&api, &id).await?))
}

/// Sets what happens to accounts and groups that are no longer wanted.
#[utoipa::path(put, path = "/v1/applications/{id}/policy", tag = "policy", operation_id = "set_policy",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"3\"")),
    request_body = WirePolicy,
    responses((status = 200, description = "The policy", body = WirePolicy,
        headers(("ETag" = String, description = "The application's version"))), ConfigurationProblems))]
async fn set_policy(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    JsonBody(policy): JsonBody<WirePolicy>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    let configured = present(&api, &id).await?;
    let usual = Policy::of_profile(configured.application.profile());
    let new = Configuration { policy: Some(policy.over(&usual)), ..Configuration::default() };
    Ok(shown(&read.setup.configure(&id, new).await?))
}
