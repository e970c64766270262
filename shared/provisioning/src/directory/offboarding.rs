//! What became of a person's accounts after he was disabled: a receipt, computed from his links.

use std::collections::{BTreeMap, BTreeSet};

use crate::application::{Configured, Departure, Lifecycle};
use crate::desired::Desired;
use crate::ids::{ApplicationId, GroupId, RemoteId};
use crate::link::{Link, State};
use crate::plan::active;

/// His account at one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountClosure {
    /// Where.
    pub application: ApplicationId,
    /// The application's name.
    pub name: String,
    /// What became of it.
    pub closure: Closure,
    /// Its id there, if there ever was one.
    pub remote_id: Option<RemoteId>,
    /// Why, where it is not closed.
    pub reason: Option<String>,
}

/// What became of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closure {
    /// It is inactive or deleted, or was never made.
    Closed,
    /// It will be turned off.
    Pending,
    /// It could not be turned off, or a person must decide.
    Failed,
    /// It stays as it is, as the policy has it or because we no longer keep it.
    Left,
}

/// Tells of each link of a disabled user who is in these groups. An application that is gone keeps nothing in step, so his
/// account there is left.
pub fn closures(
    links: &[Link],
    groups: &BTreeSet<GroupId>,
    applications: &BTreeMap<ApplicationId, Configured>,
) -> Vec<AccountClosure> {
    let closures = links.iter().map(|link| {
        let id = &link.key.application;
        let configured = applications.get(id);
        let (closure, reason) = match configured {
            Some(configured) => closure(link, groups, configured),
            None => (Closure::Left, Some("the application is no longer provisioned".to_owned())),
        };
        AccountClosure {
            application: id.clone(),
            name: configured.map_or_else(|| id.to_string(), |found| found.application.name.clone()),
            closure,
            remote_id: link.remote_id.clone(),
            reason,
        }
    });
    closures.collect()
}

fn closure(link: &Link, groups: &BTreeSet<GroupId>, configured: &Configured) -> (Closure, Option<String>) {
    let told = |closure, reason: &str| (closure, Some(reason.to_owned()));
    let application = &configured.application;
    let has_account = link.remote_id.is_some() || link.create_is_open(application.target_generation);
    match link.state {
        // He may just have been turned on again.
        State::Deactivated if link.doubt.contains(&active()) => {}
        State::Deactivated | State::Tombstone | State::Missing => return (Closure::Closed, None),
        State::Released => return told(Closure::Left, "we no longer keep the account"),
        _ if !has_account => return (Closure::Closed, None),
        _ if link.target_generation != application.target_generation && link.remote_id.is_some() => {
            return told(Closure::Left, "the account is at a tenant the application no longer points at");
        }
        _ => {}
    }
    let (desired, name) = match configured.selection.includes_any(groups) {
        true => (Desired::Suspended, "on_disable"),
        false => (Desired::Unassigned, "on_unassign"),
    };
    if configured.keeps(link, desired) {
        return told(Closure::Left, "a person decided that it stays");
    }
    if configured.departure(desired) == Departure::Leave {
        return told(Closure::Left, &format!("the policy {name} is to leave it"));
    }
    match (&link.work.problem, &configured.condition.paused) {
        (Some(problem), _) => told(Closure::Failed, problem),
        (None, Some(paused)) => told(Closure::Failed, &format!("the application is paused: {paused}")),
        (None, None) if link.state == State::Conflict => told(Closure::Failed, "a person must decide"),
        (None, None) if application.lifecycle != Lifecycle::Enabled => {
            told(Closure::Pending, "provisioning is not enabled")
        }
        (None, None) => told(Closure::Pending, "it is about to be turned off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkKey;
    use crate::testing::configured;

    #[test]
    fn an_account_that_may_just_have_been_turned_on_is_not_closed() {
        let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
        let off = Link { state: State::Deactivated, remote_id: RemoteId::new("r1"), ..Link::new(key) };
        let doubtful = Link { doubt: [active()].into(), ..off.clone() };
        let applications = [("app".parse().expect("an id"), configured())].into();
        let closed = |link: &Link| {
            closures(std::slice::from_ref(link), &BTreeSet::new(), &applications).remove(0).closure
        };
        assert_eq!(closed(&off), Closure::Closed);
        assert_eq!(closed(&doubtful), Closure::Pending);
    }
}
