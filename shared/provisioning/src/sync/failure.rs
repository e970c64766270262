//! What is done about an answer that is not success: who waits, for how long, and who is told.

use std::time::Duration;

use jiff::Timestamp;

use super::settlement::Due;
use super::task::{Next, Task, Told};
use crate::clock::after;
use crate::link::{Link, State};
use crate::ports::StoreResult;
use crate::target::{RequestNote, TargetError};

/// What an error means for the object, and for the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Try this object again after this long; others go on.
    Retry(Duration),
    /// The target asked for rest. Not a failure: nothing is counted or told.
    HoldOff(Duration),
    /// Nothing is sent to the application any more until a person acts.
    Pause,
}

/// After trouble of the target's: quickly at first, since most of it passes, then at growing distances, then daily.
const TROUBLE: [u64; 8] = [1, 4, 15, 60, 300, 1_800, 7_200, 21_600];
/// After a refusal of this object: it will be refused again until somebody changes something, which marks it anew.
const REFUSAL: [u64; 3] = [3_600, 21_600, 86_400];
const DAILY: u64 = 86_400;

/// Decides. `attempts` are the failures in a row before this one.
pub(super) fn disposition(error: &TargetError, attempts: u32) -> Disposition {
    let step = |schedule: &[u64]| {
        let seconds = schedule.get(attempts as usize).copied().unwrap_or(DAILY);
        Disposition::Retry(Duration::from_secs(seconds))
    };
    match error {
        TargetError::Unknown(_) | TargetError::Failed(_) => step(&TROUBLE),
        TargetError::Throttled(wait) => Disposition::HoldOff((*wait).min(Duration::from_secs(DAILY))),
        TargetError::Unauthorized(_) | TargetError::Refused(_) => Disposition::Pause,
        TargetError::Forbidden(_)
        | TargetError::NotFound(_)
        | TargetError::Conflict(_)
        | TargetError::Rejected(_)
        | TargetError::Unsupported(_) => step(&REFUSAL),
    }
}

/// Whether the error says for certain that nothing was done.
fn surely_not_done(error: &TargetError) -> bool {
    !matches!(error, TargetError::Unknown(_) | TargetError::Failed(_) | TargetError::Throttled(_))
}

impl Task<'_> {
    /// A 403 on one object is its own, unless the control read is refused too (rule 9).
    pub(super) async fn judge(&self, error: TargetError, requests: &mut Vec<RequestNote>) -> TargetError {
        let TargetError::Forbidden(detail) = error else { return error };
        let control = self.target().control().await;
        requests.extend(control.requests);
        match control.result {
            Err(TargetError::Forbidden(_) | TargetError::Unauthorized(_)) => {
                TargetError::Unauthorized(detail)
            }
            _ => TargetError::Forbidden(format!("the target protects this object: {detail}")),
        }
    }

    /// Settles a failure: the doubts stand, the object is due again as the error demands, and the outcome is told.
    pub(super) async fn fail(
        &self,
        link: &Link,
        seen: u64,
        error: &TargetError,
        told: Told,
    ) -> StoreResult<Next> {
        let now = self.now();
        let applications = &self.tables().applications;
        let application = &self.key.application;
        let reason = error.to_string();
        let create_refused = link.state == State::Creating && surely_not_done(error);
        let revert = |link: &mut Link| {
            if create_refused {
                link.state = State::New;
                link.doubt.clear();
            }
        };
        let (due_at, counts) = match disposition(error, link.work.attempts) {
            Disposition::HoldOff(wait) => {
                let until = after(now, wait);
                applications.hold_off(application, until).await?;
                (until, false)
            }
            Disposition::Pause => {
                applications.pause(application, Some(&reason)).await?;
                (after(now, Duration::from_secs(60)), true)
            }
            Disposition::Retry(wait) => (after(now, wait), true),
        };
        let outcome = counts.then(|| self.outcome(link, Told { reason: reason.clone(), ..told }));
        let settled = self
            .settle(link, seen, Due::At(due_at), None, outcome, |link| {
                revert(link);
                if counts {
                    link.work.attempts += 1;
                    link.work.problem = Some(reason.clone());
                }
            })
            .await?;
        Ok(settled.next())
    }

    /// Settles that a person or a value is missing. The same reason again is not told again.
    pub(super) async fn stand(
        &self,
        link: &Link,
        seen: u64,
        state: State,
        again: Option<Timestamp>,
        told: Told,
    ) -> StoreResult<Next> {
        let reason = told.reason.clone();
        let known = link.work.problem.as_deref() == Some(reason.as_str());
        let outcome = (!known).then(|| self.outcome(link, told));
        let due = again.map_or(Due::Done, Due::At);
        let settled = self
            .settle(link, seen, due, None, outcome, |link| {
                link.state = state;
                link.work.problem = Some(reason.clone());
                link.work.attempts += 1;
                if state == State::Conflict {
                    link.doubt.clear();
                }
            })
            .await?;
        Ok(settled.next())
    }
}

/// When a conflict is looked at again by itself.
pub(super) fn tomorrow(now: Timestamp) -> Timestamp {
    after(now, Duration::from_secs(DAILY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_retried_soon_then_slowly_then_daily() {
        let seconds = |attempts| match disposition(&TargetError::Failed(String::new()), attempts) {
            Disposition::Retry(wait) => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (0..9).map(seconds).collect::<Vec<_>>(),
            [1, 4, 15, 60, 300, 1_800, 7_200, 21_600, 86_400]
        );
    }

    #[test]
    fn throttling_is_no_failure_and_a_refused_token_stops_the_application() {
        let wait = Duration::from_secs(7);
        assert_eq!(disposition(&TargetError::Throttled(wait), 3), Disposition::HoldOff(wait));
        assert_eq!(disposition(&TargetError::Unauthorized(String::new()), 0), Disposition::Pause);
    }

    #[test]
    fn a_refused_object_waits_for_a_change() {
        let wait = Disposition::Retry(Duration::from_secs(3_600));
        assert_eq!(disposition(&TargetError::Rejected(String::new()), 0), wait);
        assert_eq!(disposition(&TargetError::Forbidden(String::new()), 0), wait);
    }
}
