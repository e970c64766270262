//! Starting a sweep.

use super::{Counts, Position, Step, SweepJob};
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

/// Starts a sweep, replacing one under way: the new one sees all that the old one would have.
pub async fn start(
    tables: &Tables,
    bell: &dyn Bell,
    clock: &dyn Clock,
    request: SweepRequest,
) -> StoreResult<()> {
    let SweepRequest { job, application, read_target, allowed_removals } = request;
    let now = clock.now();
    let phase = if read_target { SweepPhase::Listing } else { SweepPhase::Users };
    let sweep = SweepJob {
        id: job.clone(),
        application: application.clone(),
        step: 0,
        position: Some(Position { phase, step: Step::Start }),
        due_at: Some(after(now, super::RING_AGAIN)),
        started_at: now,
        listing: Listing { id: job.clone(), users: 0, groups: 0 },
        listed: false,
        counts: Counts::default(),
        allowed_removals,
        held: 0,
        attempts: 0,
        problem: None,
    };
    let note = SweepNote { job: job.clone(), phase, listing: None, groups_since: None };
    tables.jobs.start(&sweep, &note).await?;
    bell.ring(Lane::Sweep, "", &[Doorbell::Job { application, job, step: 0 }]).await
}
