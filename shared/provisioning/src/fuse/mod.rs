//! The fuse: nothing is taken away by mistake (rule 7, DESIGN section 9).
//!
//! Who knows beforehand how many accounts he takes away counts them first and holds them all ([`RemovalGuard`]; at each application,
//! for an import [`Weight`], for a group that is deleted [`GroupWeighing`]). Each single
//! removal asks for a permit all the same ([`Fuse`]), which is counted over 24 hours ([`Window`]): many small changes take
//! away as much as one large one. A membership that is lost by who keeps his account ([`Loss`]), a value that is cleared, and a
//! user name that changes are counted alike. Once there are too many the fuse has blown, and every further removal waits until
//! a person looked at the list ([`HeldRemovals`]).

mod by_hand;
mod decide;
mod guard;
mod held;
mod limits;
mod membership;
mod permit;
mod weighing;
mod window;

pub use by_hand::{let_go, let_member_go};
pub use decide::{Decided, DecisionError};
pub use guard::{Hold, HoldReason, RemovalGuard, Verdict};
pub use held::{HeldMember, HeldRemovals, Sealed};
pub use limits::{Counted, Limits, Linked, Removes};
pub use membership::Loss;
pub use permit::{Fuse, MemberPermits, Permit};
pub use weighing::{GroupWeighing, Turn, Weight};
pub use window::{Blown, TARGET_CHANGED, Window};
