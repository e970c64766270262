//! The API of the real program, `rollcall serve`, over HTTP.

mod by_hand;
mod removal;
pub mod served;
mod tenant;
mod walk;

pub use served::Served;
