//! Waiting until the application is in step, and showing how far it is.

use std::time::Duration;

use provisioning::application::{Selection, SweepPhase};
use provisioning::desired::Desired;
use provisioning::directory::import::ImportPlan;
use provisioning::ids::JobId;
use provisioning::ports::StoreResult;
use provisioning::sweep::SweepJob;
use provisioning::target::Kind;
use rollcall::engine::{Engine, Idle};

use super::Request;
use crate::ending::CommandError;

/// What is due within this time is waited for: retries of trouble that passes, and removals in their grace.
const HORIZON: Duration = Duration::from_secs(75);
/// The longest rest a target may ask for and still be waited for.
const LONGEST_REST: Duration = Duration::from_secs(900);
/// After so many failures in a row a sweep is not waited for.
const SWEEP_ATTEMPTS: u32 = 6;
const LOOK: Duration = Duration::from_millis(200);

/// How much there is to look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Users who are to have an account.
    pub(super) users: u64,
    /// Groups that are provisioned.
    pub(super) groups: u64,
}

impl Scope {
    pub(super) fn of(plan: &ImportPlan, selection: &Selection) -> Self {
        let active =
            plan.users_after.values().filter(|user| Desired::of(Some(user), selection) == Desired::Active);
        let groups = plan.groups_after.keys().filter(|group| selection.provisions_group(group));
        Self { users: active.count() as u64, groups: groups.count() as u64 }
    }
}

/// Why it is not waited any longer.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// How the engine came to rest; `None` where it did not.
    pub(super) idle: Option<Idle>,
    /// What stands in the way of the whole.
    pub(super) problem: Option<String>,
}

/// Waits until nothing is to be done any more that time alone would do soon.
pub(super) async fn until_in_step(
    engine: &Engine,
    request: &Request<'_>,
    job: &JobId,
    scope: &Scope,
) -> Result<Rest, CommandError> {
    let bar = request.console.bar("in step", scope.users + scope.groups);
    let rest = wait(engine, request, job, |done, what| bar.at(done, what)).await;
    bar.finish();
    rest.map_err(CommandError::failed)
}

async fn wait(
    engine: &Engine,
    request: &Request<'_>,
    job: &JobId,
    show: impl Fn(u64, &str),
) -> StoreResult<Rest> {
    let tables = engine.tables();
    let application = &request.application;
    loop {
        let idle = {
            let idle = engine.until_idle(HORIZON);
            tokio::pin!(idle);
            loop {
                tokio::select! {
                    idle = &mut idle => break idle?,
                    () = engine.clock().sleep(LOOK) => {}
                }
                let Some(sweep) = tables.jobs.job(application, job).await? else { continue };
                if let Some(problem) = stuck(&sweep) {
                    return Ok(Rest { idle: None, problem: Some(problem) });
                }
                let pending = [
                    tables.links.propose_pending(application, Kind::User, false, 1_000).await? as u64,
                    tables.links.propose_pending(application, Kind::Group, false, 1_000).await? as u64,
                ];
                let (done, what) = position(&sweep, pending);
                show(done, what);
            }
        };
        let now = engine.clock().now();
        let not_before =
            tables.applications.condition(application).await?.not_before.filter(|until| *until > now);
        let Some(until) = not_before else { return Ok(Rest { idle: Some(idle), problem: None }) };
        let rest = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        if rest > LONGEST_REST {
            let problem =
                format!("the target asked to be left alone until {until:.0}; run the command again then");
            return Ok(Rest { idle: Some(idle), problem: Some(problem) });
        }
        request
            .console
            .say(&format!("The target asked to be left alone for {} s; waiting", rest.as_secs() + 1));
        engine.clock().sleep(rest).await;
    }
}

fn stuck(sweep: &SweepJob) -> Option<String> {
    let problem = sweep.problem.as_ref().filter(|_| sweep.attempts >= SWEEP_ATTEMPTS && !sweep.is_done())?;
    Some(format!("the sweep does not get on: {problem}"))
}

/// How many objects are done with, and what is under way.
fn position(sweep: &SweepJob, [users, groups]: [u64; 2]) -> (u64, &'static str) {
    let seen = sweep.counts.users.saturating_sub(users);
    match sweep.position.as_ref().map(|position| position.phase) {
        Some(SweepPhase::Listing) => (0, "reading what the target has"),
        Some(SweepPhase::Users) => (seen, "users"),
        Some(SweepPhase::Groups) => {
            ((seen + sweep.counts.groups).saturating_sub(groups), "groups and members")
        }
        Some(SweepPhase::Counting | SweepPhase::Removals) => (seen + sweep.counts.groups, "removals"),
        None => ((seen + sweep.counts.groups).saturating_sub(groups), "what is left"),
    }
}
