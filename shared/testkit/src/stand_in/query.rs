//! Lists: filters with `eq`, and paging (RFC 7644 section 3.4.2).

use std::collections::HashMap;

use provisioning::folding::folded;
use provisioning::target::Kind;
use scim::AttributePath;
use serde_json::{Value, json};

use super::quirks::Quirks;
use super::reply::Reply;
use super::store::Store;

/// Answers `GET /Users` or `GET /Groups`.
pub(super) fn list(
    store: &Store,
    kind: Kind,
    parameters: &HashMap<String, String>,
    page_limit: usize,
    quirks: Quirks,
) -> Reply {
    let number = |name: &str| parameters.get(name).and_then(|value| value.parse::<usize>().ok());
    let start = number("startIndex").unwrap_or(1).max(1);
    let count = number("count").unwrap_or(100).min(page_limit);
    let with_members =
        parameters.get("excludedAttributes").is_none_or(|excluded| !excluded.contains("members"));
    let (total, rows): (usize, Vec<u64>) = match parameters.get("filter").filter(|_| !quirks.ignore_filter) {
        Some(_) if quirks.no_filter => {
            return Reply::error(400, "invalidFilter", "filters are not supported");
        }
        Some(filter) => match filtered(store, kind, filter) {
            Some(rows) => (rows.len(), rows.into_iter().skip(start - 1).take(count).collect()),
            None => return Reply::error(400, "invalidFilter", "only attribute eq \"value\" is supported"),
        },
        None => (store.count(kind), store.rows(kind).skip(start - 1).take(count).collect()),
    };
    let rows = match rows.is_empty() && quirks.repeats_past_the_end {
        true => store.rows(kind).last().into_iter().collect(),
        false => rows,
    };
    let resources: Vec<Value> = rows
        .into_iter()
        .filter_map(|row| store.shown(kind, row, with_members))
        .map(scim::Resource::into_json)
        .collect();
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "startIndex": start,
        "itemsPerPage": resources.len(), "Resources": resources});
    if !quirks.repeats_past_the_end {
        body["totalResults"] = total.into();
    }
    Reply::json(200, body)
}

/// The rows for which `attribute eq "value"` holds; `None` for any other filter.
fn filtered(store: &Store, kind: Kind, filter: &str) -> Option<Vec<u64>> {
    let (attribute, rest) = filter.trim().split_once(' ')?;
    let (operator, value) = rest.trim().split_once(' ')?;
    let wanted: Value = serde_json::from_str(value.trim()).ok()?;
    if !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let path: AttributePath = attribute.parse().ok()?;
    let named = attribute.eq_ignore_ascii_case(super::store::name_attribute(kind));
    match wanted.as_str() {
        Some(name) if named => Some(store.row_named(kind, name)),
        Some(id) if attribute.eq_ignore_ascii_case("externalId") => {
            Some(store.row_with_external_id(kind, id))
        }
        _ => {
            let bears = |row: &u64| {
                let value = store.resource(kind, *row).and_then(|resource| resource.read(&path));
                value.is_some_and(|value| equal(value, &wanted))
            };
            Some(store.rows(kind).filter(bears).collect())
        }
    }
}

fn equal(value: &Value, wanted: &Value) -> bool {
    match (value.as_str(), wanted.as_str()) {
        (Some(value), Some(wanted)) => folded(value) == folded(wanted),
        _ => value == wanted,
    }
}
