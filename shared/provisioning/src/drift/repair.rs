//! What a person says of one drift: it is to be undone, whatever the policy says. This is how an account comes on again that
//! somebody turned off at the target.

use std::sync::Arc;

use super::told::{Kind, of_link};
use crate::activity::{Actor, Outcome, OutcomeResult};
use crate::application::{Application, Configured};
use crate::clock::{Clock, after};
use crate::detect::RING_AGAIN;
use crate::fuse::{Fuse, Removes};
use crate::ids::UserId;
use crate::link::{Link, LinkKey, State};
use crate::plan::active;
use crate::ports::{Bell, Doorbell, Lane, Ownership, StoreError, StoreResult, Tables, Written};

/// How often a link may change under the hands of who writes it.
const SURPRISES: usize = 5;

/// Undoes drift at a person's word. What was sent is put in doubt and marked; a worker sends it again like any other doubt.
#[derive(Clone)]
pub struct Repairs {
    /// The tables.
    pub tables: Tables,
    /// Rings for the work.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Why nothing is repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// No drift is noted of it.
    #[error("nothing was seen to be changed at the target")]
    NoDrift,
    /// A worker is at it.
    #[error("it is being synchronised at this moment; try again")]
    Busy,
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Repairs {
    /// Has all drift of one user or group undone that is noted. It is rung at once.
    ///
    /// # Errors
    ///
    /// [`RepairError`].
    pub async fn repair(
        &self,
        configured: &Configured,
        key: &LinkKey,
        by: &Actor,
    ) -> Result<(), RepairError> {
        for _ in 0..SURPRISES {
            let Some(before) = self.tables.links.link(key).await? else { return Err(RepairError::NoDrift) };
            let here = before.target_generation == configured.application.target_generation;
            let kinds = Kind::all_of(&before);
            if kinds.is_empty() || !here {
                return Err(RepairError::NoDrift);
            }
            if before.work.is_claimed(self.clock.now()) {
                return Err(RepairError::Busy);
            }
            let (mut link, ownership) = in_doubt(&before);
            self.doubt_members(configured, &mut link).await?;
            let now = self.clock.now();
            link.work.generation += 1;
            link.work.application_version = configured.application.version;
            link.work.by_sweep = false;
            link.work.due_at = Some(after(now, RING_AGAIN));
            let outcome = of_link(&configured.application, &before, &kinds, Vec::new(), now);
            link.tell(&Outcome {
                actor: by.clone(),
                result: OutcomeResult::Success,
                reason: format!("to be undone: {}", outcome.reason),
                security: false,
                ..outcome
            });
            match self.tables.links.write(&before, &link, ownership.as_ref()).await? {
                Written::Yes => {
                    self.count(configured, &before, now).await?;
                    let bell = Doorbell::Link { key: key.clone(), generation: link.work.generation };
                    return Ok(self.bell.ring(Lane::Live, "", &[bell]).await?);
                }
                // The account is another user's by now.
                Written::Owned(_) => return Err(RepairError::NoDrift),
                Written::Lost(_) => {}
            }
        }
        Err(RepairError::Busy)
    }

    /// Members whom a person has taken out count and are never held.
    async fn count(&self, configured: &Configured, link: &Link, now: jiff::Timestamp) -> StoreResult<()> {
        let lost = link.observed.members.added.len() as u64;
        if lost == 0 {
            return Ok(());
        }
        let Application { id, policy, .. } = &configured.application;
        let fuse = Fuse { tables: &self.tables, application: id, limits: policy.fuse };
        fuse.change(|window| window.with(Removes::Memberships { lost, moved: 0 }, now)).await
    }

    /// Members who are gone are added again, and those who should not be there are taken out: both as if a request of ours had
    /// named them and its answer was lost.
    async fn doubt_members(&self, configured: &Configured, link: &mut Link) -> StoreResult<()> {
        let users: Vec<UserId> =
            link.observed.members.gone.union(&link.observed.members.added).cloned().collect();
        if users.is_empty() {
            return Ok(());
        }
        let links = self.tables.links.links_among(&link.key.application, &users).await?;
        let generation = configured.application.target_generation;
        let remote = |user: &UserId| links.get(user)?.owned_remote(generation).cloned();
        link.members_in_doubt.extend(users.iter().filter_map(|user| Some((user.clone(), remote(user)?))));
        Ok(())
    }
}

/// The link once all its drift is in doubt, and what becomes of its guard.
pub(super) fn in_doubt(before: &Link) -> (Link, Option<Ownership>) {
    let mut link = before.rewritten();
    match before.state {
        // It is matched anew, and made if there is none.
        State::Missing => {
            link.state = State::New;
            link.remote_id = None;
            link.work.problem = None;
            (link, before.remote_id.clone().map(Ownership::Give))
        }
        // It is in use, so it is its user's again, to be taken out of use like any other.
        State::Tombstone => {
            link.state = State::Linked;
            link.doubt = [active()].into();
            // His grace was over when it was deleted.
            link.unassigned_since = Some(jiff::Timestamp::UNIX_EPOCH);
            (link, before.remote_id.clone().map(Ownership::Take))
        }
        _ => {
            link.doubt.extend(before.observed.drift.keys().cloned());
            (link, None)
        }
    }
}
