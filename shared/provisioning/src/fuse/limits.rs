//! How much may be taken away unasked, what is taken, and why it is too much.

use serde::{Deserialize, Serialize};

use super::{Hold, RemovalGuard, Verdict};

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

/// Of what shares are taken, as far as it was counted. Without a count only the numbers stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bases {
    pub accounts: Option<u64>,
    pub groups: Option<u64>,
    pub memberships: Option<u64>,
}

/// Why so much in 24 hours is too much.
pub(super) fn too_much(counted: Counted, of: Bases, limits: &Limits) -> Option<String> {
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
