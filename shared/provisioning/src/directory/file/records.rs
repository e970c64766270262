//! Records out of a file that comes piece by piece, however it is cut. What is kept between two pieces is the record that
//! has begun, never more than [`LONGEST_RECORD`].

use serde::{Deserialize, Serialize};

use super::quoting::{Lies, Quoting};
use super::{BYTE_ORDER_MARK, Format, ProblemKind};

/// Longest record, in bytes. What is longer is a problem of its line, and is passed over without being kept.
pub const LONGEST_RECORD: usize = 1024 * 1024;

/// A place between two records: reading can begin anew there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// The line it is on, counted from 1.
    pub line: u64,
    /// A CR stands before it: an LF behind it belongs to the same line ending.
    #[serde(default)]
    pub after_return: bool,
}

impl Place {
    /// Where a file begins.
    pub const START: Self = Self { offset: 0, line: 1, after_return: false };
}

/// One record, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where its first byte lies.
    pub offset: u64,
    /// The line it begins on.
    pub line: u64,
    /// Its bytes, without the line ending; none where it is too long.
    pub bytes: Vec<u8>,
    /// Where the next one is looked for.
    pub next: Place,
    /// What keeps it from being read, and on which line that is.
    pub(super) fault: Option<(u64, ProblemKind)>,
}

/// Cuts a file into records.
#[derive(Debug, Clone)]
pub struct RecordReader {
    format: Format,
    quoting: Quoting,
    offset: u64,
    /// Bytes of the byte order mark seen at the beginning, while it may still be one.
    mark: Option<usize>,
    begun: Option<Begun>,
}

#[derive(Debug, Clone)]
struct Begun {
    offset: u64,
    line: u64,
    bytes: Vec<u8>,
    too_long: bool,
}

impl RecordReader {
    /// Reads from `place` on.
    pub fn new(format: Format, place: Place) -> Self {
        Self {
            format,
            quoting: Quoting::at_line(place.line, place.after_return),
            offset: place.offset,
            mark: (place.offset == 0).then_some(0),
            begun: None,
        }
    }

    /// The next record that ends in `piece`, which is cut behind it; `None` once all of `piece` was taken in.
    pub fn next(&mut self, piece: &mut &[u8]) -> Option<Record> {
        while let Some((&byte, rest)) = piece.split_first() {
            *piece = rest;
            if let Some(record) = self.take(byte) {
                return Some(record);
            }
        }
        None
    }

    /// The record that ends with the file.
    pub fn finish(&mut self) -> Option<Record> {
        if let Some(seen @ 1..) = self.mark.take() {
            self.mark_was_none(seen);
        }
        let fault = match self.format {
            Format::CommaSeparated => self.quoting.fault_at_end(),
            Format::JsonLines => None,
        };
        let begun = self.begun.take()?;
        Some(self.ended(begun, fault))
    }

    fn take(&mut self, byte: u8) -> Option<Record> {
        if let Some(seen) = self.mark {
            if BYTE_ORDER_MARK.get(seen) == Some(&byte) {
                self.mark = (seen + 1 < BYTE_ORDER_MARK.len()).then_some(seen + 1);
                self.offset += 1;
                return None;
            }
            self.mark = None;
            self.mark_was_none(seen);
        }
        self.step(byte)
    }

    /// What looked like a byte order mark belongs to the first record.
    fn mark_was_none(&mut self, seen: usize) {
        self.offset -= seen as u64;
        for &byte in &BYTE_ORDER_MARK[..seen] {
            // None of these bytes ends a record.
            self.step(byte);
        }
    }

    fn step(&mut self, byte: u8) -> Option<Record> {
        let line = self.quoting.line();
        let lies = match self.format {
            Format::CommaSeparated => self.quoting.step(byte),
            Format::JsonLines => self.step_json(byte),
        };
        let offset = self.offset;
        self.offset += 1;
        match lies {
            Lies::Between => None,
            Lies::Within => {
                let begun = self.begun.get_or_insert_with(|| Begun {
                    offset,
                    line,
                    bytes: Vec::new(),
                    too_long: false,
                });
                if begun.bytes.len() < LONGEST_RECORD {
                    begun.bytes.push(byte);
                } else {
                    begun.too_long = true;
                }
                None
            }
            Lies::Behind => {
                let fault = self.quoting.fault();
                let begun = self.begun.take()?;
                Some(self.ended(begun, fault))
            }
        }
    }

    /// Blank lines are no records; a CR belongs to the line, as white space.
    fn step_json(&mut self, byte: u8) -> Lies {
        match (byte, self.begun.is_some()) {
            (b'\n', begun) => {
                self.quoting = Quoting::at_line(self.quoting.line() + 1, false);
                if begun { Lies::Behind } else { Lies::Between }
            }
            (byte, false) if byte.is_ascii_whitespace() => Lies::Between,
            _ => Lies::Within,
        }
    }

    fn ended(&self, begun: Begun, fault: Option<(u64, ProblemKind)>) -> Record {
        let Begun { offset, line, mut bytes, too_long } = begun;
        let fault = match too_long {
            true => {
                bytes = Vec::new();
                Some((line, ProblemKind::LongRecord))
            }
            false => fault,
        };
        let next = Place {
            offset: self.offset,
            line: self.quoting.line(),
            after_return: self.quoting.is_after_return(),
        };
        Record { offset, line, bytes, next, fault }
    }
}
