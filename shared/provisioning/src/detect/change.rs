//! Changes as the tables' streams tell them.

use crate::activity::Outcome;
use crate::directory::{Group, User};
use crate::ids::{GroupId, UserId};
use crate::link::LinkKey;

/// One record of a stream, as far as it concerns anybody.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a batch lives for a moment, and most of it are the large ones"
)]
pub enum StreamChange {
    /// The directory changed.
    Directory(DirectoryChange),
    /// A link gained, changed or lost its counterpart, or turned it on or off.
    Presence(LinkKey),
    /// The id under which it is at the target came, went or became another one.
    Account(LinkKey),
    /// Something was settled that the activity log tells.
    Outcome(Box<Outcome>),
}

/// A change of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a batch lives for a moment, and most of it are the large ones"
)]
pub enum DirectoryChange {
    /// A user was created (`old` is none), changed, or deleted (`new` is none).
    User {
        /// Before.
        old: Option<User>,
        /// After.
        new: Option<User>,
    },
    /// A user joined or left a group.
    Membership {
        /// The group.
        group: GroupId,
        /// The user.
        user: UserId,
        /// He left.
        removed: bool,
    },
    /// A group was created, changed or deleted.
    Group {
        /// Before.
        old: Option<Group>,
        /// After.
        new: Option<Group>,
    },
}
