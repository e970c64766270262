//! What imports keep beside the directory: the parts of files, what became of lines, and who was named. All of it goes by
//! itself some days later.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::directory::import_job::{LinePage, Named, Part};
use crate::ids::JobId;

/// Keeps imports. Every read is consistent.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Puts an import into the list of all.
    async fn enlist(&self, id: &JobId, at: Timestamp) -> StoreResult<()>;
    /// Imports, the newest first, `limit` at most, behind `cursor`.
    async fn list(&self, cursor: Option<String>, limit: usize) -> StoreResult<ImportList>;
    /// Keeps a part of a file; one of the same number is replaced. Until it is whole it is not there.
    async fn put_part(&self, id: &JobId, number: u16, bytes: &[u8]) -> StoreResult<()>;
    /// The parts that are there whole, in the order of their numbers.
    async fn parts(&self, id: &JobId) -> StoreResult<Vec<Part>>;
    /// A piece of a part, [`Part::PIECE`] bytes or the rest; `None` where it is not there as the part has it.
    async fn piece(&self, id: &JobId, part: &Part, index: u32) -> StoreResult<Option<Vec<u8>>>;
    /// Puts what became of a page of lines in a run.
    async fn put_lines(&self, id: &JobId, run: u32, page: &LinePage) -> StoreResult<()>;
    /// What became of a page of lines in a run.
    async fn lines(&self, id: &JobId, run: u32, page: u32) -> StoreResult<Option<LinePage>>;
    /// Notes who was named in a run, each under a key of his own.
    async fn put_named(&self, id: &JobId, run: u32, named: &HashMap<String, Named>) -> StoreResult<()>;
    /// Those of these keys that were noted.
    async fn named(
        &self,
        id: &JobId,
        run: u32,
        keys: &BTreeSet<String>,
    ) -> StoreResult<HashMap<String, Named>>;
}

/// A page of the list of imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportList {
    /// Their ids.
    pub ids: Vec<JobId>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<String>,
}
