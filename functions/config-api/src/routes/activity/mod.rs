//! The activity log.

mod event;
mod form;
mod table;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use provisioning::activity::{EventName, OutcomeResult};
use provisioning::ids::{ApplicationId, UserId};
use provisioning::ports::{ActivityFilter, ActivityOf, ActivityPosition};
use provisioning::target::Kind;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::event::{Event, WireEventName, WireResult};
use self::form::{Csv, Form, Lines};
use crate::Api;
use crate::page::{Cursor, Limit, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem};
use crate::query::Query;

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(everything))
        .routes(routes!(of_user))
        .routes(routes!(of_application))
        .routes(routes!(of_administrators))
}

/// Which events are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those of this application.
    #[param(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"^[^#\u0000-\u001f\u007f-\u009f]*$")]
    application: Option<ApplicationId>,
    /// Only those that ended so.
    #[param(inline)]
    result: Option<WireResult>,
    /// Only those of this name.
    #[param(inline)]
    event: Option<WireEventName>,
    /// Only those from this time on (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those before this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// How many at most.
    #[param(inline)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// Which of an application's or administrators' events are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Narrowing {
    /// Only those that ended so.
    #[param(inline)]
    result: Option<WireResult>,
    /// Only those of this name.
    #[param(inline)]
    event: Option<WireEventName>,
    /// Only those from this time on (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those before this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// How many at most.
    #[param(inline)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    cursor: Option<Cursor>,
}

impl From<Narrowing> for Filter {
    fn from(narrowing: Narrowing) -> Self {
        let Narrowing { result, event, from, to, limit, cursor } = narrowing;
        Self { application: None, result, event, from, to, limit, cursor }
    }
}

/// Lists the events of all applications, newest first.
#[utoipa::path(get, path = "/v1/activity", tag = "activity", operation_id = "list_activity", params(Filter),
    responses((status = 200, description = "A page of events; `Link` names the next page", content(
        (Page<Event> = "application/json"), (inline(Csv) = "text/csv"), (inline(Lines) = "application/x-ndjson")),
        headers(("Link" = String, description = "The next page, as `rel=\"next\"`; absent after the last")))))]
async fn everything(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let of = filter.application.clone().map_or(ActivityOf::Everything, ActivityOf::Application);
    let page = page(&api, &of, filter).await?;
    Ok(Form::wanted(&headers).answer(page, &uri))
}

/// Lists what happened to a user at every application, newest first; of a deleted one too.
#[utoipa::path(get, path = "/v1/users/{id}/timeline", tag = "activity", operation_id = "list_timeline_of_user",
    params(("id" = String, Path, description = "The user's id"), Narrowing),
    responses((status = 200, description = "A page of events; `Link` names the next page", content(
        (Page<Event> = "application/json"), (inline(Csv) = "text/csv"), (inline(Lines) = "application/x-ndjson")),
        headers(("Link" = String, description = "The next page, as `rel=\"next\"`; absent after the last")))))]
async fn of_user(
    State(api): State<Api>,
    Path(id): Path<UserId>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Query(filter): Query<Narrowing>,
) -> Result<Response, Problem> {
    let page = page(&api, &ActivityOf::Object(Kind::User, id.to_string()), filter.into()).await?;
    let is_known =
        !page.items.is_empty() || page.next.is_some() || api.tables.directory.user(&id).await?.is_some();
    if !is_known {
        return Err(Problem::not_found("user", id.as_str()));
    }
    Ok(Form::wanted(&headers).answer(page, &uri))
}

/// Lists the events of an application, newest first.
#[utoipa::path(get, path = "/v1/applications/{id}/logs", tag = "activity", operation_id = "list_logs_of_application",
    params(("id" = String, Path, description = "The application's id"), Narrowing),
    responses((status = 200, description = "A page of events; `Link` names the next page", content(
        (Page<Event> = "application/json"), (inline(Csv) = "text/csv"), (inline(Lines) = "application/x-ndjson")),
        headers(("Link" = String, description = "The next page, as `rel=\"next\"`; absent after the last")))))]
async fn of_application(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Query(filter): Query<Narrowing>,
) -> Result<Response, Problem> {
    let page = page(&api, &ActivityOf::Application(id.clone()), filter.into()).await?;
    let is_known =
        !page.items.is_empty() || page.next.is_some() || api.tables.applications.load(&id).await?.is_some();
    if !is_known {
        return Err(Problem::not_found("application", id.as_str()));
    }
    Ok(Form::wanted(&headers).answer(page, &uri))
}

/// Lists what signed-in administrators did, newest first.
#[utoipa::path(get, path = "/v1/administrator-actions", tag = "activity", operation_id = "list_administrator_actions",
    params(Narrowing),
    responses((status = 200, description = "A page of events; `Link` names the next page", content(
        (Page<Event> = "application/json"), (inline(Csv) = "text/csv"), (inline(Lines) = "application/x-ndjson")),
        headers(("Link" = String, description = "The next page, as `rel=\"next\"`; absent after the last")))))]
async fn of_administrators(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Query(filter): Query<Narrowing>,
) -> Result<Response, Problem> {
    let page = page(&api, &ActivityOf::Administrators, filter.into()).await?;
    Ok(Form::wanted(&headers).answer(page, &uri))
}

async fn page(api: &Api, of: &ActivityOf, filter: Filter) -> Result<Page<Event>, Problem> {
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && from >= to
    {
        let error = FieldError::of("to").given(&to.to_string());
        return Err(Problem::query(error.allowed("a time after 'from'")));
    }
    let after: Option<ActivityPosition> = Cursor::position_of(filter.cursor.as_ref())?;
    let limit = filter.limit.unwrap_or_default().get();
    let wanted = ActivityFilter {
        result: filter.result.map(OutcomeResult::from),
        event: filter.event.map(EventName::from),
        from: filter.from,
        to: filter.to,
    };
    let page = api.tables.activity_log.page(of, &wanted, after.as_ref(), limit).await?;
    let placed = page.outcomes.into_iter().map(|outcome| {
        let position = ActivityPosition { at: outcome.at, id: outcome.id.clone() };
        (position, Event(outcome))
    });
    Ok(Page::placed(placed, page.next))
}
