//! Where an application stands.

use axum::Json;
use axum::extract::State;
use provisioning::application::{Configured, Stage, Status, SweepPhase, status};
use provisioning::ids::ApplicationId;
use provisioning::sweep::Progress;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::present;
use crate::Api;
use crate::path::Path;
use crate::problem::Problem;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_status))
}

/// Where an application stands. Counts end at 10,000 and may lag by moments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "enabled", "idle": false, "in_step": false, "as_of": "2026-11-23T08:00:00Z",
    "pending": {"users": 412, "groups": 0}, "failed": 0, "blocked": 0, "held": 0, "conflicts": 0, "missing": 0, "drift": 0,
    "sweep": {"phase": "users", "done": 1800, "total": 10020, "eta_seconds": 164}}))]
pub struct ShownStatus {
    /// Where it stands.
    status: ShownStage,
    /// Why it stands there, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// What a person should do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_step: Option<String>,
    /// No mark and no job: nothing is under way.
    idle: bool,
    /// Idle, and nothing failed, blocked, held, missing, drifted or in conflict.
    in_step: bool,
    /// When this was so.
    as_of: String,
    /// The target asked to be left alone until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    not_before: Option<String>,
    /// When the token is expected to run out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_expires_at: Option<String>,
    /// What a person should see to before it stops provisioning: a token that runs out within 30 days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// What is marked to be looked at.
    pending: ShownPending,
    /// Users and groups whose last attempt failed; they are tried again.
    failed: u64,
    /// Users without a value that the target requires.
    blocked: u64,
    /// Removals that wait for a person.
    held: u64,
    /// Users and groups about which a person must decide.
    conflicts: u64,
    /// Users and groups that somebody else deleted at the target.
    missing: u64,
    /// Users and groups that somebody changed at the target; see `GET …/drift`.
    drift: u64,
    /// The sweep under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sweep: Option<ShownProgress>,
}

/// What is marked to be looked at.
#[derive(Debug, Serialize, ToSchema)]
struct ShownPending {
    /// Users.
    users: u64,
    /// Groups.
    groups: u64,
}

/// How far a sweep is.
#[derive(Debug, Serialize, ToSchema)]
struct ShownProgress {
    /// What it is at.
    phase: ShownPhase,
    /// Users and groups it is done with.
    done: u64,
    /// Users and groups in all; absent while that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total: Option<u64>,
    /// Seconds until it is done, at the present rate; absent while that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    eta_seconds: Option<u64>,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownStage {
    /// Steps are missing before it can be enabled.
    Setup,
    /// It can be enabled.
    Ready,
    /// It is kept in step.
    Enabled,
    /// It is left alone.
    Disabled,
    /// Nothing is sent until a person acts: the target refuses the credentials.
    Quarantined,
    /// Removals wait for a person; all else goes on.
    Held,
    /// It is being removed.
    Removing,
}

/// What a sweep is at.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownPhase {
    /// Reading what the target has.
    Listing,
    /// Holding what was read against what was sent.
    Comparing,
    /// Users.
    Users,
    /// Counting memberships that would be lost.
    Memberships,
    /// Groups and their members.
    Groups,
    /// Counting who is no longer wanted.
    Counting,
    /// Removing them.
    Removals,
    /// Forgetting an application that is removed.
    Purging,
}

impl From<Status> for ShownStatus {
    fn from(status: Status) -> Self {
        Self {
            status: match status.stage {
                Stage::Setup => ShownStage::Setup,
                Stage::Ready => ShownStage::Ready,
                Stage::Enabled => ShownStage::Enabled,
                Stage::Disabled => ShownStage::Disabled,
                Stage::Quarantined => ShownStage::Quarantined,
                Stage::Held => ShownStage::Held,
                Stage::Removing => ShownStage::Removing,
            },
            reason: status.reason,
            next_step: status.next_step,
            idle: status.idle,
            in_step: status.in_step,
            as_of: status.as_of.to_string(),
            not_before: status.not_before.map(|until| until.to_string()),
            token_expires_at: status.token_expires_at.map(|at| at.to_string()),
            warnings: status.warnings,
            pending: ShownPending { users: status.pending_users, groups: status.pending_groups },
            failed: status.failed,
            blocked: status.blocked,
            held: status.held,
            conflicts: status.conflicts,
            missing: status.missing,
            drift: status.drift,
            sweep: status.sweep.map(ShownProgress::from),
        }
    }
}

impl From<Progress> for ShownProgress {
    fn from(progress: Progress) -> Self {
        Self {
            phase: match progress.phase {
                SweepPhase::Listing => ShownPhase::Listing,
                SweepPhase::Comparing | SweepPhase::Confirming => ShownPhase::Comparing,
                SweepPhase::Users => ShownPhase::Users,
                SweepPhase::Memberships => ShownPhase::Memberships,
                SweepPhase::Groups => ShownPhase::Groups,
                SweepPhase::Counting => ShownPhase::Counting,
                SweepPhase::Removals => ShownPhase::Removals,
                SweepPhase::Purging => ShownPhase::Purging,
            },
            done: progress.done,
            total: progress.total,
            eta_seconds: progress.eta_seconds,
        }
    }
}

/// The status of an application as it was read.
///
/// # Errors
///
/// A table did not answer.
pub async fn of(api: &Api, configured: &Configured) -> Result<ShownStatus, Problem> {
    Ok(status(&api.tables, configured, api.clock.now()).await?.into())
}

/// Shows where an application stands.
#[utoipa::path(get, path = "/v1/applications/{id}/status", tag = "provisioning", operation_id = "get_status",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The status", body = ShownStatus)))]
async fn get_status(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
) -> Result<Json<ShownStatus>, Problem> {
    Ok(Json(of(&api, &present(&api, &id).await?).await?))
}
