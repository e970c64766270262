//! Rings what came due by itself: retries, graces, and marks whose bell was lost (rule 2); and starts the weekly sweep.

use std::sync::Arc;
use std::time::Duration;

use crate::application::{Lifecycle, warn};
use crate::clock::{Clock, after};
use crate::ids::ApplicationId;
use crate::ports::{Bell, Doorbell, DueItem, DueKey, Lane, StoreResult, Tables};
use crate::sweep::start_if_due;

/// How long something that was rung is not rung again.
const RING_AGAIN: Duration = Duration::from_secs(120);

/// Most that is rung of one application, or of the directory, at a time; the rest comes next time.
const AT_ONCE: usize = 1_000;

/// Looks for what is due, and rings it; says ahead that credentials run out. Run every minute; every second locally.
#[derive(Clone)]
pub struct Poller {
    /// The tables.
    pub tables: Tables,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Poller {
    /// Rings what is due at every application that may be sent to, and says how much it was. Nothing of an application
    /// that is disabled, paused or asked for rest is rung: its marks wait. Jobs of the directory wait for no application.
    pub async fn ring_due(&self) -> StoreResult<usize> {
        let due = self.tables.directory_jobs.propose_due(self.clock.now(), AT_ONCE).await?;
        let mut rung = self.ring_each(due).await?;
        for application in self.tables.applications.list().await? {
            if application.warns_at.is_some_and(|at| at <= self.clock.now()) {
                // What is told ahead holds up nothing that is due.
                if let Err(error) = warn(&self.tables, &application.id, self.clock.now()).await {
                    tracing::warn!(application = %application.id, %error, "that its token runs out is not told yet");
                }
            }
            if !application.lifecycle.is_active() {
                continue;
            }
            let condition = self.tables.applications.condition(&application.id).await?;
            let whose = (&application.id, application.lifecycle);
            let (bell, clock) = (self.bell.as_ref(), self.clock.as_ref());
            if let Err(error) = start_if_due(&self.tables, bell, clock, whose, &condition).await {
                tracing::warn!(application = %application.id, %error, "its weekly sweep is not started yet");
            }
            let now = self.clock.now();
            // What is forgotten needs no request, so a removal goes on also where the target refuses us.
            let stopped = condition.paused.is_some() && application.lifecycle != Lifecycle::Removing;
            if !stopped && condition.not_before.is_none_or(|until| until <= now) {
                rung += self.ring_application(&application.id, now).await?;
            }
        }
        Ok(rung)
    }

    /// Rings everything that is marked, whenever it is due: for a state that held work back and is over.
    pub async fn ring_all(&self, application: &ApplicationId) -> StoreResult<usize> {
        self.ring_application(application, jiff::Timestamp::MAX).await
    }

    async fn ring_application(
        &self,
        application: &ApplicationId,
        until: jiff::Timestamp,
    ) -> StoreResult<usize> {
        self.ring_each(self.tables.links.propose_due(application, until, AT_ONCE).await?).await
    }

    async fn ring_each(&self, mut due: Vec<DueItem>) -> StoreResult<usize> {
        // Live changes go before a sweep's work.
        due.sort_by_key(|item| (item.by_sweep, item.due_at));
        let mut rung = 0;
        for item in due {
            let again = after(self.clock.now(), RING_AGAIN);
            // Only who moves the due time rings, so that two pollers do not ring twice.
            if self.tables.links.postpone(&item, again).await? {
                let lane = if item.by_sweep { Lane::Sweep } else { Lane::Live };
                let cause = item.due_at.as_millisecond().to_string();
                self.bell.ring(lane, &cause, &[doorbell(&item)]).await?;
                rung += 1;
            }
        }
        Ok(rung)
    }
}

fn doorbell(item: &DueItem) -> Doorbell {
    match &item.key {
        DueKey::Link(key) => Doorbell::Link { key: key.clone(), generation: item.generation },
        DueKey::Job(application, job) => {
            Doorbell::Job { application: application.clone(), job: job.clone(), step: item.generation }
        }
        DueKey::DirectoryJob(job) => Doorbell::DirectoryJob { job: job.clone(), step: item.generation },
    }
}
