//! Plans: the requests that bring one object into step, as data. Planning is pure; `sync` carries a plan out, and
//! a preview only shows it.

mod counterpart;
mod diff;
mod group;
mod members;
mod profile;
mod user;

pub use counterpart::{CounterpartKeys, adoption_changes, creation_changes};
pub use diff::{active, changes};
pub(crate) use group::display_name;
pub use group::{GroupPlan, kept_name, plan_group};
pub use members::{MemberFacts, MemberPlan, chunks, plan_members};
pub(crate) use profile::refused_group_name;
pub(crate) use user::deactivation;
pub use user::{UserPlan, plan_user, sendable};
