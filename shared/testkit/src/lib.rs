//! What tests, the benchmark and the demo run against: a stand-in SCIM target that remembers and can be told to fail, and
//! sample directories. Nothing here is part of what is deployed.

pub mod bare_client;
pub mod sample;
pub mod stand_in;

pub use stand_in::{
    AbsentMember, Activation, Arrivals, Clearing, Conflict, Deactivation, Deletion, Documents, Fault,
    FilterAttributes, GroupRename, Ids, KnownValues, LoggedRequest, MemberRemoval, MemberReplacement, NewId,
    OperationNames, Paging, Quirks, RateLimit, StandIn, StandInConfig, Throttling, UnknownMember,
};
