//! What was taken away from an application in the last 24 hours, and whether that is too much.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Hold, RemovalGuard, Verdict};

const HOUR_SECONDS: i64 = 3_600;
/// A window reaches back over this many hours, the one under way included.
const HOURS: i64 = 24;

/// How the reason begins why nothing is sent to a target at which too much is missing.
pub const TARGET_CHANGED: &str = "target-changed";

/// How much goes unasked in 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Most accounts.
    pub accounts: u64,
    /// Most whole groups.
    pub groups: u64,
    /// Most memberships of users who keep their accounts.
    pub memberships: u64,
    /// The largest share of what is linked, of each kind, in percent.
    pub percent: u8,
    /// Fewer of a kind than this are never too large a share.
    pub floor: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let RemovalGuard { percent, floor, most } = RemovalGuard::default();
        Self { accounts: most, groups: 5, memberships: 1_000, percent, floor }
    }
}

impl Limits {
    /// The same, for who counts accounts beforehand.
    pub fn guard(&self) -> RemovalGuard {
        self.guard_of(self.accounts)
    }

    fn guard_of(&self, most: u64) -> RemovalGuard {
        RemovalGuard { percent: self.percent, floor: self.floor, most }
    }
}

/// What is taken away at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removes {
    /// A user's account.
    Account,
    /// A group, emptied or deleted, with so many memberships of users who keep their accounts.
    Group {
        /// Those memberships.
        members: u64,
    },
    /// A value of an account, or the name it is known by.
    Value,
    /// Memberships, one by one, of users who keep their accounts.
    Memberships {
        /// Of users who got nothing for it.
        lost: u64,
        /// Of users who moved to another group.
        moved: u64,
    },
}

/// How much was taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Accounts.
    #[serde(default)]
    pub accounts: u64,
    /// Groups.
    #[serde(default)]
    pub groups: u64,
    /// Accounts that lost a value or their name.
    #[serde(default)]
    pub values: u64,
    /// Memberships of users who keep their accounts: of moves and whole groups, too.
    #[serde(default)]
    pub memberships: u64,
    /// Of these, lost one by one, with nothing in their stead.
    #[serde(default)]
    pub lost: u64,
}

impl Counted {
    /// The sum of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            accounts: self.accounts + other.accounts,
            groups: self.groups + other.groups,
            values: self.values + other.values,
            memberships: self.memberships + other.memberships,
            lost: self.lost + other.lost,
        }
    }
}

impl From<Removes> for Counted {
    fn from(removes: Removes) -> Self {
        let none = Self::default();
        match removes {
            Removes::Account => Self { accounts: 1, ..none },
            Removes::Group { members } => Self { groups: 1, memberships: members, ..none },
            Removes::Value => Self { values: 1, ..none },
            Removes::Memberships { lost, moved } => Self { memberships: lost + moved, lost, ..none },
        }
    }
}

/// What was linked when it was last counted: of what shares are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Linked {
    /// Accounts in use.
    pub accounts: u64,
    /// Groups in use.
    pub groups: u64,
    /// Memberships at the target that are there through us.
    pub memberships: u64,
}

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

/// Of what shares are taken, as far as it was counted. Without a count only the numbers stand.
#[derive(Debug, Clone, Copy)]
struct Bases {
    accounts: Option<u64>,
    groups: Option<u64>,
    memberships: Option<u64>,
}

/// Why so much in 24 hours is too much.
fn too_much(counted: Counted, of: Bases, limits: &Limits) -> Option<String> {
    let verdict = |many, most, of: Option<u64>| match of {
        Some(of) => limits.guard_of(most).verdict(many, of),
        None => RemovalGuard { percent: 100, ..limits.guard_of(most) }.verdict(many, many),
    };
    let said = |verdict, what: &str| match verdict {
        Verdict::Allowed => None,
        Verdict::Held(Hold { removals, linked, because }) => {
            Some(format!("within 24 hours {removals} of {linked} {what}, {because}"))
        }
    };
    let accounts = |many| verdict(many, limits.accounts, of.accounts);
    // A move, and a whole group, which has a share of its own, count toward the number of memberships alone.
    let share = verdict(counted.lost, u64::MAX, of.memberships);
    let number = RemovalGuard { floor: u64::MAX, ..limits.guard_of(limits.memberships) };
    let number = number.verdict(counted.memberships, of.memberships.unwrap_or(counted.memberships));
    said(accounts(counted.accounts), "linked accounts would be removed")
        .or_else(|| {
            said(verdict(counted.groups, limits.groups, of.groups), "linked groups would be taken away")
        })
        .or_else(|| said(accounts(counted.values), "linked accounts would lose a value or their name"))
        .or_else(|| said(share, "memberships would be taken away"))
        .or_else(|| said(number, "memberships would be taken away"))
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * HOUR_SECONDS).expect("a time")
    }

    /// A window after this many removals, and whether the last of them was let through.
    fn after(removals: usize, linked: Option<u64>) -> (Window, bool) {
        let mut window = Window { linked, ..Window::default() };
        for _ in 0..removals {
            match window.let_through(Removes::Account, &Limits::default(), at(0)) {
                Ok(next) => window = next,
                Err(blown) => return (*blown, false),
            }
        }
        (window, true)
    }

    #[test]
    fn the_fifty_first_account_within_a_day_blows_the_fuse() {
        assert!(after(50, Some(10_000)).1);
        let (window, passed) = after(51, Some(10_000));
        assert!(!passed);
        let blown = window.blown.clone().expect("blown");
        assert_eq!(blown.why, "within 24 hours 51 of 10000 linked accounts would be removed, more than 50");
        assert_eq!(window.counted(at(0)).accounts, 50, "who is held does not count");
    }

    #[test]
    fn from_the_fifth_on_more_than_a_tenth_of_what_was_linked_blows_it() {
        assert!(after(4, Some(4)).1);
        assert!(!after(5, Some(49)).1);
        assert!(after(5, Some(50)).1);
    }

    #[test]
    fn without_a_count_only_the_number_stands() {
        assert!(after(50, None).1);
        assert!(!after(51, None).1);
    }

    #[test]
    fn once_blown_nothing_goes_until_a_person_decided() {
        let (blown, _) = after(51, None);
        for hours in [0, 48, 4_800] {
            assert!(blown.let_through(Removes::Account, &Limits::default(), at(hours)).is_err(), "{hours}");
        }
        let renewed = blown.renewed();
        assert!(renewed.let_through(Removes::Account, &Limits::default(), at(0)).is_ok());
        assert_eq!(renewed.counted(at(0)), Counted::default());
        assert!(renewed.revision > blown.revision);
    }

    #[test]
    fn a_day_later_what_went_counts_no_more() {
        let (window, _) = after(50, None);
        assert_eq!(window.counted(at(23)).accounts, 50);
        assert!(window.let_through(Removes::Account, &Limits::default(), at(23)).is_err());
        assert_eq!(window.counted(at(24)).accounts, 0);
        let next = window.let_through(Removes::Account, &Limits::default(), at(24)).expect("let through");
        assert_eq!(next.hours.len(), 1, "and is forgotten");
    }

    #[test]
    fn what_would_blow_it_is_foreseen_and_changes_nothing() {
        let window = Window::default();
        let more = |accounts| Counted { accounts, ..Counted::default() };
        let linked = Linked { accounts: 50, ..Linked::default() };
        assert_eq!(window.foresees(more(5), linked, &Limits::default(), at(0)), None);
        let why = window.foresees(more(6), linked, &Limits::default(), at(0)).expect("it is held");
        assert!(why.contains("6 of 50 linked accounts"), "{why}");
        let blown = window.blow("too much".into(), at(0));
        assert_eq!(blown.foresees(more(1), linked, &Limits::default(), at(0)).as_deref(), Some("too much"));
        assert_eq!(blown.foresees(more(0), linked, &Limits::default(), at(0)), None);
    }

    #[test]
    fn the_sixth_group_blows_it() {
        let mut window = Window::default();
        for _ in 0..5 {
            window = window
                .let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
                .expect("let through");
        }
        let blown = window
            .let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
            .expect_err("too many");
        assert!(blown.let_through(Removes::Account, &Limits::default(), at(0)).is_err(), "accounts wait too");
    }

    #[test]
    fn from_the_fifth_on_more_than_a_tenth_of_the_linked_groups_blows_it() {
        let fifth = |linked_groups| {
            let mut window = Window { linked_groups, ..Window::default() };
            for _ in 0..4 {
                window = window
                    .let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
                    .expect("let through");
            }
            window.let_through(Removes::Group { members: 0 }, &Limits::default(), at(0))
        };
        assert!(fifth(Some(50)).is_ok());
        let why = fifth(Some(49)).expect_err("too many").blown.expect("blown").why;
        assert_eq!(why, "within 24 hours 5 of 49 linked groups would be taken away, more than 10 %");
    }

    /// What is said of so many memberships at once, of a thousand and more that are pushed.
    fn of_memberships(removes: Removes, pushed: u64) -> Option<String> {
        let window = Window { pushed: Some(pushed), ..Window::default() };
        let blown = window.let_through(removes, &Limits::default(), at(0)).err()?;
        blown.blown.map(|blown| blown.why)
    }

    #[test]
    fn memberships_are_held_over_a_thousand_or_from_the_fifth_on_over_a_tenth() {
        let lost = |lost| Removes::Memberships { lost, moved: 0 };
        assert_eq!(of_memberships(lost(4), 4), None);
        assert_eq!(of_memberships(lost(5), 50), None);
        assert_eq!(
            of_memberships(lost(5), 49).as_deref(),
            Some("within 24 hours 5 of 49 memberships would be taken away, more than 10 %")
        );
        assert_eq!(of_memberships(lost(1_000), 100_000), None);
        assert_eq!(
            of_memberships(lost(1_001), 100_000).as_deref(),
            Some("within 24 hours 1001 of 100000 memberships would be taken away, more than 1000")
        );
    }

    #[test]
    fn a_move_and_the_members_of_a_whole_group_count_toward_the_number_alone() {
        let moved = |moved| Removes::Memberships { lost: 0, moved };
        assert_eq!(of_memberships(moved(6), 6), None);
        assert_eq!(of_memberships(Removes::Group { members: 900 }, 1_000), None);
        assert!(of_memberships(moved(1_001), 100_000).is_some());
        assert!(of_memberships(Removes::Group { members: 1_001 }, 100_000).is_some());
    }

    #[test]
    fn values_are_counted_by_themselves_and_hold_everything_once_they_are_too_many() {
        let mut window = Window { linked: Some(100), ..Window::default() };
        for _ in 0..10 {
            window = window.let_through(Removes::Value, &Limits::default(), at(0)).expect("let through");
            window = window.let_through(Removes::Account, &Limits::default(), at(0)).expect("let through");
        }
        let blown = window.let_through(Removes::Value, &Limits::default(), at(0)).expect_err("too many");
        let why = blown.blown.as_ref().expect("blown").why.clone();
        assert_eq!(
            why,
            "within 24 hours 11 of 100 linked accounts would lose a value or their name, more than 10 %"
        );
        assert!(blown.let_through(Removes::Account, &Limits::default(), at(0)).is_err());
    }

    #[test]
    fn one_who_is_taken_away_by_hand_counts_and_is_never_one_too_many() {
        let (window, _) = after(50, None);
        assert_eq!(window.with(Removes::Account, at(0)).counted(at(0)).accounts, 51);
        assert_eq!(window.with(Removes::Account, at(0)).blown, None);
    }
}
