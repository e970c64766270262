//! Lines that are looked at once more: those that take something, and those that waited for a name. The page that holds
//! them says which they are, so that only these are read again.

use std::collections::{BTreeSet, HashMap};

use super::additions::{taken, undeclared};
use super::people::Person;
use super::planning::{Extent, plan};
use super::references::{noted_under, unknown_user};
use super::runner::ImportRunner;
use super::walk::after_departures;
use super::{Entry, EntryResult, Import, ImportState, LinePage, Named, Position};
use crate::directory::Status;
use crate::directory::file::{Content, FileLine};
use crate::folding::folded;
use crate::ids::UserId;
use crate::ports::{StoreResult, UserWrite};

/// Most pages that are looked at for lines of a kind at a time.
const LOOKED_AT: u32 = 25;
/// Most rounds in which lines of one page take names from each other.
const ROUNDS: usize = 50;

/// A page of lines that is changed under a step.
struct Revisited {
    page: LinePage,
    /// Some of its lines are of the kind that is looked for.
    wanted: bool,
    /// An attempt under this step died on it.
    died_here: bool,
}

/// What became of a line that was looked at again.
enum Fate {
    Done(Box<Entry>),
    Waits,
}

impl ImportRunner {
    /// Takes what lines of a page take.
    pub(super) async fn depart(&mut self, import: &Import, step: u64, page: u32) -> StoreResult<Import> {
        let departs = |entry: &Entry| entry.departs;
        let Some(Revisited { mut page, wanted, .. }) = self.revisit(import, step, page, departs).await?
        else {
            return Ok(Import { position: after_departures(import), ..import.clone() });
        };
        if wanted {
            let lines = match self.lines_of(import, &page, departs).await? {
                Ok(lines) => lines,
                Err(failed) => return Ok(failed),
            };
            self.apply(import, &mut page, &lines, true).await?;
        }
        let next = page.number + 1;
        self.put_back(import, page, Position::Departures(next)).await
    }

    /// Tries lines again that waited.
    pub(super) async fn try_again(
        &mut self,
        import: &Import,
        step: u64,
        page: u32,
        progressed: bool,
    ) -> StoreResult<Import> {
        let waits = |entry: &Entry| entry.waits;
        if import.tally.pending == 0 {
            return Ok(finished(import));
        }
        let Some(Revisited { mut page, wanted, died_here }) = self.revisit(import, step, page, waits).await?
        else {
            return Ok(match (import.tally.pending, progressed) {
                (0, _) => finished(import),
                (_, true) => Import { position: Position::Waiting(0, false), ..import.clone() },
                (_, false) => Import { position: Position::Closing(0), ..import.clone() },
            });
        };
        // The attempt that died may have given names.
        let mut given = died_here;
        if wanted {
            let mut lines = match self.lines_of(import, &page, waits).await? {
                Ok(lines) => lines,
                Err(failed) => return Ok(failed),
            };
            for _ in 0..ROUNDS {
                let left = lines.len();
                self.apply(import, &mut page, &lines, false).await?;
                lines.retain(|line| page.entries.iter().any(|entry| entry.line == line.line && entry.waits));
                given |= lines.len() < left;
                if lines.is_empty() || lines.len() == left {
                    break;
                }
            }
        }
        let next = page.number + 1;
        self.put_back(import, page, Position::Waiting(next, progressed || given)).await
    }

    /// Says of lines that their names never became free.
    pub(super) async fn close(&mut self, import: &Import, step: u64, page: u32) -> StoreResult<Import> {
        let waits = |entry: &Entry| entry.waits;
        let at_end = import.waiting == 0 || import.tally.pending == 0;
        let found = if at_end { None } else { self.revisit(import, step, page, waits).await? };
        let Some(Revisited { mut page, wanted, .. }) = found else { return Ok(finished(import)) };
        if wanted && import.request.dry_run {
            let lines = match self.lines_of(import, &page, waits).await? {
                Ok(lines) => lines,
                Err(failed) => return Ok(failed),
            };
            self.foresee(import, &mut page, &lines).await?;
        }
        for entry in page.entries.iter_mut().filter(|entry| entry.waits) {
            let problem = entry.unresolved.take().unwrap_or_else(|| taken("username", &entry.name));
            entry.refuse(problem);
        }
        let next = page.number + 1;
        self.put_back(import, page, Position::Closing(next)).await
    }

    /// The next page from `page` on with lines of a kind, or the one on which an attempt before this died; `None` behind
    /// the last.
    async fn revisit(
        &self,
        import: &Import,
        step: u64,
        first: u32,
        wanted: impl Fn(&Entry) -> bool,
    ) -> StoreResult<Option<Revisited>> {
        let mut last = None;
        for number in first..import.pages.min(first.saturating_add(LOOKED_AT)) {
            let Some(mut page) = self.tables.imports.lines(&self.id, import.run, number).await? else {
                continue;
            };
            let died_here = page.step == step;
            let some = page.entries.iter().any(&wanted);
            if !died_here {
                page.before = page.tally();
                page.step = step;
            }
            if some || died_here {
                return Ok(Some(Revisited { page, wanted: some, died_here }));
            }
            last = Some(Revisited { page, wanted: false, died_here });
        }
        Ok(last)
    }

    /// The lines of a page that are of a kind.
    pub(super) async fn lines_of(
        &mut self,
        import: &Import,
        page: &LinePage,
        wanted: impl Fn(&Entry) -> bool,
    ) -> StoreResult<Result<Vec<FileLine>, Import>> {
        let numbers: BTreeSet<u64> =
            page.entries.iter().filter(|entry| wanted(entry)).map(|entry| entry.line).collect();
        let last = numbers.last().copied().unwrap_or_default();
        let batch = match self.batch_to(import, page.start, last).await? {
            Ok(batch) => batch,
            Err(failed) => return Ok(Err(failed)),
        };
        Ok(Ok(batch.lines.into_iter().filter(|line| numbers.contains(&line.line)).collect()))
    }

    /// Does everything that lines say. With `keep_name` a name that is not free yet holds nothing else up.
    async fn apply(
        &mut self,
        import: &Import,
        page: &mut LinePage,
        lines: &[FileLine],
        keep_name: bool,
    ) -> StoreResult<()> {
        let people = self.people_of(import, lines).await?;
        let groups = self.groups_of(import, lines).await?;
        self.create_groups(&groups.missing).await?;
        let mut noted = HashMap::new();
        let mut writes = Vec::new();
        let keys = people.of_line.iter().filter_map(|person| person.id.as_ref()).map(|id| format!("u#{id}"));
        let named = self.named(import, keys.collect()).await?;
        for (line, person) in lines.iter().zip(&people.of_line) {
            let Content::User(user, own) = &line.content else { continue };
            let Some(at) = page.entries.iter().position(|entry| entry.line == line.line) else { continue };
            let made: UserId = self.made_id(import, &format!("user:{}", line.line))?;
            let id = person.id.clone().unwrap_or_else(|| made.clone());
            let first =
                named.get(&format!("u#{id}")).map(|named| named.line).filter(|first| *first != line.line);
            if let Some(first) = first {
                page.entries[at].refuse(super::additions::duplicate("username", &user.username, first));
                continue;
            }
            if person.name_of.is_some() && (!keep_name || person.id.is_none()) {
                continue;
            }
            let wanted = match groups.of(user, own) {
                Ok(wanted) => wanted,
                Err(given) => {
                    page.entries[at].refuse(undeclared(&given));
                    continue;
                }
            };
            let record = person.id.as_ref().and_then(|id| people.records.get(id));
            let joins = wanted.as_ref().map_or(0, BTreeSet::len) as u64;
            let planned =
                plan(user, id.clone(), record, wanted, person.name_of.is_some(), Extent::Everything);
            noted.insert(format!("u#{id}"), Named::at(line.line, &folded(&user.username)));
            let mut entry = page.entries[at].clone();
            entry.unresolved = line.unresolved.first().map(unknown_user);
            done(&mut entry, id == made, joins, person);
            writes.push((at, planned.write, entry));
        }
        self.tables.imports.put_named(&self.id, import.run, &noted).await?;
        let sent: Vec<(usize, UserWrite)> =
            writes.iter().filter_map(|(at, write, _)| Some((*at, write.clone()?))).collect();
        let refused = self.write_users(&sent).await?;
        for (_, write) in &sent {
            if write.new.status == Status::Disabled || !write.leave.is_empty() {
                self.let_go(import, &write.new.id).await?;
                self.let_members_go(import, write).await?;
            }
        }
        for (at, _, entry) in writes {
            let fate = if refused.contains(&at) { Fate::Waits } else { Fate::Done(Box::new(entry)) };
            match fate {
                Fate::Done(entry) => page.entries[at] = *entry,
                Fate::Waits => {
                    page.entries[at].waits = true;
                    page.entries[at].result = EntryResult::Pending;
                }
            }
        }
        Ok(())
    }

    /// What would become of lines that wait, as far as the file tells: a name is free once its bearer is deleted, or has
    /// another one by a line of his own.
    async fn foresee(&self, import: &Import, page: &mut LinePage, lines: &[FileLine]) -> StoreResult<()> {
        let people = self.people_of(import, lines).await?;
        let keys = people.of_line.iter().filter_map(|person| person.name_of.as_ref());
        let named = lines.iter().flat_map(|line| &line.unresolved).flat_map(noted_under);
        let bearers = self.named(import, keys.map(|id| format!("u#{id}")).chain(named).collect()).await?;
        for (line, person) in lines.iter().zip(&people.of_line) {
            let bearer = person.name_of.as_ref().map(|id| bearers.get(&format!("u#{id}")));
            let free = match bearer {
                None => true,
                Some(None) => import.deletes_users(),
                Some(Some(named)) => named.name != folded(line.name()),
            };
            let comes = |unresolved| noted_under(unresolved).iter().any(|key| bearers.contains_key(key));
            let free = free && line.unresolved.iter().all(comes);
            if let Some(entry) = page.entries.iter_mut().find(|entry| free && entry.line == line.line) {
                (entry.waits, entry.unresolved) = (false, None);
                if let (None, Content::User(user, _)) = (&person.id, &line.content) {
                    entry.joined = user.groups.as_ref().map_or(0, BTreeSet::len) as u64;
                }
                entry.result = match &person.id {
                    None => EntryResult::Created,
                    Some(_) if entry.disables => EntryResult::Disabled,
                    Some(_) => EntryResult::Updated,
                };
            }
        }
        Ok(())
    }

    /// Puts a page back, and goes on at `position`.
    async fn put_back(&self, import: &Import, page: LinePage, position: Position) -> StoreResult<Import> {
        self.tables.imports.put_lines(&self.id, import.run, &page).await?;
        let mut tally = import.tally;
        tally -= page.before;
        tally += page.tally();
        let waiting = page.entries.iter().filter(|entry| entry.waits).count() as u64;
        Ok(Import { tally, position, waiting: import.waiting.max(waiting), ..import.clone() })
    }
}

/// A line once all of it was done. Of one that waits for a name everything else was done.
fn done(entry: &mut Entry, created: bool, joins: u64, person: &Person) {
    entry.departs = false;
    entry.waits = person.name_of.is_some() || entry.unresolved.is_some();
    entry.result = match () {
        () if entry.waits => EntryResult::Pending,
        () if created => EntryResult::Created,
        () if entry.disables => EntryResult::Disabled,
        () => EntryResult::Updated,
    };
    if created {
        entry.joined = entry.joined.max(joins);
    }
}

/// The import, done.
pub(super) fn finished(import: &Import) -> Import {
    let note = import.deletes_nobody();
    import.clone().ended(ImportState::Finished, note)
}
