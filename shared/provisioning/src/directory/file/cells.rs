//! What a single cell may hold.

use super::ProblemKind;
use crate::directory::Status;

/// Most characters of a user name, a group's name and an id.
pub(super) const NAME_LENGTH: usize = 256;

/// Most characters of any other value.
pub(super) const VALUE_LENGTH: usize = 4_096;

/// A name or id: not empty, not long, on one line.
pub(super) fn name(text: &str) -> Result<&str, ProblemKind> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ProblemKind::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(ProblemKind::ControlCharacter);
    }
    at_most(text, NAME_LENGTH)
}

/// A value, `None` where the cell is empty.
pub(super) fn value(text: &str) -> Result<Option<&str>, ProblemKind> {
    let text = at_most(text.trim(), VALUE_LENGTH)?;
    Ok((!text.is_empty()).then_some(text))
}

/// A status, in any case; an empty one is `active`.
pub(super) fn status(text: &str) -> Result<Status, ProblemKind> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("active") {
        Ok(Status::Active)
    } else if text.eq_ignore_ascii_case("disabled") {
        Ok(Status::Disabled)
    } else {
        Err(ProblemKind::UnknownStatus)
    }
}

fn at_most(text: &str, maximum: usize) -> Result<&str, ProblemKind> {
    // Bytes are never fewer than characters, so most cells need no counting.
    if text.len() > maximum {
        let length = text.chars().count();
        if length > maximum {
            return Err(ProblemKind::TooLong { length, maximum });
        }
    }
    Ok(text)
}
