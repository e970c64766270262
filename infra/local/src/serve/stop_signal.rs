//! SIGINT and SIGTERM: the first asks to stop, the second ends the process.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether the process was asked to stop; clones share it.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Receiver<bool>);

impl StopSignal {
    /// Listens to SIGINT and SIGTERM from now on. The second that comes ends the process at once, with the exit code that
    /// shells use for it.
    ///
    /// # Errors
    ///
    /// The signals cannot be listened to.
    pub fn of_process() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = interrupt.recv() => SignalKind::interrupt(),
                    _ = terminate.recv() => SignalKind::terminate(),
                }
            };
            next().await;
            sender.send_replace(true);
            let second = next().await;
            std::process::exit(128 + second.as_raw_value());
        });
        Ok(Self(receiver))
    }

    /// Returns once the process was asked to stop.
    pub async fn asked(&self) {
        if self.0.clone().wait_for(|asked| *asked).await.is_err() {
            // Nobody is left to ask: the runtime is ending, and everything on it with it.
            std::future::pending::<()>().await;
        }
    }

    /// Returns once the process was asked to stop, or `time` has passed.
    pub async fn asked_or_after(&self, time: Duration) {
        tokio::time::timeout(time, self.asked()).await.ok();
    }

    /// What comes of `work` unless the process is asked to stop first.
    pub async fn before<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.asked() => None,
            done = work => Some(done),
        }
    }
}
