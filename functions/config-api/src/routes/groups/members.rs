//! The members of a group.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use provisioning::ids::{GroupId, UserId};
use provisioning::ports::{DirectoryWriteError, UserWrite};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::Member;
use super::write::present;
use crate::page::{Cursor, Page};
use crate::path::Path;
use crate::problem::{Problem, ProblemKind};
use crate::query::Query;
use crate::routes::users::{self, Paging};
use crate::{Api, problems};

/// How often a membership is tried on a user whom others change at the same time.
const ATTEMPTS: u32 = 5;

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(add, remove))
}

problems! {
    /// What a membership may meet.
    MembershipProblems: ChangedMeanwhile
}

/// Lists the members of a group, in the order of their ids.
#[utoipa::path(get, path = "/v1/groups/{id}/members", tag = "groups", operation_id = "list_members",
    params(("id" = String, Path, description = "The group's id"), Paging),
    responses((status = 200, description = "A page of members", body = Page<Member>)))]
async fn list(
    State(api): State<Api>,
    Path(id): Path<GroupId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Member>>, Problem> {
    let after: Option<UserId> = Cursor::position_of(paging.cursor.as_ref())?;
    let limit = paging.limit.unwrap_or_default().get();
    present(&api, &id).await?;
    let directory = &api.tables.directory;
    let mut ids = directory.members_page(&id, after.as_ref(), limit + 1).await?;
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().filter(|_| more).cloned();
    let mut users = directory.users(&ids).await?;
    let shown = ids.into_iter().filter_map(|id| {
        let user = users.remove(&id)?;
        Some((id, Member::from(&user)))
    });
    Ok(Json(Page::placed(shown, next)))
}

/// Makes a user a member; one who is stays one.
#[utoipa::path(put, path = "/v1/groups/{id}/members/{user}", tag = "groups", operation_id = "add_member",
    params(("id" = String, Path, description = "The group's id"),
        ("user" = String, Path, description = "The user's id")),
    responses((status = 204, description = "He is a member"), MembershipProblems))]
async fn add(
    State(api): State<Api>,
    Path((group, user)): Path<(GroupId, UserId)>,
) -> Result<StatusCode, Problem> {
    membership(&api, &group, &user, true).await
}

/// Ends a membership; one that is not there has ended.
#[utoipa::path(delete, path = "/v1/groups/{id}/members/{user}", tag = "groups", operation_id = "remove_member",
    params(("id" = String, Path, description = "The group's id"),
        ("user" = String, Path, description = "The user's id")),
    responses((status = 204, description = "He is no member"), MembershipProblems))]
async fn remove(
    State(api): State<Api>,
    Path((group, user)): Path<(GroupId, UserId)>,
) -> Result<StatusCode, Problem> {
    membership(&api, &group, &user, false).await
}

async fn membership(api: &Api, group: &GroupId, user: &UserId, member: bool) -> Result<StatusCode, Problem> {
    let directory = &api.tables.directory;
    for _ in 0..ATTEMPTS {
        present(api, group).await?;
        let found = users::present(api, user).await?;
        let is_member = !directory.members_among(group, std::slice::from_ref(user)).await?.is_empty();
        if is_member == member {
            return Ok(StatusCode::NO_CONTENT);
        }
        let (changed, none) = (BTreeSet::from([group.clone()]), BTreeSet::new());
        let (join, leave) = if member { (changed, none) } else { (none, changed) };
        let write = UserWrite { old: Some(found.clone()), new: found, join, leave };
        match directory.write_user(&write).await {
            Ok(()) if member => return Ok(StatusCode::NO_CONTENT),
            Ok(()) => {
                // Whoever was taken out of his last group leaves applications by it.
                users::let_member_go(api, group, user).await;
                return Ok(StatusCode::NO_CONTENT);
            }
            Err(DirectoryWriteError::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Err(Problem::new(ProblemKind::ChangedMeanwhile, ProblemKind::ChangedMeanwhile.example()))
}
