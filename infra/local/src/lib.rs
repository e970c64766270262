//! Rollcall on one machine: every function in one process, on embedded stores, with the same code path as on AWS.
//!
//! [`engine::Engine`] is the way in.

pub mod database;
pub mod engine;
pub mod queue;
pub mod recovery;
pub mod secrets;
pub mod streams;
