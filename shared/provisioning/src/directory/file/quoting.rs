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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    RecordStart,
    FieldStart,
    Unquoted,
    Quoted,
    ClosingQuote,
}

/// Where a byte lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// Between two records: a line ending, or a blank line.
    Between,
    /// Within a record.
    Within,
    /// Behind a record, which it ends.
    Behind,
}

/// Follows the quotes and lines of CSV byte by byte. It agrees with the `csv` crate on where records end: at CR or LF
/// outside quotes, and blank lines are none.
#[derive(Debug, Clone)]
pub(super) struct Quoting {
    at: At,
    line: u64,
    quote_line: u64,
    after_return: bool,
    fault: Option<(u64, ProblemKind)>,
}

impl Quoting {
    /// At the start of a record on this line, behind a CR or not.
    pub(super) fn at_line(line: u64, after_return: bool) -> Self {
        Self { at: At::RecordStart, line, quote_line: line, after_return, fault: None }
    }

    /// The line of the next byte, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether the last byte was a CR: with an LF behind it, the two are one line ending.
    pub(super) fn is_after_return(&self) -> bool {
        self.after_return
    }

    /// Goes over one byte.
    pub(super) fn step(&mut self, byte: u8) -> Lies {
        let ends_line = matches!(byte, b'\r' | b'\n');
        let lies = match (self.at, ends_line) {
            (At::RecordStart, true) => Lies::Between,
            (At::FieldStart | At::Unquoted | At::ClosingQuote, true) => {
                self.at = At::RecordStart;
                Lies::Behind
            }
            _ => {
                self.at = self.within(byte);
                Lies::Within
            }
        };
        if ends_line && !(byte == b'\n' && self.after_return) {
            self.line += 1;
        }
        self.after_return = byte == b'\r';
        lies
    }

    fn within(&mut self, byte: u8) -> At {
        match (self.at, byte) {
            (At::Quoted, b'"') => At::ClosingQuote,
            (At::ClosingQuote, b'"') | (At::Quoted, _) => At::Quoted,
            (_, b',') => At::FieldStart,
            (At::RecordStart | At::FieldStart, b'"') => {
                self.quote_line = self.line;
                At::Quoted
            }
            (At::Unquoted, b'"') | (At::ClosingQuote, _) => {
                self.fault.get_or_insert((self.line, ProblemKind::StrayQuote));
                At::Unquoted
            }
            (At::RecordStart | At::FieldStart | At::Unquoted, _) => At::Unquoted,
        }
    }

    /// What is wrong with the quotes of the record that ended.
    pub(super) fn fault(&mut self) -> Option<(u64, ProblemKind)> {
        self.fault.take()
    }

    /// The same where the file ends.
    pub(super) fn fault_at_end(&mut self) -> Option<(u64, ProblemKind)> {
        if self.at == At::Quoted {
            self.fault = Some((self.quote_line, ProblemKind::UnclosedQuote));
        }
        self.fault.take()
    }
}

/// Finds all records.
pub(super) fn records(bytes: &[u8]) -> Vec<RecordPlace> {
    let mut found = Vec::new();
    let mut quoting = Quoting::at_line(1, false);
    let mut begun: Option<(u64, usize)> = None;
    for (position, &byte) in bytes.iter().enumerate() {
        let line = quoting.line();
        match quoting.step(byte) {
            Lies::Between => {}
            Lies::Within => {
                begun.get_or_insert((line, position));
            }
            Lies::Behind => {
                let fault = quoting.fault();
                found.extend(begun.take().map(|(line, start)| RecordPlace {
                    line,
                    bytes: start..position,
                    fault,
                }));
            }
        }
    }
    let fault = quoting.fault_at_end();
    found.extend(begun.map(|(line, start)| RecordPlace { line, bytes: start..bytes.len(), fault }));
    found
}
