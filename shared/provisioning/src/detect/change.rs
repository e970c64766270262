//! Changes as the tables' streams tell them.

use jiff::Timestamp;

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
    Presence(Presence),
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

/// A link whose counterpart came, went, changed, or was turned on or off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Which link.
    pub key: LinkKey,
    /// When it was settled, if it was a sweep's mark that was worked off: a sweep compares its groups only after all it marked
    /// is settled, so such a link need not be told to groups that were compared later. `None` for any other.
    pub swept_at: Option<Timestamp>,
}
