//! Stories by name, from end to end: what an administrator fears, and what becomes of it.

mod absence;
mod blocked;
mod dialects;
mod groups;
mod groups_let_go;
mod names;
mod odd_targets;
mod ownership;
mod unknown_members;
mod whole_lists;
