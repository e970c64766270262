//! Enabling, disabling, syncing once more, resuming.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provisioning::ids::ApplicationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::previews::{self, ShownCheck};
use super::status::{ShownStatus, of};
use super::{by, present};
use crate::body::OptionalJsonBody;
use crate::caller::Caller;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::removals::Removals;
use crate::text::Name;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(sync))
        .routes(routes!(resume))
}

problems! {
    /// What enabling may meet.
    EnableProblems: NotReady, ChangedMeanwhile, BeingRemoved, PreviewOutdated, InvalidValue
}
problems! {
    /// What disabling may meet.
    DisableProblems: ChangedMeanwhile, BeingRemoved
}
problems! {
    /// What a sync may meet.
    SyncProblems: NotEnabled, BeingRemoved
}

/// What a person lets go.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Allowance {
    /// Lets so many accounts be removed, however large a share they are. More than the fuse allows are held otherwise.
    #[param(inline)]
    allow_removals: Option<Removals>,
}

/// These routes, but the first, take no body; one that is sent is read and not looked at.
async fn accepted(api: &Api, id: &ApplicationId) -> Result<Response, Problem> {
    let status: ShownStatus = of(api, &present(api, id).await?).await?;
    Ok((StatusCode::ACCEPTED, Json(status)).into_response())
}

/// What is enabled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"preview": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60"}))]
struct Enabling {
    /// The preview that was looked at: nothing is enabled where something else would happen now.
    #[serde(default, deserialize_with = "crate::merge_patch::kept")]
    #[schema(nullable = false)]
    preview: Option<Name>,
}

/// The status of what was enabled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "enabled", "idle": false, "in_step": false, "as_of": "2026-11-23T08:00:00Z",
    "pending": {"users": 0, "groups": 0}, "failed": 0, "blocked": 0, "held": 0, "conflicts": 0, "missing": 0, "drift": 0,
    "sweep": {"phase": "listing", "done": 0}, "preview": {"complete": false, "checked": 1001, "of": 10020}}))]
struct ShownEnabled {
    #[serde(flatten)]
    status: ShownStatus,
    /// How much of the preview that was named was looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    preview: Option<ShownCheck>,
}

/// Enables an application: it is brought into step and kept there. Where a preview is named, only if what it says is what would
/// happen now; otherwise what changed is told, and nothing is done. Of a large preview the first thousand rows and users are
/// looked at again, and the answer says how many of how many that was.
#[utoipa::path(post, path = "/v1/applications/{id}/enable", tag = "provisioning", operation_id = "enable",
    params(("id" = String, Path, description = "The application's id"), Allowance),
    request_body(content = Option<Enabling>, description = "May be left out",
        example = json!({"preview": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60"})),
    responses((status = 202, description = "The status", body = ShownEnabled), EnableProblems))]
async fn enable(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    caller: Caller,
    Query(allowance): Query<Allowance>,
    OptionalJsonBody(enabling): OptionalJsonBody<Enabling>,
) -> Result<Response, Problem> {
    let setup = by(&api, &caller);
    let (setup, preview) = match enabling.and_then(|enabling| enabling.preview) {
        Some(preview) => {
            let (version, checked) = previews::unchanged(&api, &id, &String::from(preview)).await?;
            (setup.expecting(version), Some(checked))
        }
        None => (setup, None),
    };
    setup.enable(&id, allowance.allow_removals.map(Removals::get)).await?;
    let status = of(&api, &present(&api, &id).await?).await?;
    Ok((StatusCode::ACCEPTED, Json(ShownEnabled { status, preview })).into_response())
}

/// Disables an application: nothing is sent to it any more; its accounts stay as they are.
#[utoipa::path(post, path = "/v1/applications/{id}/disable", tag = "provisioning", operation_id = "disable",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 202, description = "The status", body = ShownStatus), DisableProblems))]
async fn disable(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    caller: Caller,
    _: Bytes,
) -> Result<Response, Problem> {
    by(&api, &caller).disable(&id).await?;
    accepted(&api, &id).await
}

/// Looks at everything once more, and brings into step what is not.
#[utoipa::path(post, path = "/v1/applications/{id}/sync", tag = "provisioning", operation_id = "sync",
    params(("id" = String, Path, description = "The application's id"), Allowance),
    responses((status = 202, description = "The status", body = ShownStatus), SyncProblems))]
async fn sync(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    caller: Caller,
    Query(allowance): Query<Allowance>,
    _: Bytes,
) -> Result<Response, Problem> {
    by(&api, &caller).sync(&id, allowance.allow_removals.map(Removals::get)).await?;
    accepted(&api, &id).await
}

/// Lets requests go again that were stopped because the target refused our credentials.
#[utoipa::path(post, path = "/v1/applications/{id}/resume", tag = "provisioning", operation_id = "resume",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 202, description = "The status", body = ShownStatus)))]
async fn resume(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    caller: Caller,
    _: Bytes,
) -> Result<Response, Problem> {
    by(&api, &caller).resume(&id).await?;
    accepted(&api, &id).await
}
