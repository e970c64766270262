//! The weather: what goes wrong between a process and the tables, and processes that die of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use provisioning::ports::StoreResult;
use tokio::sync::Notify;

use crate::chance::Chance;
use crate::tables::{Weather, unavailable};
use crate::troubles::Troubles;

/// How often what goes wrong, each in ten thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Climate {
    /// A process dies at a call of a table or the target, before it takes effect or after.
    pub deaths: u64,
    /// A call of a table is refused.
    pub throttled: u64,
    /// A write of a table takes effect and its answer is lost.
    pub lost: u64,
    /// An index does not show a write for up to some seconds.
    pub lag: u64,
    /// A request to the target goes wrong.
    pub target: u64,
    /// A batch of stream records is given up, and a sweep is started for it.
    pub discarded: u64,
    /// A message is lost, late, or comes twice.
    pub messages: u64,
}

impl Climate {
    pub const CALM: Self =
        Self { deaths: 0, throttled: 0, lost: 0, lag: 0, target: 0, discarded: 0, messages: 0 };

    /// One in five histories has good weather but for late indexes and messages; the others have all of it, some more than
    /// others.
    pub fn of(chance: &Chance) -> Self {
        match chance.below(5) {
            0 => Self { lag: 3_000, messages: 500, ..Self::CALM },
            1 => Self {
                deaths: 100,
                throttled: 200,
                lost: 50,
                lag: 5_000,
                target: 1_500,
                discarded: 300,
                messages: 1_500,
            },
            _ => Self {
                deaths: 25,
                throttled: 60,
                lost: 20,
                lag: 2_000,
                target: 500,
                discarded: 100,
                messages: 600,
            },
        }
    }
}

/// The climate as it is now; it may change.
pub struct Now(std::sync::Mutex<Climate>);

impl Now {
    pub fn of(climate: Climate) -> Self {
        Self(std::sync::Mutex::new(climate))
    }

    pub fn get(&self) -> Climate {
        *self.0.lock().unwrap()
    }

    pub fn set(&self, climate: Climate) {
        *self.0.lock().unwrap() = climate;
    }
}

/// One invocation of a function. Once dead, it does nothing any more, whatever it was about to do.
#[derive(Default)]
pub struct Process {
    dead: AtomicBool,
    died: Notify,
}

impl Process {
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
    }

    pub async fn death(&self) {
        self.died.notified().await;
    }

    /// Returns only if the process lives.
    pub async fn goes_on(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }
}

/// The weather around one process.
pub struct Storm {
    pub chance: Arc<Chance>,
    pub climate: Arc<Now>,
    pub process: Arc<Process>,
    pub troubles: Arc<Troubles>,
}

impl Storm {
    /// The process may die here.
    pub async fn strike(&self) {
        if self.chance.hits(self.climate.get().deaths) {
            self.process.die();
        }
        self.goes_on().await;
    }

    /// Returns only if the process lives.
    pub async fn goes_on(&self) {
        if self.process.is_dead() {
            self.troubles.note(tokio::task::try_id());
        }
        self.process.goes_on().await;
    }

    fn refuse(&self, call: &'static str) -> StoreResult<()> {
        self.troubles.note(tokio::task::try_id());
        Err(unavailable(call))
    }
}

#[async_trait]
impl Weather for Storm {
    async fn before(&self, call: &'static str) -> StoreResult<()> {
        self.goes_on().await;
        let under_way = self.troubles.under_way();
        tokio::time::sleep(self.chance.latency()).await;
        under_way.ends();
        self.strike().await;
        match self.chance.hits(self.climate.get().throttled) {
            true => self.refuse(call),
            false => Ok(()),
        }
    }

    async fn after(&self, call: &'static str) -> StoreResult<()> {
        self.strike().await;
        match self.chance.hits(self.climate.get().lost) {
            true => self.refuse(call),
            false => Ok(()),
        }
    }

    fn rows_written(&self, rows: usize) -> Option<usize> {
        let cut = self.chance.hits(self.climate.get().throttled);
        if cut {
            self.troubles.note(tokio::task::try_id());
        }
        cut.then(|| usize::try_from(self.chance.below(rows as u64)).unwrap())
    }

    fn lag(&self) -> Duration {
        match self.chance.hits(self.climate.get().lag) {
            true => self.chance.millis(1, 4_000),
            false => Duration::ZERO,
        }
    }
}
