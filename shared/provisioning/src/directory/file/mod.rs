//! Directory files: users, their groups and attributes as one file that is the whole truth. CSV or NDJSON.
//!
//! CSV names its columns in the first line: `username` is required; `email`, `first_name`, `last_name`,
//! `display_name`, `status` (`active` or `disabled`), `groups` (separated by `;`) and `id` (the source's immutable
//! key) are known; every other column is a custom attribute. NDJSON has the same as keys of one object a line, custom
//! attributes among them or under `custom`, and lines `{"group": {"id": …, "name": …}}`.
//!
//! Reading a file changes nothing and needs nothing: bytes in, lines and problems out.

mod cells;
mod columns;
mod comma_separated;
mod draft;
mod json;
mod json_lines;
mod line;
mod problem;
mod quoting;
mod records;
mod row;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use line::{Content, FileLine, LineReader, Unresolved};
pub use problem::{PROBLEMS_KEPT, Problem, ProblemKind, Problems};
pub use records::{LONGEST_RECORD, Place, Record, RecordReader};
pub use row::{Edit, FileGroup, FileUser};

/// Most columns of a file.
pub const MAXIMUM_COLUMNS: usize = 250;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    #[serde(rename = "csv")]
    CommaSeparated,
    /// One JSON object a line.
    #[serde(rename = "ndjson")]
    JsonLines,
}

/// A directory file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryFile {
    /// The columns or keys it has: the built-in ones first, then custom attributes.
    pub columns: Vec<String>,
    /// The users whose lines are good, by line.
    pub users: Vec<FileUser>,
    /// The groups it names.
    pub groups: Vec<FileGroup>,
    /// Whether it speaks of groups at all; if not, groups and memberships stay as they are.
    pub names_groups: bool,
    /// What is wrong with it. A file with problems is not the whole truth: `users` lacks the bad lines.
    pub problems: Problems,
}

impl Format {
    /// Told by the name's ending, else by the first character.
    pub fn detect(name: &Path, bytes: &[u8]) -> Self {
        let ending = name.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("ndjson" | "jsonl") => Self::JsonLines,
            Some("csv") => Self::CommaSeparated,
            _ => match without_mark(bytes).iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'{' | b'[') => Self::JsonLines,
                _ => Self::CommaSeparated,
            },
        }
    }
}

/// Reads a directory file. Every problem is found; none stops the reading.
pub fn parse(bytes: &[u8], format: Format) -> DirectoryFile {
    let mut draft = draft::Draft::default();
    if [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| bytes.starts_with(mark)) {
        draft.problem(1, None, None, ProblemKind::WideText);
        return draft.finish();
    }
    match format {
        Format::CommaSeparated => comma_separated::read(bytes, &mut draft),
        Format::JsonLines => json_lines::read(bytes, &mut draft),
    }
    draft.finish()
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

#[cfg(test)]
mod piecewise;
#[cfg(test)]
mod tests;
