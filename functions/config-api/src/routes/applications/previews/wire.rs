//! A preview and its rows on the wire.

use provisioning::application::Configured;
use provisioning::mapping::AttributePath;
use provisioning::preview::{
    Changed, ChangedObject, Follows, Members, PreviewJob, PreviewPhase, PreviewRow, RowAction, Tally,
};
use provisioning::target::{Change, Kind};
use provisioning::value::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::{Cursor, Limit};
use crate::routes::applications::links::{ShownCandidate, ShownKind};

/// A preview.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "status": "complete", "current": true,
    "application_version": 6, "started_at": "2026-11-23T08:00:00Z", "ended_at": "2026-11-23T08:00:09Z",
    "expires_at": "2026-11-30T08:00:00Z", "users_seen": 214,
    "users": {"create": 200, "adopt": 12, "update": 0, "reactivate": 0, "deactivate": 0, "delete": 0, "release": 0,
        "conflict": 2, "blocked": 0, "match_or_create": 0},
    "groups": {"create": 6, "adopt": 0, "update": 0, "reactivate": 0, "deactivate": 0, "delete": 0, "release": 0,
        "conflict": 0, "blocked": 0, "match_or_create": 0},
    "members_added": 230, "members_removed": 0, "linked": 0, "removals": 0}))]
pub struct ShownPreview {
    /// Its id.
    id: String,
    /// How it stands.
    status: ShownStatus,
    /// What it is at; absent once it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phase: Option<ShownPhase>,
    /// Why it failed, or why a page of it is tried again, or why the target could not be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// The application's configuration is still the one that it is about.
    current: bool,
    /// The version of the application that it is about.
    application_version: u64,
    /// When it began.
    started_at: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ended_at: Option<String>,
    /// When it is forgotten.
    expires_at: String,
    /// Users of the selected groups that were looked at.
    users_seen: u64,
    /// What would be done about users.
    users: ShownTally,
    /// What would be done about groups.
    groups: ShownTally,
    /// Members that groups would gain.
    members_added: u64,
    /// Members that groups would lose.
    members_removed: u64,
    /// Accounts in use.
    linked: u64,
    /// Of these, accounts that would be in use no more.
    removals: u64,
    /// Why the removals would be held until a person lets them go; absent where they would not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    held: Option<String>,
}

/// How a preview stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PreviewStatus)]
enum ShownStatus {
    /// It is under way.
    Running,
    /// It is complete.
    Complete,
    /// It ended before its end.
    Failed,
}

/// What a preview is at.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PreviewPhase)]
enum ShownPhase {
    /// Reading what the target has.
    Listing,
    /// The users of the selected groups.
    Users,
    /// Users who are wanted no more.
    Leavers,
    /// The selected groups.
    Groups,
    /// Groups that are wanted no more.
    Deselected,
}

/// How many there are of each action.
#[derive(Debug, Serialize, ToSchema)]
struct ShownTally {
    /// Made.
    create: u64,
    /// Linked with what is there.
    adopt: u64,
    /// Changed.
    update: u64,
    /// Turned on again.
    reactivate: u64,
    /// Turned off.
    deactivate: u64,
    /// Deleted.
    delete: u64,
    /// Let go.
    release: u64,
    /// A person must decide.
    conflict: u64,
    /// A required value is missing.
    blocked: u64,
    /// Found out when it is done.
    match_or_create: u64,
}

/// Which rows are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowFilter {
    /// Only those of this action.
    #[param(inline)]
    pub action: Option<ShownAction>,
    /// How many at most.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    pub cursor: Option<Cursor>,
}

/// What would be done about one user or group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "kind": "user", "name": "ada", "action": "update",
    "remote_id": "2819c223", "changes": [{"attribute": "title", "old": "Engineer", "new": "Countess"}]}))]
pub struct ShownRow {
    /// The user's or group's id.
    id: String,
    /// Which of the two.
    kind: ShownKind,
    /// The name.
    name: String,
    /// What.
    action: ShownAction,
    /// The counterpart's id at the target, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remote_id: Option<String>,
    /// Attribute by attribute, from what is there to what would be sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    changes: Vec<ShownChange>,
    /// Attributes that name somebody whose account is still to be made or adopted, and are sent once it is there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    follows: Vec<ShownFollows>,
    /// Why nothing can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// Between whom a person must decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    candidates: Vec<ShownCandidate>,
    /// Members that the group would gain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    added: Option<ShownMembers>,
    /// Members that the group would lose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    removed: Option<ShownMembers>,
}

/// What would be done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewAction)]
pub enum ShownAction {
    /// Made.
    Create,
    /// Linked with what is there, which is brought into step.
    Adopt,
    /// Changed: attributes, or a group's members.
    Update,
    /// Turned on again.
    Reactivate,
    /// Turned off.
    Deactivate,
    /// Deleted.
    Delete,
    /// Let go; our members are taken out of a group first, where the policy says so.
    Release,
    /// A person must decide.
    Conflict,
    /// A required attribute has no value.
    Blocked,
    /// The target cannot be listed: what is there is found out when it is done.
    MatchOrCreate,
}

/// One attribute that would change.
#[derive(Debug, Serialize, ToSchema)]
struct ShownChange {
    /// The attribute of the target.
    #[schema(value_type = String)]
    attribute: AttributePath,
    /// What is there as far as is known; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    old: Option<Value>,
    /// What would be sent; absent where it would be cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = serde_json::Value)]
    new: Option<Value>,
}

/// Some members of a group.
#[derive(Debug, Serialize, ToSchema)]
struct ShownMembers {
    /// How many.
    count: u64,
    /// The first fifty, by name.
    names: Vec<String>,
}

/// What changed since a preview was made.
#[derive(Debug, Serialize)]
pub struct ShownChanged {
    /// Of whom something else would be done now; the first hundred.
    objects: Vec<ShownChangedObject>,
    /// How many they are.
    count: usize,
    /// How much was looked at again.
    #[serde(flatten)]
    checked: ShownCheck,
}

/// How much of a preview was looked at again before it was relied on.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"complete": false, "checked": 1001, "of": 10020}))]
pub struct ShownCheck {
    /// Everything was. Of a large preview only the first part is: what has changed of the rest since it was made is not known.
    complete: bool,
    /// Users and groups that were looked at again.
    checked: usize,
    /// Users and groups in all; where not everything was looked at, as the preview counted them.
    of: usize,
}

impl From<&Changed> for ShownCheck {
    fn from(changed: &Changed) -> Self {
        Self { complete: changed.is_complete(), checked: changed.checked, of: changed.of }
    }
}

/// Somebody of whom something else would be done now. `null` is nothing.
#[derive(Debug, Serialize)]
struct ShownChangedObject {
    id: String,
    kind: ShownKind,
    name: String,
    previewed: Option<ShownAction>,
    now: Option<ShownAction>,
}

impl ShownPreview {
    /// The preview beside the application as it is now.
    pub fn of(job: &PreviewJob, configured: &Configured) -> Self {
        let counts = &job.counts;
        Self {
            id: job.id.to_string(),
            status: match (job.is_over(), job.is_complete()) {
                (false, _) => ShownStatus::Running,
                (true, true) => ShownStatus::Complete,
                (true, false) => ShownStatus::Failed,
            },
            phase: job.position.as_ref().map(|position| position.phase.into()),
            reason: job.failure.clone().or_else(|| job.problem.clone()),
            current: job.version == configured.application.version,
            application_version: job.version,
            started_at: job.started_at.to_string(),
            ended_at: job.ended_at.map(|at| at.to_string()),
            expires_at: job.expires_at().to_string(),
            users_seen: counts.users_seen,
            users: counts.users.into(),
            groups: counts.groups.into(),
            members_added: counts.members_added,
            members_removed: counts.members_removed,
            linked: counts.linked,
            removals: counts.removals,
            held: job.held.clone(),
        }
    }
}

impl From<PreviewPhase> for ShownPhase {
    fn from(phase: PreviewPhase) -> Self {
        match phase {
            PreviewPhase::Listing => Self::Listing,
            PreviewPhase::Users => Self::Users,
            PreviewPhase::Leavers => Self::Leavers,
            PreviewPhase::Groups => Self::Groups,
            PreviewPhase::Deselected => Self::Deselected,
        }
    }
}

impl From<Tally> for ShownTally {
    fn from(tally: Tally) -> Self {
        let Tally { create, adopt, update, reactivate, deactivate, delete, release, .. } = tally;
        let Tally { conflict, blocked, match_or_create, .. } = tally;
        Self {
            create,
            adopt,
            update,
            reactivate,
            deactivate,
            delete,
            release,
            conflict,
            blocked,
            match_or_create,
        }
    }
}

/// The two enums side by side, so that neither gains an action alone.
macro_rules! actions {
    ($($action:ident),+) => {
        impl From<RowAction> for ShownAction {
            fn from(action: RowAction) -> Self {
                match action { $(RowAction::$action => Self::$action,)+ }
            }
        }

        impl From<ShownAction> for RowAction {
            fn from(action: ShownAction) -> Self {
                match action { $(ShownAction::$action => Self::$action,)+ }
            }
        }
    };
}

actions!(Create, Adopt, Update, Reactivate, Deactivate, Delete, Release, Conflict, Blocked, MatchOrCreate);

impl From<Kind> for ShownKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User,
            Kind::Group => Self::Group,
        }
    }
}

impl From<Change> for ShownChange {
    fn from(change: Change) -> Self {
        let Change { attribute, old, new } = change;
        Self { attribute, old, new }
    }
}

fn members(members: Members) -> Option<ShownMembers> {
    let Members { count, names } = members;
    (count > 0).then_some(ShownMembers { count, names })
}

/// An attribute that names somebody whose account is still to come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewedName)]
struct ShownFollows {
    /// The attribute of the target.
    #[schema(value_type = String)]
    attribute: AttributePath,
    /// The id of the user it names.
    user: String,
    /// His username.
    username: String,
}

impl From<Follows> for ShownFollows {
    fn from(follows: Follows) -> Self {
        let Follows { attribute, user, username } = follows;
        Self { attribute, user: user.to_string(), username }
    }
}

impl From<PreviewRow> for ShownRow {
    fn from(row: PreviewRow) -> Self {
        Self {
            id: row.object.id().to_owned(),
            kind: row.object.kind().into(),
            name: row.name,
            action: row.action.into(),
            remote_id: row.remote_id.map(|id| id.to_string()),
            changes: row.changes.into_iter().map(ShownChange::from).collect(),
            follows: row.follows.into_iter().map(ShownFollows::from).collect(),
            reason: row.reason,
            candidates: row.candidates.into_iter().map(ShownCandidate::from).collect(),
            added: members(row.added),
            removed: members(row.removed),
        }
    }
}

impl From<ChangedObject> for ShownChangedObject {
    fn from(changed: ChangedObject) -> Self {
        Self {
            id: changed.object.id().to_owned(),
            kind: changed.object.kind().into(),
            name: changed.name,
            previewed: changed.previewed.map(ShownAction::from),
            now: changed.now.map(ShownAction::from),
        }
    }
}

impl From<Changed> for ShownChanged {
    fn from(changed: Changed) -> Self {
        Self {
            count: changed.count,
            checked: ShownCheck::from(&changed),
            objects: changed.objects.into_iter().map(ShownChangedObject::from).collect(),
        }
    }
}
