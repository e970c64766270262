//! The schedule of change-detection: rings what came due. On AWS every minute, here every second.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use provisioning::clock::Clock;
use provisioning::due::Poller;
use tokio::sync::watch;

/// Runs the poller.
pub(super) struct Schedule {
    pub(super) poller: Poller,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) interval: Duration,
    pub(super) running: Running,
}

/// Whether the poller is at work: between moving a due time and ringing, nothing else shows that something is to come.
#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<AtomicUsize>);

impl Running {
    /// Whether it is.
    pub(super) fn is_busy(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    fn begin(&self) -> Busy {
        self.0.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(&self.0))
    }
}

/// Ends with its drop, also where the poller panics.
struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Schedule {
    /// Rings at every interval until `stop` says so.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            {
                let _busy = self.running.begin();
                match self.poller.ring_due().await {
                    Ok(0) => {}
                    Ok(rung) => tracing::debug!(rung, "rang what came due"),
                    Err(error) => tracing::warn!(%error, "what came due could not be rung"),
                }
            }
            tokio::select! {
                () = self.clock.sleep(self.interval) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }
}
