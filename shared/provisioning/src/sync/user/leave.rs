//! Ends: an account deleted, found gone, or let go.

use super::super::settlement::Due;
use super::super::task::{Next, Task, Told};
use super::settle_well;
use crate::activity::Action;
use crate::clock::after;
use crate::detect::RING_AGAIN;
use crate::link::{Link, LinkKey, Mark, Object, State};
use crate::ports::{Doorbell, Lane, Ownership, StoreResult};
use crate::target::{TargetError, Write};

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
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                self.fail(&claimed, seen, &error, Told::failure(Action::Delete, "", requests)).await
            }
        }
    }

    /// Whether he is still pushed in a group; if so the groups are told to look.
    async fn memberships_remain(&self, link: &Link) -> StoreResult<bool> {
        let Object::User(user) = &link.key.object else { return Ok(false) };
        let application = &self.key.application;
        let mut bells = Vec::new();
        for group in &self.tables().memberships.groups_pushed_in(application, user).await? {
            let key = LinkKey::group(application, group);
            // A group that is not kept at this target takes nobody out, and one that fails may never: neither holds
            // anybody up.
            let link = self.tables().links.link(&key).await?;
            let takes_out =
                |link: &Link| link.usable_remote(self.generation()).is_some() && link.work.problem.is_none();
            let Some(link) = link.filter(takes_out) else { continue };
            let memberships = &self.tables().memberships;
            let among = memberships.pushed_among(application, group, std::slice::from_ref(user)).await?;
            if among.is_empty() && !link.members_in_doubt.contains_key(user) {
                // The group does not know of him: a record that was cut off half-way.
                memberships.forget_pushed(application, group, std::slice::from_ref(user)).await?;
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
    pub(super) async fn gone(&self, claimed: &Link, seen: u64, due: Due, told: Told) -> StoreResult<Next> {
        let outcome = self.outcome(claimed, told);
        let give = claimed.remote_id.clone().map(Ownership::Give);
        let settled = self
            .settle(claimed, seen, due, give.as_ref(), Some(outcome), |link| {
                link.state = State::Tombstone;
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
                link.unassigned_since = None;
                link.presence_changed = true;
                settle_well(link);
            })
            .await?;
        Ok(settled.next())
    }
}
