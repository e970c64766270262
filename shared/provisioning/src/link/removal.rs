//! What the fuse says of taking a counterpart out of use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Link;
use crate::clock::after;
use crate::desired::Desired;

/// How long a permit stands that was not used.
const PERMIT_LASTS: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// What the fuse, or a person in its place, said of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// It may go. It was counted then, and is not counted again.
    Permitted(#[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] Timestamp),
    /// It waits for a person since then.
    Held(#[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] Timestamp),
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
    /// Whether its removal was counted and may go.
    pub fn may_be_removed(&self, now: Timestamp) -> bool {
        matches!(self.removal, Some(Removal::Permitted(at)) if after(at, PERMIT_LASTS) > now)
    }

    /// Whether its removal waits for a person.
    pub fn is_held(&self) -> bool {
        matches!(self.removal, Some(Removal::Held(_)))
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

    #[test]
    fn a_permit_that_was_not_used_for_a_day_is_void() {
        let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
        let link = Link { removal: Some(Removal::Permitted(Timestamp::UNIX_EPOCH)), ..Link::new(key) };
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        assert!(link.may_be_removed(at(86_399)));
        assert!(!link.may_be_removed(at(86_400)));
    }
}
