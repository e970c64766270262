//! A file while it is read: what its lines share, and must not share.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::columns::Column;
use super::line::{Content, FileLine};
use super::{DirectoryFile, FileGroup, FileUser, ProblemKind, Problems, cells};
use crate::folding::folded;
use crate::ids::SourceId;

/// Collects lines and problems.
#[derive(Debug, Default)]
pub(super) struct Draft {
    columns: BTreeSet<Column>,
    users: Vec<FileUser>,
    groups: Vec<FileGroup>,
    names_groups: bool,
    problems: Problems,
    unusable: bool,
    /// It reads one line, by itself.
    alone: Option<u64>,
    on_group: bool,
    bad_lines: HashSet<u64>,
    usernames: HashMap<String, u64>,
    user_ids: HashMap<SourceId, u64>,
    group_spellings: HashMap<String, usize>,
    group_names: HashMap<String, usize>,
    group_ids: HashMap<SourceId, usize>,
}

impl Draft {
    /// A draft of one line that is read by itself: groups that other lines declare are taken by their ids.
    pub(super) fn of_line(line: u64) -> Self {
        Self { alone: Some(line), ..Self::default() }
    }

    /// The line it reads is a group's.
    pub(super) fn is_group(&mut self) {
        self.on_group = true;
    }

    /// The line that was read by itself.
    pub(super) fn finish_line(mut self) -> FileLine {
        let content = match (self.users.pop(), self.on_group) {
            (Some(user), _) => Content::User(Box::new(user), self.groups),
            (None, true) => self.groups.pop().map_or(Content::Unreadable, Content::Group),
            (None, false) => Content::Unreadable,
        };
        FileLine {
            line: self.alone.unwrap_or(1),
            content,
            names_groups: self.names_groups,
            unresolved: Vec::new(),
            problems: self.problems.kept,
        }
    }

    /// Notes a problem; the line it is on will not be among the good ones.
    pub(super) fn problem(
        &mut self,
        line: u64,
        column: Option<&str>,
        given: Option<&str>,
        kind: ProblemKind,
    ) {
        self.bad_lines.insert(line);
        self.problems.add(line, column, given, kind);
    }

    /// No line of the file can be trusted.
    pub(super) fn distrust_all(&mut self) {
        self.unusable = true;
    }

    /// The file has this column.
    pub(super) fn has_column(&mut self, column: &Column) {
        self.names_groups |= *column == Column::Groups;
        if !self.columns.contains(column) {
            self.columns.insert(column.clone());
        }
    }

    /// Takes a user. Both lines of a duplicate are bad: which of them is meant, nobody can tell.
    pub(super) fn user(&mut self, user: FileUser) {
        if self.alone.is_none() && user.username.is_empty() {
            return;
        }
        if let Err(first) = once(&mut self.usernames, folded(&user.username), user.line) {
            let kind = ProblemKind::Duplicate { first };
            self.problem(user.line, Some("username"), Some(&user.username), kind);
            self.bad_lines.insert(first);
        }
        if let Some(id) = &user.source_id
            && let Err(first) = once(&mut self.user_ids, id.clone(), user.line)
        {
            self.problem(user.line, Some("id"), Some(&id.0), ProblemKind::Duplicate { first });
            self.bad_lines.insert(first);
        }
        self.users.push(user);
    }

    /// Takes a line that is a group. Those with an id come before any user.
    pub(super) fn declared_group(&mut self, line: u64, source_id: Option<SourceId>, name: &str) {
        self.names_groups = true;
        let index = self.groups.len();
        if let Some(&other) = self.group_names.get(&folded(name)) {
            let first = self.groups[other].line;
            self.problem(line, Some("name"), Some(name), ProblemKind::Duplicate { first });
            return;
        }
        if let Some(id) = &source_id {
            if let Some(&other) = self.group_ids.get(id) {
                let first = self.groups[other].line;
                self.problem(line, Some("id"), Some(&id.0), ProblemKind::Duplicate { first });
                return;
            }
            self.group_ids.insert(id.clone(), index);
        }
        self.group_names.insert(folded(name), index);
        self.group_spellings.insert(name.to_owned(), index);
        self.groups.push(FileGroup { line, source_id, name: name.to_owned(), also_spelt: BTreeSet::new() });
    }

    /// The group of this name, on a user's line.
    pub(super) fn group_named(&mut self, line: u64, name: &str) -> Result<usize, ProblemKind> {
        if let Some(&index) = self.group_spellings.get(name) {
            return Ok(index);
        }
        let name = cells::name(name)?;
        let next = self.groups.len();
        let index = *self.group_names.entry(folded(name)).or_insert(next);
        if index == next {
            let group =
                FileGroup { line, source_id: None, name: name.to_owned(), also_spelt: BTreeSet::new() };
            self.groups.push(group);
        } else if self.groups[index].name != name && self.groups[index].source_id.is_none() {
            self.groups[index].also_spelt.insert(name.to_owned());
        }
        self.group_spellings.insert(name.to_owned(), index);
        Ok(index)
    }

    /// The group of this id, on a user's line.
    pub(super) fn group_with_id(&mut self, line: u64, id: &str) -> Result<usize, ProblemKind> {
        let id = SourceId(cells::name(id)?.to_owned());
        if self.alone.is_some() {
            let group =
                FileGroup { line, source_id: Some(id), name: String::new(), also_spelt: BTreeSet::new() };
            self.groups.push(group);
            return Ok(self.groups.len() - 1);
        }
        self.group_ids.get(&id).copied().ok_or(ProblemKind::UndeclaredGroup)
    }

    /// The file as it was read.
    pub(super) fn finish(mut self) -> DirectoryFile {
        if self.unusable {
            self.users.clear();
        }
        self.users.retain(|user| !self.bad_lines.contains(&user.line));
        self.problems.sort();
        DirectoryFile {
            columns: self.columns.into_iter().map(|column| column.name().to_owned()).collect(),
            users: self.users,
            groups: self.groups,
            names_groups: self.names_groups,
            problems: self.problems,
        }
    }
}

/// Takes a key for a line, or tells the line that has it.
fn once<K: std::hash::Hash + Eq>(seen: &mut HashMap<K, u64>, key: K, line: u64) -> Result<(), u64> {
    match seen.entry(key) {
        Entry::Occupied(taken) => Err(*taken.get()),
        Entry::Vacant(free) => {
            free.insert(line);
            Ok(())
        }
    }
}
