//! Doing the pages of imports.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use super::document::{Document, Unreadable};
use super::{Entry, Import, ImportState, LINES, LinePage, Named, Position, Tally};
use crate::directory::attribute::AttributeType;
use crate::directory::file::{FileLine, Format, LineReader, Place};
use crate::ids::{GroupId, JobId};
use crate::ports::{StoreError, StoreResult, Tables};

/// Most bytes of what is kept of a page's lines.
const NOTED_BYTES: usize = 200_000;

/// Does pages of one import, one after the other, and keeps at hand what the next may need.
pub struct ImportRunner {
    pub(super) tables: Tables,
    pub(super) id: JobId,
    pub(super) known_groups: HashMap<String, GroupId>,
    /// Groups of the page that were not known before it.
    pub(super) fresh_groups: HashSet<GroupId>,
    pub(super) attributes: Option<HashMap<String, AttributeType>>,
    file: Option<File>,
}

struct File {
    document: Document,
    lines: LineReader,
    /// Where the first line is looked for.
    start: Place,
}

/// Lines in a row.
pub(super) struct Batch {
    pub(super) start: Place,
    pub(super) next: Place,
    pub(super) last: bool,
    pub(super) lines: Vec<FileLine>,
}

impl ImportRunner {
    /// A runner of this import.
    pub fn new(tables: Tables, id: JobId) -> Self {
        Self {
            tables,
            id,
            known_groups: HashMap::new(),
            fresh_groups: HashSet::new(),
            attributes: None,
            file: None,
        }
    }

    /// Does the next page, under this step of its job, and says how the import stands then.
    ///
    /// # Errors
    ///
    /// A table did not answer: the page must be done again.
    pub async fn page(&mut self, import: &Import, step: u64, now: Timestamp) -> StoreResult<Import> {
        if self.file.is_none()
            && let Err(failed) = self.open(import, step).await?
        {
            return Ok(failed);
        }
        match &import.position {
            Position::Groups(place) => self.declare_groups(import, *place).await,
            Position::Additions(place) => Box::pin(self.add(import, step, *place)).await,
            Position::Counting(walk) => self.count(import, walk, now).await,
            Position::Weighing(page) => Box::pin(self.weigh(import, *page, now)).await,
            Position::Departures(page) => Box::pin(self.depart(import, step, *page)).await,
            Position::Deletions(walk) => self.delete(import, walk).await,
            Position::Waiting(page, progressed) => {
                Box::pin(self.try_again(import, step, *page, *progressed)).await
            }
            Position::Closing(page) => self.close(import, step, *page).await,
            Position::Ended => Ok(import.clone().ended(ImportState::Finished, None)),
        }
    }

    /// Opens the file and reads its first record.
    async fn open(&mut self, import: &Import, step: u64) -> StoreResult<Result<(), Import>> {
        let store = self.tables.imports.as_ref();
        let opened = Document::open(store, &self.id, import.format, import.sealed).await?;
        let mut document = match opened {
            Ok(document) => document,
            Err(unreadable) => return Ok(Err(unreadable_file(import, &unreadable))),
        };
        let first = match document.read(store, Place::START, |_| true).await? {
            Ok(first) => first.records,
            Err(unreadable) => return Ok(Err(unreadable_file(import, &unreadable))),
        };
        let lines = match LineReader::behind(import.format, first.first()) {
            Ok(lines) => lines,
            Err(problems) => {
                let mut entry = Entry::of(1, "", &problems);
                entry.line = problems.first().map_or(1, |problem| problem.line);
                let page = LinePage {
                    number: 0,
                    start: Place::START,
                    step,
                    before: Tally::default(),
                    groups_created: 0,
                    entries: vec![entry],
                };
                store.put_lines(&self.id, import.run, &page).await?;
                let note = problems.first().map(ToString::to_string);
                let failed = Import { pages: 1, tally: page.tally(), ..import.clone() };
                return Ok(Err(failed.ended(ImportState::Failed, note)));
            }
        };
        let start = match (import.format, first.first()) {
            (Format::CommaSeparated, Some(first)) => first.next,
            _ => Place::START,
        };
        self.file = Some(File { document, lines, start });
        Ok(Ok(()))
    }

    /// Whether the columns of the file include groups.
    pub(super) fn has_groups(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.lines.has_groups())
    }

    /// The lines of a page from `place` on.
    pub(super) async fn batch(
        &mut self,
        import: &Import,
        place: Place,
    ) -> StoreResult<Result<Batch, Import>> {
        let mut count = 0;
        self.batch_until(import, place, |_| {
            count += 1;
            count >= LINES
        })
        .await
    }

    /// The lines from `place` on to that of this number.
    pub(super) async fn batch_to(
        &mut self,
        import: &Import,
        place: Place,
        line: u64,
    ) -> StoreResult<Result<Batch, Import>> {
        self.batch_until(import, place, |record| record >= line).await
    }

    async fn batch_until(
        &mut self,
        import: &Import,
        place: Place,
        mut enough: impl FnMut(u64) -> bool + Send,
    ) -> StoreResult<Result<Batch, Import>> {
        let Some(file) = self.file.as_mut() else {
            return Err(StoreError::Corrupt { what: "an import", detail: "its file is not open".into() });
        };
        let start = if place == Place::START { file.start } else { place };
        let store = self.tables.imports.as_ref();
        let read = file.document.read(store, start, |record| enough(record.line)).await?;
        let mut records = match read {
            Ok(records) => records,
            Err(unreadable) => return Ok(Err(unreadable_file(import, &unreadable))),
        };
        let mut lines = file.lines.read(&records.records);
        // What is noted of a page must fit an item.
        let mut bytes = 0;
        let fits = lines.iter().take_while(|line| {
            bytes += Entry::of(line.line, line.name(), &line.problems).size();
            bytes <= NOTED_BYTES
        });
        let fits = fits.count().max(1);
        if fits < lines.len() {
            lines.truncate(fits);
            records.next = records.records[fits - 1].next;
            records.last = false;
        }
        self.conform(import, &mut lines).await?;
        self.refer(&mut lines).await?;
        Ok(Ok(Batch { start, next: records.next, last: records.last, lines }))
    }

    /// An id that this run gives, always the same for what it stands for.
    pub(super) fn made_id<Id: FromStr>(&self, import: &Import, what: &str) -> StoreResult<Id> {
        let text = format!("rollcall:{}:{}:{what}", self.id, import.run);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).to_string();
        id.parse()
            .map_err(|_| StoreError::Corrupt { what: "an import", detail: "an id cannot be made".into() })
    }

    /// Those of these keys that this run noted.
    pub(super) async fn named(
        &self,
        import: &Import,
        keys: BTreeSet<String>,
    ) -> StoreResult<HashMap<String, Named>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        self.tables.imports.named(&self.id, import.run, &keys).await
    }
}

fn unreadable_file(import: &Import, unreadable: &Unreadable) -> Import {
    import.clone().ended(ImportState::Failed, Some(unreadable.to_string()))
}
