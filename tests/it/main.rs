//! The whole system against real parts.

mod borders;
mod crash;
mod events;
mod queue_contract;
mod secret_contract;
mod template;
mod world;
