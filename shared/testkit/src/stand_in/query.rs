//! Lists: filters with `eq`, and paging (RFC 7644 section 3.4.2).

use std::collections::HashMap;

use provisioning::folding::folded;
use provisioning::target::Kind;
use scim::AttributePath;
use serde_json::{Value, json};

use super::quirks::{Deactivation, FilterAttributes, Paging, Quirks};
use super::reply::Reply;
use super::shown::answered;
use super::store::Store;

/// Answers `GET /Users` or `GET /Groups`.
pub(super) fn list(
    store: &Store,
    kind: Kind,
    parameters: &HashMap<String, String>,
    page_limit: usize,
    quirks: Quirks,
) -> Reply {
    let excluded = parameters.get("excludedAttributes");
    if excluded.is_some() && quirks.refuses_exclusion {
        return Reply::error(400, "invalidValue", "excludedAttributes is not supported");
    }
    let number = |name: &str| parameters.get(name).and_then(|value| value.parse::<usize>().ok());
    let cursor = parameters.get("cursor").filter(|_| quirks.paging.is_by_cursor());
    let start = match (quirks.paging, cursor) {
        (Paging::Everything, _) => 1,
        (_, Some(cursor)) => match cursor.strip_prefix("row-").unwrap_or("1").parse() {
            Ok(start) => start,
            Err(_) => return Reply::error(400, "invalidCursor", "no such cursor was given out"),
        },
        (Paging::CursorOnly, None) => 1,
        (_, None) => number("startIndex").unwrap_or(1).max(1),
    };
    if quirks.paging == Paging::Cursor && cursor.is_none() && start > 1 {
        return Reply::error(400, "invalidValue", "startIndex is not supported; use cursor");
    }
    let count = match quirks.paging {
        Paging::Everything => usize::MAX,
        _ if quirks.ignores_count => 20,
        _ => number("count").unwrap_or(100).min(page_limit).min(quirks.rows_per_page.unwrap_or(usize::MAX)),
    };
    let with_members =
        quirks.ignores_exclusion || excluded.is_none_or(|excluded| !excluded.contains("members"));
    let (total, rows): (usize, Vec<u64>) = match parameters.get("filter").filter(|_| !quirks.ignore_filter) {
        Some(_) if quirks.filters_fail => return Reply::error(500, "", "something went wrong"),
        Some(_) if quirks.no_filter => {
            return Reply::error(400, "invalidFilter", "filters are not supported");
        }
        Some(filter) => match filtered(store, kind, filter, quirks) {
            Some(rows) if rows.is_empty() && quirks.nobody_found_is_404 => return Reply::not_found("nobody"),
            Some(rows) => (rows.len(), rows.into_iter().skip(start - 1).take(count).collect()),
            None => return Reply::error(400, "invalidFilter", "only attribute eq \"value\" is supported"),
        },
        None => {
            let most = quirks.rows_listed.unwrap_or(usize::MAX);
            let count = count.min(most.saturating_sub(start - 1));
            (store.count(kind).min(most), page_of(store, kind, start, count, quirks))
        }
    };
    let total = if quirks.total_too_large { total + 9 } else { total };
    let rows = match rows.is_empty() && quirks.repeats_past_the_end {
        true => store.rows(kind).last().into_iter().collect(),
        false => rows,
    };
    let resources: Vec<Value> =
        rows.into_iter().filter_map(|row| answered(store, kind, row, with_members, quirks)).collect();
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "itemsPerPage": resources.len(), "Resources": resources});
    let shown = body["itemsPerPage"].as_u64().unwrap_or_default() as usize;
    if cursor.is_some() || quirks.paging == Paging::CursorOnly {
        if start + shown <= total {
            body["nextCursor"] = format!("row-{}", start + shown).into();
        }
    } else {
        body["startIndex"] = start.into();
        if !quirks.repeats_past_the_end {
            body["totalResults"] = if quirks.total_of_page { shown } else { total }.into();
        }
    }
    Reply::json(200, body)
}

/// The rows of a page that is not filtered.
fn page_of(store: &Store, kind: Kind, start: usize, count: usize, quirks: Quirks) -> Vec<u64> {
    let rows = |start: usize, count: usize| store.rows(kind).skip(start - 1).take(count).collect();
    match start > 1 && store.count(kind) >= start {
        // What was made or deleted meanwhile shifts the rows of those that follow.
        true if quirks.repeats_rows => rows(start - 1, count.max(2)),
        true if quirks.misses_rows => rows(start + 1, count.saturating_sub(1).max(1)),
        _ => rows(start, count),
    }
}

/// The rows for which `attribute eq "value"` holds; `None` for any other filter.
fn filtered(store: &Store, kind: Kind, filter: &str, quirks: Quirks) -> Option<Vec<u64>> {
    let (attribute, rest) = filter.trim().split_once(' ')?;
    let (operator, value) = rest.trim().split_once(' ')?;
    let wanted: Value = serde_json::from_str(value.trim()).ok()?;
    if !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let path: AttributePath = attribute.parse().ok()?;
    let named = attribute.eq_ignore_ascii_case(super::store::name_attribute(kind));
    let by_external_id = attribute.eq_ignore_ascii_case("externalId");
    let is_known = match quirks.filter_attributes {
        FilterAttributes::Any => true,
        FilterAttributes::Names => named,
        FilterAttributes::NamesAndExternalIds => named || by_external_id,
        FilterAttributes::NamesAndEmails => named || path.attribute().eq_ignore_ascii_case("emails"),
        FilterAttributes::Ids => attribute.eq_ignore_ascii_case("id"),
    };
    if !is_known {
        return None;
    }
    if by_external_id && quirks.external_id_filter_finds_nothing
        || named && kind == Kind::Group && quirks.group_filter_finds_nothing
    {
        return Some(Vec::new());
    }
    let mut rows = match wanted.as_str() {
        Some(name) if named => {
            let mut rows = store.row_named(kind, name);
            let as_written = |row: &u64| {
                store.resource(kind, *row).and_then(|found| found.text(super::store::name_attribute(kind)))
                    == Some(name)
            };
            rows.retain(|row| !(quirks.names_by_case || quirks.filters_by_case) || as_written(row));
            rows
        }
        Some(id) if by_external_id => store.row_with_external_id(kind, id),
        _ => {
            let bears = |row: &u64| {
                let value = store.resource(kind, *row).and_then(|resource| resource.read(&path));
                value.is_some_and(|value| equal(value, &wanted))
            };
            store.rows(kind).filter(bears).collect()
        }
    };
    if kind == Kind::User && named && quirks.deactivation == Deactivation::Obfuscates {
        rows.retain(|row| store.resource(kind, *row).is_none_or(|user| user.active() != Some(false)));
    }
    Some(rows)
}

fn equal(value: &Value, wanted: &Value) -> bool {
    match (value.as_str(), wanted.as_str()) {
        (Some(value), Some(wanted)) => folded(value) == folded(wanted),
        _ => value == wanted,
    }
}
