//! The counterparts of users and groups at an application.

use axum::Json;
use axum::extract::State;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use provisioning::ids::{ApplicationId, UserId};
use provisioning::link::{Link, Object, Origin, Parked, Removal, RemovalKind, State as LinkState, Trouble};
use provisioning::matching::Candidate;
use provisioning::target::Kind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::drift::{NormalisedValue, ShownDrift, drift_of, normalised_of};
use super::present;
use crate::Api;
use crate::page::{Cursor, Limit, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem};
use crate::query::Query;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(users))
        .routes(routes!(groups))
        .routes(routes!(failures))
        .routes(routes!(conflicts))
}

/// How many links are read at a time.
const CONCURRENT: usize = 16;

/// Which links are listed.
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

/// The counterpart of a user or group at an application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "kind": "user", "state": "linked",
    "name": "ada.lovelace", "remote_id": "2819c223", "external_id": "1001", "origin": "created", "attempts": 0}))]
pub struct ShownLink {
    /// The user's or group's id.
    id: String,
    /// Which of the two.
    kind: ShownKind,
    /// Where in its life it is.
    state: ShownState,
    /// The name last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// The counterpart's id at the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remote_id: Option<String>,
    /// The externalId it bears.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// Where the counterpart came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    origin: Option<ShownOrigin>,
    /// What was said of taking it out of use, since it was last wanted; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    removal: Option<ShownRemoval>,
    /// Of what that was said, where it may go or waits: a permit for one serves nothing graver.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    removal_kind: Option<ShownRemovalKind>,
    /// Memberships of the group wait for a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    holds_members: bool,
    /// When it is looked at again; absent where nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due_at: Option<String>,
    /// Failures in a row.
    attempts: u32,
    /// Why the last attempt failed, or what stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<String>,
    /// Between whom a person must decide, where it is in conflict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<ShownCandidate>,
    /// Members of the group whom the target refuses while it takes others. Each is tried again daily, and when something of him
    /// changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parked: Vec<ParkedMember>,
    /// What the target accepted and shows otherwise. It is no drift, and is not sent again until it changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    normalised: Vec<NormalisedValue>,
    /// What somebody changed at the target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drift: Vec<ShownDrift>,
}

/// A member whom the target refuses.
#[derive(Debug, Serialize, ToSchema)]
struct ParkedMember {
    /// The user's id.
    user: String,
    /// What the target said.
    reason: String,
    /// When he was tried last.
    tried_at: String,
}

/// An account that may be the counterpart.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownCandidate {
    /// Its id at the target.
    remote_id: String,
    /// Its name there.
    name: String,
    /// The externalId it bears.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// Whether it is active, where the target says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active: Option<bool>,
    /// The id of the user or group whose counterpart it is already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner: Option<String>,
}

impl From<Candidate> for ShownCandidate {
    fn from(candidate: Candidate) -> Self {
        Self {
            remote_id: candidate.remote_id.to_string(),
            name: candidate.name,
            external_id: candidate.external_id,
            active: candidate.active,
            owner: candidate.owner.map(|owner| match owner.object {
                Object::User(user) => user.to_string(),
                Object::Group(group) => group.to_string(),
            }),
        }
    }
}

fn parked((user, parked): (UserId, Parked)) -> ParkedMember {
    ParkedMember { user: user.to_string(), reason: parked.reason, tried_at: parked.at.to_string() }
}

/// What was said of taking a counterpart out of use.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownRemoval {
    /// It may go, or is gone.
    Permitted,
    /// It waits for a person.
    Held,
    /// A person said that it stays.
    Kept,
}

impl From<Removal> for ShownRemoval {
    fn from(removal: Removal) -> Self {
        match removal {
            Removal::Permitted { .. } => Self::Permitted,
            Removal::Held { .. } => Self::Held,
            Removal::Kept(_) => Self::Kept,
        }
    }
}

/// What is taken away, from the least to the gravest.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownRemovalKind {
    /// A value of an account is cleared, or it gets another name.
    Change,
    /// An account is turned off or kept no more, a group emptied.
    Removal,
    /// An account or a group is deleted.
    Deletion,
}

impl ShownRemovalKind {
    fn of(removal: Removal) -> Option<Self> {
        let (Removal::Permitted { kind, .. } | Removal::Held { kind, .. }) = removal else { return None };
        Some(match kind {
            RemovalKind::Change => Self::Change,
            RemovalKind::Removal => Self::Removal,
            RemovalKind::Deletion => Self::Deletion,
        })
    }
}

/// A user or a group.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShownKind {
    User,
    Group,
}

/// Where a counterpart came from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownOrigin {
    /// We made it.
    Created,
    /// It was there before us.
    Adopted,
}

/// Where in its life a link is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownState {
    /// Nothing of it is at the target.
    New,
    /// It is being made.
    Creating,
    /// It has a counterpart.
    Linked,
    /// The counterpart is inactive through us.
    Deactivated,
    /// Somebody else deleted the counterpart.
    Missing,
    /// A person must decide.
    Conflict,
    /// A required attribute has no value.
    Blocked,
    /// The counterpart was left as it is.
    Released,
    /// We deleted the counterpart.
    Tombstone,
}

impl From<LinkState> for ShownState {
    fn from(state: LinkState) -> Self {
        match state {
            LinkState::New => Self::New,
            LinkState::Creating => Self::Creating,
            LinkState::Linked => Self::Linked,
            LinkState::Deactivated => Self::Deactivated,
            LinkState::Missing => Self::Missing,
            LinkState::Conflict => Self::Conflict,
            LinkState::Blocked => Self::Blocked,
            LinkState::Released => Self::Released,
            LinkState::Tombstone => Self::Tombstone,
        }
    }
}

impl From<Link> for ShownLink {
    fn from(link: Link) -> Self {
        let (id, kind) = match &link.key.object {
            Object::User(user) => (user.to_string(), ShownKind::User),
            Object::Group(group) => (group.to_string(), ShownKind::Group),
        };
        Self {
            id,
            kind,
            state: link.state.into(),
            name: link.shown_name(),
            normalised: normalised_of(&link),
            drift: drift_of(&link),
            remote_id: link.remote_id.as_ref().map(ToString::to_string),
            external_id: link.external_id,
            origin: link.origin.map(|origin| match origin {
                Origin::Created => ShownOrigin::Created,
                Origin::Adopted => ShownOrigin::Adopted,
            }),
            removal: link.removal.map(ShownRemoval::from),
            removal_kind: link.removal.and_then(ShownRemovalKind::of),
            holds_members: link.holds_members,
            due_at: link.work.due_at.map(|due_at| due_at.to_string()),
            attempts: link.work.attempts,
            problem: link.work.problem,
            candidates: link.candidates.into_iter().map(ShownCandidate::from).collect(),
            parked: link.parked.into_iter().map(parked).collect(),
        }
    }
}

/// Which links a list is of.
pub enum Which {
    All(Kind),
    In(Trouble),
}

async fn list(
    api: &Api,
    id: &ApplicationId,
    which: Which,
    paging: Paging,
) -> Result<Json<Page<ShownLink>>, Problem> {
    present(api, id).await?;
    page(api, id, which, &paging).await.map(Json)
}

/// A page of the links of an application that is there.
pub async fn page(
    api: &Api,
    id: &ApplicationId,
    which: Which,
    paging: &Paging,
) -> Result<Page<ShownLink>, Problem> {
    let cursor: Option<String> = Cursor::position_of(paging.cursor.as_ref())?;
    let (items, next) = page_at(api, id, which, cursor, paging).await?;
    Ok(Page { items, next: next.map(|next| Cursor::at(&next)) })
}

/// The same from this position on, and the position behind it.
pub async fn page_at(
    api: &Api,
    id: &ApplicationId,
    which: Which,
    cursor: Option<String>,
    paging: &Paging,
) -> Result<(Vec<ShownLink>, Option<String>), Problem> {
    let limit = paging.limit.unwrap_or_default().get();
    let links = &api.tables.links;
    let page = match which {
        Which::All(kind) => links.propose_links(id, kind, cursor, limit).await,
        Which::In(trouble) => links.propose_trouble(id, trouble, cursor, limit).await,
    };
    let page = page.map_err(|error| match (error, &paging.cursor) {
        (provisioning::ports::StoreError::Corrupt { .. }, Some(cursor)) => {
            let error = FieldError::of("cursor").given(cursor.as_str());
            Problem::query(error.allowed("the 'next' of the page before"))
        }
        (error, _) => error.into(),
    })?;
    let reads: Vec<_> = page.keys.iter().map(|key| links.link(key)).collect();
    let read: Vec<Option<Link>> = stream::iter(reads).buffered(CONCURRENT).try_collect().await?;
    Ok((read.into_iter().flatten().map(ShownLink::from).collect(), page.next))
}

/// Lists the users' counterparts, in no order.
#[utoipa::path(get, path = "/v1/applications/{id}/links/users", tag = "links", operation_id = "list_user_links",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of links", body = Page<ShownLink>)))]
async fn users(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ShownLink>>, Problem> {
    list(&api, &id, Which::All(Kind::User), paging).await
}

/// Lists the groups' counterparts, in no order.
#[utoipa::path(get, path = "/v1/applications/{id}/links/groups", tag = "links", operation_id = "list_group_links",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of links", body = Page<ShownLink>)))]
async fn groups(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ShownLink>>, Problem> {
    list(&api, &id, Which::All(Kind::Group), paging).await
}

/// Lists whose last attempt failed, with the reason and the time of the next attempt.
#[utoipa::path(get, path = "/v1/applications/{id}/failures", tag = "links", operation_id = "list_failures",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of links", body = Page<ShownLink>)))]
async fn failures(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ShownLink>>, Problem> {
    list(&api, &id, Which::In(Trouble::Failed), paging).await
}

/// Lists about whom a person must decide, why, and between which accounts. Each is looked at again when the policy changes,
/// and daily.
#[utoipa::path(get, path = "/v1/applications/{id}/conflicts", tag = "links", operation_id = "list_conflicts",
    params(("id" = String, Path, description = "The application's id"), Paging),
    responses((status = 200, description = "A page of links", body = Page<ShownLink>)))]
async fn conflicts(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ShownLink>>, Problem> {
    list(&api, &id, Which::In(Trouble::Conflict), paging).await
}
