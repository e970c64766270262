//! The whole system in one process: the engine with its own streams, queues and schedule, and a stand-in target.

mod changes;
mod first_sync;
mod proportion;
pub mod system;
