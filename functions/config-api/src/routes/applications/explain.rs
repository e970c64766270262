//! Why a user has an account at an application, or has none, attribute by attribute.

use axum::Json;
use axum::extract::State;
use provisioning::activity::Action;
use provisioning::desired::Desired;
use provisioning::explain::{ExplainedAttribute, Explanation, Fate, Hindrance, NamedUser, explain};
use provisioning::ids::{ApplicationId, UserId};
use provisioning::mapping::{AttributePath, Source};
use provisioning::plan::{CounterpartKeys, UserPlan};
use provisioning::value::Value;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::links::ShownLink;
use super::mapping::typed;
use super::present;
use crate::Api;
use crate::path::Path;
use crate::problem::Problem;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(explain_user))
}

/// Why a user has an account at an application, or has none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"desired": "active", "status": "active",
    "groups": [{"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f61", "name": "Sales"}], "groups_count": 1,
    "action": "update", "because": "an attribute differs from what was last sent",
    "attributes": [
        {"target": "userName", "source": {"directory": "username"}, "required": true, "value": "ada", "sent": "ada",
            "in_doubt": false, "outcome": "in_step"},
        {"target": "title", "source": {"custom": "job_title"}, "required": false, "value": "Countess",
            "sent": "Engineer", "in_doubt": false, "outcome": "sent"}]}))]
struct ShownExplanation {
    /// What he should be at the application.
    desired: ShownDesired,
    /// Whether he may sign in; absent of somebody who is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<ShownStatus>,
    /// The selected groups he is in, 50 at most.
    groups: Vec<ShownGroup>,
    /// How many there are.
    groups_count: usize,
    /// What would be done.
    action: ShownAction,
    /// Why, in a sentence.
    because: String,
    /// By what his account would be looked for; absent where he is not matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    looks_for: Option<ShownKeys>,
    /// Why it is not done at this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hindrance: Option<ShownHindrance>,
    /// His counterpart at the target; absent of somebody who never had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    link: Option<ShownLink>,
    /// Attribute by attribute.
    attributes: Vec<ShownAttribute>,
}

/// What a user should be at an application.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ShownDesired {
    /// He is in a selected group, and enabled.
    Active,
    /// He is in a selected group, and disabled.
    Suspended,
    /// He is in no selected group.
    Unassigned,
    /// He is deleted from the directory.
    Deleted,
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ExplainedStatus)]
enum ShownStatus {
    Active,
    Disabled,
}

/// A selected group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedGroup)]
struct ShownGroup {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
}

/// What would be done.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExplainedAction)]
enum ShownAction {
    /// Nothing.
    Nothing,
    /// Wait: he may be in a selected group again in a moment.
    Wait,
    /// Wait for the value of a required attribute.
    Blocked,
    /// Look for his account, and create it if there is none.
    MatchOrCreate,
    /// Look up a create whose answer was lost.
    LookUp,
    /// Send what differs.
    Update,
    /// Turn his account on.
    Reactivate,
    /// Turn his account off.
    Deactivate,
    /// Delete his account.
    Delete,
    /// Let his account go as it is.
    Release,
}

/// By what an account is looked for.
#[derive(Debug, Serialize, ToSchema)]
struct ShownKeys {
    /// The externalId.
    external_id: String,
    /// `userName`.
    name: String,
    /// An e-mail address, where the policy names it as a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
}

/// Why nothing is sent at this moment.
#[derive(Debug, Serialize, ToSchema)]
struct ShownHindrance {
    /// What stands in the way.
    kind: HindranceKind,
    /// Why the target refuses the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// When it goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    until: Option<String>,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HindranceKind {
    /// The application is not enabled.
    NotEnabled,
    /// The target refuses the credentials; a person must act.
    Quarantined,
    /// The target asked to be left alone for a time.
    NotBefore,
    /// The last attempt failed, and the next one is to come.
    Retry,
}

/// One attribute of the target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedAttribute)]
struct ShownAttribute {
    /// Its path.
    #[schema(value_type = String)]
    target: AttributePath,
    /// Where its value comes from, as in the mapping; absent where no mapping says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Object)]
    source: Option<Source>,
    /// The target requires it.
    required: bool,
    /// The user's value; absent where he has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    value: Option<Value>,
    /// What was last sent and accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    sent: Option<Value>,
    /// A request named it whose outcome is not known: it is sent again.
    in_doubt: bool,
    /// What becomes of it.
    outcome: ShownFate,
    /// The user whom it names; the id of his account is its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    names: Option<ShownNamed>,
}

/// A user whom an attribute names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedName)]
struct ShownNamed {
    /// His id.
    id: String,
    /// His username; absent of somebody who is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    /// Why he has no account that could be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    absent: Option<String>,
}

impl From<NamedUser> for ShownNamed {
    fn from(named: NamedUser) -> Self {
        Self { id: named.user.to_string(), username: named.username, absent: named.absent }
    }
}

/// What becomes of an attribute.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShownFate {
    /// It is sent: from `sent` to `value`.
    Sent,
    /// It is cleared at the target.
    Cleared,
    /// It is sent with a new account; of an account that is found it is sent where it differs.
    SentIfNew,
    /// The target has it as it should be.
    InStep,
    /// He has no value, and none was sent.
    NoValue,
    /// He has no value and the target requires one: all of him waits for it.
    Blocks,
    /// It names somebody who has no account at the target, and is left out until he has one.
    LeftOut,
    /// Nothing of it is sent.
    NotSent,
    /// It is mapped no more, and stays at the target as it is.
    Unmapped,
}

impl From<Desired> for ShownDesired {
    fn from(desired: Desired) -> Self {
        match desired {
            Desired::Active => Self::Active,
            Desired::Suspended => Self::Suspended,
            Desired::Unassigned => Self::Unassigned,
            Desired::Deleted => Self::Deleted,
        }
    }
}

impl From<provisioning::directory::Status> for ShownStatus {
    fn from(status: provisioning::directory::Status) -> Self {
        match status {
            provisioning::directory::Status::Active => Self::Active,
            provisioning::directory::Status::Disabled => Self::Disabled,
        }
    }
}

impl From<&UserPlan> for ShownAction {
    fn from(plan: &UserPlan) -> Self {
        match plan {
            UserPlan::Nothing => Self::Nothing,
            UserPlan::WaitForGrace { .. } => Self::Wait,
            UserPlan::Block { .. } => Self::Blocked,
            UserPlan::Match { .. } => Self::MatchOrCreate,
            UserPlan::Resolve => Self::LookUp,
            UserPlan::Change { action: Action::Reactivate, .. } => Self::Reactivate,
            UserPlan::Change { action: Action::Deactivate, .. } => Self::Deactivate,
            UserPlan::Change { .. } => Self::Update,
            UserPlan::Delete { .. } => Self::Delete,
            UserPlan::Release => Self::Release,
        }
    }
}

impl From<CounterpartKeys> for ShownKeys {
    fn from(keys: CounterpartKeys) -> Self {
        Self { external_id: keys.external_id, name: keys.name, email: keys.email }
    }
}

impl From<Hindrance> for ShownHindrance {
    fn from(hindrance: Hindrance) -> Self {
        let (kind, reason, until) = match hindrance {
            Hindrance::NotEnabled => (HindranceKind::NotEnabled, None, None),
            Hindrance::Paused(reason) => (HindranceKind::Quarantined, Some(reason), None),
            Hindrance::NotBefore(until) => (HindranceKind::NotBefore, None, Some(until)),
            Hindrance::Retry(until) => (HindranceKind::Retry, None, Some(until)),
        };
        Self { kind, reason, until: until.map(|until| until.to_string()) }
    }
}

impl From<ExplainedAttribute> for ShownAttribute {
    fn from(attribute: ExplainedAttribute) -> Self {
        let outcome = match attribute.fate {
            Fate::Sent(change) if change.new.is_none() => ShownFate::Cleared,
            Fate::Sent(_) => ShownFate::Sent,
            Fate::SentIfNew => ShownFate::SentIfNew,
            Fate::InStep => ShownFate::InStep,
            Fate::NoValue => ShownFate::NoValue,
            Fate::Blocks => ShownFate::Blocks,
            Fate::LeftOut => ShownFate::LeftOut,
            Fate::NotSent => ShownFate::NotSent,
            Fate::Unmapped => ShownFate::Unmapped,
        };
        let ExplainedAttribute { target, source, required, value, sent, in_doubt, names, .. } = attribute;
        let (source, names) = (source.as_ref().map(typed), names.map(ShownNamed::from));
        Self { target, source, required, value, sent, in_doubt, outcome, names }
    }
}

impl From<Explanation> for ShownExplanation {
    fn from(explanation: Explanation) -> Self {
        let group =
            |group: provisioning::directory::Group| ShownGroup { id: group.id.to_string(), name: group.name };
        Self {
            desired: explanation.desired.into(),
            status: explanation.status.map(ShownStatus::from),
            groups: explanation.groups.into_iter().map(group).collect(),
            groups_count: explanation.groups_count,
            action: ShownAction::from(&explanation.plan),
            because: explanation.because,
            looks_for: explanation.keys.map(ShownKeys::from),
            hindrance: explanation.hindrance.map(ShownHindrance::from),
            link: explanation.link.map(ShownLink::from),
            attributes: explanation.attributes.into_iter().map(ShownAttribute::from).collect(),
        }
    }
}

/// Explains why a user has an account or has none, and what would be sent, attribute by attribute. Nothing is written, and the
/// target is not asked.
#[utoipa::path(get, path = "/v1/applications/{id}/users/{user}/explain", tag = "provisioning",
    operation_id = "explain_user",
    params(("id" = String, Path, description = "The application's id"),
        ("user" = String, Path, description = "The user's id")),
    responses((status = 200, description = "Why, or why not", body = ShownExplanation)))]
async fn explain_user(
    State(api): State<Api>,
    Path((id, user)): Path<(ApplicationId, UserId)>,
) -> Result<Json<ShownExplanation>, Problem> {
    let configured = present(&api, &id).await?;
    let explanation = explain(&api.tables, &configured, &user, api.clock.now()).await?;
    let explanation = explanation.ok_or_else(|| Problem::not_found("user", user.as_str()))?;
    Ok(Json(explanation.into()))
}
