//! What the fuse holds, and what a person decides about it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provisioning::fuse::{self, DecisionError, HeldRemovals, Sealed};
use provisioning::ids::{ApplicationId, GroupId, UserId};
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
use crate::page::{Cursor, Page};
use crate::path::Path;
use crate::problem::{Problem, ProblemKind};
use crate::query::Query;
use crate::text::Name;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(held))
        .routes(routes!(members))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

problems! {
    /// What a decision may meet.
    DecisionProblems: InvalidValue, AnotherList, ChangedMeanwhile, BeingRemoved
}

/// The removals that wait for a person, a page of them, with the digest of all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "accounts": 51,
    "changes": 0, "groups": 0, "memberships": 0, "blown_at": "2026-11-23T10:00:00Z",
    "why": "within 24 hours 51 of 400 linked accounts would be removed, more than 10 %", "items": []}))]
struct HeldList {
    /// Names exactly this list; a decision names it.
    digest: String,
    /// Accounts held that would be turned off, deleted or kept no more.
    accounts: u64,
    /// Accounts held that would lose a value or their name.
    changes: u64,
    /// Groups held.
    groups: u64,
    /// Memberships held of users who keep their accounts; they are listed under `held/members`.
    memberships: u64,
    /// Since when every removal is held; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    blown_at: Option<String>,
    /// Over what the fuse blew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    why: Option<String>,
    /// The counterparts of which something would be taken away, each with what (`removal_kind`), and groups that hold members.
    items: Vec<ShownLink>,
    /// Where the next page begins; absent behind the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<Cursor>,
}

/// A membership that waits for a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"group": "sales", "user": "ada", "username": "ada.lovelace", "since": "2026-11-23T10:00:00Z"}))]
struct HeldMember {
    /// The group's id.
    group: String,
    /// The user's id.
    user: String,
    /// His name; absent where he is not in the directory any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    /// Since when it waits.
    since: String,
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
    let Sealed { accounts, changes, groups, memberships, .. } = now;
    format!(
        "by now the list is another one, of {accounts} accounts, {groups} groups, {memberships} memberships and {changes} changes; \
         look at it again"
    )
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
    let sealed = held_removals(&api).seal(&configured).await?;
    let Sealed { digest, accounts, changes, groups, memberships, blown_at, why } = sealed;
    let blown_at = blown_at.map(|at| at.to_string());
    let (items, next) = (page.items, page.next);
    Ok(Json(HeldList { digest, accounts, changes, groups, memberships, blown_at, why, items, next }))
}

/// Lists the memberships that wait for a person, of users who keep their accounts, by group and user. The digest of `held` is of
/// them too.
#[utoipa::path(get, path = "/v1/applications/{id}/held/members", tag = "held removals", operation_id = "list_held_members",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of memberships", body = Page<HeldMember>)))]
async fn members(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<HeldMember>>, Problem> {
    let configured = present(&api, &id).await?;
    let behind: Option<(GroupId, UserId)> = Cursor::position_of(paging.cursor.as_ref())?;
    let limit = paging.limit.unwrap_or_default().get();
    let found = held_removals(&api).members(&configured, behind.as_ref(), limit).await?;
    let position = |held: &fuse::HeldMember| (held.group.clone(), held.member.user.clone());
    let next = found.last().filter(|_| found.len() == limit).map(position);
    let ids: Vec<UserId> = found.iter().map(|held| held.member.user.clone()).collect();
    let users = api.tables.directory.users(&ids).await?;
    let shown = found.iter().map(|held| {
        let user = &held.member.user;
        let member = HeldMember {
            group: held.group.to_string(),
            user: user.to_string(),
            username: users.get(user).map(|user| user.username.clone()),
            since: held.since.to_string(),
        };
        (position(held), member)
    });
    Ok(Json(Page::placed(shown, next)))
}

/// Lets exactly the removals of the list go that bears the digest. Each is planned anew before anything is sent: who is wanted
/// again by then stays, and of whom more would be taken than the list said is asked anew. What went until now no longer counts.
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

/// Leaves exactly the accounts, groups and memberships of the list as they are that bears the digest, each until something else is desired of
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
