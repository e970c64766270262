//! The life of a directory at a target, once for each quirk that targets have: 40 users and 6 groups come, change and go, and at the
//! end the target's own store is what the directory's words make of it. A second run writes nothing.

mod course;
mod expected;
mod profiles;
mod quirks;
