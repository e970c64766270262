//! The domain of Rollcall: what is in the directory, what an application should look like, which requests bring it
//! into step, and how that work is recorded so that no crash, repeat or delay changes the end.
//!
//! Nothing here performs I/O of its own: tables, queues, secrets and targets are reached through [`ports`], and the
//! clock and randomness are parameters. `aws` implements the tables and queues, `scim-client` the target.
//!
//! Where to look: [`desired`] says what should be; [`link`] what is, as far as we know; [`plan`] the difference as data;
//! [`sync`] carries a plan out with intent, request and settlement; [`detect`] turns changes into marks; [`sweep`] walks a
//! whole application; [`mod@drift`] holds what a target shows against what was sent; [`due`] rings again what came due.

pub mod activity;
pub mod adoption;
pub mod application;
pub mod clock;
pub mod desired;
pub mod detect;
pub mod directory;
pub mod drift;
pub mod due;
pub mod explain;
pub mod folding;
pub mod fuse;
pub mod ids;
pub mod link;
pub mod mapping;
pub mod matching;
pub mod plan;
pub mod ports;
pub mod preview;
pub mod randomness;
pub mod reference;
pub mod sweep;
pub mod sync;
pub mod target;
#[cfg(test)]
mod testing;
pub mod value;
