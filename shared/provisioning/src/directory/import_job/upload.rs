//! What people and programs do with imports: upload, commit, look, cancel.

use std::sync::Arc;

use super::document::Part;
use super::{Entry, EntryResult, Import, ImportState, Request};
use crate::clock::Clock;
use crate::directory::file::Format;
use crate::directory::job::{DirectoryJob, Work};
use crate::ids::JobId;
use crate::ports::{Bell, ImportRun, Lane, StoreError, StoreResult, Tables};
use crate::randomness::Randomness;

/// Imports, for who serves a person.
#[derive(Clone)]
pub struct Imports {
    /// The tables.
    pub tables: Tables,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub randomness: Arc<dyn Randomness>,
}

/// Why an import is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// There is none of this id.
    #[error("there is no such import")]
    NotThere,
    /// A table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a part is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// There is no import of this id.
    #[error("there is no such import")]
    NotThere,
    /// Its file is complete: the import was committed.
    #[error("the import takes no parts any more")]
    NotOpen(ImportState),
    /// The number is none of a part.
    #[error("parts are numbered from 1 to {}", Part::MOST)]
    Number(u64),
    /// It is empty, or too long.
    #[error("a part has 1 to {} bytes", Part::LONGEST)]
    Length(usize),
    /// A table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an import does not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// There is none of this id.
    #[error("there is no such import")]
    NotThere,
    /// It is not in a state to be committed.
    #[error("the import cannot be committed")]
    State(ImportState),
    /// Parts are missing; the first hundred.
    #[error("parts are missing")]
    Missing(Vec<u16>),
    /// Another import runs.
    #[error("the import {0} is under way")]
    Other(JobId),
    /// Somebody else changed it at the same time.
    #[error("it was changed at the same time")]
    Changed,
    /// A table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Most missing parts that are named.
const MISSING_NAMED: usize = 100;
/// Most pages of lines that are looked through for one page of an answer.
const LOOKED_THROUGH: u32 = 20;

/// Lines of an import, and where the next are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The lines.
    pub entries: Vec<Entry>,
    /// The page, and behind which line of it; `None` after the last.
    pub next: Option<(u32, u64)>,
}

impl Imports {
    /// Begins an import, whose parts may come.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn create(&self, format: Format) -> StoreResult<DirectoryJob> {
        let id = self.randomness.token().parse();
        let id: JobId =
            id.map_err(|_| StoreError::Corrupt { what: "an import", detail: "it has no id".into() })?;
        let now = self.clock.now();
        let work = Work::Import(Box::new(Import::open(format)));
        let job = DirectoryJob { due_at: None, ..DirectoryJob::new(id, work, now) };
        self.tables.imports.enlist(&job.id, now).await?;
        self.tables.directory_jobs.put(&job).await?;
        Ok(job)
    }

    /// Takes a part of the file; one of the same number is replaced.
    ///
    /// # Errors
    ///
    /// [`PartError`].
    pub async fn put_part(&self, id: &JobId, number: u64, bytes: &[u8]) -> Result<(), PartError> {
        let number = u16::try_from(number)
            .ok()
            .filter(|number| (1..=Part::MOST).contains(number))
            .ok_or(PartError::Number(number))?;
        if bytes.is_empty() || bytes.len() > Part::LONGEST {
            return Err(PartError::Length(bytes.len()));
        }
        let (_, import) = self.import(id).await?.ok_or(PartError::NotThere)?;
        if import.state != ImportState::Open {
            return Err(PartError::NotOpen(import.state));
        }
        Ok(self.tables.imports.put_part(id, number, bytes).await?)
    }

    /// Lets an import run: one that is open; one that was run dry, on the same parts; one that is held, with what a person
    /// allows. One that cannot go on may be committed again, too.
    ///
    /// # Errors
    ///
    /// [`CommitError`].
    pub async fn commit(&self, id: &JobId, request: Request) -> Result<DirectoryJob, CommitError> {
        let (job, import) = self.import(id).await?.ok_or(CommitError::NotThere)?;
        let was_dry = import.state == ImportState::Finished && import.request.dry_run;
        let may =
            was_dry || matches!(import.state, ImportState::Open | ImportState::Held | ImportState::Failed);
        if !may {
            return Err(CommitError::State(import.state));
        }
        let parts = self.tables.imports.parts(id).await?;
        let missing = missing(&parts);
        if !missing.is_empty() {
            return Err(CommitError::Missing(missing));
        }
        let now = self.clock.now();
        let same =
            Request { allow_removals: None, ..request } == Request { allow_removals: None, ..import.request };
        let next = match import.state == ImportState::Held && same {
            true => import.allowed(request, now),
            false => {
                let bytes = parts.iter().map(|part| part.bytes).sum();
                import.begun(request, Part::seal(&parts), bytes, now)
            }
        };
        let next = job.again(Work::Import(Box::new(next)), now);
        match self.tables.directory_jobs.run_import(&job, &next).await? {
            ImportRun::Yes => {}
            ImportRun::Changed => return Err(CommitError::Changed),
            ImportRun::Other(other) => return Err(CommitError::Other(other)),
        }
        // The job is due by itself, should its bell be lost.
        self.bell.ring(Lane::Live, "", &[next.doorbell()]).await?;
        Ok(next)
    }

    /// Ends an import; what was written stays. One that is over stays as it is.
    ///
    /// # Errors
    ///
    /// [`ViewError`]; [`StoreError::Unavailable`] where it went on faster than it could be ended.
    pub async fn cancel(&self, id: &JobId) -> Result<(), ViewError> {
        for _ in 0..CANCEL_ATTEMPTS {
            let (job, import) = self.import(id).await?.ok_or(ViewError::NotThere)?;
            let over =
                matches!(import.state, ImportState::Finished | ImportState::Failed | ImportState::Cancelled);
            if over && !import.request.dry_run {
                return Ok(());
            }
            let cancelled = job.cancelled(import.ended(ImportState::Cancelled, None), self.clock.now());
            if self.tables.directory_jobs.advance(&job, &cancelled).await? {
                return Ok(());
            }
        }
        let detail = "it went on faster than it could be ended".into();
        Err(StoreError::Unavailable { what: "the import", detail }.into())
    }

    /// An import and its job; `None` where there is none.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn import(&self, id: &JobId) -> StoreResult<Option<(DirectoryJob, Import)>> {
        let job = self.tables.directory_jobs.job(id).await?;
        Ok(job.and_then(|job| match &job.work {
            Work::Import(import) => {
                let import = (**import).clone();
                Some((job, import))
            }
            _ => None,
        }))
    }

    /// Imports, the newest first, with where the next are.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn list(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<(Vec<(DirectoryJob, Import)>, Option<String>)> {
        let page = self.tables.imports.list(cursor, limit).await?;
        let imports = futures::future::try_join_all(page.ids.iter().map(|id| self.import(id))).await?;
        Ok((imports.into_iter().flatten().collect(), page.next))
    }

    /// Lines and what became of them, those of one result alone if wanted, behind a page and a line of it.
    ///
    /// # Errors
    ///
    /// [`ViewError`].
    pub async fn lines(
        &self,
        id: &JobId,
        result: Option<EntryResult>,
        behind: Option<(u32, u64)>,
        limit: usize,
    ) -> Result<Lines, ViewError> {
        let (_, import) = self.import(id).await?.ok_or(ViewError::NotThere)?;
        let (first, mut after) = behind.unwrap_or((0, 0));
        let mut lines = Lines { entries: Vec::new(), next: None };
        for number in first..import.pages {
            if number >= first.saturating_add(LOOKED_THROUGH) {
                lines.next = Some((number, 0));
                break;
            }
            let page = self.tables.imports.lines(id, import.run, number).await?;
            let entries = page.into_iter().flat_map(|page| page.entries);
            let wanted =
                |entry: &Entry| entry.line > after && result.is_none_or(|result| entry.result == result);
            for entry in entries.filter(wanted) {
                if lines.entries.len() == limit {
                    let last = lines.entries.last().map_or(0, |entry: &Entry| entry.line);
                    lines.next = Some((number, last));
                    return Ok(lines);
                }
                lines.entries.push(entry);
            }
            after = 0;
        }
        Ok(lines)
    }
}

/// How often cancelling meets an import that has just gone on.
const CANCEL_ATTEMPTS: u32 = 50;

/// The parts that are missing before the last, or the first where there is none.
fn missing(parts: &[Part]) -> Vec<u16> {
    let last = parts.last().map_or(1, |part| part.number);
    let there: std::collections::BTreeSet<u16> = parts.iter().map(|part| part.number).collect();
    (1..=last).filter(|number| !there.contains(number)).take(MISSING_NAMED).collect()
}
