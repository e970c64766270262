//! Planning one user at one application (DESIGN section 7, first table).

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::diff::{active, changes, with_whole_elements};
use super::profile::{is_updatable, refused_name};
use crate::activity::Action;
use crate::application::{Configured, Departure, OnDeletion};
use crate::clock::after;
use crate::desired::Desired;
use crate::directory::UserRecord;
use crate::ids::RemoteId;
use crate::link::{Link, State};
use crate::mapping::Rendered;
use crate::target::{Change, Kind, Write};
use crate::value::{Attributes, Value};

/// What to do about one user at one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserPlan {
    /// He is in step.
    Nothing,
    /// He is in no selected group, but only since `since`; look again at `until`.
    WaitForGrace {
        /// When he was first seen to be out.
        since: Timestamp,
        /// When the grace ends.
        until: Timestamp,
    },
    /// The target would refuse him: a required attribute has no value, or his name is none that it takes.
    Block {
        /// Why, for people.
        reason: String,
    },
    /// He has no counterpart we know of: match, and create if there is none.
    Match {
        /// What he is to have.
        attributes: Attributes,
    },
    /// A create may have been sent and he is no longer wanted: find out.
    Resolve,
    /// One request of changes.
    Change {
        /// What it amounts to.
        action: Action,
        /// The request.
        write: Write,
        /// The attributes in it.
        changes: Vec<Change>,
    },
    /// Delete the account; the memberships we pushed go first.
    Delete {
        /// The request.
        write: Write,
    },
    /// Leave the account as it is and keep it no more.
    Release,
}

impl UserPlan {
    /// Whether the account is out of use after it.
    pub fn lets_go(&self) -> bool {
        let turns_off = matches!(self, Self::Change { action: Action::Deactivate, .. });
        turns_off || matches!(self, Self::Delete { .. } | Self::Release)
    }
}

/// Plans from one consistent read of the user, the link and the configuration.
pub fn plan_user(
    configured: &Configured,
    record: Option<&UserRecord>,
    link: &Link,
    now: Timestamp,
) -> UserPlan {
    let desired = Desired::of(record, &configured.selection);
    let policy = &configured.application.policy;
    let generation = configured.application.target_generation;
    if link.target_generation != generation {
        // A link of another target says nothing about this one, and nothing here may be done with what it made or asked for.
        return match (desired, record.and_then(UserRecord::present)) {
            (Desired::Active, Some(user)) => matched(configured, configured.mapping.render(user)),
            _ => UserPlan::Nothing,
        };
    }
    match (desired, record.and_then(UserRecord::present)) {
        (Desired::Active, Some(user)) => plan_active(configured, configured.mapping.render(user), link),
        (Desired::Active, None) => UserPlan::Nothing,
        (desired, _) if configured.keeps(link, desired) => UserPlan::Nothing,
        // He may be back tomorrow, or be gone: the link goes on, so that either finds it.
        (Desired::Suspended, _) if configured.departure(desired) == Departure::Leave => {
            match link.create_is_open(generation) {
                true => UserPlan::Resolve,
                false => UserPlan::Nothing,
            }
        }
        (Desired::Unassigned, _) => {
            if !is_in_use(link, generation) {
                return UserPlan::Nothing;
            }
            let since = link.unassigned_since.unwrap_or(now);
            let until = after(since, policy.grace());
            // An account that was off, and may be on again through nobody of ours, had its grace then.
            match until > now && link.state != State::Deactivated {
                true => UserPlan::WaitForGrace { since, until },
                false => depart(configured.departure(desired), link, generation),
            }
        }
        // An account that was left while its user was only unassigned is not left for good.
        (Desired::Suspended | Desired::Deleted, _)
            if link.state == State::Released && configured.departure(desired) != Departure::Leave =>
        {
            depart(configured.departure(desired), &Link { state: State::Linked, ..link.clone() }, generation)
        }
        (Desired::Suspended | Desired::Deleted, _) => depart(configured.departure(desired), link, generation),
    }
}

fn is_in_use(link: &Link, generation: u64) -> bool {
    link.state == State::Linked || link.create_is_open(generation) || link.doubt.contains(&active())
}

fn matched(configured: &Configured, rendered: Rendered) -> UserPlan {
    match sendable(configured, rendered) {
        Ok(attributes) => UserPlan::Match { attributes: with_active(attributes) },
        Err(reason) => UserPlan::Block { reason },
    }
}

/// What may be sent of a user, or why the target would refuse it.
///
/// # Errors
///
/// Why, for people.
pub fn sendable(configured: &Configured, rendered: Rendered) -> Result<Attributes, String> {
    let attributes = match rendered {
        Rendered::Blocked { missing } => {
            return Err(format!("{missing} is required by the target and this user has no value for it"));
        }
        Rendered::Attributes(attributes) => attributes,
    };
    let profile = configured.application.profile();
    match profile.and_then(|profile| refused_name(profile, &attributes)) {
        Some(reason) => Err(reason),
        None => Ok(attributes),
    }
}

fn with_active(mut attributes: Attributes) -> Attributes {
    attributes.insert(active(), Value::Boolean(true));
    attributes
}

fn plan_active(configured: &Configured, rendered: Rendered, link: &Link) -> UserPlan {
    if link.chosen_at(configured.application.target_generation).is_some() {
        return matched(configured, rendered);
    }
    let linked = match link.state {
        State::Missing if configured.application.policy.drift.deleted_at_target == OnDeletion::Report => {
            return UserPlan::Nothing;
        }
        State::Missing
        | State::New
        | State::Creating
        | State::Tombstone
        | State::Blocked
        | State::Conflict => None,
        State::Linked | State::Deactivated | State::Released => link.remote_id.clone(),
    };
    let Some(remote_id) = linked else { return matched(configured, rendered) };
    let attributes = match sendable(configured, rendered) {
        Ok(attributes) => with_active(attributes),
        Err(reason) => return UserPlan::Block { reason },
    };
    let mut known: Vec<_> =
        configured.mapping.attributes.iter().map(|mapped| mapped.target.clone()).collect();
    known.push(active());
    let mut changes = match link.state {
        // What became of it while it was not ours to keep is not known.
        State::Released => {
            changes(&attributes, &known, &Link { doubt: known.iter().cloned().collect(), ..link.clone() })
        }
        _ => changes(&attributes, &known, link),
    };
    if let Some(profile) = catalog::profile(&configured.application.catalog_key) {
        changes.retain(|change| is_updatable(profile, &change.attribute));
    }
    changes.retain(|change| link.rejected.get(&change.attribute) != Some(&change.new));
    if changes.is_empty() {
        return UserPlan::Nothing;
    }
    let was_off = link.sent.get(&active()) == Some(&Value::Boolean(false));
    let action = if was_off { Action::Reactivate } else { Action::Update };
    UserPlan::Change { action, write: update(remote_id, &with_whole_elements(&changes, link)), changes }
}

fn depart(departure: Departure, link: &Link, generation: u64) -> UserPlan {
    if link.create_is_open(generation) {
        return UserPlan::Resolve;
    }
    if !is_in_use(link, generation) {
        return UserPlan::Nothing;
    }
    let Some(remote_id) = link.remote_id.clone() else { return UserPlan::Nothing };
    match departure {
        Departure::Leave => UserPlan::Release,
        Departure::Delete => UserPlan::Delete { write: Write::Delete { kind: Kind::User, remote_id } },
        Departure::Deactivate => {
            let (write, changes) = deactivation(link, remote_id);
            UserPlan::Change { action: Action::Deactivate, write, changes }
        }
    }
}

/// The request that turns an account off, and what it changes.
pub(crate) fn deactivation(link: &Link, remote_id: RemoteId) -> (Write, Vec<Change>) {
    let old = link.sent.get(&active()).cloned();
    let changes = vec![Change { attribute: active(), old, new: Some(Value::Boolean(false)) }];
    (update(remote_id, &changes), changes)
}

fn update(remote_id: RemoteId, changes: &[Change]) -> Write {
    let changes = changes.to_vec();
    let (add, remove) = (BTreeSet::new(), BTreeSet::new());
    Write::Update { kind: Kind::User, remote_id, changes, add, remove, stay: None }
}

impl fmt::Display for UserPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::WaitForGrace { until, .. } => write!(f, "wait until {until}"),
            Self::Block { reason } => write!(f, "blocked: {reason}"),
            Self::Match { .. } => f.write_str("match or create"),
            Self::Resolve => f.write_str("look up a create whose answer was lost"),
            Self::Change { action, changes, .. } => {
                write!(f, "{action:?}")?;
                changes.iter().try_for_each(|change| write!(f, "; {change}"))
            }
            Self::Delete { .. } => f.write_str("Delete"),
            Self::Release => f.write_str("Release"),
        }
    }
}

#[cfg(test)]
mod tests;
