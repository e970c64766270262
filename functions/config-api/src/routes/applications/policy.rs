//! What happens to accounts and groups that are no longer wanted.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use provisioning::application::{Configuration, Configured, Departure, DeselectedGroup, Policy};
use provisioning::ids::ApplicationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

/// What happens to accounts and groups that are no longer wanted. What is left out has its default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"on_disable": "deactivate", "on_unassign": "deactivate", "on_delete": "delete",
    "groups": {"on_deselect": "empty"}, "grace_seconds": 60}))]
struct WirePolicy {
    /// A user in a selected group is disabled.
    on_disable: WhenDisabled,
    /// A user is in no selected group any more.
    on_unassign: WhenGone,
    /// A user was deleted from the directory.
    on_delete: WhenGone,
    /// What happens to groups.
    groups: GroupPolicy,
    /// How long a user must be out of every selected group before he is removed: a move from one to another is two changes.
    #[schema(maximum = 604800)]
    grace_seconds: Grace,
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
        (&Policy::default()).into()
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
            on_disable: match policy.on_disable {
                Departure::Leave => WhenDisabled::Leave,
                Departure::Deactivate | Departure::Delete => WhenDisabled::Deactivate,
            },
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
        }
    }
}

impl From<WirePolicy> for Policy {
    fn from(policy: WirePolicy) -> Self {
        let gone = |departure| match departure {
            WhenGone::Deactivate => Departure::Deactivate,
            WhenGone::Delete => Departure::Delete,
            WhenGone::Leave => Departure::Leave,
        };
        Self {
            on_disable: match policy.on_disable {
                WhenDisabled::Deactivate => Departure::Deactivate,
                WhenDisabled::Leave => Departure::Leave,
            },
            on_unassign: gone(policy.on_unassign),
            on_delete: gone(policy.on_delete),
            on_deselect: match policy.groups.on_deselect {
                WhenDeselected::Empty => DeselectedGroup::Empty,
                WhenDeselected::Delete => DeselectedGroup::Delete,
                WhenDeselected::Leave => DeselectedGroup::Leave,
            },
            grace_seconds: policy.grace_seconds.0,
        }
    }
}

fn shown(configured: &Configured) -> Response {
    let policy = WirePolicy::from(&configured.application.policy);
    (ETag::version(configured.application.version), Json(policy)).into_response()
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
    let new = Configuration { policy: Some(policy.into()), ..Configuration::default() };
    Ok(shown(&read.setup.configure(&id, new).await?))
}
