//! Imports: files of users and groups, uploaded in parts and laid over the directory.

mod wire;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provisioning::directory::import_job::{CommitError, Imports, PartError, Request, ViewError};
use provisioning::ids::JobId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::JsonBody;
use crate::page::{Cursor, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::query::Query;
use crate::removals::Removals;
use crate::routes::users::Paging;
use crate::{Api, problems};
use wire::{Commit, Import, Line, LineFilter, NewImport, PartOfFile};

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, cancel))
        .routes(routes!(put_part))
        .routes(routes!(commit))
        .routes(routes!(lines))
}

problems! {
    /// What a part may meet.
    PartProblems: ImportNotOpen, InvalidValue
}
problems! {
    /// What a commit may meet.
    CommitProblems: ImportNotOpen, PartsMissing, ImportUnderWay, ChangedMeanwhile
}

/// Lists imports, the newest first.
#[utoipa::path(get, path = "/v1/directory/imports", tag = "imports", operation_id = "list_imports", params(Paging),
    responses((status = 200, description = "A page of imports", body = Page<Import>)))]
async fn list(State(api): State<Api>, Query(paging): Query<Paging>) -> Result<Json<Page<Import>>, Problem> {
    let after: Option<String> = Cursor::position_of(paging.cursor.as_ref())?;
    let limit = paging.limit.unwrap_or_default().get();
    let (imports, next) = imports(&api).list(after, limit).await?;
    let now = api.clock.now();
    let items = imports.iter().map(|(job, import)| Import::of(job, import, now)).collect();
    Ok(Json(Page { items, next: next.map(|next| Cursor::at(&next)) }))
}

/// Begins an import. Its parts follow, then the commit.
#[utoipa::path(post, path = "/v1/directory/imports", tag = "imports", operation_id = "create_import",
    request_body = NewImport, responses((status = 201, description = "It takes parts", body = Import)))]
async fn create(State(api): State<Api>, JsonBody(new): JsonBody<NewImport>) -> Result<Response, Problem> {
    let imports = imports(&api);
    let job = imports.create(new.format.into()).await?;
    let shown = show(&api, &imports, &job.id).await?;
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// Shows how an import stands.
#[utoipa::path(get, path = "/v1/directory/imports/{id}", tag = "imports", operation_id = "get_import",
    params(("id" = String, Path, description = "The import's id")),
    responses((status = 200, description = "The import", body = Import)))]
async fn one(State(api): State<Api>, Path(id): Path<JobId>) -> Result<Json<Import>, Problem> {
    Ok(Json(show(&api, &imports(&api), &id).await?))
}

/// Ends an import. What was written stays.
#[utoipa::path(delete, path = "/v1/directory/imports/{id}", tag = "imports", operation_id = "cancel_import",
    params(("id" = String, Path, description = "The import's id")),
    responses((status = 204, description = "It does nothing any more")))]
async fn cancel(State(api): State<Api>, Path(id): Path<JobId>) -> Result<StatusCode, Problem> {
    imports(&api).cancel(&id).await.map_err(|error| unseen(&id, error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a part of the file, at most 4,000,000 bytes, cut anywhere. One of the same number is replaced.
#[utoipa::path(put, path = "/v1/directory/imports/{id}/parts/{number}", tag = "imports", operation_id = "put_import_part",
    params(("id" = String, Path, description = "The import's id"),
        ("number" = u16, Path, description = "Which part, counted from 1", minimum = 1, maximum = 10_000)),
    request_body(content = inline(PartOfFile), content_type = "application/octet-stream"),
    responses((status = 204, description = "The part is there"), PartProblems))]
async fn put_part(
    State(api): State<Api>,
    Path((id, number)): Path<(JobId, u64)>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let put = imports(&api).put_part(&id, number, &bytes).await;
    put.map(|()| StatusCode::NO_CONTENT).map_err(|error| match error {
        PartError::NotThere => Problem::not_found("import", id.as_str()),
        PartError::NotOpen(state) => not_open(wire::State::from(state)),
        PartError::Number(number) => {
            let error = FieldError::of("number").given(&number.to_string()).allowed("1 to 10000");
            Problem::value(error)
        }
        PartError::Length(_) => Problem::value(FieldError::of("body").allowed("1 to 4000000 bytes")),
        PartError::Store(error) => error.into(),
    })
}

/// Lets an import run: after its last part, after a dry run, or with the removals that are allowed after it was held.
#[utoipa::path(post, path = "/v1/directory/imports/{id}/commit", tag = "imports", operation_id = "commit_import",
    params(("id" = String, Path, description = "The import's id")), request_body = Commit,
    responses((status = 202, description = "It is under way", body = Import), CommitProblems))]
async fn commit(
    State(api): State<Api>,
    Path(id): Path<JobId>,
    JsonBody(commit): JsonBody<Commit>,
) -> Result<Response, Problem> {
    let Commit { complete, dry_run, allow_removals } = commit;
    let imports = imports(&api);
    let request = Request { complete, dry_run, allow_removals: allow_removals.map(Removals::get) };
    imports.commit(&id, request).await.map_err(|error| uncommitted(&id, error))?;
    let shown = show(&api, &imports, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(shown)).into_response())
}

/// Lists lines and what became of them, in the order of the file.
#[utoipa::path(get, path = "/v1/directory/imports/{id}/lines", tag = "imports", operation_id = "list_import_lines",
    params(("id" = String, Path, description = "The import's id"), LineFilter),
    responses((status = 200, description = "A page of lines", body = Page<Line>)))]
async fn lines(
    State(api): State<Api>,
    Path(id): Path<JobId>,
    Query(filter): Query<LineFilter>,
) -> Result<Json<Page<Line>>, Problem> {
    let behind: Option<(u32, u64)> = Cursor::position_of(filter.cursor.as_ref())?;
    let limit = filter.limit.unwrap_or_default().get();
    let found = imports(&api).lines(&id, filter.result.map(Into::into), behind, limit).await;
    let found = found.map_err(|error| unseen(&id, error))?;
    let items = found.entries.into_iter().map(Line::from).collect();
    Ok(Json(Page { items, next: found.next.map(|next| Cursor::at(&next)) }))
}

fn imports(api: &Api) -> Imports {
    Imports {
        tables: api.tables.clone(),
        bell: api.setup.bell.clone(),
        clock: api.clock.clone(),
        randomness: api.randomness.clone(),
    }
}

async fn show(api: &Api, imports: &Imports, id: &JobId) -> Result<Import, Problem> {
    let found = imports.import(id).await?;
    let (job, import) = found.ok_or_else(|| Problem::not_found("import", id.as_str()))?;
    Ok(Import::of(&job, &import, api.clock.now()))
}

fn unseen(id: &JobId, error: ViewError) -> Problem {
    match error {
        ViewError::NotThere => Problem::not_found("import", id.as_str()),
        ViewError::Store(error) => error.into(),
    }
}

fn not_open(state: wire::State) -> Problem {
    Problem::new(ProblemKind::ImportNotOpen, format!("the import is {}; begin a new one", state.word()))
}

fn uncommitted(id: &JobId, error: CommitError) -> Problem {
    match error {
        CommitError::NotThere => Problem::not_found("import", id.as_str()),
        CommitError::State(state) => not_open(wire::State::from(state)),
        CommitError::Missing(numbers) => {
            let named: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            let detail = format!("the parts {} are missing; upload them and commit again", named.join(", "));
            Problem::new(ProblemKind::PartsMissing, detail).member("parts", numbers)
        }
        CommitError::Other(other) => {
            let detail = format!("the import '{other}' is under way; wait for its end, or cancel it");
            Problem::new(ProblemKind::ImportUnderWay, detail).member("import", other.to_string())
        }
        CommitError::Changed => {
            Problem::new(ProblemKind::ChangedMeanwhile, ProblemKind::ChangedMeanwhile.example())
        }
        CommitError::Store(error) => error.into(),
    }
}
