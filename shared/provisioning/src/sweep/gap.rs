//! The sweeps after a gap in a stream: a record that was given up unread is never told again, so what it told is looked for.

use super::{SweepRequest, start};
use crate::application::Lifecycle;
use crate::clock::Clock;
use crate::ids::JobId;
use crate::ports::{Bell, StoreResult, Tables};

/// Sweeps every application that is enabled, and says how many there are. A sweep that is under way began before the gap was
/// known, and begins anew; it may be one that reads the target, and does so then too.
///
/// # Errors
///
/// A table or a queue did not answer: some may not be swept yet, so the whole is to be asked for again.
pub async fn start_after_gap(tables: &Tables, bell: &dyn Bell, clock: &dyn Clock) -> StoreResult<usize> {
    let mut started = 0;
    for application in tables.applications.list().await? {
        if application.lifecycle != Lifecycle::Enabled {
            continue;
        }
        let now = clock.now();
        let Ok(job) = format!("gap-{}", now.as_millisecond()).parse::<JobId>() else { continue };
        let read_target = tables.applications.condition(&application.id).await?.sweep.is_some();
        let application = application.id;
        let request = SweepRequest { job, application, read_target, allowed_removals: None };
        if start(tables, bell, clock, request, None).await? {
            started += 1;
        }
    }
    Ok(started)
}
