//! The sweep: a paged, resumable walk over an application's whole scope. It is how an application comes into step
//! when it is enabled, and how any missed change is repaired.

mod job;

pub use job::{Counts, Position, Step, SweepJob};
