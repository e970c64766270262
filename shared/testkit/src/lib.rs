//! What tests, the benchmark and the demo run against: a stand-in SCIM target that remembers and can be told to fail, and
//! sample directories. Nothing here is part of what is deployed.

pub mod bare_client;
pub mod sample;
pub mod stand_in;

pub use stand_in::{
    AbsentMember, Activation, Arrivals, Conflict, Deactivation, Deletion, Documents, Fault, FilterAttributes,
    GroupRename, Ids, LoggedRequest, MemberRemoval, MemberReplacement, NewId, Paging, Quirks, RateLimit,
    StandIn, StandInConfig, Throttling, UnknownMember,
};
