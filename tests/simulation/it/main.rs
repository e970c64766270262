//! The whole pipeline on a simulated clock, from a seed (DESIGN section 12): the use cases of every function over tables,
//! queues and a target in memory, whose weather is as bad as theirs may be; judged by an oracle that shares nothing with
//! them.

#![expect(
    clippy::unwrap_used,
    reason = "what a test unwraps ends the test, in its functions without #[test] too"
)]

mod contract;
mod database;
#[path = "../../../shared/aws/tests/stores/examples.rs"]
#[expect(dead_code, reason = "not every example is written here")]
mod examples;
mod tables;
