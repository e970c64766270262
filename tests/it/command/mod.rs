//! `rollcall sync`, the program itself, against SCIM servers that we did not write. What counts is what the servers' own
//! stores hold.

mod company;
mod killed;
mod life_cycle;
mod program;
mod size;

pub use program::{events_in, program};
