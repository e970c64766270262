//! What tests, the benchmark and the demo run against: a stand-in SCIM target that remembers and can be told to fail, sample
//! directories, and ports that crash at a chosen call. Nothing here is part of what is deployed.

pub mod bare_client;
pub mod crash;
pub mod sample;
pub mod stand_in;

pub use stand_in::{Fault, LoggedRequest, Quirks, StandIn, StandInConfig};
