//! Members of a group whom the target refuses.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Link;
use crate::clock::after;
use crate::ids::UserId;

/// When a refused member is tried again by himself; a change of his is sooner.
const AGAIN: Duration = Duration::from_secs(24 * 60 * 60);
/// The same where the target told of trouble, which may have been none of his.
const AFTER_TROUBLE: Duration = Duration::from_secs(2 * 60 * 60);

/// A member whom the target refused while it took others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// What the target said.
    pub reason: String,
    /// When he was tried last.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// It was trouble (5xx) that the target told of, as some do of a member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trouble: bool,
}

impl Parked {
    /// When he is tried again.
    fn again(&self) -> Timestamp {
        after(self.at, if self.trouble { AFTER_TROUBLE } else { AGAIN })
    }
}

impl Link {
    /// Whether this member is left out for now.
    pub fn is_parked(&self, user: &UserId, now: Timestamp) -> bool {
        self.parked.get(user).is_some_and(|parked| parked.again() > now)
    }

    /// Parked members whose turn has come again.
    pub fn parked_until(&self, now: Timestamp) -> Vec<UserId> {
        self.parked.keys().filter(|user| !self.is_parked(user, now)).cloned().collect()
    }

    /// When the next parked member is tried again.
    pub fn next_parked(&self) -> Option<Timestamp> {
        self.parked.values().map(Parked::again).min()
    }
}
