//! Where the records of a CSV file begin and end, and whether their quotes are sound. The `csv` crate forgives broken
//! quotes quietly, and a file that is the whole truth must not be guessed at.

use std::ops::Range;

use super::ProblemKind;

/// A record's place in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RecordPlace {
    /// The line it begins on, counted from 1.
    pub(super) line: u64,
    /// Its bytes, without the line ending.
    pub(super) bytes: Range<usize>,
    /// What is wrong with its quotes, and on which line that is.
    pub(super) fault: Option<(u64, ProblemKind)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    RecordStart,
    FieldStart,
    Unquoted,
    Quoted,
    ClosingQuote,
}

/// Finds all records. It agrees with the `csv` crate on where they end: at CR or LF outside quotes, and blank lines
/// are none.
pub(super) fn records(bytes: &[u8]) -> Vec<RecordPlace> {
    let mut found = Vec::new();
    let mut at = At::RecordStart;
    let mut line = 1;
    let mut quote_line = 1;
    let mut record = RecordPlace { line, bytes: 0..0, fault: None };
    for (position, &byte) in bytes.iter().enumerate() {
        if at == At::RecordStart && !matches!(byte, b'\r' | b'\n') {
            record = RecordPlace { line, bytes: position..position, fault: None };
            at = At::FieldStart;
        }
        at = match (at, byte) {
            (At::RecordStart, _) => At::RecordStart,
            (At::Quoted, b'"') => At::ClosingQuote,
            (At::Quoted, _) => At::Quoted,
            (_, b'\r' | b'\n') => {
                record.bytes.end = position;
                let next = RecordPlace { line, bytes: position..position, fault: None };
                found.push(std::mem::replace(&mut record, next));
                At::RecordStart
            }
            (_, b',') => At::FieldStart,
            (At::FieldStart, b'"') => {
                quote_line = line;
                At::Quoted
            }
            (At::ClosingQuote, b'"') => At::Quoted,
            (At::Unquoted, b'"') | (At::ClosingQuote, _) => {
                record.fault.get_or_insert((line, ProblemKind::StrayQuote));
                At::Unquoted
            }
            (At::FieldStart | At::Unquoted, _) => At::Unquoted,
        };
        // CR LF is one line ending, a CR alone is one too.
        if byte == b'\n' || (byte == b'\r' && bytes.get(position + 1) != Some(&b'\n')) {
            line += 1;
        }
    }
    if at != At::RecordStart {
        if at == At::Quoted {
            record.fault = Some((quote_line, ProblemKind::UnclosedQuote));
        }
        record.bytes.end = bytes.len();
        found.push(record);
    }
    found
}
