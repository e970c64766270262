//! The whole pipeline on a simulated clock, from a seed (DESIGN section 12): the use cases of every function over tables,
//! queues and a target in memory, whose weather is as bad as theirs may be; judged by an oracle that shares nothing with
//! them.

#![expect(
    clippy::unwrap_used,
    reason = "what a test unwraps ends the test, in its functions without #[test] too"
)]

mod chance;
mod contract;
mod database;
mod effect;
#[path = "../../../shared/aws/tests/stores/examples.rs"]
mod examples;
mod found;
mod history;
mod meddling;
mod oracle;
mod parity;
mod queue;
mod seeds;
mod tables;
mod target;
mod telling;
mod troubles;
mod weather;
mod world;
