//! The groups of the directory.

mod members;
mod wire;
mod write;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use provisioning::directory::Group;
use provisioning::folding::folded;
use provisioning::ids::{GroupId, SourceId};
use provisioning::ports::ListingPosition;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::wire::ShownGroup;
use self::wire::{GroupPatch, NewGroup};
use super::users::{location, short};
use crate::body::JsonBody;
use crate::etag::{ETag, IfMatch};
use crate::merge_patch::MergePatch;
use crate::page::{Cursor, Limit, Page};
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::{Api, problems};

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, remove))
        .merge(members::routes())
}

problems! {
    /// What a new group may meet.
    CreateProblems: NameTaken, SourceIdTaken, ChangedMeanwhile
}
problems! {
    /// What a changed group may meet.
    ChangeProblems: NameTaken, SourceIdTaken, ChangedMeanwhile, Stale, InvalidHeader
}
problems! {
    /// What a precondition may meet.
    PreconditionProblems: Stale, InvalidHeader
}

/// Which groups are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those whose name begins with this, without regard to case.
    #[param(max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    q: Option<String>,
    /// Only the one with this source id.
    #[param(max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    source_id: Option<String>,
    /// How many at most.
    #[param(inline)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// Lists groups by name.
#[utoipa::path(get, path = "/v1/groups", tag = "groups", operation_id = "list_groups", params(Filter),
    responses((status = 200, description = "A page of groups", body = Page<ShownGroup>)))]
async fn list(
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<ShownGroup>>, Problem> {
    let prefix = short("q", filter.q.as_deref())?;
    let after: Option<ListingPosition> = Cursor::position_of(filter.cursor.as_ref())?;
    if let Some(source_id) = &filter.source_id {
        let source_id = SourceId(short("source_id", Some(source_id))?.to_owned());
        let found = api.tables.directory.group_from_source(&source_id).await?;
        let found = match found {
            Some(id) => api.tables.listing.groups_among(&[id]).await?,
            None => Default::default(),
        };
        let found = found.values().filter(|group| folded(&group.name).starts_with(&folded(prefix)));
        return Ok(Json(Page { items: found.map(ShownGroup::from).collect(), next: None }));
    }
    let limit = filter.limit.unwrap_or_default().get();
    let page = api.tables.listing.groups(prefix, after.as_ref(), limit).await?;
    let groups = page.items.into_iter().map(|(position, group)| (position, ShownGroup::from(&group)));
    Ok(Json(Page::placed(groups, page.next)))
}

/// Makes a group.
#[utoipa::path(post, path = "/v1/groups", tag = "groups", operation_id = "create_group", request_body = NewGroup,
    responses((status = 201, description = "The group", body = ShownGroup,
        headers(("Location" = String, description = "Its path"), ("ETag" = String, description = "Its tag"))),
        CreateProblems))]
async fn create(State(api): State<Api>, JsonBody(new): JsonBody<NewGroup>) -> Result<Response, Problem> {
    let id: GroupId = api.new_id()?;
    let group = write::create(&api, new.into_group(id)).await?;
    let location = [(header::LOCATION, location(&format!("/v1/groups/{}", group.id)))];
    Ok((StatusCode::CREATED, location, shown(&group)).into_response())
}

fn shown(group: &Group) -> Response {
    let shown = ShownGroup::from(group);
    (ETag::of_content(&shown), Json(shown)).into_response()
}

/// Shows a group.
#[utoipa::path(get, path = "/v1/groups/{id}", tag = "groups", operation_id = "get_group",
    params(("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group", body = ShownGroup,
        headers(("ETag" = String, description = "Its tag")))))]
async fn one(State(api): State<Api>, Path(id): Path<GroupId>) -> Result<Response, Problem> {
    Ok(shown(&write::present(&api, &id).await?))
}

/// Changes a group.
#[utoipa::path(patch, path = "/v1/groups/{id}", tag = "groups", operation_id = "change_group",
    params(("id" = String, Path, description = "The group's id"),
        ("If-Match" = Option<String>, Header, description = "Refuses the change where it has another ETag")),
    request_body(content((GroupPatch = "application/merge-patch+json"), (GroupPatch = "application/json"))),
    responses((status = 200, description = "The group", body = ShownGroup,
        headers(("ETag" = String, description = "Its tag"))), ChangeProblems))]
async fn change(
    State(api): State<Api>,
    Path(id): Path<GroupId>,
    precondition: Option<IfMatch>,
    MergePatch(patch): MergePatch<GroupPatch>,
) -> Result<Response, Problem> {
    let group = write::change(&api, &id, precondition.as_ref(), |group| patch.clone().over(group)).await?;
    Ok(shown(&group))
}

/// Deletes a group. It is out of scope at once; its memberships go in the background, once it was counted at each application whom
/// they take along. Where that is too many, they are held.
#[utoipa::path(delete, path = "/v1/groups/{id}", tag = "groups", operation_id = "delete_group",
    params(("id" = String, Path, description = "The group's id"),
        ("If-Match" = Option<String>, Header, description = "Refuses the deletion where it has another ETag")),
    responses((status = 202, description = "The group as it was", body = ShownGroup), PreconditionProblems))]
async fn remove(
    State(api): State<Api>,
    Path(id): Path<GroupId>,
    precondition: Option<IfMatch>,
) -> Result<Response, Problem> {
    let group = ShownGroup::from(&write::present(&api, &id).await?);
    if let Some(precondition) = precondition {
        precondition.check(&ETag::of_content(&group))?;
    }
    match api.directory_jobs.delete_group(&id).await? {
        true => Ok((StatusCode::ACCEPTED, Json(group)).into_response()),
        false => Err(Problem::not_found("group", id.as_str())),
    }
}
