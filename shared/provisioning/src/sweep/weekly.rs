//! The sweep that reads the target by itself, once a week: whatever was missed is repaired, and drift is found.

use std::time::Duration;

use super::SweepRequest;
use crate::application::{Condition, Lifecycle};
use crate::clock::{Clock, after};
use crate::ids::{ApplicationId, JobId};
use crate::ports::{Bell, StoreResult, Tables};

/// How long after a sweep that was to read the target the next one is.
pub const WEEKLY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// When the next sweep is due by itself; `None` while one is under way or nothing may be sent. One that never was is due now.
pub fn due_at(lifecycle: Lifecycle, condition: &Condition) -> Option<jiff::Timestamp> {
    let waits = lifecycle == Lifecycle::Enabled && condition.sweep.is_none() && condition.paused.is_none();
    waits.then(|| condition.read_at.map_or(jiff::Timestamp::MIN, |read_at| after(read_at, WEEKLY)))
}

/// Starts the weekly sweep where it is due. Of all who see that at once, one does; `false`: there is none to start.
///
/// # Errors
///
/// A table did not answer. Where only the bell failed, the sweep comes due by itself.
pub async fn start_if_due(
    tables: &Tables,
    bell: &dyn Bell,
    clock: &dyn Clock,
    (application, lifecycle): (&ApplicationId, Lifecycle),
    condition: &Condition,
) -> StoreResult<bool> {
    let now = clock.now();
    if due_at(lifecycle, condition).is_none_or(|due_at| due_at > now) {
        return Ok(false);
    }
    let Ok(job) = format!("weekly-{}", now.as_millisecond()).parse::<JobId>() else { return Ok(false) };
    let request =
        SweepRequest { job, application: application.clone(), read_target: true, allowed_removals: None };
    let job = request.into_job(now);
    if !tables.jobs.start_unless_read(&job, condition.read_at).await? {
        return Ok(false);
    }
    job.ring(bell).await.map(|()| true)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::application::{SweepNote, SweepPhase};

    fn at(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn a_week_after_the_last_reading_the_next_is_due() {
        let condition = Condition { read_at: Some(at(1)), ..Condition::default() };
        assert_eq!(due_at(Lifecycle::Enabled, &condition), Some(at(8)));
        assert_eq!(due_at(Lifecycle::Enabled, &Condition::default()), Some(Timestamp::MIN));
    }

    #[test]
    fn none_is_due_where_one_is_under_way_or_nothing_may_be_sent() {
        let condition = Condition { read_at: Some(at(1)), ..Condition::default() };
        let note = SweepNote { job: "j".parse().expect("an id"), phase: SweepPhase::Users, listing: None };
        let under_way = Condition { sweep: Some(note), ..condition.clone() };
        let paused = Condition { paused: Some("401".into()), ..condition.clone() };
        assert_eq!(due_at(Lifecycle::Enabled, &under_way), None);
        assert_eq!(due_at(Lifecycle::Enabled, &paused), None);
        assert_eq!(due_at(Lifecycle::Disabled, &condition), None);
        assert_eq!(due_at(Lifecycle::Removing, &condition), None);
    }
}
