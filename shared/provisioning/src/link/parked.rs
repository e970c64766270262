//! Members of a group whom the target refuses.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Link;
use crate::clock::after;
use crate::ids::UserId;

/// When a refused member is tried again by himself; a change of his is sooner.
const AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A member whom the target refused while it took others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// What the target said.
    pub reason: String,
    /// When he was tried last.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Link {
    /// Whether this member is left out for now.
    pub fn is_parked(&self, user: &UserId, now: Timestamp) -> bool {
        self.parked.get(user).is_some_and(|parked| after(parked.at, AGAIN) > now)
    }

    /// Parked members whose turn has come again.
    pub fn parked_until(&self, now: Timestamp) -> Vec<UserId> {
        self.parked.keys().filter(|user| !self.is_parked(user, now)).cloned().collect()
    }

    /// When the next parked member is tried again.
    pub fn next_parked(&self) -> Option<Timestamp> {
        self.parked.values().map(|parked| after(parked.at, AGAIN)).min()
    }
}
