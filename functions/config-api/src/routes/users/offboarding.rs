//! Offboarding: a user is disabled, and a receipt tells of each account until all are closed.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use provisioning::directory::Status;
use provisioning::directory::offboarding::{AccountClosure, Closure, closures};
use provisioning::ids::{ApplicationId, UserId};
use provisioning::ports::{ActivityFilter, ActivityOf};
use provisioning::target::Kind;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::UserPatch;
use super::write;
use crate::path::Path;
use crate::problem::{Problem, ProblemKind};
use crate::{Api, problems};

/// Events read to tell when something last happened to an account.
const TOLD: usize = 200;

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(offboard, receipt))
}

problems! {
    /// What offboarding may meet.
    OffboardProblems: ChangedMeanwhile
}
problems! {
    /// What a receipt may meet.
    ReceiptProblems: NotOffboarded
}

/// What became of a disabled user's accounts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"user": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "disabled_at": "2026-11-23T10:00:00Z",
    "closed": true, "applications": [{"application": "0198c0de-8001-7d00-9c11-5a7b8c9d0e1f", "name": "CRM",
    "state": "closed", "remote_id": "2819c223", "since": "2026-11-23T10:00:02Z"}]}))]
struct OffboardingReceipt {
    /// The user's id.
    user: String,
    /// When he was offboarded; null where he was disabled another way.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Every account is closed. An account that is left as it is keeps this false.
    closed: bool,
    /// Each application where he has or had an account, or one was begun.
    applications: Vec<ClosedAccount>,
}

/// What became of one account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClosedAccount {
    /// The application's id.
    application: String,
    /// The application's name.
    name: String,
    state: AccountState,
    /// The account's id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remote_id: Option<String>,
    /// When the last event about the account happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    since: Option<Timestamp>,
    /// Why it is not closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// What became of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum AccountState {
    /// Inactive, deleted, or never made.
    Closed,
    /// About to be turned off.
    Pending,
    /// Could not be turned off yet; `reason` says why.
    Failed,
    /// Stays as it is, as the policy has it.
    Left,
}

impl From<AccountClosure> for ClosedAccount {
    fn from(account: AccountClosure) -> Self {
        let state = match account.closure {
            Closure::Closed => AccountState::Closed,
            Closure::Pending => AccountState::Pending,
            Closure::Failed => AccountState::Failed,
            Closure::Left => AccountState::Left,
        };
        Self {
            application: account.application.to_string(),
            name: account.name,
            state,
            remote_id: account.remote_id.map(|id| id.as_str().to_owned()),
            since: None,
            reason: account.reason,
        }
    }
}

/// Disables a user, and tells what becomes of his accounts.
#[utoipa::path(post, path = "/v1/users/{id}/offboard", tag = "users", operation_id = "offboard_user",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 202, description = "The receipt so far", body = OffboardingReceipt), OffboardProblems))]
async fn offboard(State(api): State<Api>, Path(id): Path<UserId>) -> Result<Response, Problem> {
    let was = write::present(&api, &id).await?;
    // Offboarded once more he keeps the time of the first.
    let known = was.status == Status::Disabled && api.tables.offboardings.noted(&id).await?.is_some();
    write::change(&api, &id, None, |user| UserPatch::disabling().over(user, &BTreeMap::new())).await?;
    write::let_go(&api, &id).await;
    if !known {
        api.tables.offboardings.note(&id, api.clock.now()).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(computed(&api, &id).await?)).into_response())
}

/// Tells what has become of a disabled user's accounts until now.
#[utoipa::path(get, path = "/v1/users/{id}/offboard", tag = "users", operation_id = "get_offboarding_receipt",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The receipt", body = OffboardingReceipt), ReceiptProblems))]
async fn receipt(
    State(api): State<Api>,
    Path(id): Path<UserId>,
) -> Result<Json<OffboardingReceipt>, Problem> {
    computed(&api, &id).await.map(Json)
}

async fn computed(api: &Api, id: &UserId) -> Result<OffboardingReceipt, Problem> {
    let record = api.tables.directory.user(id).await?.filter(|record| record.present().is_some());
    let record = record.ok_or_else(|| Problem::not_found("user", id.as_str()))?;
    if record.present().is_some_and(|user| user.status == Status::Active) {
        return Err(Problem::new(ProblemKind::NotOffboarded, ProblemKind::NotOffboarded.example()));
    }
    let links = api.tables.links.links_of(id).await?;
    let mut applications = BTreeMap::new();
    for application in links.iter().map(|link| &link.key.application).collect::<BTreeSet<_>>() {
        if let Some(configured) = api.tables.applications.load(application).await? {
            applications.insert(application.clone(), configured);
        }
    }
    let accounts = closures(&links, &record.groups, &applications);
    let closed = accounts.iter().all(|account| account.closure == Closure::Closed);
    let told = last_told(api, id).await?;
    let accounts = accounts.into_iter().map(|account| {
        let since = told.get(&account.application).copied();
        ClosedAccount { since, ..ClosedAccount::from(account) }
    });
    Ok(OffboardingReceipt {
        user: id.to_string(),
        disabled_at: api.tables.offboardings.noted(id).await?,
        closed,
        applications: accounts.collect(),
    })
}

/// When the log last told of him, by application. Long ago is as good as never: one page is read.
async fn last_told(api: &Api, id: &UserId) -> Result<BTreeMap<ApplicationId, Timestamp>, Problem> {
    let of = ActivityOf::Object(Kind::User, id.to_string());
    let page = api.tables.activity_log.page(&of, &ActivityFilter::default(), None, TOLD).await?;
    // Newest first: the last that is put in is the oldest, so the order is turned.
    Ok(page.outcomes.into_iter().rev().map(|outcome| (outcome.application, outcome.at)).collect())
}
