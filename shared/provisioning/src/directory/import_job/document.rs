//! The file of an import, read from the parts in which it was uploaded.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::directory::file::{Format, Place, Record, RecordReader};
use crate::ids::JobId;
use crate::ports::{ImportStore, StoreResult};

/// Most bytes that are read for one page, beyond the record that is being read.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which, counted from 1.
    pub number: u16,
    /// How long it is.
    pub bytes: u64,
    /// A digest of its bytes (FNV-1a): its pieces bear it, so that those of two uploads are told apart.
    pub digest: u64,
}

impl Part {
    /// Bytes of a piece; the last of a part may have fewer. An item of a table has at most 400 KB.
    pub const PIECE: usize = 256 * 1024;
    /// Most bytes of a part.
    pub const LONGEST: usize = 4_000_000;
    /// Most parts of a file.
    pub const MOST: u16 = 10_000;

    /// The part of these bytes.
    pub fn of(number: u16, bytes: &[u8]) -> Self {
        Self { number, bytes: bytes.len() as u64, digest: digest(bytes.iter().copied()) }
    }

    /// A digest of a whole file by its parts.
    pub(super) fn seal(parts: &[Self]) -> u64 {
        digest(parts.iter().flat_map(|part| {
            [u64::from(part.number), part.bytes, part.digest].into_iter().flat_map(u64::to_le_bytes)
        }))
    }
}

fn digest(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Why a file cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// A part is not there as it was uploaded.
    #[error("part {0} is not there whole; create a new import and upload the file again")]
    Truncated(u16),
    /// A part was replaced after the commit.
    #[error("a part was replaced after the commit; commit again")]
    Replaced,
}

/// Some records in a row.
pub(super) struct Records {
    pub(super) records: Vec<Record>,
    /// Where the next one is looked for.
    pub(super) next: Place,
    /// There is no next one.
    pub(super) last: bool,
}

/// The file, with the piece read last at hand.
pub(super) struct Document {
    import: JobId,
    format: Format,
    parts: Vec<Part>,
    piece: Option<(usize, u32, Arc<Vec<u8>>)>,
}

impl Document {
    /// The file as it was when it was sealed.
    pub(super) async fn open(
        store: &dyn ImportStore,
        import: &JobId,
        format: Format,
        sealed: u64,
    ) -> StoreResult<Result<Self, Unreadable>> {
        let parts = store.parts(import).await?;
        Ok(match Part::seal(&parts) == sealed {
            true => Ok(Self { import: import.clone(), format, parts, piece: None }),
            false => Err(Unreadable::Replaced),
        })
    }

    /// Records from `place` on, until `enough` says so of the last one.
    pub(super) async fn read(
        &mut self,
        store: &dyn ImportStore,
        place: Place,
        mut enough: impl FnMut(&Record) -> bool + Send,
    ) -> StoreResult<Result<Records, Unreadable>> {
        let mut reader = RecordReader::new(self.format, place);
        let mut found = Records { records: Vec::new(), next: place, last: false };
        let (mut offset, mut bytes) = (place.offset, 0);
        while let Some((part, index, skip)) = self.locate(offset) {
            let piece = match self.piece(store, part, index).await? {
                Ok(piece) => piece,
                Err(unreadable) => return Ok(Err(unreadable)),
            };
            let mut rest = &piece[skip.min(piece.len())..];
            offset += rest.len() as u64;
            while let Some(record) = reader.next(&mut rest) {
                found.next = record.next;
                bytes += record.bytes.len();
                let ends = enough(&record) || bytes > PAGE_BYTES;
                found.records.push(record);
                if ends {
                    return Ok(Ok(found));
                }
            }
        }
        if let Some(record) = reader.finish() {
            found.next = record.next;
            found.records.push(record);
        }
        found.last = true;
        Ok(Ok(found))
    }

    /// Which part, which piece of it and which byte of that an offset is; `None` at the end.
    fn locate(&self, offset: u64) -> Option<(usize, u32, usize)> {
        let mut start = 0;
        for (at, part) in self.parts.iter().enumerate() {
            if offset < start + part.bytes {
                let within = usize::try_from(offset - start).ok()?;
                return Some((at, u32::try_from(within / Part::PIECE).ok()?, within % Part::PIECE));
            }
            start += part.bytes;
        }
        None
    }

    async fn piece(
        &mut self,
        store: &dyn ImportStore,
        at: usize,
        index: u32,
    ) -> StoreResult<Result<Arc<Vec<u8>>, Unreadable>> {
        if let Some((part, number, piece)) = &self.piece
            && (*part, *number) == (at, index)
        {
            return Ok(Ok(Arc::clone(piece)));
        }
        let part = &self.parts[at];
        let before = u64::from(index) * Part::PIECE as u64;
        let expected = (part.bytes - before).min(Part::PIECE as u64);
        let piece = store.piece(&self.import, part, index).await?;
        let Some(piece) = piece.filter(|piece| piece.len() as u64 == expected) else {
            return Ok(Err(Unreadable::Truncated(part.number)));
        };
        let piece = Arc::new(piece);
        self.piece = Some((at, index, Arc::clone(&piece)));
        Ok(Ok(piece))
    }
}
