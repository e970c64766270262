//! Answers of the stand-in before they become HTTP.

use std::time::Duration;

use serde_json::{Value, json};

/// A status and a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub status: u16,
    pub body: Option<Value>,
    /// How long the work takes, beside what every answer takes.
    pub took: Duration,
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), took: Duration::ZERO }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, body: None, took: Duration::ZERO }
    }

    /// An error body (RFC 7644 section 3.12).
    pub fn error(status: u16, scim_type: &str, detail: &str) -> Self {
        let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.to_string(), "detail": detail});
        if !scim_type.is_empty() {
            body["scimType"] = scim_type.into();
        }
        Self::json(status, body)
    }

    pub fn not_found(what: &str) -> Self {
        Self::error(404, "", &format!("{what} is not here"))
    }
}
