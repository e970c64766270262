//! Real time, for tests that wait for other processes.

use std::time::Instant;

/// The machine's own clock.
#[expect(clippy::disallowed_methods, reason = "whoever waits for another process waits in real time")]
pub fn now() -> Instant {
    Instant::now()
}
