//! The fuse: nothing is taken away by mistake (rule 7, DESIGN section 9).
//!
//! Who knows beforehand how many accounts he takes away counts them first and holds them all ([`RemovalGuard`]). Each single
//! removal asks for a permit all the same ([`Fuse`]), which is counted over 24 hours ([`Window`]): many small changes take
//! away as much as one large one. A value that is cleared, and a user name that changes, are counted alike. Once there are too many the fuse has blown, and every further removal waits until a person
//! looked at the list ([`HeldRemovals`]).

mod by_hand;
mod guard;
mod held;
mod permit;
mod window;

pub use by_hand::let_go;
pub use guard::{Hold, HoldReason, RemovalGuard, Verdict};
pub use held::{Decided, DecisionError, HeldRemovals, Sealed};
pub use permit::{Fuse, Permit};
pub use window::{Blown, Counted, Limits, Removes, Window};
