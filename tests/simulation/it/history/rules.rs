//! The policy, in the oracle's own words.

use crate::chance::Chance;

/// What is done to accounts that are no longer wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    Off,
    Gone,
    Left,
}

/// What is done to groups that are no longer wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letting {
    Emptied,
    Gone,
    Left,
}

/// What is done by itself, and what a person is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Yes,
    Ask,
    No,
}

/// Which accounts that were there before are somebody's of his name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matching {
    /// Those without an externalId.
    pub free: Choice,
    /// Those with another's.
    pub foreign: bool,
    /// Those that are off.
    pub off: Choice,
}

/// What of the doings of the target's administrator is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    pub attributes: bool,
    pub members: bool,
    pub deletions: bool,
    pub reactivations: bool,
}

/// The policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub disabled: Leaving,
    pub unassigned: Leaving,
    pub deleted: Leaving,
    pub deselected: Letting,
    pub grace_seconds: u32,
    pub matching: Matching,
    pub undone: Undone,
}

impl Rules {
    pub const FIRST: Self = Self {
        disabled: Leaving::Off,
        unassigned: Leaving::Off,
        deleted: Leaving::Off,
        deselected: Letting::Emptied,
        grace_seconds: 0,
        matching: Matching { free: Choice::Yes, foreign: false, off: Choice::Ask },
        undone: Undone { attributes: false, members: false, deletions: false, reactivations: true },
    };

    pub fn of(chance: &Chance) -> Self {
        let leaving = || match chance.below(4) {
            0 | 1 => Leaving::Off,
            2 => Leaving::Gone,
            _ => Leaving::Left,
        };
        let (disabled, unassigned, deleted) = (leaving(), leaving(), leaving());
        let deselected = match chance.below(3) {
            0 => Letting::Emptied,
            1 => Letting::Gone,
            _ => Letting::Left,
        };
        let grace_seconds = if chance.hits(3_000) { 60 } else { 0 };
        Self { disabled, unassigned, deleted, deselected, grace_seconds, ..Self::FIRST }
    }
}
