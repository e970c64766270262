//! The whole system against real parts.

mod borders;
mod crash;
mod deployed;
mod events;
mod local;
mod queue_contract;
mod secret_contract;
mod servers;
mod target_contract;
mod template;
mod tools;
mod world;
