//! What a person says of single users and groups: whose an account is, that it is nobody's, that one is looked at now.

use axum::extract::State;
use axum::http::StatusCode;
use provisioning::adoption::{AdoptionError, Adoptions};
use provisioning::application::{Configured, Lifecycle};
use provisioning::ids::{ApplicationId, GroupId, RemoteId, UserId};
use provisioning::link::LinkKey;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::present;
use crate::body::JsonBody;
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::routes::users;
use crate::text::Name;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(adopt))
        .routes(routes!(forget))
        .routes(routes!(provision_user))
        .routes(routes!(provision_group))
}

problems! {
    /// What an adoption by hand may meet.
    AdoptionProblems: InvalidValue, NotEnabled, NotWanted, AccountTaken, ChangedMeanwhile
}
problems! {
    /// What forgetting may meet.
    ForgetProblems: ChangedMeanwhile
}
problems! {
    /// What a person who asks for one object may meet.
    ProvisionProblems: NotEnabled
}

/// Which account a user is to be linked to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "remote_id": "2819c223"}))]
struct NewLink {
    /// The user's id.
    user: Name,
    /// The account's id at the target.
    remote_id: Name,
}

impl From<AdoptionError> for Problem {
    fn from(error: AdoptionError) -> Self {
        let said = error.to_string();
        match error {
            AdoptionError::Unwanted(_) => Self::new(ProblemKind::NotWanted, said),
            AdoptionError::Owned(_) | AdoptionError::Linked(_) => Self::new(ProblemKind::AccountTaken, said),
            AdoptionError::Busy => Self::new(ProblemKind::ChangedMeanwhile, said),
            AdoptionError::Store(error) => error.into(),
        }
    }
}

fn adoptions(api: &Api) -> Adoptions {
    Adoptions { tables: api.tables.clone(), bell: api.setup.bell.clone(), clock: api.clock.clone() }
}

/// The application, if work for it is carried out now.
pub async fn enabled(api: &Api, id: &ApplicationId) -> Result<Configured, Problem> {
    let configured = present(api, id).await?;
    match configured.application.lifecycle {
        Lifecycle::Enabled => Ok(configured),
        _ => Err(Problem::new(ProblemKind::NotEnabled, ProblemKind::NotEnabled.example())),
    }
}

/// Links a user to an account that is there, whatever it bears: a conflict is solved so. It is carried out in the background;
/// what becomes of it is seen in the links, and in the log.
#[utoipa::path(post, path = "/v1/applications/{id}/links/users", tag = "links", operation_id = "adopt_user",
    params(("id" = String, Path, description = "The application's id")), request_body = NewLink,
    responses((status = 202, description = "He will be linked"), AdoptionProblems))]
async fn adopt(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    JsonBody(new): JsonBody<NewLink>,
) -> Result<StatusCode, Problem> {
    let configured = enabled(&api, &id).await?;
    let (user, remote_id) = (String::from(new.user), String::from(new.remote_id));
    let unknown = || Problem::value(FieldError::of("user").given(&user).allowed("an id of GET /v1/users"));
    let user: UserId = user.parse().map_err(|_| unknown())?;
    let chosen = RemoteId::new(&remote_id).ok_or_else(|| {
        Problem::value(
            FieldError::of("remote_id").given(&remote_id).allowed("the id of an account at the target"),
        )
    })?;
    users::present(&api, &user).await.map_err(|problem| match problem.kind {
        ProblemKind::NotFound => unknown(),
        _ => problem,
    })?;
    let adoptions = adoptions(&api);
    let link = adoptions.choose(&configured, &user, &chosen).await?;
    adoptions.ring(&link).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Forgets a user's counterpart. The account stays as it is and is nobody's; he is matched anew when something of him changes,
/// or with the next sync. What is forgotten already stays so.
#[utoipa::path(delete, path = "/v1/applications/{id}/links/users/{user}", tag = "links", operation_id = "forget_user_link",
    params(("id" = String, Path, description = "The application's id"),
        ("user" = String, Path, description = "The user's id")),
    responses((status = 204, description = "It is forgotten"), ForgetProblems))]
async fn forget(
    State(api): State<Api>,
    Path((id, user)): Path<(ApplicationId, UserId)>,
) -> Result<StatusCode, Problem> {
    let configured = present(&api, &id).await?;
    adoptions(&api).forget(&configured, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks at a user now, and brings him into step if he is not.
#[utoipa::path(post, path = "/v1/applications/{id}/users/{user}/provision", tag = "provisioning",
    operation_id = "provision_user",
    params(("id" = String, Path, description = "The application's id"),
        ("user" = String, Path, description = "The user's id")),
    responses((status = 202, description = "He will be looked at"), ProvisionProblems))]
async fn provision_user(
    State(api): State<Api>,
    Path((id, user)): Path<(ApplicationId, UserId)>,
) -> Result<StatusCode, Problem> {
    let configured = enabled(&api, &id).await?;
    users::present(&api, &user).await?;
    adoptions(&api).provision(&configured, &LinkKey::user(&id, &user)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Looks at a group and all its members now, and brings it into step if it is not.
#[utoipa::path(post, path = "/v1/applications/{id}/groups/{group}/provision", tag = "provisioning",
    operation_id = "provision_group",
    params(("id" = String, Path, description = "The application's id"),
        ("group" = String, Path, description = "The group's id")),
    responses((status = 202, description = "It will be looked at"), ProvisionProblems))]
async fn provision_group(
    State(api): State<Api>,
    Path((id, group)): Path<(ApplicationId, GroupId)>,
) -> Result<StatusCode, Problem> {
    let configured = enabled(&api, &id).await?;
    let there = api.tables.directory.group(&group).await?;
    there.filter(|group| !group.deleting).ok_or_else(|| Problem::not_found("group", group.as_str()))?;
    adoptions(&api).provision(&configured, &LinkKey::group(&id, &group)).await?;
    Ok(StatusCode::ACCEPTED)
}
