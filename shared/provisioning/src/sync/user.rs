//! Synchronising one user at one application.

mod create;
mod leave;

use std::collections::BTreeMap;

use super::settlement::{Due, Settled};
use super::task::{Current, Next, ROUNDS, Task, Told};
use crate::activity::Action;
use crate::desired::Desired;
use crate::directory::UserRecord;
use crate::drift::Subject;
use crate::fuse::Removes;
use crate::ids::UserId;
use crate::link::{Link, Removal, State};
use crate::plan::{UserPlan, active, plan_user};
use crate::ports::{StoreResult, Written};
use crate::target::{Change, TargetError, Write};
use crate::value::Value;

impl Task<'_> {
    /// Brings the user into step, re-planning as long as marks come in meanwhile.
    pub(super) async fn user(&mut self, user: &UserId) -> StoreResult<()> {
        for _ in 0..ROUNDS {
            let Some(link) = self.next_link().await? else { return Ok(()) };
            let here = link.target_generation == self.generation();
            if let Some(origin) = link.untold.filter(|_| here) {
                self.tell_found(&link, origin).await?;
                continue;
            }
            let record = self.tables().directory.user(user).await?;
            let desired = Desired::of(record.as_ref(), &self.configured().selection);
            let Some(link) = self.kept_no_more(link, desired).await? else { continue };
            let record = self.seen(user, &link, record).await?;
            if link.observed.lacking {
                match self.look_for(&link, Subject::User(record.as_ref())).await? {
                    Next::Again => continue,
                    Next::Stop => return Ok(()),
                }
            }
            let plan = plan_user(self.configured(), record.as_ref(), &link, self.now());
            if plan.lets_go() {
                match self.before_removal().await? {
                    Current::Yes => {}
                    Current::Reopened => continue,
                    Current::Closed => return Ok(()),
                }
            }
            let next = self.carry_out(plan, record.as_ref(), &link).await?;
            self.forget_named(user).await?;
            if next == Next::Stop {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn carry_out(&self, plan: UserPlan, record: Option<&UserRecord>, link: &Link) -> StoreResult<Next> {
        let seen = link.work.generation;
        let desired = Desired::of(record, &self.configured().selection);
        let kind = self.configured().removal_kind(desired);
        match plan {
            UserPlan::Nothing => self.nothing(record, link).await,
            UserPlan::WaitForGrace { since, until } => self.wait_for_grace(link, kind, (since, until)).await,
            UserPlan::Block { reason } => {
                let told = self.told_of(record, Told::failure(Action::Hold, reason, Vec::new()));
                let known = link.remote_id.is_some() || link.state == State::Creating;
                let state = if known { link.state } else { State::Blocked };
                self.stand(link, seen, state, None, told).await
            }
            UserPlan::Match { attributes } => self.match_or_create(record, link, &attributes).await,
            UserPlan::Resolve => self.resolve(link).await,
            UserPlan::Change { action: action @ Action::Deactivate, write, changes } => {
                match self.permitted(link, kind, Removes::Account).await? {
                    Ok(link) => self.change(&link, action, &write, &changes, record).await,
                    Err(next) => Ok(next),
                }
            }
            UserPlan::Change { action, write, changes } if changes.iter().any(Change::takes_away) => {
                match self.permitted_changes(link, &changes).await? {
                    Ok((link, sent)) => {
                        let kept = if sent.len() < changes.len() { link.removal } else { None };
                        let write = write.of_changes(&sent);
                        self.change_beside(&link, action, &write, &sent, record, kept).await
                    }
                    Err(next) => Ok(next),
                }
            }
            UserPlan::Change { action, write, changes } => {
                self.change(link, action, &write, &changes, record).await
            }
            UserPlan::Delete { write } => match self.permitted(link, kind, Removes::Account).await? {
                Ok(link) => self.delete(&link, &write).await,
                Err(next) => Ok(next),
            },
            UserPlan::Release => match self.permitted(link, kind, Removes::Account).await? {
                Ok(link) => self.release(&link).await,
                Err(next) => Ok(next),
            },
        }
    }

    /// Adds the user's name as the directory has it, for links that never sent one.
    fn told_of(&self, record: Option<&UserRecord>, told: Told) -> Told {
        match record.and_then(|record| record.user.as_ref()) {
            Some(user) => told.named(&user.username),
            None => told,
        }
    }

    /// He is in step: only the mark goes, and what stood in the way while he was wanted.
    async fn nothing(&self, record: Option<&UserRecord>, link: &Link) -> StoreResult<Next> {
        let desired = Desired::of(record, &self.configured().selection);
        if self.is_missing_in_vain(link, desired) {
            return self.is_over_or_back(link).await;
        }
        let wanted = desired == Desired::Active;
        // A change that was rejected is forgotten once nobody asks for it any more.
        let unrejected = Link { rejected: BTreeMap::new(), ..link.clone() };
        let in_step = plan_user(self.configured(), record, &unrejected, self.now()) == UserPlan::Nothing;
        let settled = self
            .settle(link, link.work.generation, Due::Done, None, None, |link| {
                link.leave_behind(self.generation());
                link.unassigned_since = None;
                let waits = matches!(link.removal, Some(Removal::Held { .. }));
                link.removal = link.removal.filter(|_| !wanted && !waits);
                if in_step {
                    link.rejected.clear();
                }
                link.work.attempts = 0;
                link.candidates.clear();
                match link.state {
                    // At another target, that is: nobody wants it here.
                    State::Missing if !wanted => {
                        link.state = State::Tombstone;
                        link.work.problem = None;
                    }
                    State::Missing => {}
                    State::Blocked | State::Conflict if !wanted => {
                        link.state = State::New;
                        link.work.problem = None;
                    }
                    _ => link.work.problem = None,
                }
            })
            .await?;
        Ok(settled.next())
    }

    /// One request of changes.
    async fn change(
        &self,
        link: &Link,
        action: Action,
        write: &Write,
        changes: &[Change],
        record: Option<&UserRecord>,
    ) -> StoreResult<Next> {
        self.change_beside(link, action, write, changes, record, None).await
    }

    /// The same, beside changes that are held: what was said of those is kept.
    async fn change_beside(
        &self,
        link: &Link,
        action: Action,
        write: &Write,
        changes: &[Change],
        record: Option<&UserRecord>,
        kept: Option<Removal>,
    ) -> StoreResult<Next> {
        let seen = link.work.generation;
        let first = before_the_name(link, changes);
        let narrowed = first.as_ref().map(|first| write.clone().of_changes(first));
        let (write, changes) = (narrowed.as_ref().unwrap_or(write), first.as_deref().unwrap_or(changes));
        let due = if first.is_some() { Due::At(self.now()) } else { Due::Done };
        let doubt =
            |link: &mut Link| link.doubt.extend(changes.iter().map(|change| change.attribute.clone()));
        let Ok(claimed) = self.intend(link, None, doubt).await? else { return Ok(Next::Again) };
        let answer = self.target().write(write).await;
        let mut requests = answer.requests;
        let Err(error) = answer.result else {
            let told = self.told_of(
                record,
                Told::success(action, reason_for(action, record, self.configured()), requests),
            );
            let told = told.with_changes(changes);
            if action == Action::Deactivate && self.configured().application.deactivation_removes() {
                return self.gone(&claimed, seen, Due::Done, told).await;
            }
            let outcome = self.outcome(&claimed, told);
            let settled = self
                .settle(&claimed, seen, due, None, Some(outcome), |link| {
                    self.accept(link, action, changes, &claimed);
                    link.removal = link.removal.or(kept);
                })
                .await?;
            return Ok(if first.is_some() { Next::Again } else { settled.next() });
        };
        match self.judge(error, &mut requests).await {
            TargetError::NotFound(detail) => {
                self.missing(&claimed, seen, action, changes, &detail, requests).await
            }
            error => {
                let told = Told::failure(action, "", requests).with_changes(changes);
                self.fail(&claimed, seen, &error, self.told_of(record, told)).await
            }
        }
    }

    /// A change was answered 404. Only if reading the account says so too, and the target answers us otherwise, is it gone
    /// (DESIGN section 7, last line of the first table).
    async fn missing(
        &self,
        claimed: &Link,
        seen: u64,
        action: Action,
        changes: &[Change],
        detail: &str,
        mut requests: Vec<crate::target::RequestNote>,
    ) -> StoreResult<Next> {
        match self.is_gone(claimed, detail, &mut requests).await {
            Ok(()) if action == Action::Deactivate => {
                let reason = format!("it was gone already: {detail}");
                self.gone(claimed, seen, Due::Done, Told::success(action, reason, requests)).await
            }
            // It went through us, or while it was off: he is wanted again, so he gets an account again.
            Ok(()) if claimed.deletion_in_doubt || claimed.state == State::Deactivated => {
                let reason = match claimed.deletion_in_doubt {
                    true => format!("a deletion whose answer was lost had been done: {detail}"),
                    false => format!("the target did not keep the account while it was off: {detail}"),
                };
                let told = Told::success(Action::Delete, reason, requests);
                self.gone(claimed, seen, Due::At(self.now()), told).await?;
                Ok(Next::Again)
            }
            Ok(()) => {
                let told = Told::failure(action, "", requests).with_changes(changes);
                match self.counted_missing().await? {
                    None => self.stand_missing(claimed, seen, told).await,
                    Some(why) => self.fail(claimed, seen, &TargetError::Unauthorized(why), told).await,
                }
            }
            Err(error) => {
                let told = Told::failure(action, "", requests).with_changes(changes);
                self.fail(claimed, seen, &error, told).await
            }
        }
    }

    /// What an accepted change leaves on the link, which was `claimed` so before it was sent.
    pub(super) fn accept(&self, link: &mut Link, action: Action, changes: &[Change], claimed: &Link) {
        let paths = changes.iter().map(|change| &change.attribute);
        let listed_at = self.configured().condition.listed_at;
        link.observed.accept(paths, &link.sent, listed_at, self.now());
        for Change { attribute, new, .. } in changes {
            match new {
                Some(value) => link.sent.insert(attribute.clone(), value.clone()),
                None => link.sent.remove(attribute),
            };
            link.doubt.remove(attribute);
            link.rejected.remove(attribute);
        }
        let state = match action {
            Action::Deactivate => State::Deactivated,
            _ => State::Linked,
        };
        link.presence_changed =
            link.state != state || changes.iter().any(|change| change.attribute == active());
        link.state = state;
        link.deletion_in_doubt = false;
        // What was said of his removal while the request was under way is about what comes next.
        let said_since = link.removal != claimed.removal;
        link.removal = link.removal.filter(|_| action == Action::Deactivate || said_since);
        link.unassigned_since = None;
        settle_well(link);
    }

    /// The remote id turned out to be another object's.
    pub(super) async fn owned_by_another(
        &self,
        link: &Link,
        seen: u64,
        owner: &str,
        told: Told,
    ) -> StoreResult<Next> {
        let reason = format!("the account at the target belongs to another user of the directory ({owner})");
        let told = Told { reason, ..told };
        self.stand(link, seen, State::Conflict, Some(super::failure::tomorrow(self.now())), told).await
    }
}

/// The changes that go before the user's name, where it was refused together with them: somebody else may have the name, and
/// that keeps nothing else back. `None` where all go at once.
fn before_the_name(link: &Link, changes: &[Change]) -> Option<Vec<Change>> {
    let is_name = |change: &Change| change.attribute.to_string().eq_ignore_ascii_case("userName");
    let refused = link.work.attempts > 0
        && changes.iter().any(|change| is_name(change) && link.doubt.contains(&change.attribute));
    let first: Vec<_> = changes.iter().filter(|change| !is_name(change)).cloned().collect();
    (refused && !first.is_empty()).then_some(first)
}

/// Nothing stands in the way any more.
pub(super) fn settle_well(link: &mut Link) {
    link.candidates.clear();
    link.work.attempts = 0;
    link.work.problem = None;
}

fn reason_for(
    action: Action,
    record: Option<&UserRecord>,
    configured: &crate::application::Configured,
) -> String {
    let desired = Desired::of(record, &configured.selection);
    match action {
        Action::Deactivate => format!("the user is {desired}"),
        Action::Reactivate => "the user is wanted again".into(),
        _ => "an attribute differs from what was last sent".into(),
    }
}

/// The value of `active` after an action.
pub(super) fn on() -> Value {
    Value::Boolean(true)
}

/// Whether an intent was not recorded because the account is another's.
pub(super) fn owner_of(lost: &Written) -> Option<String> {
    match lost {
        Written::Owned(owner) => Some(owner.to_string()),
        Written::Yes | Written::Lost(_) => None,
    }
}

/// What a settled create or adoption does next, with the owner where the account is another's.
pub(super) fn owned(settled: &Settled) -> Option<&str> {
    match settled {
        Settled::Owned(owner) => Some(owner),
        _ => None,
    }
}
