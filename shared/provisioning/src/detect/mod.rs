//! Change detection: which links a change concerns (DESIGN section 6). It marks them and rings; it never decides
//! what is to be written.

mod change;
mod fold;
mod marks;
mod references;

use std::sync::Arc;
use std::time::Duration;

pub use change::{DirectoryChange, StreamChange};

use crate::application::{Configured, Lifecycle};
use crate::clock::Clock;
use crate::ports::{Bell, StoreResult, Tables};
use fold::Folded;

/// A mark that is rung at once is rung again after this long, should its bell be lost.
pub const RING_AGAIN: Duration = Duration::from_secs(60);

/// Turns changes into marks and bells.
#[derive(Clone)]
pub struct Detector {
    /// The tables.
    pub tables: Tables,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Detector {
    /// Marks every link the changes concern, then rings. Done again for the same changes it marks again, which is
    /// harmless. Applications and selections are read consistently, once for all the changes: a change that is dropped
    /// here because nobody selects its group is found by the sweep that the selection's own change starts.
    ///
    /// # Errors
    ///
    /// A store did not answer: the changes must come again.
    pub async fn detect(&self, changes: &[StreamChange]) -> StoreResult<()> {
        let folded = Folded::of(changes);
        if folded.is_empty() {
            return Ok(());
        }
        let applications = self.enabled().await?;
        if applications.is_empty() {
            return Ok(());
        }
        self.mark(&folded, &applications).await
    }

    /// Paused applications are marked too: what came meanwhile is due when they go on.
    async fn enabled(&self) -> StoreResult<Vec<Configured>> {
        let listed = self.tables.applications.list().await?;
        let enabled = listed.into_iter().filter(|application| application.lifecycle == Lifecycle::Enabled);
        let loads =
            enabled.map(|application| async move { self.tables.applications.load(&application.id).await });
        let loaded = futures::future::try_join_all(loads).await?;
        Ok(loaded
            .into_iter()
            .flatten()
            .filter(|application| application.application.lifecycle == Lifecycle::Enabled)
            .collect())
    }
}
