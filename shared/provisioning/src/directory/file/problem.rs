//! What is wrong with a directory file: where, what was given, what is allowed.

use std::fmt;

/// Most problems kept of one file; the rest are counted.
pub const PROBLEMS_KEPT: usize = 1_000;

/// One problem, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: u64,
    /// The column or key, where it lies in one.
    pub column: Option<String>,
    /// What was given, shortened; `None` where there is nothing to show.
    pub given: Option<String>,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What can be wrong. Shown, each says what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The text is not UTF-8.
    #[error("byte {offset} of the file is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// Where the first bad byte lies, counted from 0.
        offset: usize,
    },
    /// The file is UTF-16 or UTF-32.
    #[error("the file is UTF-16 or UTF-32; save it as UTF-8")]
    WideText,
    /// A JSON document instead of lines.
    #[error("the file is one JSON array; write one object a line (NDJSON)")]
    JsonArray,
    /// There is no column for user names.
    #[error(
        "there is no column 'username', which is required; the first line names the columns, separated by commas"
    )]
    NoUsernameColumn,
    /// A column looks like a built-in one but is not.
    #[error("is not a column; it is written '{0}' (rename the column if something else is meant)")]
    Misnamed(&'static str),
    /// A column without a name.
    #[error("a column needs a name of 1 to 128 characters, none of them a control character")]
    BadColumnName,
    /// A column or key twice.
    #[error("is there twice; every column and key is written once")]
    DuplicateColumn,
    /// Too many columns.
    #[error("there are {0} columns; at most {max} are allowed", max = super::MAXIMUM_COLUMNS)]
    TooManyColumns(usize),
    /// A line with too few or too many fields.
    #[error(
        "the line has {found} fields and the first line has {expected}; quote a field that holds a comma"
    )]
    FieldCount {
        /// Fields in this line.
        found: usize,
        /// Fields in the first.
        expected: usize,
    },
    /// A quote where none may be.
    #[error(
        "a quote stands in the middle of a field; a field is quoted as a whole, and a quote within it is doubled: \"say \"\"hi\"\"\""
    )]
    StrayQuote,
    /// A quoted field that does not end.
    #[error("the field opens a quote that is never closed; all that follows was taken for its content")]
    UnclosedQuote,
    /// A record that is longer than any may be.
    #[error(
        "the line is longer than {} bytes; where it is not meant to be, a quote may be open",
        super::records::LONGEST_RECORD
    )]
    LongRecord,
    /// A required value is empty.
    #[error("is empty; a value is required")]
    Empty,
    /// A control character in a name.
    #[error("holds a control character; names and ids have none")]
    ControlCharacter,
    /// Too long.
    #[error("has {length} characters; at most {maximum} are allowed")]
    TooLong {
        /// Its length.
        length: usize,
        /// The most.
        maximum: usize,
    },
    /// Two lines with what must be unique.
    #[error("is on line {first} too, without regard to case; it must be unique")]
    Duplicate {
        /// The line that had it first.
        first: u64,
    },
    /// A status that is none.
    #[error("is not a status; allowed are active and disabled")]
    UnknownStatus,
    /// Not a JSON object.
    #[error("is not a JSON object: {0}")]
    BadJson(String),
    /// A JSON value of a wrong type.
    #[error("must be {0}")]
    WrongType(&'static str),
    /// A key that has no meaning there.
    #[error("is not known here; allowed are {0}")]
    UnknownKey(&'static str),
    /// A group within a group.
    #[error("groups hold users only; list each user's groups on his own line")]
    NestedGroup,
    /// A reference to a group of which no line tells.
    #[error("no line of the file is the group with this id; add {{\"group\": {{\"id\": …, \"name\": …}}}}")]
    UndeclaredGroup,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        f.write_str(": ")?;
        if let Some(given) = &self.given {
            write!(f, "'{given}' ")?;
        }
        write!(f, "{}", self.kind)
    }
}

/// The problems of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first ones, by line; at most [`PROBLEMS_KEPT`].
    pub kept: Vec<Problem>,
    /// How many there are in all.
    pub count: u64,
}

impl Problems {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Notes one.
    pub(super) fn add(&mut self, line: u64, column: Option<&str>, given: Option<&str>, kind: ProblemKind) {
        self.count += 1;
        if self.kept.len() < PROBLEMS_KEPT {
            let column = column.map(shortened);
            self.kept.push(Problem { line, column, given: given.map(shortened), kind });
        }
    }

    pub(super) fn sort(&mut self) {
        self.kept.sort_by_key(|problem| problem.line);
    }
}

/// At most 60 characters of what was given, without control characters: it is shown on terminals.
fn shortened(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
