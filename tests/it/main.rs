//! The whole system against real parts.

#![expect(
    clippy::unwrap_used,
    reason = "what a test unwraps ends the test, in its functions without #[test] too"
)]

mod api;
mod borders;
mod command;
mod crash;
mod deployed;
mod drift;
mod events;
mod fuse;
mod imports;
mod judge;
mod ledger;
mod lifecycle;
mod local;
mod managers;
mod openapi;
mod pains;
mod previews;
mod profiles;
mod quarantine;
mod queue_contract;
mod real_time;
mod scenarios;
mod secret_contract;
mod serve;
mod servers;
mod target_contract;
mod template;
mod throttled;
mod tools;
mod trouble;
mod world;
