//! What was taken away from an application in the last 24 hours, and whether that is too much.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits::{Bases, too_much};
use super::{Counted, Limits, Linked, RemovalGuard, Removes};

const HOUR_SECONDS: i64 = 3_600;
/// A window reaches back over this many hours, the one under way included.
const HOURS: i64 = 24;

/// How the reason begins why nothing is sent to a target at which too much is missing.
pub const TARGET_CHANGED: &str = "target-changed";

/// When the fuse blew, and over what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blown {
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// What would have been too much, for people.
    pub why: String,
}

/// What was taken away from an application of late. Every change of it is a new one, of the next revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Raised by every write.
    #[serde(default)]
    pub revision: u64,
    /// By the hour since 1970.
    #[serde(default)]
    hours: BTreeMap<i64, Counted>,
    /// Accounts that turned out to have been deleted at the target, by the hour since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    missing: BTreeMap<i64, u64>,
    /// Set once it was too much; every further removal waits until a person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blown: Option<Blown>,
    /// Accounts that were linked when a sweep last counted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<u64>,
    /// Groups that were linked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_groups: Option<u64>,
    /// Memberships that were pushed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<u64>,
}

impl Window {
    /// The window once this removal was let through, or, where it is one too many, once the fuse has blown over it.
    ///
    /// # Errors
    ///
    /// The removal may not go; the window as it is to be written then.
    pub fn let_through(&self, removes: Removes, limits: &Limits, now: Timestamp) -> Result<Self, Box<Self>> {
        if self.blown.is_some() {
            return Err(Box::new(self.clone()));
        }
        let counted = self.with(removes, now);
        match too_much(counted.counted(now), self.bases(), limits) {
            None => Ok(counted),
            Some(why) => Err(Box::new(self.blow(why, now))),
        }
    }

    /// Why so much more, taken away one by one, would blow the fuse before the last of it went.
    pub fn would_blow(&self, more: Counted, limits: &Limits, now: Timestamp) -> Option<String> {
        let some = more != Counted::default();
        some.then(|| too_much(self.counted(now).and(more), self.bases(), limits)).flatten()
    }

    /// The window with one more removal, whatever the limits say.
    #[must_use]
    pub fn with(&self, removes: Removes, now: Timestamp) -> Self {
        let hour = hour(now);
        let mut next = self.next();
        next.hours.retain(|then, _| *then > hour - HOURS);
        let counted = next.hours.entry(hour).or_default();
        *counted = counted.and(removes.into());
        next
    }

    /// The window once the fuse has blown. One that had blown before keeps its reason.
    #[must_use]
    pub fn blow(&self, why: String, now: Timestamp) -> Self {
        let mut next = self.next();
        next.blown.get_or_insert(Blown { at: now, why });
        next
    }

    /// The window once a person decided: it begins anew.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self { hours: BTreeMap::new(), blown: None, ..self.next() }
    }

    /// The window with what a sweep counted.
    #[must_use]
    pub fn with_linked(&self, linked: Linked) -> Self {
        Self {
            linked: Some(linked.accounts),
            linked_groups: Some(linked.groups),
            pushed: Some(linked.memberships),
            ..self.next()
        }
    }

    /// What was taken away in the last 24 hours.
    pub fn counted(&self, now: Timestamp) -> Counted {
        let hour = hour(now);
        let recent = self.hours.range(hour - HOURS + 1..).map(|(_, counted)| *counted);
        recent.fold(Counted::default(), Counted::and)
    }

    /// The window with one more account that somebody deleted at the target.
    #[must_use]
    pub fn with_missing(&self, now: Timestamp) -> Self {
        let hour = hour(now);
        let mut next = self.next();
        next.missing.retain(|then, _| *then > hour - HOURS);
        *next.missing.entry(hour).or_default() += 1;
        next
    }

    /// The window once a person said that what is missing was deleted.
    #[must_use]
    pub fn without_missing(&self) -> Self {
        Self { missing: BTreeMap::new(), ..self.next() }
    }

    /// How many accounts turned out to be missing in the last 24 hours.
    pub fn missing(&self, now: Timestamp) -> u64 {
        self.missing.range(hour(now) - HOURS + 1..).map(|(_, many)| many).sum()
    }

    /// Why so many are too many to have been deleted one by one: the target is likely another one than it was.
    pub fn target_changed(&self, limits: &Limits, now: Timestamp) -> Option<String> {
        let missing = self.missing(now);
        let linked = self.linked.unwrap_or_default() + missing;
        let verdict = match self.linked {
            Some(_) => limits.guard().verdict(missing, linked),
            None => RemovalGuard { percent: 100, ..limits.guard() }.verdict(missing, missing),
        };
        verdict.is_held().then(|| {
            format!(
                "{TARGET_CHANGED}: {missing} accounts that were provisioned are not at the target any more; it is likely \
                 another one than it was"
            )
        })
    }

    /// Why so much more would not go unasked where so much is `linked` now: the fuse has blown, or would over it.
    pub fn foresees(&self, more: Counted, linked: Linked, limits: &Limits, now: Timestamp) -> Option<String> {
        if more == Counted::default() {
            return None;
        }
        if let Some(blown) = &self.blown {
            return Some(blown.why.clone());
        }
        let recent = self.counted(now);
        let bases = Bases {
            accounts: Some(linked.accounts + recent.accounts),
            groups: Some(linked.groups + recent.groups),
            memberships: Some(linked.memberships + recent.memberships),
        };
        too_much(recent.and(more), bases, limits)
    }

    fn bases(&self) -> Bases {
        Bases { accounts: self.linked, groups: self.linked_groups, memberships: self.pushed }
    }

    fn next(&self) -> Self {
        Self { revision: self.revision + 1, ..self.clone() }
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR_SECONDS)
}

#[cfg(test)]
mod tests;
