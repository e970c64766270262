//! What somebody changed at the target, and having it undone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use provisioning::activity::Actor;
use provisioning::drift::{Kind, RepairError, Repairs};
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::link::{Link, LinkKey, State as LinkState, Trouble};
use provisioning::value::Value;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::adoption::enabled;
use super::links::{Paging, ShownLink, Which, page_at};
use super::present;
use crate::caller::Caller;
use crate::page::{Cursor, Page};
use crate::path::Path;
use crate::problem::{Problem, ProblemKind};
use crate::query::Query;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(drift)).routes(routes!(repair_user)).routes(routes!(repair_group))
}

problems! {
    /// What having drift undone may meet.
    RepairProblems: NotEnabled, NoDrift, ChangedMeanwhile
}

/// What somebody changed at the target.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownDrift {
    /// What he did.
    kind: ShownDriftKind,
    /// Of which attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attribute: Option<String>,
    /// What was last sent and accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    sent: Option<Value>,
    /// What the target shows; absent where it shows nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    shown: Option<Value>,
    /// The ids of members whom we added and who are gone, 1,000 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<String>,
    /// The ids of users of ours who are members and should not be, 1,000 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<String>,
}

/// What somebody did at the target.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShownDriftKind {
    /// He gave an attribute another value.
    Attributes,
    /// He took members out whom we had added, or put users of ours in.
    Members,
    /// He deleted the account or group.
    DeletedAtTarget,
    /// He turned the account off.
    DeactivatedAtTarget,
    /// He turned an account on that we had turned off or deleted.
    ReactivatedAtTarget,
}

/// A value that the target accepted and shows otherwise. It is no drift, and is not sent again until it changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct NormalisedValue {
    /// Of which attribute.
    attribute: String,
    /// What was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    sent: Option<Value>,
    /// What is shown; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    shown: Option<Value>,
}

impl From<Kind> for ShownDriftKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Attributes => Self::Attributes,
            Kind::Members => Self::Members,
            Kind::DeletedAtTarget => Self::DeletedAtTarget,
            Kind::DeactivatedAtTarget => Self::DeactivatedAtTarget,
            Kind::ReactivatedAtTarget => Self::ReactivatedAtTarget,
        }
    }
}

/// What is noted of a link that somebody changed at the target.
pub fn drift_of(link: &Link) -> Vec<ShownDrift> {
    let of = |kind: Kind| ShownDrift {
        kind: kind.into(),
        attribute: None,
        sent: None,
        shown: None,
        gone: Vec::new(),
        added: Vec::new(),
    };
    let observed = &link.observed;
    let attributes = observed.drift.iter().map(|(path, shown)| ShownDrift {
        attribute: Some(path.to_string()),
        sent: link.sent.get(path).cloned(),
        shown: shown.clone(),
        ..of(Kind::of(path, shown.as_ref()))
    });
    let ids = |users: &std::collections::BTreeSet<UserId>| users.iter().map(ToString::to_string).collect();
    let members = (!observed.members.is_empty()).then(|| ShownDrift {
        gone: ids(&observed.members.gone),
        added: ids(&observed.members.added),
        ..of(Kind::Members)
    });
    let missing = (link.state == LinkState::Missing).then(|| of(Kind::DeletedAtTarget));
    attributes.chain(members).chain(missing).collect()
}

/// What the target accepted of a link and shows otherwise.
pub fn normalised_of(link: &Link) -> Vec<NormalisedValue> {
    let value = |(path, shown): (&provisioning::mapping::AttributePath, &Option<Value>)| NormalisedValue {
        attribute: path.to_string(),
        sent: link.sent.get(path).cloned(),
        shown: shown.clone(),
    };
    link.observed.normalised.iter().map(value).collect()
}

/// Lists what somebody changed at the target, as the last sweep that read it saw it: first what differs, then what is gone. A
/// person has it undone by `POST …/drift/users/{user}/repair`, or in the directory; what is at the target again as it was is
/// forgotten by the next such sweep.
#[utoipa::path(get, path = "/v1/applications/{id}/drift", tag = "links", operation_id = "list_drift",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of links", body = Page<ShownLink>)))]
async fn drift(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ShownLink>>, Problem> {
    present(&api, &id).await?;
    let position: Option<(bool, Option<String>)> = Cursor::position_of(paging.cursor.as_ref())?;
    let (gone, behind) = position.unwrap_or_default();
    let trouble = if gone { Trouble::Missing } else { Trouble::Drift };
    let (items, next) = page_at(&api, &id, Which::In(trouble), behind, &paging).await?;
    let next = match next {
        Some(next) => Some((gone, Some(next))),
        None if gone => None,
        None => Some((true, None)),
    };
    Ok(Json(Page { items, next: next.map(|next| Cursor::at(&next)) }))
}

impl From<RepairError> for Problem {
    fn from(error: RepairError) -> Self {
        let said = error.to_string();
        match error {
            RepairError::NoDrift => Self::new(ProblemKind::NoDrift, said),
            RepairError::Busy => Self::new(ProblemKind::ChangedMeanwhile, said),
            RepairError::Store(error) => error.into(),
        }
    }
}

async fn repair(api: &Api, key: &LinkKey, caller: Caller) -> Result<StatusCode, Problem> {
    let configured = enabled(api, &key.application).await?;
    let repairs =
        Repairs { tables: api.tables.clone(), bell: api.setup.bell.clone(), clock: api.clock.clone() };
    repairs.repair(&configured, key, &Actor::Administrator(caller.name)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Has undone what somebody did to a user's account at the target, whatever the policy says: what was sent is sent again, an
/// account that was turned off there is turned on, one that was turned on is turned off, and one that was deleted is made anew. It
/// is carried out in the background, and told in the log with who asked for it.
#[utoipa::path(post, path = "/v1/applications/{id}/drift/users/{user}/repair", tag = "links",
    operation_id = "repair_user",
    params(("id" = String, Path, description = "The application's id"),
        ("user" = String, Path, description = "The user's id")),
    responses((status = 202, description = "It will be undone"), RepairProblems))]
async fn repair_user(
    State(api): State<Api>,
    Path((id, user)): Path<(ApplicationId, UserId)>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    repair(&api, &LinkKey::user(&id, &user), caller).await
}

/// Has undone what somebody did to a group at the target, whatever the policy says: its name is sent again, members who are gone
/// are added, users of ours who should not be in it are taken out, and a group that was deleted is made anew.
#[utoipa::path(post, path = "/v1/applications/{id}/drift/groups/{group}/repair", tag = "links",
    operation_id = "repair_group",
    params(("id" = String, Path, description = "The application's id"),
        ("group" = String, Path, description = "The group's id")),
    responses((status = 202, description = "It will be undone"), RepairProblems))]
async fn repair_group(
    State(api): State<Api>,
    Path((id, group)): Path<(ApplicationId, GroupId)>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    repair(&api, &LinkKey::group(&id, &group), caller).await
}
