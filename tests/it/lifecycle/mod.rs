//! The life of a directory at a target, once for each quirk that targets have and once for each profile: 40 users and 6 groups come,
//! change and go, among accounts and groups that somebody else made, and at the end the target's own store is what the directory's
//! words make of it. A second run writes nothing.

mod before;
mod course;
mod expected;
mod faults;
mod mapping;
mod profiles;
mod quirks;
