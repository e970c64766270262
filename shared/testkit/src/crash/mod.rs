//! Crashes: a process that dies between two steps, at a call that the test chooses.
//!
//! Wrap the ports a worker uses in [`Crashing`] over one [`CrashPlan`]. Every call through any of them counts. At the chosen
//! one the process dies, before the call or after it took effect; from then on every call fails and changes nothing, until
//! [`CrashPlan::revive`]. Run once without a crash to learn how many calls there are, then once for each of them:
//!
//! ```
//! use testkit::crash::{CrashPlan, Moment};
//! let plan = CrashPlan::never();
//! // … run, and then for each call there was:
//! for call in 1..=plan.calls() {
//!     for moment in [Moment::Before, Moment::After] {
//!         plan.crash_at(call, moment);
//!         // … run; plan.revive(); run again; compare.
//!     }
//! }
//! ```

mod stores;
mod target;

pub use stores::crashing_tables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use provisioning::ports::StoreError;
use provisioning::target::{Exchange, TargetError};

/// Which call dies, shared by all that is wrapped.
#[derive(Debug, Default)]
pub struct CrashPlan(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    calls: u64,
    at: Option<(u64, Moment)>,
    dead: bool,
    crashed_in: Option<&'static str>,
}

/// On which side of a call the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The call does not take place.
    Before,
    /// The call takes effect; its answer is lost.
    After,
}

/// A port that dies by plan.
pub struct Crashing<P: ?Sized> {
    inner: Arc<P>,
    plan: Arc<CrashPlan>,
}

impl<P: ?Sized> Crashing<P> {
    /// Wraps a port.
    pub fn new(inner: Arc<P>, plan: &Arc<CrashPlan>) -> Self {
        Self { inner, plan: Arc::clone(plan) }
    }
}

/// What is to be done with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Live,
    TakeEffectAndDie,
    Dead,
}

impl CrashPlan {
    /// A plan without a crash, which only counts.
    pub fn never() -> Arc<Self> {
        Arc::default()
    }

    /// Starts to count anew and dies at the `call`-th call, counted from 1.
    pub fn crash_at(&self, call: u64, moment: Moment) {
        *self.progress() = Progress { at: Some((call, moment)), ..Progress::default() };
    }

    /// The process is started again: calls work, and no other crash is planned. The count goes on.
    pub fn revive(&self) {
        let mut progress = self.progress();
        progress.dead = false;
        progress.at = None;
    }

    /// Calls so far, those that failed because of the crash left out.
    pub fn calls(&self) -> u64 {
        self.progress().calls
    }

    /// In which call it died, if it did: `LinkStore::write`, for the message of a test that fails.
    pub fn crashed_in(&self) -> Option<&'static str> {
        self.progress().crashed_in
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, what: &'static str) -> Fate {
        let mut progress = self.progress();
        if progress.dead {
            return Fate::Dead;
        }
        progress.calls += 1;
        match progress.at {
            Some((call, moment)) if call == progress.calls => {
                progress.dead = true;
                progress.crashed_in = Some(what);
                if moment == Moment::After { Fate::TakeEffectAndDie } else { Fate::Dead }
            }
            _ => Fate::Live,
        }
    }

    /// Runs a call as the plan has it. A call that is under way while another one dies is lost too: what it answers goes to
    /// nobody.
    async fn run<T>(&self, what: &'static str, call: impl Future<Output = T>, lost: impl FnOnce() -> T) -> T {
        match self.next(what) {
            Fate::Dead => lost(),
            Fate::TakeEffectAndDie => {
                call.await;
                lost()
            }
            Fate::Live => {
                let answer = call.await;
                if self.progress().dead { lost() } else { answer }
            }
        }
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { what: "the store", detail: "the process has crashed".into() }
}

fn unknown<T>() -> Exchange<T> {
    Exchange { requests: Vec::new(), result: Err(TargetError::Unknown("the process has crashed".into())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn call(plan: &CrashPlan, effects: &Mutex<u32>) -> bool {
        let effect = async {
            *effects.lock().expect("a lock") += 1;
            true
        };
        plan.run("call", effect, || false).await
    }

    #[tokio::test]
    async fn the_chosen_call_is_lost_before_or_after_it_took_effect_and_so_is_all_that_follows() {
        for (moment, expected) in [(Moment::Before, 1), (Moment::After, 2)] {
            let (plan, effects) = (CrashPlan::never(), Mutex::new(0));
            plan.crash_at(2, moment);
            let answers =
                [call(&plan, &effects).await, call(&plan, &effects).await, call(&plan, &effects).await];
            assert_eq!(answers, [true, false, false]);
            assert_eq!(*effects.lock().expect("a lock"), expected);
            assert_eq!((plan.calls(), plan.crashed_in()), (2, Some("call")));
            plan.revive();
            assert!(call(&plan, &effects).await);
        }
    }
}
