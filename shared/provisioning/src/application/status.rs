//! What an administrator is told of an application at one look.

use jiff::Timestamp;
use serde::Serialize;

use super::{Configured, Lifecycle, Rates, missing_steps};
use crate::fuse::TARGET_CHANGED;
use crate::link::Trouble;
use crate::ports::{StoreResult, Tables};
use crate::sweep::{Pending, Progress};
use crate::target::Kind;

/// Counts go up to this; more are told as this many.
pub const COUNTED_TO: usize = 10_000;

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
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

/// What an administrator is told of an application at one look. Counts come from indexes, which may lag by moments.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Where it stands.
    pub stage: Stage,
    /// Why it stands there, where that is not plain.
    pub reason: Option<String>,
    /// What a person should do next.
    pub next_step: Option<String>,
    /// No mark and no job.
    pub idle: bool,
    /// Idle, and nothing failed, blocked, held, missing, drifted or in conflict.
    pub in_step: bool,
    /// When this was so.
    pub as_of: Timestamp,
    /// The target asked to be left alone until then.
    pub not_before: Option<Timestamp>,
    /// When the credentials are expected to run out.
    pub token_expires_at: Option<Timestamp>,
    /// What a person should see to before it stops provisioning.
    pub warnings: Vec<String>,
    /// Users who are marked.
    pub pending_users: u64,
    /// Groups that are marked.
    pub pending_groups: u64,
    /// Links whose last attempt failed.
    pub failed: u64,
    /// Users without a value that the target requires.
    pub blocked: u64,
    /// Removals that wait for a person.
    pub held: u64,
    /// Links about which a person must decide.
    pub conflicts: u64,
    /// Links whose counterpart somebody else deleted at the target.
    pub missing: u64,
    /// Links whose counterpart somebody changed at the target.
    pub drift: u64,
    /// The sweep under way.
    pub sweep: Option<Progress>,
}

/// Looks at an application.
///
/// # Errors
///
/// A table did not answer.
pub async fn status(tables: &Tables, configured: &Configured, now: Timestamp) -> StoreResult<Status> {
    let id = &configured.application.id;
    let count = |trouble| tables.links.propose_trouble_count(id, trouble, COUNTED_TO);
    let pending = |kind, sweep_only| tables.links.propose_pending(id, kind, sweep_only, COUNTED_TO);
    let (failed, blocked, conflicts, missing, held, drift) = tokio::try_join!(
        count(Trouble::Failed),
        count(Trouble::Blocked),
        count(Trouble::Conflict),
        count(Trouble::Missing),
        count(Trouble::Held),
        count(Trouble::Drift)
    )?;
    let (users, groups) = tokio::try_join!(pending(Kind::User, false), pending(Kind::Group, false))?;
    let sweep = match &configured.condition.sweep {
        None => None,
        Some(note) => match tables.jobs.job(id, &note.job).await? {
            None => None,
            Some(job) => {
                let (users, groups) =
                    tokio::try_join!(pending(Kind::User, true), pending(Kind::Group, true))?;
                let pending = Pending { users: users as u64, groups: groups as u64 };
                job.progress(pending, groups_to_compare(configured), &Rates::of(configured), now)
            }
        },
    };
    let idle = users == 0 && groups == 0 && configured.condition.sweep.is_none();
    // Of an application that is being removed nothing is marked until as many are allowed.
    let held = match configured.application.lifecycle {
        Lifecycle::Removing => configured.condition.held,
        _ => held as u64,
    };
    let stage = stage(configured, held);
    let untroubled = failed + blocked + conflicts + missing + drift == 0 && held == 0;
    let (reason, next_step) = advice(configured, stage, held);
    Ok(Status {
        stage,
        reason,
        next_step,
        idle,
        in_step: idle && untroubled && stage == Stage::Enabled,
        as_of: now,
        not_before: configured.condition.not_before.filter(|until| *until > now),
        token_expires_at: configured.application.credentials_end_at(),
        warnings: configured.application.credentials_warning(now).into_iter().collect(),
        pending_users: users as u64,
        pending_groups: groups as u64,
        failed: failed as u64,
        blocked: blocked as u64,
        held,
        conflicts: conflicts as u64,
        missing: missing as u64,
        drift: drift as u64,
        sweep,
    })
}

fn groups_to_compare(configured: &Configured) -> u64 {
    match configured.selection.exclude_group_information {
        true => 0,
        false => configured.selection.groups.len() as u64,
    }
}

/// `held` removals wait for a person.
fn stage(configured: &Configured, held: u64) -> Stage {
    let condition = &configured.condition;
    match configured.application.lifecycle {
        Lifecycle::Setup if missing_steps(configured).is_empty() => Stage::Ready,
        Lifecycle::Setup => Stage::Setup,
        Lifecycle::Disabled => Stage::Disabled,
        _ if condition.paused.is_some() => Stage::Quarantined,
        Lifecycle::Removing if condition.sweep.is_some() => Stage::Removing,
        _ if held > 0 => Stage::Held,
        Lifecycle::Enabled => Stage::Enabled,
        Lifecycle::Removing => Stage::Removing,
    }
}

/// Why it stands where it stands, and what a person should do next.
fn advice(configured: &Configured, stage: Stage, held: u64) -> (Option<String>, Option<String>) {
    let condition = &configured.condition;
    let told = |reason: &str, next: &str| (Some(reason.to_owned()), Some(next.to_owned()));
    match stage {
        Stage::Setup => {
            let next = missing_steps(configured).into_iter().next().map(|step| step.what);
            (None, next)
        }
        Stage::Ready => (None, Some("enable it".into())),
        Stage::Disabled => told("an administrator disabled it", "enable it to bring it into step again"),
        Stage::Quarantined => {
            let reason = condition.paused.clone().unwrap_or_default();
            if reason.starts_with(TARGET_CHANGED) {
                return told(
                    &reason,
                    "connect it again where its target is another tenant, or resume it where it is not",
                );
            }
            told(&reason, "connect it again with valid credentials, or resume it once the target takes them")
        }
        Stage::Held if configured.application.lifecycle == Lifecycle::Removing => told(
            &format!("{held} accounts would be removed, more than goes without being asked"),
            "remove it again with allow_removals, or with accounts=leave",
        ),
        Stage::Held => told(
            &format!("{held} removals wait for a person: more than goes without being asked"),
            "look at the held removals, then approve or reject them; or mend the directory or the selection",
        ),
        Stage::Enabled | Stage::Removing => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Selection;
    use crate::testing::configured;

    #[test]
    fn the_setup_names_its_next_step_until_it_is_ready() {
        let mut configured = configured();
        configured.application.lifecycle = Lifecycle::Setup;
        configured.selection = Selection::default();
        assert_eq!(stage(&configured, 0), Stage::Setup);
        let (_, next) = advice(&configured, Stage::Setup, 0);
        assert_eq!(next.as_deref(), Some("select at least one group"));
        configured.selection.groups = ["sales".parse().expect("an id")].into();
        assert_eq!(stage(&configured, 0), Stage::Ready);
    }

    #[test]
    fn a_refusal_comes_before_what_is_held() {
        let mut configured = configured();
        assert_eq!(stage(&configured, 7), Stage::Held);
        assert!(advice(&configured, Stage::Held, 7).0.is_some_and(|reason| reason.starts_with("7 removals")));
        configured.condition.paused = Some("401".into());
        assert_eq!(stage(&configured, 7), Stage::Quarantined);
        assert_eq!(advice(&configured, Stage::Quarantined, 7).0.as_deref(), Some("401"));
    }
}
