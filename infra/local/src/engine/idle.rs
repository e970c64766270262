//! When everything is done: streams read to their ends, queues empty, no job under way, nothing due soon.

use std::time::Duration;

use jiff::Timestamp;
use provisioning::clock::after;
use provisioning::ports::{ApplicationSummary, DueItem, StoreResult};

use super::Engine;

/// How the engine came to rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Idle {
    /// Work that is due later than was waited for: retries, and removals in their grace. At most 1,000 of each
    /// application, oldest first.
    pub later: Vec<DueItem>,
    /// Applications for which nothing is sent until a person acts, with the reason; their work is not waited for.
    pub paused: Vec<(provisioning::ids::ApplicationId, String)>,
    /// Messages and stream records that were given up; only a sweep finds what they told.
    pub given_up: u64,
}

/// How often is looked again while something is under way.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Most items of later work that are told of one application.
const LATER_SHOWN: usize = 1_000;

impl Engine {
    /// Waits until everything is done that is due within `horizon` from now on. What is due later is told, not waited for.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn until_idle(&self, horizon: Duration) -> StoreResult<Idle> {
        loop {
            if let Some(idle) = self.idle_now(horizon).await? {
                return Ok(idle);
            }
            self.parts.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until every function has read what was written up to now. Before an application is enabled this keeps what
    /// was imported for it from being told once more as changes: its sweep sees all of it.
    pub async fn until_streams_are_read(&self) {
        let (writes, ..) = self.counters();
        while !self.streams_are_read(writes) {
            self.parts.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether all is done at this moment. Work moves from tables through streams into queues and back; each step leaves
    /// its trace in the next place before it leaves the last. So nothing was under way if every place was found empty
    /// and nothing was written or sent between the first look and the last.
    async fn idle_now(&self, horizon: Duration) -> StoreResult<Option<Idle>> {
        let before = self.counters();
        if self.running.is_busy() || !self.queues.are_empty() || !self.streams_are_read(before.0) {
            return Ok(None);
        }
        let now = self.parts.clock.now();
        // An unfinished job of the directory is due within this time, unless it failed again and again.
        let unfinished = after(now, horizon.max(super::PUT_OFF));
        if !self.parts.tables.directory_jobs.propose_due(unfinished, 1).await?.is_empty() {
            return Ok(None);
        }
        let mut idle = Idle { given_up: self.given_up(), ..Idle::default() };
        for application in self.parts.tables.applications.list().await? {
            if self.is_under_way(&application, now, horizon, &mut idle).await? {
                return Ok(None);
            }
        }
        let settled = before == self.counters() && !self.running.is_busy() && self.queues.are_empty();
        Ok(settled.then_some(idle))
    }

    async fn is_under_way(
        &self,
        application: &ApplicationSummary,
        now: Timestamp,
        horizon: Duration,
        idle: &mut Idle,
    ) -> StoreResult<bool> {
        let ApplicationSummary { id, lifecycle, .. } = application;
        if !lifecycle.is_active() {
            return Ok(false);
        }
        let condition = self.parts.tables.applications.condition(id).await?;
        if let Some(reason) = condition.paused {
            idle.paused.push((id.clone(), reason));
            return Ok(false);
        }
        // A sweep whose target asked to be left alone goes on when it may; it is waited for like the rest.
        let until = after(now, horizon);
        let held_off = condition.not_before.is_some_and(|not_before| not_before > until);
        if condition.sweep.is_some() && !held_off {
            return Ok(true);
        }
        let due = self.parts.tables.links.propose_due(id, Timestamp::MAX, LATER_SHOWN).await?;
        if !held_off && due.iter().any(|item| item.due_at <= until) {
            return Ok(true);
        }
        idle.later.extend(due);
        Ok(false)
    }

    fn counters(&self) -> (u64, u64) {
        (*self.writes.borrow(), self.queues.changes())
    }

    fn streams_are_read(&self, writes: u64) -> bool {
        self.streams.iter().all(|stream| stream.covers(writes))
    }

    fn given_up(&self) -> u64 {
        let dead: u64 = self.queues.all().iter().map(|(_, queue)| queue.dead_letters().0).sum();
        dead + self.streams.iter().map(crate::streams::Progress::given_up).sum::<u64>()
    }
}
