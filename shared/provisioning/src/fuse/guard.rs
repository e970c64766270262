//! The fuse: nothing is taken away by mistake (rule 7). A removal is an account that is in use at a target and would
//! no longer be: its user deleted, disabled, or left in no selected group.

use std::fmt;

/// When there are too many removals to be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovalGuard {
    /// The largest share of the linked accounts that goes unasked, in percent.
    pub percent: u8,
    /// Fewer removals than this are never too large a share.
    pub floor: u64,
    /// The most that goes unasked, however small a share it is.
    pub most: u64,
}

impl Default for RemovalGuard {
    fn default() -> Self {
        Self { percent: 10, floor: 5, most: 50 }
    }
}

/// What becomes of removals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They may go.
    Allowed,
    /// None goes until a person allows this many.
    Held(Hold),
}

/// Why removals are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Accounts that would be removed.
    pub removals: u64,
    /// Accounts that are linked.
    pub linked: u64,
    /// What makes it too much.
    pub because: HoldReason,
}

/// What makes removals too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// More than this many percent of the linked accounts.
    Share(u8),
    /// More than this many accounts, however small a share.
    Number(u64),
    /// The source names no user at all.
    EmptySource,
}

impl RemovalGuard {
    /// Judges `removals` out of `linked` accounts: over is more than the number, or at least the
    /// floor *and* more than the share.
    pub fn verdict(&self, removals: u64, linked: u64) -> Verdict {
        let over_share = u128::from(removals) * 100 > u128::from(linked) * u128::from(self.percent);
        if removals >= self.floor && over_share {
            return Verdict::Held(Hold { removals, linked, because: HoldReason::Share(self.percent) });
        }
        if removals > self.most {
            return Verdict::Held(Hold { removals, linked, because: HoldReason::Number(self.most) });
        }
        Verdict::Allowed
    }

    /// The same for a source that is the whole truth: one that names nobody removes nobody, however few there are.
    pub fn verdict_on_source(&self, names_nobody: bool, removals: u64, linked: u64) -> Verdict {
        if names_nobody && removals > 0 {
            return Verdict::Held(Hold { removals, linked, because: HoldReason::EmptySource });
        }
        self.verdict(removals, linked)
    }
}

impl Verdict {
    /// The verdict once a person allowed `allowed` removals beforehand. Fewer than there are allow none.
    pub fn unless_allowed(self, allowed: Option<u64>) -> Self {
        match self {
            Self::Held(hold) if allowed.is_some_and(|allowed| allowed >= hold.removals) => Self::Allowed,
            verdict => verdict,
        }
    }

    /// Whether nothing may be removed.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Held(_))
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { removals, linked, because } = self;
        write!(f, "{removals} of {linked} linked accounts would be removed, {because}")
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(percent) => write!(f, "more than {percent} %"),
            Self::Number(most) => write!(f, "more than {most}"),
            Self::EmptySource => f.write_str("because the source names no user at all"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(removals: u64, linked: u64) -> bool {
        RemovalGuard::default().verdict(removals, linked).is_held()
    }

    #[test]
    fn fewer_than_five_removals_pass_however_large_their_share() {
        assert!(!held(4, 4));
        assert!(!held(0, 0));
    }

    #[test]
    fn from_five_on_more_than_a_tenth_is_held_and_a_tenth_is_not() {
        assert!(held(5, 49));
        assert!(!held(5, 50));
        assert!(held(11, 100));
        assert!(!held(10, 100));
        assert!(held(u64::MAX, u64::MAX));
    }

    #[test]
    fn more_than_fifty_are_held_however_small_their_share() {
        assert!(!held(50, 100_000));
        assert!(held(51, 100_000));
        let Verdict::Held(hold) = RemovalGuard::default().verdict(51, 100_000) else { panic!("not held") };
        assert_eq!(hold.to_string(), "51 of 100000 linked accounts would be removed, more than 50");
    }

    #[test]
    fn a_source_that_names_nobody_removes_nobody() {
        let guard = RemovalGuard::default();
        assert!(guard.verdict_on_source(true, 1, 1_000).is_held());
        assert_eq!(guard.verdict_on_source(true, 0, 1_000), Verdict::Allowed);
        assert_eq!(guard.verdict_on_source(false, 1, 1), Verdict::Allowed);
    }

    #[test]
    fn a_person_allows_at_least_as_many_as_there_are_or_none() {
        let verdict = RemovalGuard::default().verdict(20, 100);
        assert!(verdict.unless_allowed(None).is_held());
        assert!(verdict.unless_allowed(Some(19)).is_held());
        assert_eq!(verdict.unless_allowed(Some(20)), Verdict::Allowed);
    }

    #[test]
    fn a_hold_says_how_many_of_how_many_and_why() {
        let Verdict::Held(hold) = RemovalGuard::default().verdict(20, 100) else { panic!("not held") };
        assert_eq!(hold.to_string(), "20 of 100 linked accounts would be removed, more than 10 %");
    }
}
