//! Links: marks, claims and settlements.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::ids::{ApplicationId, JobId, RemoteId, UserId};
use crate::link::{Link, LinkKey, Mark, Trouble};
use crate::target::Kind;

/// Reads and writes links. Reads are consistent unless their name begins with `propose_`: such a list may lag, and
/// nothing is decided on it.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// One link.
    async fn link(&self, key: &LinkKey) -> StoreResult<Option<Link>>;
    /// All links of a user, at every application.
    async fn links_of(&self, user: &UserId) -> StoreResult<Vec<Link>>;
    /// Those of these users' links at the application that are there.
    async fn links_among(
        &self,
        application: &ApplicationId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, Link>>;
    /// Sets a mark, making the link if there is none, and returns the generation it raised it to. Failures in a row
    /// and their reason stay; an outcome that was told is dropped.
    async fn mark(&self, key: &LinkKey, mark: &Mark) -> StoreResult<u64>;
    /// Writes the link, if it is still at the generation and revision and under the claim it was read with (`before`).
    /// `after` begins as [`Link::rewritten`].
    async fn write(&self, before: &Link, after: &Link, ownership: Option<&Ownership>)
    -> StoreResult<Written>;
    /// Takes a link away, and the guard of its remote id if that is its own: its application is being removed.
    async fn forget(&self, link: &Link) -> StoreResult<()>;
    /// Moves the due time of a link that is due, so that it is not rung twice: only if `due_at` is still what was seen.
    async fn postpone(&self, item: &DueItem, until: Timestamp) -> StoreResult<bool>;
    /// What is due at the application until `until`, oldest first, at most `limit`.
    async fn propose_due(
        &self,
        application: &ApplicationId,
        until: Timestamp,
        limit: usize,
    ) -> StoreResult<Vec<DueItem>>;
    /// How many links of the application are marked, counting to `cap` at most; with `sweep_only`, only those whose
    /// newest mark is a sweep's and whose first attempt is still to come.
    async fn propose_pending(
        &self,
        application: &ApplicationId,
        kind: Kind,
        sweep_only: bool,
        cap: usize,
    ) -> StoreResult<usize>;
    /// A page of the application's links in trouble: those whose last attempt failed, and those that wait for a person or a
    /// value. Grouped by [`Trouble`], in no other order.
    async fn propose_trouble(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage>;
    /// How many links of the application are in this trouble, counting to `cap` at most.
    async fn propose_trouble_count(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cap: usize,
    ) -> StoreResult<usize>;
    /// A page of the application's links.
    async fn propose_links(
        &self,
        application: &ApplicationId,
        kind: Kind,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage>;
    /// Which object of ours owns an account or group at the target.
    async fn owner(
        &self,
        application: &ApplicationId,
        target_generation: u64,
        kind: Kind,
        remote_id: &RemoteId,
    ) -> StoreResult<Option<LinkKey>>;
}

/// Taking or giving up a remote id together with a link write, so that no two objects ever own one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// The link becomes the owner.
    Take(RemoteId),
    /// The link is the owner no more.
    Give(RemoteId),
}

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    Yes,
    /// The link has changed since: here it is.
    Lost(Box<Link>),
    /// The remote id belongs to another object.
    Owned(LinkKey),
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// What.
    pub key: DueKey,
    /// Its mark's generation, or a job's step.
    pub generation: u64,
    /// Since when.
    pub due_at: Timestamp,
    /// A sweep marked it.
    pub by_sweep: bool,
}

/// What can be due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueKey {
    /// A link.
    Link(LinkKey),
    /// A job's next page.
    Job(ApplicationId, JobId),
    /// The next page of a job of the directory.
    DirectoryJob(JobId),
}

/// A page of links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPage {
    /// The keys of its links.
    pub keys: Vec<LinkKey>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<String>,
}
