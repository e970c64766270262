//! Stories by name, from end to end: what an administrator fears, and what becomes of it.

mod absence;
mod blocked;
mod groups;
mod names;
mod ownership;
