//! After a start: whoever worked on this data before is dead, since the lock was free. His claims are void, and the
//! queues that held his messages are gone; what the tables say is due is rung again.

use std::time::Duration;

use jiff::Timestamp;
use provisioning::application::Lifecycle;
use provisioning::clock::{Clock, after};
use provisioning::ids::ApplicationId;
use provisioning::link::{Link, LinkKey};
use provisioning::ports::{Bell, Doorbell, DueItem, DueKey, Lane, StoreResult, Tables, Written};

/// Most due items looked at of one application; what is beyond them comes due by itself.
const DUE_AT_ONCE: usize = 100_000;

/// What a recovery found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Claims of the dead that were released.
    pub claims: usize,
    /// Doorbells rung.
    pub rung: usize,
}

/// Releases the claims of the dead and rings what they left. `soon` is how far a due time may have been put off because a
/// message, lost now, was on its way: what is due within it is rung. What is due already the schedule rings.
///
/// # Errors
///
/// A table did not answer.
pub async fn recover(
    tables: &Tables,
    bell: &dyn Bell,
    clock: &dyn Clock,
    soon: Duration,
) -> StoreResult<Recovered> {
    let mut recovered = Recovered::default();
    for application in tables.applications.list().await? {
        if application.lifecycle != Lifecycle::Enabled {
            continue;
        }
        let id = &application.id;
        let due = tables.links.propose_due(id, Timestamp::MAX, DUE_AT_ONCE).await?;
        let now = clock.now();
        let put_off = after(now, soon);
        let mut live = Vec::new();
        let mut swept = Vec::new();
        for item in due {
            let released = match &item.key {
                DueKey::Link(key) => release(tables, key, put_off).await?,
                DueKey::Job(..) => false,
            };
            recovered.claims += usize::from(released);
            if released
                || matches!(item.key, DueKey::Job(..))
                || (item.due_at > now && item.due_at <= put_off)
            {
                let lane = if item.by_sweep { &mut swept } else { &mut live };
                lane.push(doorbell(item));
            }
        }
        if let Some(job) = unrung_job(tables, id, &live).await? {
            live.push(job);
        }
        recovered.rung += live.len() + swept.len();
        bell.ring(Lane::Live, "recovery", &live).await?;
        bell.ring(Lane::Sweep, "recovery", &swept).await?;
    }
    Ok(recovered)
}

fn doorbell(item: DueItem) -> Doorbell {
    match item.key {
        DueKey::Link(key) => Doorbell::Link { key, generation: item.generation },
        DueKey::Job(application, job) => Doorbell::Job { application, job, step: item.generation },
    }
}

/// The application's unfinished job, unless it is rung already.
async fn unrung_job(tables: &Tables, id: &ApplicationId, rung: &[Doorbell]) -> StoreResult<Option<Doorbell>> {
    let Some(note) = tables.applications.condition(id).await?.sweep else { return Ok(None) };
    let is_rung = |doorbell: &Doorbell| matches!(doorbell, Doorbell::Job { job, .. } if *job == note.job);
    if rung.iter().any(is_rung) {
        return Ok(None);
    }
    let job = tables.jobs.job(id, &note.job).await?.filter(|job| !job.is_done());
    Ok(job.map(|job| Doorbell::Job { application: id.clone(), job: job.id, step: job.step }))
}

/// Voids the claim on a link: its attempt ended with the process. Its due time is put off to `until`, since it is rung.
async fn release(tables: &Tables, key: &LinkKey, until: Timestamp) -> StoreResult<bool> {
    let Some(mut link) = tables.links.link(key).await? else { return Ok(false) };
    while link.work.claim.is_some() {
        let mut free: Link = link.clone();
        free.work.claim = None;
        free.work.due_at = free.work.due_at.map(|_| until);
        match tables.links.write(&link, &free, None).await? {
            Written::Yes => return Ok(true),
            Written::Lost(current) => link = *current,
            Written::Owned(_) => return Ok(false),
        }
    }
    Ok(false)
}
