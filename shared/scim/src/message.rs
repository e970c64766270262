//! Messages of RFC 7644: list answers, PATCH bodies, errors, and the service provider's configuration.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Resource;

/// Schema URI of an error body (RFC 7644 section 3.12).
pub const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// Schema URI of a PATCH body (RFC 7644 section 3.5.2).
pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A PATCH body (RFC 7644 section 3.5.2).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatchRequest {
    schemas: [&'static str; 1],
    /// Applied in order, all or none.
    #[serde(rename = "Operations")]
    pub operations: Vec<PatchOperation>,
}

impl PatchRequest {
    /// A body of these operations.
    pub fn new(operations: Vec<PatchOperation>) -> Self {
        Self { schemas: [PATCH_SCHEMA], operations }
    }
}

/// One operation of a PATCH body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatchOperation {
    /// `add`, `replace` or `remove`, in lower case as the RFC writes them.
    pub op: Operation,
    /// What is changed; without one the value is an object of attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Absent for `remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The verb of a PATCH operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Adds a value; to a multi-valued attribute it adds an element.
    Add,
    /// Replaces the value at the path.
    Replace,
    /// Removes what the path names.
    Remove,
}

/// A page of resources (RFC 7644 section 3.4.2). Lenient: `resources` in lower case and missing counts are met.
#[derive(Debug, Clone)]
pub struct ListResponse {
    /// How many match in all, as far as the target says.
    pub total_results: Option<u64>,
    /// The resources of this page.
    pub resources: Vec<Resource>,
    /// Where the next page is (RFC 9865 section 2); none on the last page, and where pages go by index.
    pub next_cursor: Option<String>,
}

impl ListResponse {
    /// Reads a list answer: the message of the RFC, one without rows, or a bare array. `None` where it is neither, which
    /// tells a SCIM endpoint from any other that answers with JSON. Rows that are no objects are left out.
    pub fn from_json(json: Value) -> Option<Self> {
        let rows = |rows: Vec<Value>| rows.into_iter().filter_map(Resource::from_json).collect();
        let message = match json {
            Value::Array(bare) => {
                return Some(Self { total_results: None, resources: rows(bare), next_cursor: None });
            }
            json => Resource::from_json(json)?,
        };
        let mut total_results = None;
        let mut resources = None;
        let mut next_cursor = None;
        for (name, value) in message.into_object() {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("totalresults", Value::Number(total)) => total_results = total.as_u64(),
                ("totalresults", Value::String(total)) => total_results = total.trim().parse().ok(),
                ("resources", Value::Array(found)) => resources = Some(rows(found)),
                ("resources", Value::Null) => resources = Some(Vec::new()),
                ("nextcursor", Value::String(cursor)) if !cursor.is_empty() => next_cursor = Some(cursor),
                _ => {}
            }
        }
        if total_results.is_none() && resources.is_none() {
            return None;
        }
        Some(Self { total_results, resources: resources.unwrap_or_default(), next_cursor })
    }
}

/// An error body (RFC 7644 section 3.12); every field is optional because targets leave each of them out.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ErrorResponse {
    /// `uniqueness`, `invalidValue`, `noTarget`, …
    #[serde(rename = "scimType", default)]
    pub scim_type: Option<String>,
    /// What a person is told.
    #[serde(default)]
    pub detail: Option<String>,
}

/// What a target says it can do (RFC 7643 section 5). Only what is acted on is read, and any part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ServiceProviderConfig {
    /// Whether PATCH is supported.
    #[serde(default)]
    pub patch: Option<Supported>,
    /// Whether and how far filters are supported.
    #[serde(default)]
    pub filter: Option<Supported>,
    /// How lists are paged.
    #[serde(default)]
    pub pagination: Option<Pagination>,
}

/// How lists are paged, as the service provider's configuration states it (RFC 9865 section 4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pagination {
    /// By cursor.
    pub cursor: bool,
    /// By index.
    pub index: bool,
    /// Most rows of a page.
    pub max_page_size: Option<u32>,
}

/// A capability as the service provider's configuration states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Supported {
    /// The statement itself.
    #[serde(default)]
    pub supported: bool,
    /// Most resources one filtered answer holds.
    #[serde(default)]
    pub max_results: Option<u64>,
}

/// A schema definition (RFC 7643 section 7), as far as mapping needs it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Schema {
    /// The schema's URI.
    #[serde(default)]
    pub id: String,
    /// Its attributes.
    #[serde(default)]
    pub attributes: Vec<SchemaAttribute>,
}

/// One attribute of a schema definition (RFC 7643 section 7).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchemaAttribute {
    /// The attribute's name.
    pub name: String,
    /// `string`, `boolean`, `complex`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it holds a list.
    pub multi_valued: bool,
    /// Whether a resource must have it.
    pub required: bool,
    /// `readOnly`, `readWrite`, `immutable` or `writeOnly`.
    pub mutability: String,
    /// The parts of a complex attribute.
    pub sub_attributes: Vec<SchemaAttribute>,
    /// Values the target suggests, for the `type` of multi-valued attributes.
    pub canonical_values: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_list_answer_is_read() {
        let lists = [
            (json!({"totalResults": 2, "Resources": [{"id": "1"}]}), Some(2), 1),
            (json!({"totalResults": "2", "resources": [{"id": "1"}, 7]}), Some(2), 1),
            (json!({"totalResults": 0}), Some(0), 0),
            (json!({"totalResults": 0, "Resources": null}), Some(0), 0),
            (json!([{"id": "1"}]), None, 1),
        ];
        for (json, total, rows) in lists {
            let list = ListResponse::from_json(json).expect("a list");
            assert_eq!((list.total_results, list.resources.len()), (total, rows));
        }
    }

    #[test]
    fn other_json_is_no_list() {
        for json in [json!({"status": "ok"}), json!("ok"), json!({}), json!(null)] {
            assert!(ListResponse::from_json(json).is_none());
        }
    }
}
