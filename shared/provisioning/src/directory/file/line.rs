//! Lines one by one, for files that are never whole in memory. What only the whole file shows (names that are there
//! twice, groups that are declared elsewhere) is the reader's business.

use super::columns::Column;
use super::draft::Draft;
use super::records::Record;
use super::{FileGroup, FileUser, Format, Problem, ProblemKind, comma_separated, json_lines};

/// Reads lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineReader {
    format: Format,
    /// The columns of CSV.
    columns: Vec<Column>,
}

/// A line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// The line, counted from 1.
    pub line: u64,
    /// What it says, as far as it can be read.
    pub content: Content,
    /// Whether it speaks of groups.
    pub names_groups: bool,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Users whom its attributes name and who are not there, or not yet.
    pub unresolved: Vec<Unresolved>,
}

/// A user whom an attribute names and who is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The attribute.
    pub column: String,
    /// By what he is named.
    pub given: String,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A user, and the groups his indexes mean; one that is meant by its id has no name. On a line with problems any part
    /// may be missing, his name too.
    User(Box<FileUser>, Vec<FileGroup>),
    /// A group.
    Group(FileGroup),
    /// Nothing that can be read.
    Unreadable,
}

impl FileLine {
    /// The name on it; empty where it cannot be read.
    pub fn name(&self) -> &str {
        match &self.content {
            Content::User(user, _) => &user.username,
            Content::Group(group) => &group.name,
            Content::Unreadable => "",
        }
    }
}

impl LineReader {
    /// A reader of what follows the first record, which names the columns of CSV. NDJSON's first record is a line like the
    /// others.
    ///
    /// # Errors
    ///
    /// The file cannot be read at all, and why.
    pub fn behind(format: Format, first: Option<&Record>) -> Result<Self, Vec<Problem>> {
        let mut draft = Draft::default();
        if first.is_some_and(|first| is_wide(&first.bytes)) {
            draft.problem(1, None, None, ProblemKind::WideText);
            return Err(draft.finish_line().problems);
        }
        let columns = match (format, first) {
            (Format::JsonLines, Some(first)) if first.bytes.first() == Some(&b'[') => {
                draft.problem(first.line, None, None, ProblemKind::JsonArray);
                Vec::new()
            }
            (Format::JsonLines, _) => Vec::new(),
            (Format::CommaSeparated, None) => {
                draft.problem(1, None, None, ProblemKind::NoUsernameColumn);
                Vec::new()
            }
            (Format::CommaSeparated, Some(first)) => comma_separated::columns(first, &mut draft),
        };
        let problems = draft.finish_line().problems;
        if problems.is_empty() { Ok(Self { format, columns }) } else { Err(problems) }
    }

    /// Whether the columns include groups. NDJSON says so line by line.
    pub fn has_groups(&self) -> bool {
        self.columns.contains(&Column::Groups)
    }

    /// The names of the custom attributes among the columns.
    pub fn custom_columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|column| matches!(column, Column::Custom(_))).map(Column::name)
    }

    /// Reads records, in their order.
    pub fn read(&self, records: &[Record]) -> Vec<FileLine> {
        match self.format {
            Format::CommaSeparated => comma_separated::read_records(records, &self.columns),
            Format::JsonLines => records.iter().map(json_lines::read_record).collect(),
        }
    }
}

/// UTF-16 or UTF-32, told by their byte order marks.
fn is_wide(bytes: &[u8]) -> bool {
    [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| bytes.starts_with(mark))
}
