//! The kinds of drift, and what the activity log tells of them.

use std::fmt;

use jiff::Timestamp;
use scim::AttributePath;

use crate::activity::{Action, Actor, EventName, Outcome, OutcomeResult, TargetNote};
use crate::application::Application;
use crate::link::{Link, State};
use crate::plan::active;
use crate::target::{self, Change};
use crate::value::Value;

/// What somebody did at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Gave an attribute another value.
    Attributes,
    /// Took a member out of a group whom we had added, or put a user of ours in.
    Members,
    /// Deleted an account or group.
    DeletedAtTarget,
    /// Turned an account off.
    DeactivatedAtTarget,
    /// Turned an account on that we had turned off or deleted.
    ReactivatedAtTarget,
}

impl Kind {
    /// The kind of a difference in one attribute.
    pub fn of(path: &AttributePath, shown: Option<&Value>) -> Self {
        match (path.same_as(&active()), shown) {
            (true, Some(Value::Boolean(true))) => Self::ReactivatedAtTarget,
            (true, _) => Self::DeactivatedAtTarget,
            (false, _) => Self::Attributes,
        }
    }

    /// The kinds of drift that are noted on a link.
    pub fn all_of(link: &Link) -> Vec<Self> {
        let observed = &link.observed;
        let attributes = observed.drift.iter().map(|(path, shown)| Self::of(path, shown.as_ref()));
        let members = (!observed.members.is_empty()).then_some(Self::Members);
        let missing = (link.state == State::Missing).then_some(Self::DeletedAtTarget);
        let mut kinds: Vec<_> = attributes.chain(members).chain(missing).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attributes => "an attribute was changed at the target",
            Self::Members => "members were changed at the target",
            Self::DeletedAtTarget => "it was deleted at the target",
            Self::DeactivatedAtTarget => {
                "the account was turned off at the target; only a person turns it on again"
            }
            Self::ReactivatedAtTarget => {
                "security: an account that Rollcall had turned off or deleted was active at the target"
            }
        })
    }
}

/// What is told of drift of these kinds, with what was sent and what is shown of each attribute.
pub fn of_link(
    application: &Application,
    link: &Link,
    kinds: &[Kind],
    changes: Vec<Change>,
    at: Timestamp,
) -> Outcome {
    let reasons: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    let result = if kinds.is_empty() { OutcomeResult::Success } else { OutcomeResult::Failure };
    let reason = match kinds {
        [] => "it is at the target again".to_owned(),
        _ => reasons.join("; "),
    };
    let kind = link.key.kind();
    let key = link.key.object.id().to_owned();
    let name = link.shown_name().unwrap_or_else(|| key.clone());
    Outcome {
        id: String::new(),
        at,
        actor: Actor::System,
        event: match kind {
            target::Kind::User => EventName::UserSync,
            target::Kind::Group => EventName::GroupSync,
        },
        result,
        action: Action::Drift,
        reason,
        security: kinds.contains(&Kind::ReactivatedAtTarget),
        application: application.id.clone(),
        application_name: application.name.clone(),
        target: Some(TargetNote { key, kind, name, remote_id: link.remote_id.clone() }),
        changes,
        added: Vec::new(),
        removed: Vec::new(),
        added_count: 0,
        removed_count: 0,
        requests: Vec::new(),
    }
}
