//! What the fuse holds, and a person's decision about it.

use std::fmt::Write as _;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Fuse;
use crate::application::{Configured, Setup, SetupError};
use crate::clock::{Clock, after};
use crate::desired::Desired;
use crate::detect::RING_AGAIN;
use crate::link::{Link, Object, Removal, Trouble};
use crate::plan::{UserPlan, plan_user};
use crate::ports::{Bell, Doorbell, Lane, StoreError, StoreResult, Tables, Written};
use crate::reference::resolved;
use crate::target::Change;

/// Links read or written at a time.
const CONCURRENT: usize = 16;
/// Links listed at a time, and bells rung together.
const PAGE: usize = 200;
/// How often a link may change under the hands of who writes it.
const SURPRISES: usize = 5;

/// Shows what the fuse holds, and carries out what a person decides.
#[derive(Clone)]
pub struct HeldRemovals {
    /// The tables.
    pub tables: Tables,
    /// Rings for what is approved.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// The whole list at one moment. A person decides about exactly this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256, in hexadecimal, of who is held and since when.
    pub digest: String,
    /// Accounts held.
    pub accounts: u64,
    /// Groups held.
    pub groups: u64,
    /// When the fuse blew; `None` where it has not.
    pub blown_at: Option<Timestamp>,
    /// Over what.
    pub why: Option<String>,
}

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
    /// Seals the list as it is.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn seal(&self, configured: &Configured) -> StoreResult<Sealed> {
        let links = self.links(configured).await?;
        self.sealed(configured, &links).await
    }

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

    /// Leaves exactly the accounts and groups of the sealed list as they are, each until something else is desired of it. The
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
        let links = self.links(configured).await?;
        let sealed = self.sealed(configured, &links).await?;
        if sealed.digest != digest {
            return Err(DecisionError::AnotherList(Box::new(sealed)));
        }
        let done = match decision {
            Decision::Approve => "approved",
            Decision::Reject => "rejected: what was to be removed stays as it is",
        };
        let reason =
            format!("the removal of {} accounts and {} groups was {done}", sealed.accounts, sealed.groups);
        let configured = setup.note(&configured.application.id, reason).await?;
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
        self.fuse(&configured).change(super::Window::renewed).await?;
        Ok(Decided { removals: links.len() as u64 })
    }

    fn fuse<'a>(&'a self, configured: &'a Configured) -> Fuse<'a> {
        let application = &configured.application;
        Fuse { tables: &self.tables, application: &application.id, limits: application.policy.fuse }
    }

    /// Every link that is held, by key.
    async fn links(&self, configured: &Configured) -> StoreResult<Vec<Link>> {
        let application = &configured.application.id;
        let mut links = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.tables.links.propose_trouble(application, Trouble::Held, cursor, PAGE).await?;
            let reads: Vec<_> = page.keys.iter().map(|key| self.tables.links.link(key)).collect();
            let read: Vec<Option<Link>> = stream::iter(reads).buffered(CONCURRENT).try_collect().await?;
            links.extend(read.into_iter().flatten().filter(Link::is_held));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        links.sort_by(|one, other| one.key.cmp(&other.key));
        links.dedup_by(|one, other| one.key == other.key);
        Ok(links)
    }

    async fn sealed(&self, configured: &Configured, links: &[Link]) -> StoreResult<Sealed> {
        let window = self.tables.fuse.window(&configured.application.id).await?;
        let groups = links.iter().filter(|link| matches!(link.key.object, Object::Group(_))).count() as u64;
        let (blown_at, why) = window.blown.map(|blown| (blown.at, blown.why)).unzip();
        Ok(Sealed { digest: digest(links), accounts: links.len() as u64 - groups, groups, blown_at, why })
    }

    /// Decides about one link, if it is still held; gives the bell that is to be rung.
    async fn decide_one(
        &self,
        configured: &Configured,
        link: &Link,
        decision: Decision,
    ) -> StoreResult<Option<Doorbell>> {
        let mut before = link.clone();
        for _ in 0..SURPRISES {
            if !before.is_held() {
                return Ok(None);
            }
            let mut after_decision = before.rewritten();
            match decision {
                Decision::Approve => {
                    after_decision.removal = Some(Removal::Permitted(self.clock.now()));
                }
                Decision::Reject => self.reject_one(configured, &mut after_decision).await?,
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

    /// Whoever was to go stays as long as the same is desired of him; of whoever is wanted, what was to be taken away is not
    /// sent as long as that is what it would be.
    async fn reject_one(&self, configured: &Configured, link: &mut Link) -> StoreResult<()> {
        let (desired, plan) = match &link.key.object {
            Object::User(user) => {
                let record = self.tables.directory.user(user).await?;
                let desired = Desired::of(record.as_ref(), &configured.selection);
                let seen = resolved(&self.tables, configured, record).await?;
                let record = seen.map(|seen| seen.record);
                (desired, plan_user(configured, record.as_ref(), link, self.clock.now()))
            }
            Object::Group(group) => {
                let found = self.tables.directory.group(group).await?;
                (Desired::of_group(found.as_ref(), &configured.selection), UserPlan::Nothing)
            }
        };
        link.removal = (desired != Desired::Active).then_some(Removal::Kept(desired));
        if let (Desired::Active, UserPlan::Change { changes, .. }) = (desired, plan) {
            let taken = changes.into_iter().filter(Change::takes_away);
            link.rejected.extend(taken.map(|change| (change.attribute, change.new)));
        }
        Ok(())
    }
}

/// The same list has the same digest, in whatever order it was read.
fn digest(links: &[Link]) -> String {
    let mut hasher = Sha256::new();
    for link in links {
        let Some(Removal::Held(since)) = link.removal else { continue };
        hasher.update(format!("{}\n{}\n", link.key, since.as_millisecond()));
    }
    let bytes = hasher.finalize();
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
