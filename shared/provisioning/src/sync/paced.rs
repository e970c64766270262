//! A target whose requests go at the application's pace: each waits for its moment, live changes before sweeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use catalog::Settings;
use jiff::Timestamp;

use crate::application::{Call, Charge, Configured, Rates, beyond};
use crate::clock::{Clock, after};
use crate::ids::{ApplicationId, RemoteId};
use crate::ports::{ApplicationStore, Slot, StoreResult, Target};
use crate::target::{Capabilities, Exchange, Found, FoundPage, Kind, MatchKey, TargetError, Write};

/// How far ahead a live change reserves its moment, and how far a sweep does: it leaves what lies behind to live changes.
const AHEAD_LIVE: Duration = Duration::from_secs(20);
const AHEAD_SWEEP: Duration = Duration::from_secs(2);
/// After so long a wait the application is read again: it may have been disabled meanwhile.
const STALE_AFTER: Duration = Duration::from_secs(1);
/// How long the requests of one task wait for their moments at most, before what is left is given up for now: a task ends in
/// time, however few requests its target takes.
const PATIENCE: Duration = Duration::from_secs(25);

/// Whether a request is made for a change as it happens or for a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// For a change as it happens.
    Live,
    /// For a sweep.
    Sweep,
}

/// A target at its application's pace.
pub(crate) struct Paced {
    target: Arc<dyn Target>,
    applications: Arc<dyn ApplicationStore>,
    clock: Arc<dyn Clock>,
    application: ApplicationId,
    version: u64,
    /// Requests went when it was opened: they end where it is disabled meanwhile. A preview reads also where none go.
    was_live: bool,
    capabilities: Box<Capabilities>,
    rates: Rates,
    /// Since when its task is under way.
    began: Timestamp,
    haste: Haste,
    /// Moments that were waited for and not used yet.
    credit: AtomicUsize,
}

/// What came of waiting for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is now, and little time passed.
    Now,
    /// It is now; so much time passed that what was read may have changed.
    Stale,
    /// None came; try again after this long.
    Later(Duration),
}

impl Paced {
    pub(crate) fn new(
        target: Arc<dyn Target>,
        configured: &Configured,
        applications: Arc<dyn ApplicationStore>,
        clock: Arc<dyn Clock>,
        haste: Haste,
    ) -> Self {
        let connection = configured.application.connection.as_ref();
        Self {
            target,
            applications,
            began: clock.now(),
            clock,
            application: configured.application.id.clone(),
            version: configured.application.version,
            was_live: configured.is_live(),
            capabilities: Box::new(connection.map(|known| known.capabilities.clone()).unwrap_or_default()),
            rates: Rates::of(configured),
            haste,
            credit: AtomicUsize::new(0),
        }
    }

    pub(crate) fn haste(&self) -> Haste {
        self.haste
    }

    /// In the place of another one of the same task: its patience goes on from when that one's began, however often the task plans
    /// anew.
    pub(crate) fn instead_of(self, other: &Self) -> Self {
        Self { began: other.began, ..self }
    }

    /// With the moments that another one waited for and did not use.
    pub(crate) fn with_credit_of(self, other: &Self) -> Self {
        Self { credit: AtomicUsize::new(other.credit.load(Ordering::SeqCst)), ..self }
    }

    /// Waits for the moment of the next request, whatever it will be, ahead of it.
    pub(crate) async fn turn(&self) -> StoreResult<Turn> {
        match self.rates.pace_charge().filter(|_| self.credit.load(Ordering::SeqCst) == 0) {
            None => Ok(Turn::Now),
            Some(charge) => {
                let turn = self.wait(std::slice::from_ref(&charge)).await?;
                if !matches!(turn, Turn::Later(_)) {
                    self.credit.fetch_add(1, Ordering::SeqCst);
                }
                Ok(turn)
            }
        }
    }

    /// Waits for a moment that all these rates leave free.
    async fn wait(&self, charges: &[Charge]) -> StoreResult<Turn> {
        let began = self.clock.now();
        let ahead = match self.haste {
            Haste::Live => AHEAD_LIVE,
            Haste::Sweep => AHEAD_SWEEP,
        };
        let end = after(self.began, PATIENCE);
        loop {
            let now = self.clock.now();
            let waited = Duration::try_from(now.duration_since(began)).unwrap_or_default();
            if now >= end {
                return Ok(Turn::Later(STALE_AFTER));
            }
            let latest = after(now, ahead).min(end);
            let slot = self.applications.reserve(&self.application, charges, now, latest).await?;
            let (until, reserved) = match slot {
                Slot::At(at) => (at, true),
                Slot::Full(free) if free >= end => {
                    let wait = Duration::try_from(free.duration_since(now)).unwrap_or_default();
                    return Ok(Turn::Later(wait.clamp(STALE_AFTER, PATIENCE)));
                }
                Slot::Full(free) => (free.min(after(now, STALE_AFTER)), false),
            };
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            if !wait.is_zero() {
                self.clock.sleep(wait).await;
            }
            if reserved {
                return Ok(if waited + wait >= STALE_AFTER { Turn::Stale } else { Turn::Now });
            }
        }
    }

    /// Takes the moment of these requests, waiting for it where none was waited for. The error is what they come to if they are
    /// not sent.
    async fn take(&self, calls: &[Call]) -> Result<(), TargetError> {
        if self.rates.is_none() {
            return Ok(());
        }
        let unsent = |error| {
            tracing::warn!(application = %self.application, %error, "a request was not sent, since its moment is not known");
            TargetError::Unsent(STALE_AFTER)
        };
        let spend = |credit: usize| credit.checked_sub(1);
        let paid = self.credit.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_ok();
        let charges = self.rates.charges(calls, usize::from(paid));
        if charges.is_empty() {
            return Ok(());
        }
        match self.wait(&charges).await.map_err(unsent)? {
            Turn::Later(wait) => Err(TargetError::Unsent(wait)),
            Turn::Stale if !self.is_current().await.map_err(unsent)? => Err(TargetError::Unsent(STALE_AFTER)),
            Turn::Now | Turn::Stale => Ok(()),
        }
    }

    /// Whether requests may still be sent under the configuration they were planned with.
    async fn is_current(&self) -> StoreResult<bool> {
        let now = self.applications.load(&self.application).await?;
        Ok(now
            .is_some_and(|now| (now.is_live() || !self.was_live) && now.application.version == self.version))
    }

    /// An exchange that took more requests than expected is charged for them.
    async fn paid<T>(&self, expected: &[Call], exchange: Exchange<T>) -> Exchange<T> {
        let more = beyond(expected, &exchange.requests);
        let charges = self.rates.charges(&more, 0);
        if !charges.is_empty() {
            let now = self.clock.now();
            // What cannot be charged is let go: the next refusal makes up for it.
            let _ = self.applications.reserve(&self.application, &charges, now, after(now, AHEAD_LIVE)).await;
        }
        exchange
    }
}

fn unsent<T>(error: TargetError) -> Exchange<T> {
    Exchange { requests: Vec::new(), result: Err(error) }
}

#[async_trait]
impl Target for Paced {
    async fn write(&self, write: &Write) -> Exchange<Option<Found>> {
        let calls = Call::of_write(write, &self.capabilities);
        match self.take(&calls).await {
            Ok(()) => self.paid(&calls, self.target.write(write).await).await,
            Err(error) => unsent(error),
        }
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        let calls = [Call::list(kind)];
        match self.take(&calls).await {
            Ok(()) => self.paid(&calls, self.target.find(kind, key).await).await,
            Err(error) => unsent(error),
        }
    }

    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found> {
        let calls = [Call::read(kind)];
        match self.take(&calls).await {
            Ok(()) => self.paid(&calls, self.target.get(kind, remote_id).await).await,
            Err(error) => unsent(error),
        }
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        let calls = [Call::list(kind)];
        match self.take(&calls).await {
            Ok(()) => self.paid(&calls, self.target.list(kind, start).await).await,
            Err(error) => unsent(error),
        }
    }

    fn learned(&self) -> Settings {
        self.target.learned()
    }

    async fn control(&self) -> Exchange<()> {
        let calls = [Call::list(Kind::User)];
        match self.take(&calls).await {
            Ok(()) => self.paid(&calls, self.target.control().await).await,
            Err(error) => unsent(error),
        }
    }
}
