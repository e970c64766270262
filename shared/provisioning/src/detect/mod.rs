//! Change detection: which links a change concerns (DESIGN section 6).

mod change;

pub use change::{DirectoryChange, Presence, StreamChange};
