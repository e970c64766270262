//! Imports as jobs: a file of any size, uploaded in parts, is laid over the directory page by page. What [`super::import`]
//! does with a whole file and a whole snapshot in memory, this does with a page of lines at a time.
//!
//! First everything is added: who is new is created, who is there is given what he did not have, and nobody loses anything.
//! Then what would be taken is counted and judged by the fuse, for the directory and at each application. Only then departures
//! follow (who is disabled, renamed, leaves groups or loses values), then the deletions of whom a complete file does not name,
//! then lines that waited for a name.
//!
//! Every page is decided by guards and profiles, notes what it is about to do under its step, and may be done again.

mod additions;
mod attributes;
mod document;
mod entry;
mod groups;
mod people;
mod planning;
mod references;
mod revisit;
mod runner;
mod state;
mod upload;
mod walk;
mod weighing;

pub use document::Part;
pub use entry::{Entry, EntryResult, LinePage, LineProblem, Named, Tally};
pub use runner::ImportRunner;
pub use state::{Import, ImportState, Phase, Position, Request, Walk};
pub use upload::{CommitError, Imports, PartError, ViewError};

/// Most lines of a page: a slow table must not make it longer than some seconds.
const LINES: usize = 200;
/// Writes in flight.
const CONCURRENCY: usize = 16;
