//! The sweep: a paged, resumable walk over an application's whole scope. It is how an application comes into step
//! when it is enabled, and how any missed change is repaired.
//!
//! Its phases are listing the target, comparing what was listed with what was sent, users, memberships, groups, counting and
//! removals (DESIGN section 9). It feeds and does not
//! flood: it plans with the workers' own planner, marks only where there is work, and keeps at most [`WINDOW`] of its
//! objects pending, so that live changes and a pause are never far behind. Whoever marks is not who writes: everything
//! it finds is settled by the workers.

mod compare;
mod gap;
mod job;
mod listing;
mod memberships;
mod progress;
mod purge;
mod removals;
mod scope;
mod start;
mod weekly;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

pub use gap::start_after_gap;
pub use job::{Counts, Lacking, Position, Step, SweepJob};
pub use progress::{Pending, Progress, Pulse};
pub use start::{SweepRequest, start};
pub use weekly::{WEEKLY, due_at, start_if_due};

use crate::application::{Configured, Departure, Lifecycle, Listing, SweepNote, SweepPhase};
use crate::clock::{Clock, after};
use crate::ids::{ApplicationId, JobId, UserId};
use crate::link::{LinkKey, Mark};
use crate::ports::{Bell, Connector, Doorbell, Lane, SecretStore, StoreResult, Tables};
use crate::target::Kind;

/// Most objects of a sweep that are pending at a time.
pub const WINDOW: usize = 500;

/// How long one page waits for room before it hands over to the next.
const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(50);

/// When the next page of a job is rung again, should its bell be lost. Longer than any page takes.
const RING_AGAIN: Duration = Duration::from_secs(120);

/// Does the pages of sweeps.
#[derive(Clone)]
pub struct Sweeper {
    /// The tables.
    pub tables: Tables,
    /// Credentials.
    pub secrets: Arc<dyn SecretStore>,
    /// Opens targets.
    pub connector: Arc<dyn Connector>,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// One page of one sweep, under way.
struct Page<'a> {
    sweeper: &'a Sweeper,
    configured: &'a Configured,
    job: SweepJob,
    /// Users this page has looked at in their smallest group: in the larger ones they need not be read again.
    taken: HashSet<UserId>,
    /// The application is gone, and the job with it.
    purged: bool,
}

impl Sweeper {
    /// Does page `step` of a job and rings the next. A page that was done already, or whose job is no longer the application's
    /// sweep, is done by nobody.
    ///
    /// # Errors
    ///
    /// A store did not answer: the page must come again.
    pub async fn page(&self, application: &ApplicationId, job: &JobId, step: u64) -> StoreResult<()> {
        let Some(before) = self.tables.jobs.job(application, job).await? else { return Ok(()) };
        let Some(position) = before.position.clone().filter(|_| before.step == step) else { return Ok(()) };
        let Some(configured) = self.tables.applications.load(application).await? else { return Ok(()) };
        let current = configured.condition.sweep.as_ref().is_some_and(|note| note.job == *job);
        // What needs no request is forgotten also where the target refuses us.
        let forgetting = configured.application.lifecycle == Lifecycle::Removing
            && position.phase == SweepPhase::Purging
            && (position.step != Step::Draining
                || configured.application.policy.on_unassign == Departure::Leave);
        if !current || !(configured.is_live() || forgetting) {
            return Ok(());
        }
        let job = before.clone();
        let mut page =
            Page { sweeper: self, configured: &configured, job, taken: HashSet::new(), purged: false };
        let next = match (position.phase, position.step) {
            (SweepPhase::Listing, step) => Box::pin(page.list(step)).await?,
            (SweepPhase::Comparing, step) => page.compare(step).await?,
            (SweepPhase::Confirming, step) => page.confirm(step).await?,
            (SweepPhase::Users, Step::Draining) => page.drain(Kind::User, SweepPhase::Memberships).await?,
            (SweepPhase::Users, step) => page.users(step).await?,
            (SweepPhase::Memberships, step) => page.memberships(step).await?,
            (SweepPhase::Groups, Step::Draining) => page.drain(Kind::Group, SweepPhase::Counting).await?,
            (SweepPhase::Groups, step) => page.groups(step).await?,
            (SweepPhase::Counting, step) => page.count(step).await?,
            (SweepPhase::Removals, step) => page.remove(step).await?,
            (SweepPhase::Purging, step) => page.purge(step).await?,
        };
        if page.purged {
            return Ok(());
        }
        let mut job = page.job;
        self.feel_pulse(&mut job, position.phase).await?;
        self.advance(&before, job, next).await
    }

    /// Notes the rate at which what is marked is worked off, for the estimate.
    async fn feel_pulse(&self, job: &mut SweepJob, phase: SweepPhase) -> StoreResult<()> {
        if !matches!(phase, SweepPhase::Users | SweepPhase::Groups) {
            return Ok(());
        }
        let pending = |kind| self.tables.links.propose_pending(&job.application, kind, true, WINDOW * 2);
        let (users, groups) = tokio::try_join!(pending(Kind::User), pending(Kind::Group))?;
        job.feel_pulse(Pending { users: users as u64, groups: groups as u64 }, self.clock.now());
        Ok(())
    }

    async fn advance(&self, before: &SweepJob, job: SweepJob, next: Option<Position>) -> StoreResult<()> {
        let now = self.clock.now();
        let failed = job.attempts > before.attempts;
        let pause = if failed { retry_after(job.attempts) } else { RING_AGAIN };
        let phase = |position: &Option<Position>| position.as_ref().map(|position| position.phase);
        let began = if phase(&next) == phase(&before.position) { before.phase_began_at } else { now };
        let after_page = SweepJob {
            step: before.step + 1,
            phase_began_at: began,
            due_at: next.as_ref().map(|_| after(now, pause)),
            position: next,
            attempts: if failed { job.attempts } else { 0 },
            problem: job.problem.clone().filter(|_| failed),
            ..job
        };
        let note = after_page.position.as_ref().map(|position| note(&after_page, position));
        if self.tables.jobs.advance(before, &after_page, note.as_ref()).await? && note.is_some() && !failed {
            after_page.ring(self.bell.as_ref()).await?;
        }
        Ok(())
    }
}

/// What the application notes of its sweep once it stands at `position`.
fn note(job: &SweepJob, position: &Position) -> SweepNote {
    let listed = position.phase > SweepPhase::Listing && job.listed;
    SweepNote {
        job: job.id.clone(),
        phase: position.phase,
        listing: listed.then(|| Listing { id: job.id.clone(), ..job.listing.clone() }),
    }
}

/// A page that failed comes again soon, then at growing distances.
fn retry_after(attempts: u32) -> Duration {
    Duration::from_secs(match attempts {
        0 | 1 => 2,
        2 => 10,
        3 => 60,
        _ => 600,
    })
}

impl Page<'_> {
    fn application(&self) -> &ApplicationId {
        &self.job.application
    }

    fn tables(&self) -> &Tables {
        &self.sweeper.tables
    }

    /// How many more objects may be marked now; waits a while for there to be half a window.
    async fn room(&self, kind: Kind) -> StoreResult<usize> {
        let began = self.sweeper.clock.now();
        loop {
            let pending = self.tables().links.propose_pending(self.application(), kind, true, WINDOW).await?;
            let waited = self.sweeper.clock.now().duration_since(began);
            if pending <= WINDOW / 2 || waited >= jiff::SignedDuration::try_from(PATIENCE).unwrap_or_default()
            {
                return Ok(WINDOW.saturating_sub(pending));
            }
            self.sweeper.clock.sleep(GLANCE).await;
        }
    }

    /// Waits until what this sweep marked is worked off; what failed does not hold it.
    async fn drain(&self, kind: Kind, then: SweepPhase) -> StoreResult<Option<Position>> {
        let began = self.sweeper.clock.now();
        loop {
            if self.tables().links.propose_pending(self.application(), kind, true, 1).await? == 0 {
                return Ok(Some(Position { phase: then, step: Step::Start }));
            }
            let waited = self.sweeper.clock.now().duration_since(began);
            if waited >= jiff::SignedDuration::try_from(PATIENCE).unwrap_or_default() {
                return Ok(self.job.position.clone());
            }
            self.sweeper.clock.sleep(GLANCE).await;
        }
    }

    /// Marks and rings.
    async fn mark(&self, keys: &[LinkKey], compare: bool) -> StoreResult<()> {
        let mark = Mark {
            application_version: self.configured.application.version,
            due_at: after(self.sweeper.clock.now(), crate::detect::RING_AGAIN),
            by_sweep: true,
            compare,
        };
        for chunk in keys.chunks(50) {
            let marks = chunk.iter().map(|key| async {
                let generation = self.tables().links.mark(key, &mark).await?;
                Ok(Doorbell::Link { key: key.clone(), generation })
            });
            let bells: Vec<Doorbell> = futures::future::try_join_all(marks).await?;
            self.sweeper.bell.ring(Lane::Sweep, "", &bells).await?;
        }
        Ok(())
    }
}
