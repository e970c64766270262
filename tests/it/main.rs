//! The whole system against real parts.

mod borders;
mod queue_contract;
mod secret_contract;
