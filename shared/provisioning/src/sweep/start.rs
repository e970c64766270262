//! Starting a sweep.

use jiff::Timestamp;

use super::{Counts, Lacking, Position, Step, SweepJob};
use crate::application::{Listing, SweepNote, SweepPhase};
use crate::clock::{Clock, after};
use crate::ids::{ApplicationId, JobId};
use crate::ports::{Bell, Doorbell, Lane, StoreResult, Tables};

/// What a sweep is to do.
#[derive(Debug, Clone)]
pub struct SweepRequest {
    /// The new job's id.
    pub job: JobId,
    /// Whose.
    pub application: ApplicationId,
    /// Read what the target has before users are looked at. Without it each user without a link costs a look-up.
    pub read_target: bool,
    /// Removals allowed beforehand by a person, above which the fuse holds.
    pub allowed_removals: Option<u64>,
}

impl SweepRequest {
    /// The job at its beginning.
    pub fn into_job(self, now: Timestamp) -> SweepJob {
        let phase = if self.read_target { SweepPhase::Listing } else { SweepPhase::Users };
        SweepJob {
            listing: Listing { id: self.job.clone(), users: 0, groups: 0 },
            id: self.job,
            application: self.application,
            step: 0,
            position: Some(Position { phase, step: Step::Start }),
            phase_began_at: now,
            due_at: Some(after(now, super::RING_AGAIN)),
            started_at: now,
            read_target: self.read_target,
            listed: false,
            lacking: Lacking::default(),
            counts: Counts::default(),
            pulse: None,
            pulse_before: None,
            allowed_removals: self.allowed_removals,
            held: 0,
            attempts: 0,
            problem: None,
        }
    }
}

impl SweepJob {
    /// What the application notes of the sweep when it starts; `None` for one that is over.
    pub fn first_note(&self) -> Option<SweepNote> {
        let phase = self.position.as_ref()?.phase;
        Some(SweepNote { job: self.id.clone(), phase, listing: None })
    }

    /// Rings for the next page.
    ///
    /// # Errors
    ///
    /// The bell was not heard: the page comes due by itself.
    pub async fn ring(&self, bell: &dyn Bell) -> StoreResult<()> {
        let (application, job) = (self.application.clone(), self.id.clone());
        bell.ring(Lane::Sweep, "", &[Doorbell::Job { application, job, step: self.step }]).await
    }
}

/// Starts a sweep, replacing one under way: the new one sees all that the old one would have. `false`: the application is no
/// more at `version`.
pub async fn start(
    tables: &Tables,
    bell: &dyn Bell,
    clock: &dyn Clock,
    request: SweepRequest,
    version: Option<u64>,
) -> StoreResult<bool> {
    let job = request.into_job(clock.now());
    if !tables.jobs.start(&job, version).await? {
        return Ok(false);
    }
    job.ring(bell).await.map(|()| true)
}
