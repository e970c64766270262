//! The tables' streams: from Lambda's event to changes in the domain's words.

mod record;
#[cfg(test)]
mod tests;

pub use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use provisioning::detect::StreamChange;

/// Why a record is skipped. It names what could not be read, never a value: records hold people's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stream record cannot be read: {0}")]
pub struct Unreadable(pub(crate) &'static str);

/// The changes an event tells, each with the sequence number of its record, in the order of the records. A record gives
/// none where it concerns nobody, and two where a link both turned up and settled something.
pub fn changes(event: &StreamEvent) -> Vec<(String, Result<StreamChange, Unreadable>)> {
    let mut changes = Vec::new();
    for record in &event.records {
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        match record::read(record) {
            Ok(read) => changes.extend(read.into_iter().map(|change| (sequence_number.clone(), Ok(change)))),
            Err(unreadable) => changes.push((sequence_number, Err(unreadable))),
        }
    }
    changes
}
