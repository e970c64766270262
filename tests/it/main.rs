//! The whole system against real parts.

mod borders;
mod events;
mod queue_contract;
mod secret_contract;
mod template;
