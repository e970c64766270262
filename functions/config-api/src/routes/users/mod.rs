//! The users of the directory.

mod offboarding;
mod wire;
mod write;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provisioning::directory::{Status, User};
use provisioning::ids::{GroupId, SourceId, UserId};
use provisioning::ports::ListingPosition;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::wire::{NewUser, ShownUser, UserPatch};
use super::groups::ShownGroup;
use crate::body::JsonBody;
use crate::etag::{ETag, IfMatch};
use crate::merge_patch::MergePatch;
use crate::page::{Cursor, Limit, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem};
use crate::query::Query;
use crate::{Api, problems};

pub use write::{let_member_go, present};

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, remove))
        .routes(routes!(groups))
        .merge(offboarding::routes())
}

problems! {
    /// What a new user may meet.
    CreateProblems: NameTaken, SourceIdTaken, ChangedMeanwhile, InvalidValue
}
problems! {
    /// What a changed user may meet.
    ChangeProblems: NameTaken, SourceIdTaken, ChangedMeanwhile, InvalidValue, Stale, InvalidHeader
}
problems! {
    /// What a precondition may meet.
    PreconditionProblems: Stale, InvalidHeader
}

/// Which users are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those whose username begins with this, without regard to case.
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

/// Lists users by username.
#[utoipa::path(get, path = "/v1/users", tag = "users", operation_id = "list_users", params(Filter),
    responses((status = 200, description = "A page of users", body = Page<ShownUser>)))]
async fn list(
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<ShownUser>>, Problem> {
    let prefix = short("q", filter.q.as_deref())?;
    let after: Option<ListingPosition> = Cursor::position_of(filter.cursor.as_ref())?;
    if let Some(source_id) = &filter.source_id {
        let source_id = SourceId(short("source_id", Some(source_id))?.to_owned());
        let found = api.tables.directory.user_from_source(&source_id).await?;
        let found = match found {
            Some(id) => api.tables.directory.users(&[id]).await?,
            None => Default::default(),
        };
        let items = found.values().filter(|user| named(user, prefix)).map(ShownUser::from);
        let mut items: Vec<_> = items.collect();
        write::with_names(&api, &mut items).await?;
        return Ok(Json(Page { items, next: None }));
    }
    let limit = filter.limit.unwrap_or_default().get();
    let page = api.tables.listing.users(prefix, after.as_ref(), limit).await?;
    let (positions, users): (Vec<_>, Vec<_>) = page.items.into_iter().unzip();
    let mut users: Vec<_> = users.iter().map(ShownUser::from).collect();
    write::with_names(&api, &mut users).await?;
    Ok(Json(Page::placed(positions.into_iter().zip(users), page.next)))
}

fn named(user: &User, prefix: &str) -> bool {
    let folded = provisioning::folding::folded;
    folded(&user.username).starts_with(&folded(prefix))
}

/// A filter's text; more than 256 characters find nothing that is there, and would not fit a key.
pub fn short<'a>(field: &str, text: Option<&'a str>) -> Result<&'a str, Problem> {
    let text = text.unwrap_or_default();
    if text.chars().count() <= 256 && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err(Problem::query(FieldError::of(field).given(text).allowed("at most 256 characters on one line")))
}

/// Makes a user.
#[utoipa::path(post, path = "/v1/users", tag = "users", operation_id = "create_user", request_body = NewUser,
    responses((status = 201, description = "The user", body = ShownUser,
        headers(("Location" = String, description = "His path"), ("ETag" = String, description = "His tag"))),
        CreateProblems))]
async fn create(State(api): State<Api>, JsonBody(new): JsonBody<NewUser>) -> Result<Response, Problem> {
    let typed = new.custom.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    let custom = write::custom(&api, &typed).await?.into_iter();
    let custom = custom.filter_map(|(name, value)| Some((name, value?))).collect();
    let id: UserId = api.new_id()?;
    let user = write::create(&api, new.into_user(id, custom)).await?;
    let location = [(header::LOCATION, location(&format!("/v1/users/{}", user.id)))];
    Ok((StatusCode::CREATED, location, shown(&api, &user).await?).into_response())
}

/// Our own ids are letters, digits and dashes.
pub fn location(path: &str) -> HeaderValue {
    HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"))
}

/// His tag says nothing of those he names: another name of theirs changes nothing of him.
async fn shown(api: &Api, user: &User) -> Result<Response, Problem> {
    let mut shown = [ShownUser::from(user)];
    let tag = ETag::of_content(&shown[0]);
    write::with_names(api, &mut shown).await?;
    let [shown] = shown;
    Ok((tag, Json(shown)).into_response())
}

/// Shows a user.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", operation_id = "get_user",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = ShownUser,
        headers(("ETag" = String, description = "His tag")))))]
async fn one(State(api): State<Api>, Path(id): Path<UserId>) -> Result<Response, Problem> {
    shown(&api, &present(&api, &id).await?).await
}

/// Changes a user.
#[utoipa::path(patch, path = "/v1/users/{id}", tag = "users", operation_id = "change_user",
    params(("id" = String, Path, description = "The user's id"),
        ("If-Match" = Option<String>, Header, description = "Refuses the change where he has another ETag")),
    request_body(content((UserPatch = "application/merge-patch+json"), (UserPatch = "application/json"))),
    responses((status = 200, description = "The user", body = ShownUser,
        headers(("ETag" = String, description = "His tag"))), ChangeProblems))]
async fn change(
    State(api): State<Api>,
    Path(id): Path<UserId>,
    precondition: Option<IfMatch>,
    MergePatch(patch): MergePatch<UserPatch>,
) -> Result<Response, Problem> {
    let custom = write::custom(&api, &patch.custom).await?;
    let user =
        write::change(&api, &id, precondition.as_ref(), |user| patch.clone().over(user, &custom)).await?;
    if user.status == Status::Disabled {
        write::let_go(&api, &id).await;
    }
    shown(&api, &user).await
}

/// Deletes a user. He is out of scope at once; what is left of him goes in the background.
#[utoipa::path(delete, path = "/v1/users/{id}", tag = "users", operation_id = "delete_user",
    params(("id" = String, Path, description = "The user's id"),
        ("If-Match" = Option<String>, Header, description = "Refuses the deletion where he has another ETag")),
    responses((status = 202, description = "The user as he was", body = ShownUser), PreconditionProblems))]
async fn remove(
    State(api): State<Api>,
    Path(id): Path<UserId>,
    precondition: Option<IfMatch>,
) -> Result<Response, Problem> {
    let user = ShownUser::from(&present(&api, &id).await?);
    if let Some(precondition) = precondition {
        precondition.check(&ETag::of_content(&user))?;
    }
    match api.directory_jobs.delete_user(&id).await? {
        true => {
            write::let_go(&api, &id).await;
            Ok((StatusCode::ACCEPTED, Json(user)).into_response())
        }
        false => Err(Problem::not_found("user", id.as_str())),
    }
}

/// Which of a user's groups are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many at most.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    pub cursor: Option<Cursor>,
}

/// Lists the groups of a user, in the order of their ids.
#[utoipa::path(get, path = "/v1/users/{id}/groups", tag = "users", operation_id = "list_groups_of_user",
    params(("id" = String, Path, description = "The user's id"), Paging),
    responses((status = 200, description = "A page of his groups", body = Page<ShownGroup>)))]
async fn groups(
    State(api): State<Api>,
    Path(id): Path<UserId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ShownGroup>>, Problem> {
    let after: Option<GroupId> = Cursor::position_of(paging.cursor.as_ref())?;
    let limit = paging.limit.unwrap_or_default().get();
    let record = api.tables.directory.user(&id).await?.filter(|record| record.present().is_some());
    let record = record.ok_or_else(|| Problem::not_found("user", id.as_str()))?;
    let mut ids = record.groups.into_iter().filter(|group| after.as_ref().is_none_or(|after| group > after));
    let page: Vec<_> = ids.by_ref().take(limit).collect();
    let next = ids.next().and(page.last().cloned());
    let mut groups = api.tables.listing.groups_among(&page).await?;
    let shown = page.into_iter().filter_map(|id| {
        let group = groups.remove(&id)?;
        Some((id, ShownGroup::from(&group)))
    });
    Ok(Json(Page::placed(shown, next)))
}
