//! Ends: an account deleted, found gone, or let go.

use super::super::settlement::Due;
use super::super::task::{Next, Task, Told};
use super::settle_well;
use crate::activity::Action;
use crate::clock::after;
use crate::desired::Desired;
use crate::detect::RING_AGAIN;
use crate::drift::Observed;
use crate::link::{Link, LinkKey, Mark, Object, State};
use crate::plan::deactivation;
use crate::ports::{Doorbell, Lane, Ownership, StoreResult};
use crate::target::{RequestNote, TargetError, Write};

/// How long a deletion waits before it looks again whether the memberships are gone.
const MEMBERSHIPS_FIRST: std::time::Duration = std::time::Duration::from_secs(3);

impl Task<'_> {
    /// Deletes the account. Memberships go first: targets leave dangling members, and some refuse to remove them
    /// later.
    pub(super) async fn delete(&self, link: &Link, write: &Write) -> StoreResult<Next> {
        let seen = link.work.generation;
        if self.memberships_remain(link).await? {
            let due = Due::At(after(self.now(), MEMBERSHIPS_FIRST));
            return Ok(self.settle(link, seen, due, None, None, |_| {}).await?.next());
        }
        let doubt = |link: &mut Link| {
            link.doubt.insert(crate::plan::active());
            link.deletion_in_doubt = true;
        };
        let Ok(claimed) = self.intend(link, None, doubt).await? else { return Ok(Next::Again) };
        let answer = self.target().write(write).await;
        let mut requests = answer.requests;
        match answer.result {
            Ok(_) => {
                let reason = "the user is no longer wanted".to_owned();
                self.gone(&claimed, seen, Due::Done, Told::success(Action::Delete, reason, requests)).await
            }
            Err(TargetError::NotFound(detail)) => {
                match self.is_gone(&claimed, &detail, &mut requests).await {
                    Ok(()) => {
                        let reason = format!("it was gone already: {detail}");
                        let told = Told::success(Action::Delete, reason, requests);
                        self.gone(&claimed, seen, Due::Done, told).await
                    }
                    Err(error) => {
                        self.fail(&claimed, seen, &error, Told::failure(Action::Delete, "", requests)).await
                    }
                }
            }
            // The one before this may have been done: some answer the deletion of what is gone like any trouble.
            Err(TargetError::Failed(detail))
                if link.deletion_in_doubt && self.is_gone(&claimed, &detail, &mut requests).await.is_ok() =>
            {
                let reason = format!("it was gone already: {detail}");
                self.gone(&claimed, seen, Due::Done, Told::success(Action::Delete, reason, requests)).await
            }
            Err(TargetError::Unsupported(detail)) => {
                self.turn_off_instead(&claimed, seen, &detail, requests).await
            }
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                self.fail(&claimed, seen, &error, Told::failure(Action::Delete, "", requests)).await
            }
        }
    }

    /// The target deletes no accounts. His access ends all the same.
    async fn turn_off_instead(
        &self,
        claimed: &Link,
        seen: u64,
        detail: &str,
        mut requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let Some(remote_id) = claimed.remote_id.clone() else { return Ok(Next::Stop) };
        let (write, changes) = deactivation(claimed, remote_id);
        let answer = self.target().write(&write).await;
        requests.extend(answer.requests);
        if let Err(error) = answer.result {
            let error = match self.judge(error, &mut requests).await {
                TargetError::NotFound(detail) => match self.is_gone(claimed, &detail, &mut requests).await {
                    Ok(()) => return self.was_gone(claimed, seen, &detail, requests).await,
                    Err(error) => error,
                },
                error => error,
            };
            let told = Told::failure(Action::Deactivate, "", requests).with_changes(&changes);
            return self.fail(claimed, seen, &error, told).await;
        }
        let reason = format!("the target deletes no accounts, so it was turned off: {detail}");
        let told = Told::success(Action::Deactivate, reason, requests).with_changes(&changes);
        if self.configured().application.deactivation_removes() {
            return self.gone(claimed, seen, Due::Done, told).await;
        }
        let outcome = self.outcome(claimed, told);
        let off = |link: &mut Link| self.accept(link, Action::Deactivate, &changes, claimed);
        Ok(self.settle(claimed, seen, Due::Done, None, Some(outcome), off).await?.next())
    }

    /// Whether he is still pushed in a group; if so the groups are told to look.
    async fn memberships_remain(&self, link: &Link) -> StoreResult<bool> {
        let Object::User(user) = &link.key.object else { return Ok(false) };
        let application = &self.key.application;
        let mut bells = Vec::new();
        if !self.has_groups() {
            return Ok(false);
        }
        for group in &self.tables().memberships.groups_pushed_in(application, user).await? {
            let key = LinkKey::group(application, group);
            // A group that is not kept at this target takes nobody out, and one that fails may never: neither holds
            // anybody up.
            let link = self.tables().links.link(&key).await?;
            let takes_out =
                |link: &Link| link.usable_remote(self.generation()).is_some() && link.work.problem.is_none();
            let Some(link) = link.filter(takes_out) else { continue };
            // So does one that a person keeps as it is, or that waits for his word.
            let record = self.tables().directory.group(group).await?;
            let desired = Desired::of_group(record.as_ref(), &self.configured().selection);
            if desired != Desired::Active && (link.is_held() || self.configured().keeps(&link, desired)) {
                continue;
            }
            let memberships = &self.tables().memberships;
            let among = memberships.pushed_among(application, group, std::slice::from_ref(user)).await?;
            if among.is_empty() && !link.members_in_doubt.contains_key(user) {
                // The group does not know of him: a record that was cut off half-way.
                memberships.forget_pushed(application, group, std::slice::from_ref(user)).await?;
                continue;
            }
            // What was pushed at another target is nobody's to take out here.
            if among.get(user).is_some_and(|pushed| pushed.target_generation != self.generation()) {
                continue;
            }
            self.tables().memberships.put_todo(application, group, std::slice::from_ref(user)).await?;
            let mark = Mark {
                application_version: self.configured().application.version,
                due_at: after(self.now(), RING_AGAIN),
                by_sweep: false,
                compare: false,
            };
            let generation = self.tables().links.mark(&key, &mark).await?;
            bells.push(Doorbell::Link { key, generation });
        }
        if !bells.is_empty() {
            self.worker.bell.ring(Lane::Live, "", &bells).await?;
        }
        Ok(!bells.is_empty())
    }

    /// The account is not there any more.
    pub(in crate::sync) async fn gone(
        &self,
        claimed: &Link,
        seen: u64,
        due: Due,
        told: Told,
    ) -> StoreResult<Next> {
        let outcome = self.outcome(claimed, told);
        let give = claimed.remote_id.clone().map(Ownership::Give);
        let settled = self
            .settle(claimed, seen, due, give.as_ref(), Some(outcome), |link| {
                link.state = State::Tombstone;
                link.observed = Observed::found(self.now());
                link.doubt.clear();
                link.deletion_in_doubt = false;
                link.removal = None;
                link.unassigned_since = None;
                link.presence_changed = true;
                settle_well(link);
            })
            .await?;
        Ok(settled.next())
    }

    /// The account stays as it is and is kept no more; the memberships we pushed go.
    pub(super) async fn release(&self, link: &Link) -> StoreResult<Next> {
        let reason = "the policy leaves accounts that are no longer wanted";
        let outcome = self.outcome(link, Told::success(Action::Release, reason, Vec::new()));
        let settled = self
            .settle(link, link.work.generation, Due::Done, None, Some(outcome), |link| {
                link.state = State::Released;
                link.observed.drift.clear();
                link.unassigned_since = None;
                link.presence_changed = true;
                settle_well(link);
            })
            .await?;
        Ok(settled.next())
    }
}
