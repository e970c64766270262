//! A page of additions: nobody loses anything by it.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};

use super::groups::{Groups, declared};
use super::people::{People, Person};
use super::planning::{Extent, Planned, plan};
use super::references::unknown_user;
use super::runner::{Batch, ImportRunner};
use super::{CONCURRENCY, Entry, EntryResult, Import, LinePage, LineProblem, Named, Position, Tally, Walk};
use crate::directory::file::{Content, FileGroup, FileLine, FileUser, Place, ProblemKind};
use crate::folding::folded;
use crate::ids::UserId;
use crate::ports::{DirectoryWriteError, StoreResult, UserWrite};

/// A page of lines with all that is known about them.
struct Known<'a> {
    import: &'a Import,
    people: People,
    groups: Groups,
    noted: HashMap<String, Named>,
}

/// A page of lines as it is to be.
#[derive(Default)]
struct Outcome {
    entries: Vec<Entry>,
    /// The writes, each with the index of its entry.
    writes: Vec<(usize, UserWrite)>,
    named: HashMap<String, Named>,
    departing_users: u64,
    attributed: u64,
    unattributed: Option<u64>,
    groups_unattributed: Option<u64>,
    names_groups: bool,
}

impl ImportRunner {
    /// Adds what the lines from `place` on say.
    pub(super) async fn add(&mut self, import: &Import, step: u64, place: Place) -> StoreResult<Import> {
        let batch = match self.batch(import, place).await? {
            Ok(batch) => batch,
            Err(failed) => return Ok(failed),
        };
        let people = self.people_of(import, &batch.lines).await?;
        let groups = self.groups_of(import, &batch.lines).await?;
        let mut wanted = keys(&batch.lines, &people);
        wanted.extend(self.fresh_groups.iter().map(|group| format!("g#{group}")));
        let noted = self.named(import, wanted).await?;
        let known = Known { import, people, groups, noted };
        let mut outcome = self.judge(&batch.lines, &known)?;
        let mut page = LinePage {
            number: import.pages,
            start: batch.start,
            step,
            before: Tally::default(),
            groups_created: known.groups.missing.len() as u64,
            entries: std::mem::take(&mut outcome.entries),
        };
        self.take_over(import, &mut page).await?;
        let store = std::sync::Arc::clone(&self.tables.imports);
        store.put_lines(&self.id, import.run, &page).await?;
        store.put_named(&self.id, import.run, &outcome.named).await?;
        if !import.request.dry_run {
            self.create_groups(&known.groups.missing).await?;
            let refused = self.write_users(&outcome.writes).await?;
            for index in &refused {
                page.entries[*index].result = EntryResult::Pending;
                page.entries[*index].joined = 0;
                page.entries[*index].waits = true;
            }
            if !refused.is_empty() {
                store.put_lines(&self.id, import.run, &page).await?;
            }
        }
        Ok(after(import, &batch, &page, &outcome))
    }

    /// What a page says that an attempt before left, which died after some of its writes.
    async fn take_over(&self, import: &Import, page: &mut LinePage) -> StoreResult<()> {
        let attempt = self.tables.imports.lines(&self.id, import.run, page.number).await?;
        let Some(attempt) = attempt.filter(|attempt| attempt.step == page.step) else { return Ok(()) };
        page.groups_created = page.groups_created.max(attempt.groups_created);
        for (entry, before) in page.entries.iter_mut().zip(&attempt.entries) {
            entry.take_over(before);
        }
        Ok(())
    }

    /// Writes users, some at a time, and tells whose write was refused: it waits until the end.
    pub(super) async fn write_users(&self, writes: &[(usize, UserWrite)]) -> StoreResult<Vec<usize>> {
        let directory = &self.tables.directory;
        let writes = writes.iter().map(|(index, write)| async move {
            match directory.write_user(write).await {
                Ok(()) => Ok(None),
                Err(DirectoryWriteError::Store(error)) => Err(error),
                Err(_) => Ok(Some(*index)),
            }
        });
        let refused: Vec<Option<usize>> =
            stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect().await?;
        Ok(refused.into_iter().flatten().collect())
    }

    fn judge(&self, lines: &[FileLine], known: &Known<'_>) -> StoreResult<Outcome> {
        let mut outcome = Outcome::default();
        let mut on_page: HashMap<String, u64> = HashMap::new();
        for (line, person) in lines.iter().zip(&known.people.of_line) {
            outcome.names_groups |= line.names_groups;
            let entry = match &line.content {
                Content::Group(group) if line.problems.is_empty() => self.group_line(group, known)?,
                Content::User(user, groups) => {
                    self.user_line(line, user, groups, person, known, &mut on_page, &mut outcome)?
                }
                _ => {
                    outcome.unattributed.get_or_insert(line.line);
                    Entry::of(line.line, line.name(), &line.problems)
                }
            };
            outcome.entries.push(entry);
        }
        for key in self.fresh_groups.iter().map(|group| format!("g#{group}")) {
            // A read costs less than a write, and most groups are named on many pages.
            if !known.noted.contains_key(&key) {
                outcome.named.insert(key, Named::at(0, ""));
            }
        }
        Ok(outcome)
    }

    /// A group's own line, which was done before all users.
    fn group_line(&self, group: &FileGroup, known: &Known<'_>) -> StoreResult<Entry> {
        let mut entry = Entry::of(group.line, &group.name, &[]);
        let noted: Vec<_> = declared(group).iter().filter_map(|key| known.noted.get(key)).collect();
        let made: UserId = self.made_id(known.import, &format!("group:{}", folded(&group.name)))?;
        if let Some(other) = noted.iter().find(|noted| noted.line != group.line) {
            entry.refuse(duplicate("group.name", &group.name, other.line));
        } else if noted.iter().any(|noted| noted.refused) {
            entry.refuse(taken("group.name", &group.name));
        } else if noted.iter().any(|noted| noted.id.as_deref() == Some(made.as_str())) {
            entry.result = EntryResult::Created;
        }
        Ok(entry)
    }

    #[expect(clippy::too_many_arguments, reason = "a line, who it is about, and what a page gathers")]
    fn user_line(
        &self,
        line: &FileLine,
        user: &FileUser,
        groups: &[FileGroup],
        person: &Person,
        known: &Known<'_>,
        on_page: &mut HashMap<String, u64>,
        outcome: &mut Outcome,
    ) -> StoreResult<Entry> {
        let mut entry = Entry::of(line.line, &user.username, &line.problems);
        let import = known.import;
        // He is named, and nothing of him is taken, whatever is wrong with the line.
        let made: UserId = self.made_id(import, &format!("user:{}", line.line))?;
        self.protect(line, user, person, known, outcome);
        if let Some(first) = named_before(line.line, user, person, known, on_page) {
            entry.refuse(duplicate("username", &user.username, first));
            self.protect_refused(line.line, user, person, known, outcome);
            return Ok(entry);
        }
        for key in keys_of(user, person) {
            on_page.insert(key, line.line);
        }
        let noted = Named::at(line.line, &folded(&user.username));
        let id = person.id.clone().unwrap_or(made);
        if person.id.is_none() && import.request.dry_run {
            for key in keys_of(user, person) {
                outcome.named.insert(key, noted.clone());
            }
        }
        if person.id.is_some() || line.problems.is_empty() {
            outcome.named.insert(format!("u#{id}"), noted);
        }
        if !line.problems.is_empty() {
            return Ok(entry);
        }
        let wanted = match known.groups.of(user, groups) {
            Ok(wanted) => wanted,
            Err(given) => {
                entry.refuse(undeclared(&given));
                return Ok(entry);
            }
        };
        let record = person.id.as_ref().and_then(|id| known.people.records.get(id));
        let waits = person.name_of.is_some();
        if person.id.is_none() && waits {
            (entry.result, entry.waits) = (EntryResult::Pending, true);
            return Ok(entry);
        }
        let planned = plan(user, id, record, wanted, waits, Extent::Additions);
        outcome.departing_users += u64::from(planned.removes);
        entry.unresolved = line.unresolved.first().map(unknown_user);
        let waits = waits || entry.unresolved.is_some();
        note(&mut entry, &planned, waits, import.request.dry_run);
        outcome.writes.extend(planned.write.map(|write| (outcome.entries.len(), write)));
        Ok(entry)
    }

    /// Sees to it that whom a refused line is about is not deleted as one whom the file does not name, nor his groups.
    fn protect_refused(
        &self,
        line: u64,
        user: &FileUser,
        person: &Person,
        known: &Known<'_>,
        outcome: &mut Outcome,
    ) {
        let Some(id) = &person.id else { return };
        let key = format!("u#{id}");
        if !known.noted.contains_key(&key) {
            outcome.named.entry(key).or_insert_with(|| Named::at(line, &folded(&user.username)));
        }
        for group in known.people.records.get(id).into_iter().flat_map(|record| &record.groups) {
            outcome.named.entry(format!("g#{group}")).or_insert_with(|| Named::at(0, ""));
        }
    }

    /// Sees to it that a line with problems, or one that does not say everything, has nobody deleted.
    fn protect(
        &self,
        line: &FileLine,
        user: &FileUser,
        person: &Person,
        known: &Known<'_>,
        outcome: &mut Outcome,
    ) {
        let broken = !line.problems.is_empty();
        let in_column =
            |column: &str| line.problems.iter().any(|problem| problem.column.as_deref() == Some(column));
        let readable = !user.username.is_empty() && !in_column("id");
        if person.id.is_some() || readable {
            outcome.attributed += 1;
        } else {
            outcome.unattributed.get_or_insert(line.line);
        }
        if in_column("groups") {
            outcome.groups_unattributed.get_or_insert(line.line);
        }
        if broken || user.groups.is_none() {
            let ids = person.id.iter().chain(&person.name_of);
            for record in ids.filter_map(|id| known.people.records.get(id)) {
                for group in &record.groups {
                    outcome.named.entry(format!("g#{group}")).or_insert_with(|| Named::at(0, ""));
                }
            }
        }
        if broken && let Some(bearer) = &person.name_of {
            let noted = Named::at(line.line, &folded(&user.username));
            outcome.named.entry(format!("u#{bearer}")).or_insert(noted);
        }
    }
}

/// What a line is, once what adds was planned.
fn note(entry: &mut Entry, planned: &Planned, waits: bool, dry_run: bool) {
    entry.result = planned.result;
    entry.joined = planned.write.as_ref().map_or(0, |write| write.join.len() as u64);
    entry.leaves = planned.leaves;
    (entry.departs, entry.disables, entry.waits) = (planned.departs, planned.disables, waits);
    if planned.departs || waits {
        entry.result = EntryResult::Pending;
    }
    if dry_run && planned.departs {
        entry.departs = false;
        entry.result = if planned.disables { EntryResult::Disabled } else { EntryResult::Updated };
    }
}

/// How the import stands once a page of additions is done.
fn after(import: &Import, batch: &Batch, page: &LinePage, outcome: &Outcome) -> Import {
    let mut tally = import.tally;
    tally += page.tally();
    let count = |what: fn(&Entry) -> bool| page.entries.iter().filter(|entry| what(entry)).count() as u64;
    let dry_run_departing = if import.request.dry_run { outcome.departing_users } else { 0 };
    Import {
        position: match batch.last {
            true => Position::Counting(Walk::START),
            false => Position::Additions(batch.next),
        },
        bytes_done: batch.next.offset,
        lines_done: batch.next.line - 1,
        pages: import.pages + 1,
        tally,
        departing: import.departing + count(|entry| entry.departs).max(dry_run_departing),
        departing_users: import.departing_users + outcome.departing_users,
        waiting: import.waiting + count(|entry| entry.waits),
        names_groups: import.names_groups || outcome.names_groups,
        attributed: import.attributed + outcome.attributed,
        unattributed: import.unattributed.or(outcome.unattributed),
        groups_unattributed: import.groups_unattributed.or(outcome.groups_unattributed),
        ..import.clone()
    }
}

/// What these lines may be noted under already.
fn keys(lines: &[FileLine], people: &People) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (line, person) in lines.iter().zip(&people.of_line) {
        match &line.content {
            Content::User(user, _) => {
                keys.extend(keys_of(user, person));
                keys.extend(person.name_of.iter().map(|id| format!("u#{id}")));
            }
            Content::Group(group) => keys.extend(declared(group)),
            Content::Unreadable => {}
        }
    }
    keys
}

/// What no two lines may share.
fn keys_of(user: &FileUser, person: &Person) -> Vec<String> {
    let by_name = (!user.username.is_empty()).then(|| format!("n#{}", folded(&user.username)));
    let by_id = user.source_id.as_ref().map(|id| format!("s#{id}"));
    let own = person.id.as_ref().map(|id| format!("u#{id}"));
    own.into_iter().chain(by_name).chain(by_id).collect()
}

/// The line before this one that is about the same user, or gives somebody the same name.
fn named_before(
    line: u64,
    user: &FileUser,
    person: &Person,
    known: &Known<'_>,
    on_page: &HashMap<String, u64>,
) -> Option<u64> {
    let keys = keys_of(user, person);
    let noted = keys.iter().filter_map(|key| known.noted.get(key)).map(|noted| noted.line);
    // Who bears the name bears it by a line of this file.
    let bearer = person.name_of.as_ref().and_then(|id| known.noted.get(&format!("u#{id}")));
    let by_bearer = bearer.filter(|noted| noted.name == folded(&user.username)).map(|noted| noted.line);
    let found = keys.iter().filter_map(|key| on_page.get(key).copied()).chain(noted).chain(by_bearer);
    found.filter(|first| *first != line).min()
}

pub(super) fn duplicate(column: &str, given: &str, first: u64) -> LineProblem {
    LineProblem {
        column: Some(column.into()),
        given: Some(given.chars().take(60).collect()),
        detail: ProblemKind::Duplicate { first }.to_string(),
    }
}

pub(super) fn taken(column: &str, given: &str) -> LineProblem {
    LineProblem {
        column: Some(column.into()),
        given: Some(given.chars().take(60).collect()),
        detail:
            "is borne by another one who keeps it; a name is borne by one at a time, without regard to case"
                .into(),
    }
}

pub(super) fn undeclared(given: &str) -> LineProblem {
    LineProblem {
        column: Some("groups".into()),
        given: Some(given.chars().take(60).collect()),
        detail: ProblemKind::UndeclaredGroup.to_string(),
    }
}

impl Named {
    /// Somebody who is to be called so, on this line.
    pub(super) fn at(line: u64, name: &str) -> Self {
        Self { line, name: name.to_owned(), id: None, refused: false }
    }
}
