//! Applications: made, connected, configured, enabled, looked at and removed.

mod adoption;
mod capabilities;
mod connection;
mod drift;
mod explain;
mod groups;
mod held;
mod links;
mod mapping;
mod policy;
mod previews;
mod problems;
mod profile;
mod status;
mod turn;
mod wire;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use provisioning::activity::Actor;
use provisioning::application::{Configuration, Configured, Departure, Setup};
use provisioning::ids::ApplicationId;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::wire::{ApplicationPatch, NewApplication, ShownApplication};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::etag::{ETag, IfMatch};
use crate::merge_patch::MergePatch;
use crate::page::{Cursor, Limit, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::query::Query;
use crate::removals::Removals;
use crate::{Api, problems};

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, remove))
        .merge(connection::routes())
        .merge(mapping::routes())
        .merge(groups::routes())
        .merge(policy::routes())
        .merge(profile::routes())
        .merge(turn::routes())
        .merge(status::routes())
        .merge(links::routes())
        .merge(held::routes())
        .merge(drift::routes())
        .merge(adoption::routes())
        .merge(explain::routes())
        .merge(previews::routes())
}

problems! {
    /// What every write of configuration may meet.
    ConfigurationProblems: IfMatchRequired, Stale, InvalidHeader, ChangedMeanwhile, BeingRemoved, InvalidValue
}
problems! {
    /// What a new application may meet.
    CreateProblems: InvalidValue, NotProvisionable
}

/// An application as it was read, and the setup that changes exactly this version of it.
pub struct Read {
    /// As it was read.
    pub configured: Configured,
    /// Changes it, unless somebody else does first.
    pub setup: Setup,
}

impl Read {
    /// Reads it and holds the precondition of a write against it.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::NotFound`], [`ProblemKind::Stale`].
    pub async fn expecting(
        api: &Api,
        id: &ApplicationId,
        precondition: &IfMatch,
        caller: &Caller,
    ) -> Result<Self, Problem> {
        let configured = present(api, id).await?;
        let version = configured.application.version;
        precondition.check(&ETag::version(version))?;
        Ok(Self { configured, setup: by(api, caller).expecting(version) })
    }
}

/// Sets applications up on behalf of the caller.
pub fn by(api: &Api, caller: &Caller) -> Setup {
    api.setup.clone().on_behalf_of(Actor::Administrator(caller.name.clone()))
}

/// The application, or the problem that there is none.
///
/// # Errors
///
/// [`ProblemKind::NotFound`].
pub async fn present(api: &Api, id: &ApplicationId) -> Result<Configured, Problem> {
    let configured = api.tables.applications.load(id).await?;
    configured.ok_or_else(|| Problem::not_found("application", id.as_str()))
}

/// Which applications are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// How many at most.
    #[param(inline)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// How many applications are read at a time.
const CONCURRENT: usize = 8;

/// Lists applications in the order of their ids.
#[utoipa::path(get, path = "/v1/applications", tag = "applications", operation_id = "list_applications", params(Filter),
    responses((status = 200, description = "A page of applications", body = Page<ShownApplication>)))]
async fn list(
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<ShownApplication>>, Problem> {
    let after: Option<ApplicationId> = Cursor::position_of(filter.cursor.as_ref())?;
    let limit = filter.limit.unwrap_or_default().get();
    let mut ids: Vec<_> =
        api.tables.applications.list().await?.into_iter().map(|summary| summary.id).collect();
    ids.sort();
    ids.retain(|id| after.as_ref().is_none_or(|after| id > after));
    let next = (ids.len() > limit).then(|| ids[limit - 1].clone());
    ids.truncate(limit);
    let loads: Vec<_> = ids.iter().map(|id| api.tables.applications.load(id)).collect();
    let loaded: Vec<Option<Configured>> = stream::iter(loads).buffered(CONCURRENT).try_collect().await?;
    let items = loaded.iter().flatten().map(ShownApplication::from).collect();
    Ok(Json(Page::bounded(items, next, |shown: &ShownApplication| shown.id.clone())))
}

/// Makes an application of an entry of the catalog.
#[utoipa::path(post, path = "/v1/applications", tag = "applications", operation_id = "create_application",
    request_body = NewApplication,
    responses((status = 201, description = "The application", body = ShownApplication,
        headers(("Location" = String, description = "Its path"), ("ETag" = String, description = "Its version"))),
        CreateProblems))]
async fn create(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(new): JsonBody<NewApplication>,
) -> Result<Response, Problem> {
    let key = String::from(new.catalog_key);
    match catalog::entry(&key) {
        Some(entry) if entry.provisioning.is_some() => {}
        Some(_) => {
            return Err(Problem::new(
                ProblemKind::NotProvisionable,
                format!("the catalog's entry '{key}' has no provisioning"),
            ));
        }
        None => {
            let error = FieldError::of("catalog_key").given(&key).allowed("a key of GET /v1/catalog");
            return Err(Problem::value(error));
        }
    }
    let id: ApplicationId = api.new_id()?;
    let configured = by(&api, &caller).create(&id, &String::from(new.name), &key).await?;
    let location = HeaderValue::from_str(&format!("/v1/applications/{id}"));
    let location = [(header::LOCATION, location.unwrap_or(HeaderValue::from_static("/")))];
    Ok((StatusCode::CREATED, location, shown(&configured)).into_response())
}

/// An application with its version as the tag.
fn shown(configured: &Configured) -> Response {
    (ETag::version(configured.application.version), Json(ShownApplication::from(configured))).into_response()
}

/// Shows an application.
#[utoipa::path(get, path = "/v1/applications/{id}", tag = "applications", operation_id = "get_application",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The application", body = ShownApplication,
        headers(("ETag" = String, description = "Its version")))))]
async fn one(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    Ok(shown(&present(&api, &id).await?))
}

/// Renames an application.
#[utoipa::path(patch, path = "/v1/applications/{id}", tag = "applications", operation_id = "change_application",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"3\"")),
    request_body(content((ApplicationPatch = "application/merge-patch+json"), (ApplicationPatch = "application/json"))),
    responses((status = 200, description = "The application", body = ShownApplication,
        headers(("ETag" = String, description = "Its version"))), ConfigurationProblems))]
async fn change(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    MergePatch(patch): MergePatch<ApplicationPatch>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    let new = Configuration { name: patch.name.map(String::from), ..Configuration::default() };
    Ok(shown(&read.setup.configure(&id, new).await?))
}

/// What becomes of the accounts of an application that is removed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removal {
    /// What becomes of its accounts: they stay as they are, are deactivated, or are deleted.
    #[param(inline)]
    accounts: Option<Accounts>,
    /// Lets so many accounts go, however large a share they are. More than the fuse allows are held otherwise.
    #[param(inline)]
    allow_removals: Option<Removals>,
}

/// What becomes of accounts.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Accounts {
    /// They stay as they are.
    #[default]
    Leave,
    /// They are deactivated.
    Deactivate,
    /// They are deleted.
    Delete,
}

/// Removes an application: its accounts as asked, then all that is known of it. It goes on in the background; the status
/// says `removing` until the application is gone.
#[utoipa::path(delete, path = "/v1/applications/{id}", tag = "applications", operation_id = "remove_application",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"3\""), Removal),
    responses((status = 202, description = "The application, being removed", body = ShownApplication), RemovalProblems))]
async fn remove(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    Query(removal): Query<Removal>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    let accounts = match removal.accounts.unwrap_or_default() {
        Accounts::Leave => Departure::Leave,
        Accounts::Deactivate => Departure::Deactivate,
        Accounts::Delete => Departure::Delete,
    };
    read.setup.remove(&id, accounts, removal.allow_removals.map(Removals::get)).await?;
    let Some(configured) = api.tables.applications.load(&id).await? else {
        return Ok((StatusCode::ACCEPTED, Json(ShownApplication::from(&read.configured))).into_response());
    };
    Ok((StatusCode::ACCEPTED, shown(&configured)).into_response())
}

problems! {
    /// What a removal may meet.
    RemovalProblems: IfMatchRequired, Stale, InvalidHeader, ChangedMeanwhile
}
