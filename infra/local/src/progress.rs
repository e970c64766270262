//! Waiting until the application is in step, and showing how far it is.

use std::time::Duration;

use provisioning::application::{Selection, SweepPhase};
use provisioning::desired::Desired;
use provisioning::directory::import::ImportPlan;
use provisioning::ids::{ApplicationId, JobId};
use provisioning::ports::StoreResult;
use provisioning::sweep::SweepJob;
use provisioning::target::Kind;
use rollcall::engine::{Engine, Idle};

use crate::ending::CommandError;
use crate::output::Console;
use crate::traffic::Traffic;

/// What is due within this time is waited for: three retries of trouble that passes by itself.
pub const TROUBLE_PASSES: Duration = Duration::from_secs(20);
/// The longest rest a target may ask for and still be waited for.
const LONGEST_REST: Duration = Duration::from_secs(900);
/// After so many failures in a row a sweep is not waited for.
const SWEEP_ATTEMPTS: u32 = 6;
const LOOK: Duration = Duration::from_millis(200);

/// How much there is to look at.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Users who are to have an account.
    pub users: u64,
    /// Groups that are provisioned.
    pub groups: u64,
}

impl Scope {
    /// Counts as the directory will be.
    pub fn of(plan: &ImportPlan, selection: &Selection) -> Self {
        let users = plan.users_after.values();
        let active =
            users.clone().filter(|user| Desired::of(Some(user), selection) == Desired::Active).count();
        let groups = plan.groups_after.keys().filter(|group| selection.provisions_group(group)).count();
        Self { users: active as u64, groups: groups as u64 }
    }
}

/// Why it is not waited any longer.
#[derive(Debug, Default)]
pub struct Rest {
    /// How the engine came to rest; `None` where it did not.
    pub idle: Option<Idle>,
    /// What stands in the way of the whole.
    pub problem: Option<String>,
}

/// Waits until nothing is to be done any more that time alone would do within `horizon`.
pub async fn until_in_step(
    engine: &Engine,
    console: &Console,
    application: &ApplicationId,
    job: &JobId,
    scope: &Scope,
    horizon: Duration,
    traffic: &Traffic,
) -> Result<Rest, CommandError> {
    let bar = console.bar("in step", scope.users + scope.groups);
    let waiting = Waiting { engine, console, application, job, scope, horizon };
    let before = traffic.counts().writes;
    let show = |done: u64, what: &str| {
        // Within a page of the sweep only the requests tell how far it is; nearly every object takes one.
        let sent = (traffic.counts().writes - before).min(scope.users);
        bar.at(done.max(sent), what);
    };
    let rest = waiting.wait(show).await;
    bar.finish();
    rest.map_err(CommandError::failed)
}

struct Waiting<'a> {
    engine: &'a Engine,
    console: &'a Console,
    application: &'a ApplicationId,
    job: &'a JobId,
    scope: &'a Scope,
    horizon: Duration,
}

impl Waiting<'_> {
    async fn wait(&self, show: impl Fn(u64, &str)) -> StoreResult<Rest> {
        loop {
            let idle = match self.until_idle(&show).await? {
                Ok(idle) => idle,
                Err(problem) => return Ok(Rest { idle: None, problem: Some(problem) }),
            };
            let now = self.engine.clock().now();
            let condition = self.engine.tables().applications.condition(self.application).await?;
            let Some(until) = condition.not_before.filter(|until| *until > now) else {
                return Ok(Rest { idle: Some(idle), problem: None });
            };
            let rest = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            if rest > LONGEST_REST {
                let problem =
                    format!("the target asked to be left alone until {until:.0}; run the command again then");
                return Ok(Rest { idle: Some(idle), problem: Some(problem) });
            }
            self.console
                .say(&format!("The target asked to be left alone for {} s; waiting", rest.as_secs() + 1));
            self.engine.clock().sleep(rest).await;
        }
    }

    /// Waits for the engine to come to rest, or says why it will not.
    async fn until_idle(&self, show: &impl Fn(u64, &str)) -> StoreResult<Result<Idle, String>> {
        let idle = self.engine.until_idle(self.horizon);
        tokio::pin!(idle);
        loop {
            tokio::select! {
                idle = &mut idle => return idle.map(Ok),
                () = self.engine.clock().sleep(LOOK) => {}
            }
            let tables = self.engine.tables();
            let Some(sweep) = tables.jobs.job(self.application, self.job).await? else { continue };
            if let Some(problem) = stuck(&sweep) {
                return Ok(Err(problem));
            }
            let users = tables.links.propose_pending(self.application, Kind::User, false, 1_000).await?;
            let groups = tables.links.propose_pending(self.application, Kind::Group, false, 1_000).await?;
            let (done, what) = position(&sweep, self.scope, [users as u64, groups as u64]);
            show(done, what);
        }
    }
}

fn stuck(sweep: &SweepJob) -> Option<String> {
    let problem = sweep.problem.as_ref().filter(|_| sweep.attempts >= SWEEP_ATTEMPTS && !sweep.is_done())?;
    Some(format!("the sweep does not get on: {problem}"))
}

/// How many objects are done with, and what is under way.
fn position(sweep: &SweepJob, scope: &Scope, [users, groups]: [u64; 2]) -> (u64, &'static str) {
    let looked_at = sweep.counts.users.min(scope.users);
    let all = scope.users + scope.groups;
    match sweep.position.as_ref().map(|position| position.phase) {
        Some(SweepPhase::Listing) => (0, "reading what the target has"),
        Some(SweepPhase::Users) => (looked_at.saturating_sub(users), "users"),
        Some(SweepPhase::Memberships | SweepPhase::Groups) => {
            (all.saturating_sub(users + groups), "groups and members")
        }
        Some(SweepPhase::Counting | SweepPhase::Removals | SweepPhase::Purging) => {
            (all.saturating_sub(users + groups), "removals")
        }
        None => (all.saturating_sub(users + groups), "what is left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_follows_the_sweep_less_what_is_still_pending() {
        let scope = Scope { users: 100, groups: 5 };
        let mut sweep: SweepJob = serde_json::from_value(serde_json::json!({
            "id": "j", "application": "a", "step": 1, "started_at": 0, "phase_began_at": 0, "listing": {"id": "j", "users": 0, "groups": 0},
            "position": {"phase": "users", "step": "start"},
            "counts": {"users": 50, "users_marked": 50, "groups": 0, "linked": 0, "removals": 0},
        }))
        .expect("a job");
        assert_eq!(position(&sweep, &scope, [20, 0]).0, 30);
        sweep.position = None;
        assert_eq!(position(&sweep, &scope, [0, 2]).0, 103);
    }
}
