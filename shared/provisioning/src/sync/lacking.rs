//! A counterpart that a complete listing lacked, or that answered 404: what it comes to (rule 4, and DESIGN section 7, last line
//! of the first table).

use super::settlement::Due;
use super::task::{Next, Task, Told};
use crate::activity::Action;
use crate::application::OnDeletion;
use crate::desired::Desired;
use crate::drift::{Subject, judge};
use crate::fuse::Fuse;
use crate::link::{Link, Object, State};
use crate::ports::StoreResult;
use crate::target::{Kind, RequestNote, TargetError};

/// How it came to be gone that stood missing.
const DELETED_THERE: &str = "somebody else deleted it at the target";

impl Task<'_> {
    /// Reads what a listing lacked. Only if the target says that it is not there, and answers us otherwise, is it gone; what is
    /// there is compared with what was sent.
    pub(super) async fn look_for(&self, link: &Link, subject: Subject<'_>) -> StoreResult<Next> {
        let seen = link.work.generation;
        let now = self.now();
        let there = |link: &mut Link| link.observed.lacking = false;
        let Some(remote_id) = link.owned_remote(self.generation()).filter(|_| link.state == State::Linked)
        else {
            self.settle(link, seen, Due::At(now), None, None, there).await?;
            return Ok(Next::Again);
        };
        let read = self.target().get(self.key.kind(), remote_id).await;
        let mut requests = read.requests;
        let error = match read.result {
            Ok(found) => {
                let judged = judge(self.configured(), subject, link, &found, now);
                let outcome = judged.as_ref().and_then(|judged| judged.outcome.clone());
                self.settle(link, seen, Due::At(now), None, outcome, |link| {
                    if let Some(judged) = &judged {
                        link.observed = judged.after.observed.clone();
                        link.doubt.clone_from(&judged.after.doubt);
                    }
                    there(link);
                })
                .await?;
                return Ok(Next::Again);
            }
            Err(TargetError::NotFound(detail)) => {
                let control = self.target().control().await;
                requests.extend(control.requests);
                match control.result {
                    Ok(()) => {
                        let desired = subject.desired(self.configured());
                        let told = Told::failure(Action::Drift, "", requests);
                        return self.is_missing(link, seen, desired, &detail, told).await;
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let error = self.judge(error, &mut requests).await;
        // That it cannot be read proves nothing, and holds up nothing that is to be done about it.
        if matches!(error, TargetError::Unsupported(_) | TargetError::Rejected(_) | TargetError::Forbidden(_))
        {
            self.settle(link, seen, Due::At(now), None, None, there).await?;
            return Ok(Next::Again);
        }
        self.fail(link, seen, &error, Told::failure(Action::Hold, "", requests)).await
    }

    /// It is gone. What we deleted without hearing so is made anew where it is wanted; of what is not wanted any more nothing is
    /// left to be done. `told` is what is told otherwise.
    pub(super) async fn is_missing(
        &self,
        link: &Link,
        seen: u64,
        desired: Desired,
        detail: &str,
        told: Told,
    ) -> StoreResult<Next> {
        if link.deletion_in_doubt {
            let reason = "a deletion whose answer was lost had been done";
            let told = Told::success(Action::Delete, reason, told.requests);
            self.end(link, seen, Due::At(self.now()), told).await?;
            return Ok(Next::Again);
        }
        if desired != Desired::Active {
            return self.was_gone(link, seen, detail, told.requests).await;
        }
        self.stand_missing(link, seen, told).await
    }

    /// It is not wanted any more, and somebody else deleted it: nothing is left to be done.
    pub(super) async fn was_gone(
        &self,
        link: &Link,
        seen: u64,
        detail: &str,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let told = Told::success(Action::Delete, format!("it was gone already: {detail}"), requests);
        self.end(link, seen, Due::Done, told).await
    }

    /// Nothing is at the target any more, and the link says so.
    async fn end(&self, link: &Link, seen: u64, due: Due, told: Told) -> StoreResult<Next> {
        match &link.key.object {
            Object::User(_) => self.gone(link, seen, due, told).await,
            Object::Group(group) => self.group_gone(group, link, seen, due, told).await,
        }
    }

    /// It stands missing, and nobody wants it any more. Somebody may have brought it back since: what is there again is kept, to be
    /// let go as any other.
    pub(super) async fn is_over_or_back(&self, link: &Link) -> StoreResult<Next> {
        let seen = link.work.generation;
        let mut requests = Vec::new();
        let Some(remote_id) = &link.remote_id else {
            return self.was_gone(link, seen, DELETED_THERE, requests).await;
        };
        let read = self.target().get(self.key.kind(), remote_id).await;
        requests.extend(read.requests);
        let error = match read.result {
            Ok(_) => {
                self.settle(link, seen, Due::At(self.now()), None, None, |link| {
                    link.state = State::Linked;
                    link.work.problem = None;
                    link.presence_changed = true;
                })
                .await?;
                return Ok(Next::Again);
            }
            Err(TargetError::NotFound(_)) => {
                let control = self.target().control().await;
                requests.extend(control.requests);
                match control.result {
                    Ok(()) => return self.was_gone(link, seen, DELETED_THERE, requests).await,
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let error = self.judge(error, &mut requests).await;
        self.fail(link, seen, &error, Told::failure(Action::Hold, "", requests)).await
    }

    /// Whether it stands missing at this target though nobody wants it any more.
    pub(super) fn is_missing_in_vain(&self, link: &Link, desired: Desired) -> bool {
        link.state == State::Missing
            && link.target_generation == self.generation()
            && desired != Desired::Active
    }

    /// Somebody else deleted it. Where the policy has it so it is made anew, by the next round.
    pub(super) async fn stand_missing(&self, link: &Link, seen: u64, told: Told) -> StoreResult<Next> {
        let again = self.configured().application.policy.drift.deleted_at_target == OnDeletion::Recreate;
        let what = match self.key.kind() {
            Kind::User => "account",
            Kind::Group => "group",
        };
        let then = if again { "it is made anew" } else { "it is not made again by itself" };
        let reason = format!("the {what} was deleted at the target by somebody else; {then}");
        let outcome = self.outcome(link, Told { reason: reason.clone(), ..told });
        let due = if again { Due::At(self.now()) } else { Due::Done };
        let settled = self
            .settle(link, seen, due, None, Some(outcome), |link| {
                link.state = State::Missing;
                link.holds_members = false;
                link.work.problem = Some(reason.clone());
                link.work.attempts = 0;
                link.doubt.clear();
                link.members_in_doubt.clear();
                link.observed = crate::drift::Observed::found(self.now());
                link.presence_changed = true;
            })
            .await?;
        Ok(if again { Next::Again } else { settled.next() })
    }

    /// Counts an account that turned out to be missing; says why there are too many, where there are.
    pub(super) async fn counted_missing(&self) -> StoreResult<Option<String>> {
        let limits = self.configured().application.policy.fuse;
        let fuse = Fuse { tables: self.tables(), application: &self.key.application, limits };
        let now = self.now();
        fuse.change(|window| window.with_missing(now)).await?;
        let window = self.tables().fuse.window(&self.key.application).await?;
        Ok(window.target_changed(&limits, now))
    }
}
