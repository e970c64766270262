//! What the fuse says of taking a counterpart out of use.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Link;
use crate::clock::after;
use crate::desired::Desired;

/// How long a permit stands that was not used.
const PERMIT_LASTS: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// What is taken away of a counterpart, from the least to the gravest. Who was asked about one was not asked about a graver one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemovalKind {
    /// A value of an account, or the name it is known by.
    Change,
    /// Its use: an account is turned off or kept no more, a group emptied.
    Removal,
    /// All of it.
    Deletion,
}

impl fmt::Display for RemovalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Change => "change",
            Self::Removal => "removal",
            Self::Deletion => "deletion",
        })
    }
}

/// What the fuse, or a person in its place, said of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// So much may go. It was counted then, and is not counted again.
    Permitted {
        /// What.
        kind: RemovalKind,
        /// When it was counted.
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// It waits for a person.
    Held {
        /// What.
        kind: RemovalKind,
        /// Since when.
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        since: Timestamp,
    },
    /// A person said that it stays, as long as this is what is desired.
    Kept(Desired),
}

/// What the fuse, or a person in its place, said of taking a membership away whose user keeps his account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberRemoval {
    /// It may go. It was counted then, and is not counted again.
    Permitted(#[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] Timestamp),
    /// It waits for a person since then.
    Held(#[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] Timestamp),
    /// A person said that it stays, until the user is a member again.
    Kept,
}

impl MemberRemoval {
    /// Whether it was counted and may go.
    pub fn is_permitted(self, now: Timestamp) -> bool {
        matches!(self, Self::Permitted(at) if after(at, PERMIT_LASTS) > now)
    }

    /// Whether it waits for a person.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Held(_))
    }
}

impl Link {
    /// Whether so much, or more, was counted and may go.
    pub fn may_lose(&self, kind: RemovalKind, now: Timestamp) -> bool {
        matches!(self.removal, Some(Removal::Permitted { kind: permitted, at })
            if permitted >= kind && after(at, PERMIT_LASTS) > now)
    }

    /// Whether something of it waits for a person.
    pub fn is_held(&self) -> bool {
        self.held().is_some()
    }

    /// What of it waits for a person.
    pub fn held(&self) -> Option<RemovalKind> {
        match self.removal {
            Some(Removal::Held { kind, .. }) => Some(kind),
            _ => None,
        }
    }

    /// Whether a person said that it stays although this is desired.
    pub fn is_kept(&self, desired: Desired) -> bool {
        self.removal == Some(Removal::Kept(desired))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkKey;

    fn permitted(kind: RemovalKind) -> Link {
        let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
        Link { removal: Some(Removal::Permitted { kind, at: Timestamp::UNIX_EPOCH }), ..Link::new(key) }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("a time")
    }

    #[test]
    fn a_permit_that_was_not_used_for_a_day_is_void() {
        let link = permitted(RemovalKind::Removal);
        assert!(link.may_lose(RemovalKind::Removal, at(86_399)));
        assert!(!link.may_lose(RemovalKind::Removal, at(86_400)));
    }

    #[test]
    fn a_permit_serves_nothing_graver_than_it_was_given_for() {
        use RemovalKind::{Change, Deletion, Removal};
        let kinds = [Change, Removal, Deletion];
        let served = |given| kinds.into_iter().filter(|kind| permitted(given).may_lose(*kind, at(1))).count();
        assert_eq!(kinds.map(served), [1, 2, 3]);
    }
}
