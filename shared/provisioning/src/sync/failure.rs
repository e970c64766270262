//! What is done about an answer that is not success: who waits, for how long, and who is told.

use std::time::Duration;

use jiff::Timestamp;

use super::settlement::Due;
use super::task::{Next, Task, Told};
use crate::activity::Action;
use crate::application::Pace;
use crate::clock::after;
use crate::link::{Link, State};
use crate::matching::{Candidate, DONE_LATE};
use crate::ports::StoreResult;
use crate::target::{RequestNote, TargetError};

/// What an error means for the object, and for the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Try this object again after this long; others go on.
    Retry(Duration),
    /// The target asked for rest. Not a failure: nothing is counted or told.
    HoldOff(Duration),
    /// Nothing was sent. Try this object again after this long; nothing is counted or told.
    Later(Duration),
    /// Nothing is sent to the application any more until a person acts.
    Pause,
}

/// After trouble of the target's: quickly at first, since most of it passes, then at growing distances, then daily.
const TROUBLE: [u64; 8] = [1, 4, 15, 60, 300, 1_800, 7_200, 21_600];
/// After a refusal of this object: it will be refused again until somebody changes something, which marks it anew.
const REFUSAL: [u64; 3] = [3_600, 21_600, 86_400];
const DAILY: u64 = 86_400;
/// How often a create whose answer was lost is looked for, at least, before it is believed not to have been done.
const LOOKS_FOR_A_LOST_CREATE: usize = 3;

/// Decides. `attempts` are the failures in a row before this one.
pub(super) fn disposition(error: &TargetError, attempts: u32) -> Disposition {
    let step = |schedule: &[u64]| {
        let seconds = schedule.get(attempts as usize).copied().unwrap_or(DAILY);
        Disposition::Retry(Duration::from_secs(seconds))
    };
    match error {
        TargetError::Unknown(_) | TargetError::Failed(_) => step(&TROUBLE),
        TargetError::Throttled(wait) => Disposition::HoldOff((*wait).min(Duration::from_secs(DAILY))),
        TargetError::Unsent(wait) => Disposition::Later(*wait),
        TargetError::Unauthorized(_) | TargetError::Refused(_) => Disposition::Pause,
        TargetError::Forbidden(_)
        | TargetError::NotFound(_)
        | TargetError::Conflict(_)
        | TargetError::Rejected(_)
        | TargetError::WholeList
        | TargetError::Unsupported(_) => step(&REFUSAL),
    }
}

/// What a failure means for a create that was sent or may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Create {
    /// Nothing: what stood before still stands.
    Stands,
    /// It was not done, and none is open.
    Refused,
}

/// Whether the error says for certain that nothing was done.
fn surely_not_done(error: &TargetError) -> bool {
    !matches!(error, TargetError::Unknown(_) | TargetError::Failed(_) | TargetError::Throttled(_))
}

impl Task<'_> {
    /// Whether the application was configured anew since this task's batch read it.
    pub(super) async fn is_superseded(&self) -> StoreResult<bool> {
        let now = self.tables().applications.load(&self.key.application).await?;
        Ok(now.is_none_or(|now| now.application.version != self.configured().application.version))
    }

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
        self.fail_as(link, seen, error, Create::Stands, told).await
    }

    /// Settles the failure of a create. It is forgotten only if this answer says for certain that it was not done, and none
    /// before it (`open`) may have been.
    pub(super) async fn fail_create(
        &self,
        link: &Link,
        seen: u64,
        error: &TargetError,
        open: bool,
        told: Told,
    ) -> StoreResult<Next> {
        let create = if surely_not_done(error) && !open { Create::Refused } else { Create::Stands };
        self.fail_as(link, seen, error, create, told).await
    }

    async fn fail_as(
        &self,
        link: &Link,
        seen: u64,
        error: &TargetError,
        create: Create,
        told: Told,
    ) -> StoreResult<Next> {
        let now = self.now();
        let applications = &self.tables().applications;
        let application = &self.key.application;
        let reason = error.to_string();
        let disposition = disposition(error, link.work.attempts);
        // The whole target rests: who goes on at once would not let it.
        let rests = !matches!(disposition, Disposition::Retry(_));
        let (due_at, counts) = match disposition {
            Disposition::HoldOff(wait) => {
                let until = after(now, wait);
                applications.hold_off(application, until).await?;
                let pace = self.configured().pace;
                if let Some(lowered) = Pace::lowered(pace, now) {
                    applications.set_pace(application, pace, Some(lowered)).await?;
                }
                (until, false)
            }
            Disposition::Later(wait) => (after(now, wait), false),
            // Credentials that were replaced meanwhile say nothing about the new ones.
            Disposition::Pause if self.is_superseded().await? => (after(now, Duration::from_secs(1)), false),
            Disposition::Pause => {
                let version = self.configured().application.version;
                applications.pause(application, version, &reason).await?;
                (after(now, Duration::from_secs(60)), true)
            }
            Disposition::Retry(wait) => (after(now, wait), true),
        };
        let outcome = counts.then(|| self.outcome(link, Told { reason: reason.clone(), ..told }));
        let settled = self
            .settle(link, seen, Due::At(due_at), None, outcome, |link| {
                if create == Create::Refused {
                    link.state = State::New;
                    link.doubt.clear();
                }
                if counts {
                    link.work.attempts += 1;
                    link.work.problem = Some(reason.clone());
                }
            })
            .await?;
        Ok(if rests { Next::Stop } else { settled.next() })
    }

    /// Settles a task that was cut off: the link is released if this task held it, and due again as after trouble.
    pub(super) async fn interrupted(&self, reason: &str) -> StoreResult<()> {
        let Some(link) = self.tables().links.link(&self.key).await? else { return Ok(()) };
        let ours = link.work.claim.as_ref().is_some_and(|claim| claim.token == self.token);
        if link.work.due_at.is_none() || (link.work.is_claimed(self.now()) && !ours) {
            return Ok(());
        }
        let told = Told::failure(Action::Hold, "", Vec::new());
        self.fail(&link, link.work.generation, &TargetError::Failed(reason.to_owned()), told).await?;
        Ok(())
    }

    /// A create that may have been sent is not to be seen at the target. It may still be under way, or not be shown yet,
    /// so it is forgotten only when it was not to be seen several times, at growing distances, for as long as it may come late.
    pub(super) async fn unresolved(&self, link: &Link, requests: &[RequestNote]) -> StoreResult<Next> {
        let seen = link.work.generation;
        let looked = link.work.attempts as usize;
        let last = link.asked_at.map(|asked_at| asked_at + DONE_LATE).filter(|last| self.now() < *last);
        let seconds = TROUBLE.get(looked).copied().unwrap_or(DAILY);
        if looked >= LOOKS_FOR_A_LOST_CREATE && last.is_none() {
            let forget = |link: &mut Link| {
                link.state = State::New;
                link.doubt.clear();
                link.members_in_doubt.clear();
                // Nothing is there that could be taken away.
                link.removal = None;
                link.work.attempts = 0;
                link.work.problem = None;
            };
            return Ok(self.settle(link, seen, Due::Done, None, None, forget).await?.next());
        }
        tracing::debug!(link = %self.key, requests = requests.len(), "an open create is not to be seen yet");
        let next = after(self.now(), Duration::from_secs(seconds));
        let again = Due::At(last.map_or(next, |last| last.min(next)));
        Ok(self.settle(link, seen, again, None, None, |link| link.work.attempts += 1).await?.next())
    }

    /// Whether a 404 is true: reading the object says so too, and the target answers us otherwise. Else what it was.
    pub(super) async fn is_gone(
        &self,
        link: &Link,
        detail: &str,
        requests: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let Some(remote_id) = &link.remote_id else { return Ok(()) };
        let read = self.target().get(self.key.kind(), remote_id).await;
        requests.extend(read.requests);
        match read.result {
            Err(TargetError::NotFound(_)) => {
                let control = self.target().control().await;
                requests.extend(control.requests);
                control.result
            }
            Ok(_) => Err(TargetError::Rejected(format!(
                "the target shows the object but answers 404 to a change of it: {detail}"
            ))),
            Err(error) => Err(error),
        }
    }

    /// When a conflict is looked at again by itself: soon while whoever has what is wanted is worked on, since he may be giving it up,
    /// and else tomorrow.
    pub(super) async fn when_to_look_again(
        &self,
        link: &Link,
        candidates: &[Candidate],
    ) -> StoreResult<Timestamp> {
        let now = self.now();
        let Some(seconds) = TROUBLE.get(link.work.attempts as usize) else { return Ok(tomorrow(now)) };
        for owner in candidates.iter().filter_map(|candidate| candidate.owner.as_ref()) {
            let owner = self.tables().links.link(owner).await?;
            if owner.is_some_and(|owner| owner.work.due_at.is_some()) {
                return Ok(after(now, Duration::from_secs(*seconds)));
            }
        }
        Ok(tomorrow(now))
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
        let open = told.create_open;
        let candidates = told.candidates.clone();
        let known = link.work.problem.as_deref() == Some(reason.as_str());
        let outcome = (!known).then(|| self.outcome(link, told));
        let due = again.map_or(Due::Done, Due::At);
        let settled = self
            .settle(link, seen, due, None, outcome, |link| {
                link.state = state;
                link.work.problem = Some(reason.clone());
                link.work.attempts += 1;
                link.candidates = candidates.clone();
                if state == State::Conflict && !open {
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
