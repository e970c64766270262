//! Before the departures and deletions of an import: what they take is counted at each application too, where a few people of a large
//! directory may be everybody. What is too much is held there, one by one, until a person decided. Removals that a person allowed
//! are not asked for again; values that are cleared, and new names, are.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::planning::{Extent, plan};
use super::runner::ImportRunner;
use super::walk::{after_departures, parsed};
use super::{CONCURRENCY, Entry, Import, LinePage, Position};
use crate::directory::UserRecord;
use crate::directory::file::Content;
use crate::fuse::Turn;
use crate::ids::{GroupId, UserId};
use crate::ports::{StoreResult, UserWrite};

/// Most pages that are looked at for lines that take something at a time.
const LOOKED_AT: u32 = 25;

impl ImportRunner {
    /// Counts what the lines of a page take; behind the last the fuses judge, and what goes begins.
    pub(super) async fn weigh(&mut self, import: &Import, first: u32, now: Timestamp) -> StoreResult<Import> {
        let mut import = import.clone();
        let departs = |entry: &Entry| entry.departs;
        let end = if import.departing == 0 { 0 } else { import.pages };
        for number in first..end.min(first.saturating_add(LOOKED_AT)) {
            let page = self.tables.imports.lines(&self.id, import.run, number).await?;
            let Some(page) = page.filter(|page| page.entries.iter().any(departs)) else { continue };
            let turns = match self.turns(&import, &page).await? {
                Ok(turns) => turns,
                Err(failed) => return Ok(failed),
            };
            import.weight.add(&self.tables, &turns, now).await?;
            return Ok(Import { position: Position::Weighing(number + 1), ..import });
        }
        if first.saturating_add(LOOKED_AT) < end {
            return Ok(Import { position: Position::Weighing(first + LOOKED_AT), ..import });
        }
        let weight = match import.removals_are_allowed() {
            true => import.weight.of_values(),
            false => import.weight.clone(),
        };
        weight.judge(&self.tables, now).await?;
        Ok(weighed(import))
    }

    /// Counts what it takes that these are deleted.
    pub(super) async fn weigh_deletions(
        &self,
        import: &mut Import,
        ids: &[String],
        now: Timestamp,
    ) -> StoreResult<()> {
        let directory = &self.tables.directory;
        let reads = ids.iter().map(|id| async move {
            let id: UserId = parsed(id)?;
            let record = directory.user(&id).await?.filter(|record| record.present().is_some());
            StoreResult::Ok(record.map(|now| Turn { id, now, then: None }))
        });
        let turns: Vec<Option<Turn>> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
        let turns: Vec<Turn> = turns.into_iter().flatten().collect();
        import.weight.add(&self.tables, &turns, now).await
    }

    /// The same of groups.
    pub(super) async fn weigh_group_deletions(
        &self,
        import: &mut Import,
        ids: &[String],
        now: Timestamp,
    ) -> StoreResult<()> {
        let groups = ids.iter().map(|id| parsed(id)).collect::<StoreResult<Vec<GroupId>>>()?;
        import.weight.add_groups(&self.tables, &groups, now).await
    }

    /// Who the lines of a page are about that take something, as they are and as they are to be.
    async fn turns(&mut self, import: &Import, page: &LinePage) -> StoreResult<Result<Vec<Turn>, Import>> {
        let lines = match self.lines_of(import, page, |entry| entry.departs).await? {
            Ok(lines) => lines,
            Err(failed) => return Ok(Err(failed)),
        };
        let people = self.people_of(import, &lines).await?;
        let groups = self.groups_of(import, &lines).await?;
        let mut turns = Vec::new();
        for (line, person) in lines.iter().zip(&people.of_line) {
            let (Content::User(user, own), Some(id)) = (&line.content, &person.id) else { continue };
            let (Ok(wanted), Some(_)) = (groups.of(user, own), people.records.get(id)) else { continue };
            // The groups are read only where the file speaks of them, and what he has hangs on all of them.
            let Some(now) = self.tables.directory.user(id).await? else { continue };
            let keep_name = person.name_of.is_some();
            let planned = plan(user, id.clone(), Some(&now), wanted, keep_name, Extent::Everything);
            turns.extend(planned.write.map(|write| Turn {
                id: id.clone(),
                then: Some(after(&now, write)),
                now,
            }));
        }
        Ok(Ok(turns))
    }
}

/// What a write makes of somebody.
fn after(record: &UserRecord, write: UserWrite) -> UserRecord {
    let groups = &(&record.groups | &write.join) - &write.leave;
    UserRecord { user: Some(write.new), groups }
}

/// What goes begins.
fn weighed(import: Import) -> Import {
    let position = match import.departing {
        0 => after_departures(&import),
        _ => Position::Departures(0),
    };
    Import { position, ..import }
}
