//! Chance from a seed, and the clock that goes when nobody has anything to do.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use provisioning::clock::Clock;
use tokio::time::Instant;

/// Random numbers, the same for the same seed.
pub struct Chance(Mutex<fastrand::Rng>);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.0.lock().unwrap().u64(0..bound.max(1))
    }

    /// Whether something that happens so many times in ten thousand happens.
    pub fn hits(&self, of_ten_thousand: u64) -> bool {
        of_ten_thousand > 0 && self.below(10_000) < of_ten_thousand
    }

    pub fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }

    /// How long something takes: mostly moments, now and then long.
    pub fn latency(&self) -> Duration {
        match self.below(100) {
            0..85 => self.millis(1, 9),
            85..98 => self.millis(10, 400),
            _ => self.millis(1_000, 5_000),
        }
    }
}

/// What the clock shows at first.
fn beginning() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

/// The clock of a simulation: tokio's, which stands still while anybody has anything to do.
pub struct SimulatedClock {
    began: Instant,
}

impl SimulatedClock {
    pub fn starting_now() -> Self {
        Self { began: Instant::now() }
    }

    /// Milliseconds since the beginning.
    pub fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    /// Milliseconds from the beginning to then.
    pub fn millis_at(time: Timestamp) -> u64 {
        u64::try_from(time.duration_since(beginning()).as_millis()).unwrap()
    }
}

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::from_millis(i64::try_from(self.millis()).unwrap());
        beginning() + elapsed
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
