//! Drift: what the target shows, held against what was sent and accepted (DESIGN sections 7 and 9).
//!
//! Actual is what was last sent and accepted. A value that the target shows otherwise from the first is *normalised*: it is
//! remembered on the link, is no drift, and is not sent again until what is sent changes. Whatever comes to show something
//! else later was changed by somebody at the target: that is drift, told once, and repaired where the policy says so.
//!
//! [`Observed`] is what a link remembers, [`compare()`] the comparison, [`judge`] what becomes of one link. A sweep that reads
//! the target walks over the links with what it listed (`sweep/compare.rs`); what a complete listing lacks is confirmed by a
//! worker (`sync/lacking.rs`), and members are compared by whoever compares the group (`sync/group/shown.rs`).

mod compare;
mod judge;
mod listed;
mod observed;
mod repair;
mod told;

pub use compare::{Comparison, compare, shown};
pub use judge::{Judged, Subject, is_as_known, judge};
pub use listed::{foreseen, listed_as};
pub use observed::{MOST_MEMBERS_NOTED, MemberDrift, Observed, SETTLING};
pub use repair::{RepairError, Repairs};
pub use told::{Kind, of_link};

#[cfg(test)]
mod tests;
