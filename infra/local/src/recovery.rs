//! After a start: whoever worked on this data before is dead, since the lock was free. His claims are void, and the
//! queues that held his messages are gone; what the tables say is due is rung again.

use std::time::Duration;

use jiff::Timestamp;
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
    let unfinished = tables.directory_jobs.propose_due(Timestamp::MAX, DUE_AT_ONCE).await?;
    let unfinished: Vec<_> = unfinished.into_iter().map(doorbell).collect();
    bell.ring(Lane::Live, "recovery", &unfinished).await?;
    let mut recovered = Recovered { claims: 0, rung: unfinished.len() };
    for application in tables.applications.list().await? {
        if !application.lifecycle.is_active() {
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
                DueKey::Job(..) | DueKey::DirectoryJob(_) => false,
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
        DueKey::DirectoryJob(job) => Doorbell::DirectoryJob { job, step: item.generation },
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
        let mut free: Link = link.rewritten();
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use aws::tables::TableNames;
    use jiff::SignedDuration;
    use provisioning::application::{Application, Lifecycle, Policy};
    use provisioning::clock::SteppedClock;
    use provisioning::link::{Claim, Mark};
    use provisioning::ports::ConfigurationWrite;

    use super::*;
    use crate::database::Database;

    const SOON: Duration = Duration::from_secs(120);

    #[derive(Default)]
    struct Rung(Mutex<Vec<(Lane, String)>>);

    #[async_trait]
    impl Bell for Rung {
        async fn ring(&self, lane: Lane, _: &str, doorbells: &[Doorbell]) -> StoreResult<()> {
            let mut rung = self.0.lock().unwrap();
            rung.extend(doorbells.iter().map(|doorbell| match doorbell {
                Doorbell::Link { key, .. } => (lane, key.to_string()),
                Doorbell::Job { job, .. } | Doorbell::DirectoryJob { job, .. } => (lane, job.to_string()),
            }));
            Ok(())
        }
    }

    struct World {
        tables: Tables,
        rung: Rung,
        clock: Arc<SteppedClock>,
    }

    impl World {
        async fn new() -> Self {
            let database = Database::in_memory().unwrap();
            let client = database.client();
            aws::tables::create(&client, &TableNames::default()).await.unwrap();
            let tables = aws::stores::tables(client, TableNames::default());
            let application = Application {
                id: "crm".parse().unwrap(),
                name: "CRM".into(),
                catalog_key: "generic-saml".into(),
                version: 1,
                lifecycle: Lifecycle::Enabled,
                connection: None,
                target_generation: 1,
                policy: Policy::default(),
            };
            let write = ConfigurationWrite::of(application);
            assert!(tables.applications.write(&write).await.unwrap());
            let clock = Arc::new(SteppedClock::at("2026-11-23T08:00:00Z".parse().unwrap()));
            Self { tables, rung: Rung::default(), clock }
        }

        /// Marks a user's link, due in so many seconds.
        async fn mark(&self, user: &str, seconds: i64, by_sweep: bool) -> LinkKey {
            let key = LinkKey::user(&"crm".parse().unwrap(), &user.parse().unwrap());
            let due_at = self.clock.now() + SignedDuration::from_secs(seconds);
            let mark = Mark { application_version: 1, due_at, by_sweep, compare: false };
            self.tables.links.mark(&key, &mark).await.unwrap();
            key
        }

        async fn link(&self, key: &LinkKey) -> Link {
            self.tables.links.link(key).await.unwrap().unwrap()
        }

        async fn recover(&self) -> (Recovered, Vec<(Lane, String)>) {
            let recovered = recover(&self.tables, &self.rung, self.clock.as_ref(), SOON).await.unwrap();
            let mut rung = std::mem::take(&mut *self.rung.0.lock().unwrap());
            rung.sort_by(|a, b| a.1.cmp(&b.1));
            (recovered, rung)
        }
    }

    #[tokio::test]
    async fn a_claim_of_the_dead_is_void_and_its_link_rung() {
        let world = World::new().await;
        // A claim that would have held for long, and a due time far away: both belonged to the attempt that died.
        let key = world.mark("ada", 3_600, false).await;
        let free = world.link(&key).await;
        let mut claimed = free.clone();
        let until = world.clock.now() + SignedDuration::from_secs(3_600);
        claimed.work.claim = Some(Claim { token: "dead".into(), until });
        assert_eq!(world.tables.links.write(&free, &claimed, None).await.unwrap(), Written::Yes);
        let (recovered, rung) = world.recover().await;
        assert_eq!(recovered, Recovered { claims: 1, rung: 1 });
        assert_eq!(rung, [(Lane::Live, key.to_string())]);
        let link = world.link(&key).await;
        assert_eq!((link.work.claim, link.work.generation), (None, free.work.generation));
        assert!(link.work.due_at.is_some(), "the mark stands until the work is done");
    }

    #[tokio::test]
    async fn what_was_on_its_way_is_rung_in_its_lane_and_what_waits_for_its_time_is_not() {
        let world = World::new().await;
        world.mark("live", 60, false).await;
        world.mark("swept", 60, true).await;
        world.mark("retry-next-hour", 3_600, false).await;
        world.mark("overdue", -60, false).await;
        let (_, rung) = world.recover().await;
        let expected = [(Lane::Live, "crm#user#live".into()), (Lane::Sweep, "crm#user#swept".into())];
        assert_eq!(rung, expected, "what is overdue the schedule rings");
    }
}
