//! What becomes of one link, of whose counterpart it was seen what the target shows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use scim::AttributePath;

use super::compare::{Comparison, compare};
use super::repair::in_doubt;
use super::told::{Kind, of_link};
use crate::activity::Outcome;
use crate::application::{Configured, OnDrift};
use crate::desired::Desired;
use crate::directory::{Group, UserRecord};
use crate::link::{Link, State};
use crate::plan::{GroupPlan, UserPlan, active, display_name, plan_group, plan_user};
use crate::ports::Ownership;
use crate::target::{self, Change, Found};
use crate::value::Value;

/// Whose counterpart it is, from a consistent read.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A user's; `None`: the directory does not have him.
    User(Option<&'a UserRecord>),
    /// A group's.
    Group(Option<&'a Group>),
}

/// What is to be written of a link, and whether there is something to be sent then.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The link as it is to be.
    pub after: Link,
    /// An account that turned out to be in use belongs to its user again.
    pub ownership: Option<Ownership>,
    /// What is told: of what is new only.
    pub outcome: Option<Outcome>,
    /// What was sent is put in doubt, so that it is sent again.
    pub repairs: bool,
}

impl Subject<'_> {
    /// What it should be at the application.
    pub(crate) fn desired(self, configured: &Configured) -> Desired {
        match self {
            Self::User(record) => Desired::of(record, &configured.selection),
            Self::Group(group) => Desired::of_group(group, &configured.selection),
        }
    }

    /// Whether the workers' planner would send the attribute again, or take the account out of use, if it were in doubt.
    fn would_send(
        self,
        configured: &Configured,
        doubtful: &Link,
        path: &AttributePath,
        now: Timestamp,
    ) -> bool {
        let names = |changes: &[Change]| changes.iter().any(|change| change.attribute == *path);
        match self {
            Self::User(record) => match plan_user(configured, record, doubtful, now) {
                UserPlan::Change { changes, .. } => names(&changes),
                UserPlan::Delete { .. } => path.same_as(&active()),
                _ => false,
            },
            Self::Group(group) => match plan_group(configured, group, doubtful) {
                GroupPlan::Keep { changes } => names(&changes),
                _ => false,
            },
        }
    }
}

/// Judges what the target shows of a link's counterpart by the application's policy. `None`: there is nothing to be written.
pub fn judge(
    configured: &Configured,
    subject: Subject<'_>,
    link: &Link,
    found: &Found,
    now: Timestamp,
) -> Option<Judged> {
    if link.target_generation != configured.application.target_generation
        || link.remote_id.as_ref() != Some(&found.remote_id)
    {
        return None;
    }
    let judged = match link.state {
        State::Linked | State::Deactivated | State::Missing => kept(configured, subject, link, found, now),
        State::Tombstone => deleted_by_us(configured, subject, link, found, now),
        _ => return None,
    };
    let same =
        Link { work: link.work.clone(), outcome: None, presence_changed: false, ..judged.after.clone() };
    let before = Link { outcome: None, presence_changed: false, ..link.clone() };
    (same != before).then_some(judged)
}

/// Whether the counterpart shows what it is known to show, so that nothing is to be judged.
pub fn is_as_known(configured: &Configured, link: &Link, found: &Found) -> bool {
    let observed = &link.observed;
    match link.state {
        State::Linked | State::Deactivated => {
            let seen =
                compare(link, found, |path| is_kept(configured, link, path), configured.condition.listed_at);
            !observed.lacking
                && observed.drift.is_empty()
                && seen.drift.is_empty()
                && seen.normalised == observed.normalised
        }
        State::Tombstone => observed.drift.is_empty() && found.active != Some(true),
        _ => false,
    }
}

/// Whether the attribute is one that we keep at the target.
fn is_kept(configured: &Configured, link: &Link, path: &AttributePath) -> bool {
    match link.key.kind() {
        target::Kind::User => path.same_as(&active()) || configured.mapping.of(path).is_some(),
        target::Kind::Group => *path == display_name(),
    }
}

fn kept(configured: &Configured, subject: Subject<'_>, link: &Link, found: &Found, now: Timestamp) -> Judged {
    let listed_at = configured.condition.listed_at;
    let Comparison { normalised, mut drift } =
        compare(link, found, |path| is_kept(configured, link, path), listed_at);
    // What is about to be turned on or off has not been changed by anybody.
    let wanted = subject.desired(configured) == Desired::Active;
    drift.retain(|path, shown| match Kind::of(path, shown.as_ref()) {
        Kind::DeactivatedAtTarget => wanted,
        Kind::ReactivatedAtTarget => !wanted,
        _ => true,
    });
    let mut after = link.rewritten();
    after.observed.normalised = normalised;
    after.observed.drift = drift;
    after.observed.lacking = false;
    let back = link.state == State::Missing;
    if back {
        after.state = State::Linked;
        after.work.problem = None;
        after.work.attempts = 0;
        after.presence_changed = true;
    }
    let repaired = repaired(configured, subject, &after, now);
    after.doubt.extend(repaired.iter().cloned());
    let outcome = told(configured, link, &after, back, now);
    Judged { after, ownership: None, outcome, repairs: !repaired.is_empty() }
}

/// Attributes that the policy wants sent again, and that would be.
fn repaired(
    configured: &Configured,
    subject: Subject<'_>,
    link: &Link,
    now: Timestamp,
) -> BTreeSet<AttributePath> {
    let policy = configured.application.policy.drift;
    let wanted = link.observed.drift.iter().filter(|(path, shown)| {
        let answer = match Kind::of(path, shown.as_ref()) {
            Kind::Attributes => policy.attributes,
            Kind::ReactivatedAtTarget => policy.reactivated_at_target,
            // Never without a person.
            Kind::DeactivatedAtTarget | Kind::Members | Kind::DeletedAtTarget => OnDrift::Report,
        };
        answer == OnDrift::Repair
    });
    let mut doubtful = link.clone();
    let paths: BTreeSet<_> = wanted.map(|(path, _)| path.clone()).collect();
    doubtful.doubt.extend(paths.iter().cloned());
    paths.into_iter().filter(|path| subject.would_send(configured, &doubtful, path, now)).collect()
}

/// An account that we deleted and that is active again. Ids are used again by some targets: only what bears the externalId that
/// we sent is that account.
fn deleted_by_us(
    configured: &Configured,
    subject: Subject<'_>,
    link: &Link,
    found: &Found,
    now: Timestamp,
) -> Judged {
    let mut after = link.rewritten();
    let ours = link.external_id.is_some() && found.external_id == link.external_id;
    let wanted = subject.desired(configured) == Desired::Active;
    after.observed.drift.remove(&active());
    if !ours || wanted || found.active != Some(true) {
        return Judged { after, ownership: None, outcome: None, repairs: false };
    }
    after.observed.drift.insert(active(), Some(Value::Boolean(true)));
    let outcome = told(configured, link, &after, false, now);
    let policy = configured.application.policy.drift.reactivated_at_target;
    let (in_use, ownership) = in_doubt(&after);
    if policy != OnDrift::Repair || !subject.would_send(configured, &in_use, &active(), now) {
        return Judged { after, ownership: None, outcome, repairs: false };
    }
    Judged { after: in_use, ownership, outcome, repairs: true }
}

/// What is new about the link: what was told before is not told again.
fn told(configured: &Configured, before: &Link, after: &Link, back: bool, now: Timestamp) -> Option<Outcome> {
    let known = &before.observed.drift;
    let new = after.observed.drift.iter().filter(|(path, shown)| known.get(*path) != Some(*shown));
    let changes: Vec<_> = new
        .map(|(path, shown)| Change {
            attribute: path.clone(),
            old: before.sent.get(path).cloned(),
            new: shown.clone(),
        })
        .collect();
    if changes.is_empty() && !back {
        return None;
    }
    let mut kinds: Vec<_> =
        changes.iter().map(|change| Kind::of(&change.attribute, change.new.as_ref())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    Some(of_link(&configured.application, after, &kinds, changes, now))
}
