//! The only crate that talks to SCIM targets. [`HttpConnector`] implements the domain's port
//! [`Connector`](provisioning::ports::Connector): bearer authentication, discovery, the requests a planned write takes, and
//! answers sorted by what the caller does about them ([`TargetError`](provisioning::target::TargetError)).
//!
//! Which addresses may be reached is decided by [`AddressPolicy`], on the address that is connected to.

mod address;
mod answer;
mod connector;
mod create;
mod discovery;
mod patch;
mod replace;
mod resolver;
mod schema_paths;
mod search;
mod shown;
mod target;
mod update;
mod whole_list;
mod wire;

pub use address::AddressPolicy;
pub use connector::HttpConnector;
