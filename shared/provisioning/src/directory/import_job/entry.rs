//! What became of lines.

use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

use crate::directory::file::{Place, Problem};

/// A page of lines and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePage {
    /// Which, counted from 0.
    pub number: u32,
    /// Where its first record is looked for.
    pub start: Place,
    /// The step of the job under which it was written last.
    pub step: u64,
    /// What it added to the counts before that step: a page that is done again takes this away, not what the attempt
    /// before it left.
    pub before: Tally,
    /// Groups created for its lines.
    pub groups_created: u64,
    /// Its lines.
    pub entries: Vec<Entry>,
}

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The line, counted from 1.
    #[serde(rename = "l")]
    pub line: u64,
    /// The name on it, shortened; empty where it cannot be read.
    #[serde(rename = "n", default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What became of it.
    #[serde(rename = "r")]
    pub result: EntryResult,
    /// What is wrong with it; the first few problems.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<LineProblem>,
    /// Memberships added.
    #[serde(rename = "j", default)]
    pub joined: u64,
    /// Memberships that it takes, once departures are done.
    #[serde(rename = "v", default)]
    pub leaves: u64,
    /// It takes something, which was not done yet.
    #[serde(rename = "d", default)]
    pub departs: bool,
    /// What it takes is the user's right to sign in.
    #[serde(rename = "s", default)]
    pub disables: bool,
    /// It waits for a name, or for somebody whom it names.
    #[serde(rename = "w", default)]
    pub waits: bool,
    /// What is wrong with it if he whom it names never comes.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<LineProblem>,
}

/// What became of a line. The later of two comes from more having been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryResult {
    /// It says what the directory has.
    #[serde(rename = "=")]
    Unchanged,
    /// A user or group was changed.
    #[serde(rename = "u")]
    Updated,
    /// A user was disabled.
    #[serde(rename = "d")]
    Disabled,
    /// A user or group was created.
    #[serde(rename = "c")]
    Created,
    /// Part of it, or all, is still to be done.
    #[serde(rename = "…")]
    Pending,
    /// It was not taken.
    #[serde(rename = "!")]
    Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProblem {
    /// The column or key, where it lies in one.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What was given, shortened.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// What is wrong with it, and what is allowed.
    #[serde(rename = "d")]
    pub detail: String,
}

/// Who was named, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The line.
    pub line: u64,
    /// The name he is to bear, folded.
    pub name: String,
    /// The id of a group that is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A group that could not be given its name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// How much was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Lines that say what the directory has.
    pub unchanged: u64,
    /// Lines by which a user or group was changed.
    pub updated: u64,
    /// Lines by which a user was disabled.
    pub disabled: u64,
    /// Lines by which a user, or on a line of its own a group, was created.
    pub created: u64,
    /// Lines of which part is still to be done.
    pub pending: u64,
    /// Lines that were not taken.
    pub problems: u64,
    /// Memberships added.
    pub memberships_added: u64,
    /// Memberships removed; not those of who was deleted.
    pub memberships_removed: u64,
    /// Groups created.
    pub groups_created: u64,
    /// Users deleted.
    pub users_deleted: u64,
    /// Groups deleted.
    pub groups_deleted: u64,
}

/// Most problems kept of one line.
const PROBLEMS: usize = 3;
/// Most bytes of a name as it is kept here.
const NAME: usize = 256;

impl Entry {
    /// A line of which nothing is known but its name and problems.
    pub(super) fn of(line: u64, name: &str, problems: &[Problem]) -> Self {
        let result = if problems.is_empty() { EntryResult::Unchanged } else { EntryResult::Problem };
        Self {
            line,
            name: name[..name.floor_char_boundary(NAME)].to_owned(),
            result,
            problems: problems.iter().take(PROBLEMS).map(LineProblem::from).collect(),
            joined: 0,
            leaves: 0,
            departs: false,
            disables: false,
            waits: false,
            unresolved: None,
        }
    }

    /// It was not taken.
    pub(super) fn refuse(&mut self, problem: LineProblem) {
        self.problems = vec![problem];
        self.result = EntryResult::Problem;
        (self.departs, self.waits, self.unresolved) = (false, false, None);
    }

    /// Bytes it takes, about.
    pub(super) fn size(&self) -> usize {
        let problems = self.problems.iter().chain(&self.unresolved).map(|problem| {
            let texts = [problem.column.as_deref(), problem.given.as_deref(), Some(&*problem.detail)];
            texts.iter().flatten().map(|text| text.len() + 12).sum::<usize>()
        });
        80 + self.name.len() + problems.sum::<usize>()
    }

    /// What an attempt before, which died, had set out to do is done: it is told as its own.
    pub(super) fn take_over(&mut self, attempt: &Self) {
        if self.result < EntryResult::Pending && attempt.result < EntryResult::Pending {
            self.result = self.result.max(attempt.result);
        }
        self.joined = self.joined.max(attempt.joined);
    }
}

impl From<&Problem> for LineProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            column: problem.column.clone(),
            given: problem.given.clone(),
            detail: problem.kind.to_string(),
        }
    }
}

impl LinePage {
    /// What it adds to the counts.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally { groups_created: self.groups_created, ..Tally::default() };
        for entry in &self.entries {
            match entry.result {
                EntryResult::Unchanged => tally.unchanged += 1,
                EntryResult::Updated => tally.updated += 1,
                EntryResult::Disabled => tally.disabled += 1,
                EntryResult::Created => tally.created += 1,
                EntryResult::Pending => tally.pending += 1,
                EntryResult::Problem => tally.problems += 1,
            }
            tally.memberships_added += entry.joined;
            if !entry.departs {
                tally.memberships_removed += entry.leaves;
            }
        }
        tally
    }
}

macro_rules! each {
    ($one:ident, $other:ident, $act:ident) => {
        each!(@ $one, $other, $act: unchanged, updated, disabled, created, pending, problems, memberships_added,
            memberships_removed, groups_created, users_deleted, groups_deleted)
    };
    (@ $one:ident, $other:ident, $act:ident: $($field:ident),+) => {
        $($one.$field = $one.$field.$act($other.$field);)+
    };
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        each!(self, other, saturating_add);
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        each!(self, other, saturating_sub);
    }
}
