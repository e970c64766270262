//! Previews: what would be done at a target, without doing it.

mod wire;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provisioning::application::{Configured, Lifecycle, SetupError, missing_steps};
use provisioning::ids::{ApplicationId, JobId};
use provisioning::link::Object;
use provisioning::preview::{self, PreviewJob, Previewer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::present;
use crate::page::{Cursor, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::query::Query;
use crate::{Api, problems};
pub use wire::ShownCheck;
use wire::{RowFilter, ShownChanged, ShownPreview, ShownRow};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(one)).routes(routes!(rows))
}

problems! {
    /// What a preview may meet.
    PreviewProblems: NotReady, BeingRemoved
}

/// Makes a preview: the target is listed once, and what would be done about each user and group is stored, a row each. Nothing is
/// written at the target. One that is under way ends.
#[utoipa::path(post, path = "/v1/applications/{id}/previews", tag = "previews", operation_id = "create_preview",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 202, description = "It is under way", body = ShownPreview), PreviewProblems))]
async fn create(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    _: Bytes,
) -> Result<Response, Problem> {
    let configured = present(&api, &id).await?;
    if configured.application.lifecycle == Lifecycle::Removing {
        return Err(SetupError::Removing(id).into());
    }
    let missing = missing_steps(&configured);
    if !missing.is_empty() {
        let said = SetupError::Unready(missing);
        return Err(said.into());
    }
    let (bell, clock) = (api.setup.bell.as_ref(), api.clock.as_ref());
    let job = preview::start(&api.tables, bell, clock, api.new_id()?, &configured).await?;
    Ok((StatusCode::ACCEPTED, Json(ShownPreview::of(&job, &configured))).into_response())
}

/// Shows how a preview stands, and what it counts.
#[utoipa::path(get, path = "/v1/applications/{id}/previews/{preview}", tag = "previews", operation_id = "get_preview",
    params(("id" = String, Path, description = "The application's id"),
        ("preview" = String, Path, description = "The preview's id")),
    responses((status = 200, description = "The preview", body = ShownPreview)))]
async fn one(
    State(api): State<Api>,
    Path((id, preview)): Path<(ApplicationId, JobId)>,
) -> Result<Json<ShownPreview>, Problem> {
    let (configured, job) = found(&api, &id, &preview).await?;
    Ok(Json(ShownPreview::of(&job, &configured)))
}

/// Lists what would be done: groups, then users, in the order of their ids. Rows come in as the preview gets on.
#[utoipa::path(get, path = "/v1/applications/{id}/previews/{preview}/rows", tag = "previews",
    operation_id = "list_preview_rows",
    params(("id" = String, Path, description = "The application's id"),
        ("preview" = String, Path, description = "The preview's id"), RowFilter),
    responses((status = 200, description = "A page of rows", body = Page<ShownRow>)))]
async fn rows(
    State(api): State<Api>,
    Path((id, preview)): Path<(ApplicationId, JobId)>,
    Query(filter): Query<RowFilter>,
) -> Result<Json<Page<ShownRow>>, Problem> {
    found(&api, &id, &preview).await?;
    let after: Option<Object> = Cursor::position_of(filter.cursor.as_ref())?;
    let limit = filter.limit.unwrap_or_default().get();
    let action = filter.action.map(Into::into);
    let previews = api.tables.previews.as_ref();
    let (rows, next) = preview::rows(previews, (&id, &preview), action, after, limit).await?;
    Ok(Json(Page::placed(rows.into_iter().map(|row| (row.object.clone(), ShownRow::from(row))), next)))
}

/// A preview that is kept still, and the application as it is now.
async fn found(api: &Api, id: &ApplicationId, preview: &JobId) -> Result<(Configured, PreviewJob), Problem> {
    let configured = present(api, id).await?;
    let job = api.tables.previews.preview(id, preview).await?;
    let kept = job.filter(|job| job.expires_at() > api.clock.now());
    let job = kept.ok_or_else(|| Problem::not_found("preview", preview.as_str()))?;
    Ok((configured, job))
}

/// The version of the application that a preview is about, if what it says is what would happen now, as far as one call can
/// look: beside it stands how far that was.
///
/// # Errors
///
/// [`ProblemKind::PreviewOutdated`] with what changed; [`ProblemKind::InvalidValue`] where there is no such preview.
pub async fn unchanged(api: &Api, id: &ApplicationId, preview: &str) -> Result<(u64, ShownCheck), Problem> {
    let unknown = || {
        let error = FieldError::of("preview").given(preview);
        Problem::value(error.allowed("an id of POST /v1/applications/{id}/previews"))
    };
    let parsed: JobId = preview.parse().map_err(|_| unknown())?;
    present(api, id).await?;
    let (configured, job) = found(api, id, &parsed).await.map_err(|problem| match problem.kind {
        ProblemKind::NotFound => unknown(),
        _ => problem,
    })?;
    let outdated = |said: String| Problem::new(ProblemKind::PreviewOutdated, said);
    let changed = previewer(api).changed_since(&configured, &job).await?;
    let changed = changed.map_err(|error| outdated(error.to_string()))?;
    if changed.count == 0 {
        return Ok((job.version, ShownCheck::from(&changed)));
    }
    let said = format!(
        "of {} users and groups something else would be done now; make another preview, or enable without naming one",
        changed.count
    );
    let shown = serde_json::to_value(ShownChanged::from(changed)).unwrap_or_default();
    Err(outdated(said).member("changed", shown))
}

fn previewer(api: &Api) -> Previewer {
    Previewer {
        tables: api.tables.clone(),
        secrets: api.setup.secrets.clone(),
        connector: api.setup.connector.clone(),
        bell: api.setup.bell.clone(),
        clock: api.clock.clone(),
    }
}
