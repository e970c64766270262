//! A person's decision about what the fuse holds.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::held::{HeldMember, List};
use super::{HeldRemovals, Sealed, Window};
use crate::application::{Configured, Setup, SetupError};
use crate::clock::after;
use crate::desired::Desired;
use crate::detect::RING_AGAIN;
use crate::ids::GroupId;
use crate::link::{Link, MemberRemoval, Object, Removal, RemovalKind};
use crate::plan::{UserPlan, plan_user};
use crate::ports::{Doorbell, Lane, Pushed, StoreError, StoreResult, Written};
use crate::reference::resolved;
use crate::target::Change;

/// Links written at a time.
const CONCURRENT: usize = 16;
/// Bells rung together.
const PAGE: usize = 200;
/// How often a link may change under the hands of who writes it.
const SURPRISES: usize = 5;

/// What came of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Removals that it was about.
    pub removals: u64,
}

/// Why a decision is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// The list is not the one that was shown.
    #[error("the list of held removals is not the one with this digest")]
    AnotherList(Box<Sealed>),
    /// The application was changed at the same time, or is being removed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A table did not answer: what was decided so far stands, and the rest is still held.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What becomes of what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Approve,
    Reject,
}

impl HeldRemovals {
    /// Lets exactly the removals of the sealed list go: each is planned anew before anything is sent. The fuse counts anew.
    ///
    /// # Errors
    ///
    /// [`DecisionError`].
    pub async fn approve(
        &self,
        setup: &Setup,
        configured: &Configured,
        digest: &str,
    ) -> Result<Decided, DecisionError> {
        self.decide(setup, configured, digest, Decision::Approve).await
    }

    /// Leaves exactly the accounts, groups and memberships of the sealed list as they are, each until something else is desired of it. The
    /// fuse counts anew.
    ///
    /// # Errors
    ///
    /// [`DecisionError`].
    pub async fn reject(
        &self,
        setup: &Setup,
        configured: &Configured,
        digest: &str,
    ) -> Result<Decided, DecisionError> {
        self.decide(setup, configured, digest, Decision::Reject).await
    }

    async fn decide(
        &self,
        setup: &Setup,
        configured: &Configured,
        digest: &str,
        decision: Decision,
    ) -> Result<Decided, DecisionError> {
        let list = self.list(configured).await?;
        let sealed = self.sealed(configured, &list).await?;
        if sealed.digest != digest {
            return Err(DecisionError::AnotherList(Box::new(sealed)));
        }
        let done = match decision {
            Decision::Approve => "approved",
            Decision::Reject => "rejected: what was to be removed stays as it is",
        };
        let Sealed { accounts, changes, groups, memberships, .. } = sealed;
        let reason = format!("{} was {done}", what_was_held(&sealed));
        let configured = setup.note(&configured.application.id, reason).await?;
        let List { links, members } = list;
        // Members before the links of their groups: should this end between, the groups say still that there are some.
        self.decide_members(&configured, &members, decision).await?;
        for page in links.chunks(PAGE) {
            let writes: Vec<_> =
                page.iter().map(|link| self.decide_one(&configured, link, decision)).collect();
            let bells: Vec<Option<Doorbell>> =
                stream::iter(writes).buffered(CONCURRENT).try_collect().await?;
            let bells: Vec<Doorbell> = bells.into_iter().flatten().collect();
            if !bells.is_empty() {
                self.bell.ring(Lane::Live, "", &bells).await?;
            }
        }
        self.fuse(&configured).change(Window::renewed).await?;
        Ok(Decided { removals: accounts + changes + groups + memberships })
    }

    /// Decides about one link, if something of it is still held; gives the bell that is to be rung.
    async fn decide_one(
        &self,
        configured: &Configured,
        link: &Link,
        decision: Decision,
    ) -> StoreResult<Option<Doorbell>> {
        let mut before = link.clone();
        for _ in 0..SURPRISES {
            // Something else of it may be held by now, about which nobody was asked.
            let listed = before.held().filter(|_| before.removal == link.removal);
            // A group whose members were decided is told so also where its worker has found meanwhile that it holds none any more.
            if listed.is_none() && !before.holds_members && !link.holds_members {
                return Ok(None);
            }
            let mut after_decision = before.rewritten();
            after_decision.holds_members = self.holds_members(configured, &before).await?;
            match (decision, listed) {
                (_, None) => {}
                (Decision::Approve, Some(kind)) => {
                    after_decision.removal = Some(Removal::Permitted { kind, at: self.clock.now() });
                }
                (Decision::Reject, Some(kind)) => {
                    self.reject_one(configured, &mut after_decision, kind).await?;
                }
            }
            // What may go now goes: the removal, or what else there is to be sent of a user whose change was rejected.
            let goes = !matches!(after_decision.removal, Some(Removal::Kept(_)));
            if goes {
                after_decision.work.generation += 1;
                after_decision.work.application_version = configured.application.version;
                after_decision.work.by_sweep = false;
                after_decision.work.due_at = Some(after(self.clock.now(), RING_AGAIN));
            }
            match self.tables.links.write(&before, &after_decision, None).await? {
                Written::Yes => {
                    let generation = after_decision.work.generation;
                    let bell = Doorbell::Link { key: link.key.clone(), generation };
                    return Ok(goes.then_some(bell));
                }
                Written::Lost(current) => before = *current,
                Written::Owned(_) => return Ok(None),
            }
        }
        Err(StoreError::Unavailable { what: "the fuse", detail: "a held link kept changing".into() })
    }

    /// Stamps the memberships of the list, and puts those that may go where their groups find them.
    async fn decide_members(
        &self,
        configured: &Configured,
        members: &[HeldMember],
        decision: Decision,
    ) -> StoreResult<()> {
        let removal = match decision {
            Decision::Approve => MemberRemoval::Permitted(self.clock.now()),
            Decision::Reject => MemberRemoval::Kept,
        };
        for part in members.chunk_by(|one, other| one.group == other.group) {
            let group: &GroupId = &part[0].group;
            for part in part.chunks(PAGE) {
                let stamps: Vec<_> = part
                    .iter()
                    .map(|held| {
                        (held.member.clone(), Pushed { removal: Some(removal), ..held.member.clone() })
                    })
                    .collect();
                let memberships = &self.tables.memberships;
                memberships.restamp(&configured.application.id, group, &stamps).await?;
                if decision == Decision::Approve {
                    let users: Vec<_> = part.iter().map(|held| held.member.user.clone()).collect();
                    memberships.put_todo(&configured.application.id, group, &users).await?;
                }
            }
        }
        Ok(())
    }

    /// Whoever was to go stays as long as the same is desired of him; of whoever is wanted, what was to be taken away is not
    /// sent as long as that is what it would be.
    async fn reject_one(
        &self,
        configured: &Configured,
        link: &mut Link,
        rejected: RemovalKind,
    ) -> StoreResult<()> {
        let (desired, plan, kind) = match &link.key.object {
            Object::User(user) => {
                let record = self.tables.directory.user(user).await?;
                let desired = Desired::of(record.as_ref(), &configured.selection);
                let seen = resolved(&self.tables, configured, record).await?;
                let record = seen.map(|seen| seen.record);
                let plan = plan_user(configured, record.as_ref(), link, self.clock.now());
                (desired, plan, configured.removal_kind(desired))
            }
            Object::Group(group) => {
                let found = self.tables.directory.group(group).await?;
                let desired = Desired::of_group(found.as_ref(), &configured.selection);
                (desired, UserPlan::Nothing, configured.group_removal_kind(link))
            }
        };
        // What would be lost by now may be more than what was rejected: that is asked anew.
        let stays = desired != Desired::Active && kind <= rejected;
        link.removal = stays.then_some(Removal::Kept(desired));
        if let (Desired::Active, UserPlan::Change { changes, .. }) = (desired, plan) {
            let taken = changes.into_iter().filter(Change::takes_away);
            link.rejected.extend(taken.map(|change| (change.attribute, change.new)));
        }
        Ok(())
    }
}

/// What a decision is about, for the log.
fn what_was_held(sealed: &Sealed) -> String {
    let Sealed { accounts, changes, groups, memberships, .. } = sealed;
    let mut what = format!("the removal of {accounts} accounts and {groups} groups");
    if *memberships > 0 {
        what.push_str(&format!(", and of {memberships} memberships"));
    }
    if *changes > 0 {
        what.push_str(&format!(", and the change of {changes} accounts"));
    }
    what
}
