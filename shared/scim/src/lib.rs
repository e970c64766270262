//! SCIM 2.0 as it stands on the wire: attribute paths (RFC 7644 section 3.5.2), resources, and the messages of
//! RFC 7644. There is no I/O here and nothing of Rollcall's own domain; `scim-client` sends what these types say.

pub mod message;
pub mod path;
pub mod resource;

pub use path::AttributePath;
pub use resource::Resource;

/// Schema URI of the core User resource (RFC 7643 section 4.1).
pub const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Schema URI of the core Group resource (RFC 7643 section 4.2).
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema URI of the enterprise extension of User (RFC 7643 section 4.3).
pub const ENTERPRISE_SCHEMA: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
