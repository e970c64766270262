//! What the fuse holds, and what a person decides about it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provisioning::fuse::{DecisionError, HeldRemovals, Sealed};
use provisioning::ids::ApplicationId;
use provisioning::link::Trouble;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::links::{Paging, ShownLink, Which, page};
use super::status::{ShownStatus, of};
use super::{by, present};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::page::Cursor;
use crate::path::Path;
use crate::problem::{Problem, ProblemKind};
use crate::query::Query;
use crate::text::Name;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(held)).routes(routes!(approve)).routes(routes!(reject))
}

problems! {
    /// What a decision may meet.
    DecisionProblems: InvalidValue, AnotherList, ChangedMeanwhile, BeingRemoved
}

/// The removals that wait for a person, a page of them, with the digest of all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "accounts": 51,
    "groups": 0, "blown_at": "2026-11-23T10:00:00Z",
    "why": "within 24 hours 51 of 400 linked accounts would be removed, more than 10 %", "items": []}))]
struct HeldList {
    /// Names exactly this list; a decision names it.
    digest: String,
    /// Accounts held.
    accounts: u64,
    /// Groups held.
    groups: u64,
    /// Since when every removal is held; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    blown_at: Option<String>,
    /// Over what the fuse blew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    why: Option<String>,
    /// The counterparts that would be taken out of use.
    items: Vec<ShownLink>,
    /// Where the next page begins; absent behind the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<Cursor>,
}

/// Which list a person decided about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))]
struct Decision {
    /// The digest of the list that was looked at.
    digest: Name,
}

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::AnotherList(now) => Self::new(ProblemKind::AnotherList, told(&now)),
            DecisionError::Setup(error) => error.into(),
            DecisionError::Store(error) => error.into(),
        }
    }
}

fn told(now: &Sealed) -> String {
    let Sealed { accounts, groups, .. } = now;
    format!("by now the list is another one, of {accounts} accounts and {groups} groups; look at it again")
}

fn held_removals(api: &Api) -> HeldRemovals {
    HeldRemovals { tables: api.tables.clone(), bell: api.setup.bell.clone(), clock: api.clock.clone() }
}

/// Lists the removals that wait for a person. Too many within 24 hours are held, and all that come after them.
#[utoipa::path(get, path = "/v1/applications/{id}/held", tag = "held removals", operation_id = "list_held",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of the list, and the seal of all of it", body = HeldList)))]
async fn held(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<HeldList>, Problem> {
    let configured = present(&api, &id).await?;
    let page = page(&api, &id, Which::In(Trouble::Held), &paging).await?;
    let Sealed { digest, accounts, groups, blown_at, why } = held_removals(&api).seal(&configured).await?;
    let blown_at = blown_at.map(|at| at.to_string());
    Ok(Json(HeldList { digest, accounts, groups, blown_at, why, items: page.items, next: page.next }))
}

/// Lets exactly the removals of the list go that bears the digest. Each is planned anew before anything is sent: who is wanted
/// again by then stays. What went until now no longer counts.
#[utoipa::path(post, path = "/v1/applications/{id}/held/approve", tag = "held removals", operation_id = "approve_held",
    params(("id" = String, Path, description = "The application's id")), request_body = Decision,
    responses((status = 202, description = "The status", body = ShownStatus), DecisionProblems))]
async fn approve(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    caller: Caller,
    JsonBody(decision): JsonBody<Decision>,
) -> Result<Response, Problem> {
    let configured = present(&api, &id).await?;
    let digest = String::from(decision.digest);
    held_removals(&api).approve(&by(&api, &caller), &configured, &digest).await?;
    accepted(&api, &id).await
}

/// Leaves exactly the accounts and groups of the list as they are that bears the digest, each until something else is desired of
/// it. What went until now no longer counts.
#[utoipa::path(post, path = "/v1/applications/{id}/held/reject", tag = "held removals", operation_id = "reject_held",
    params(("id" = String, Path, description = "The application's id")), request_body = Decision,
    responses((status = 202, description = "The status", body = ShownStatus), DecisionProblems))]
async fn reject(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    caller: Caller,
    JsonBody(decision): JsonBody<Decision>,
) -> Result<Response, Problem> {
    let configured = present(&api, &id).await?;
    let digest = String::from(decision.digest);
    held_removals(&api).reject(&by(&api, &caller), &configured, &digest).await?;
    accepted(&api, &id).await
}

async fn accepted(api: &Api, id: &ApplicationId) -> Result<Response, Problem> {
    let status: ShownStatus = of(api, &present(api, id).await?).await?;
    Ok((StatusCode::ACCEPTED, Json(status)).into_response())
}
