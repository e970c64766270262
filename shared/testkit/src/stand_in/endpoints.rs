//! The resource endpoints: POST, GET, PUT, PATCH and DELETE (RFC 7644 section 3).

use std::collections::BTreeSet;

use provisioning::target::Kind;
use scim::Resource;
use serde_json::Value;

use super::apply_patch::{Patched, apply};
use super::quirks::Quirks;
use super::reply::Reply;
use super::store::{Store, name_attribute};

/// `POST /Users` or `/Groups`.
pub(super) fn create(store: &mut Store, kind: Kind, body: Option<&Value>, quirks: Quirks) -> Reply {
    let (resource, members) = match incoming(store, kind, None, body) {
        Ok(incoming) => incoming,
        Err(refusal) => return refusal,
    };
    let members = members.filter(|_| !quirks.post_ignores_members).unwrap_or_default();
    let row = store.insert(kind, resource, members);
    match store.shown(kind, row, true) {
        Some(made) if !quirks.post_answers_nothing => Reply::json(201, made.into_json()),
        _ => Reply::empty(201),
    }
}

/// `GET /Users/id` or `/Groups/id`.
pub(super) fn read(store: &Store, kind: Kind, id: &str, with_members: bool) -> Reply {
    let shown = store.row_of(kind, id).and_then(|row| store.shown(kind, row, with_members));
    shown.map_or_else(|| Reply::not_found(id), |resource| Reply::json(200, resource.into_json()))
}

/// `PUT`: what the body does not name is gone.
pub(super) fn put(store: &mut Store, kind: Kind, id: &str, body: Option<&Value>) -> Reply {
    let Some(row) = store.row_of(kind, id) else { return Reply::not_found(id) };
    let (resource, members) = match incoming(store, kind, Some(row), body) {
        Ok(incoming) => incoming,
        Err(refusal) => return refusal,
    };
    store.replace(kind, row, resource);
    if kind == Kind::Group {
        *store.members_mut(row) = members.unwrap_or_default();
    }
    read(store, kind, id, true)
}

/// `PATCH`: every operation, or none.
pub(super) fn patch(store: &mut Store, kind: Kind, id: &str, body: Option<&Value>, quirks: Quirks) -> Reply {
    if quirks.no_patch {
        return Reply::error(501, "", "PATCH is not implemented");
    }
    let Some(row) = store.row_of(kind, id) else { return Reply::not_found(id) };
    let Some(resource) = store.resource(kind, row).cloned() else { return Reply::not_found(id) };
    let operations = body.and_then(|body| body.get("Operations")).and_then(Value::as_array);
    let Some(operations) = operations.filter(|operations| !operations.is_empty()) else {
        return Reply::error(400, "invalidSyntax", "a PATCH needs Operations");
    };
    let Patched { resource, members } = match apply(store, kind, resource, operations) {
        Ok(patched) => patched,
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = check(store, kind, Some(row), &resource) {
        return refusal;
    }
    store.replace(kind, row, resource);
    if kind == Kind::Group {
        members.apply(store.members_mut(row));
    }
    if quirks.patch_answers_200 { read(store, kind, id, true) } else { Reply::empty(204) }
}

/// `DELETE`.
pub(super) fn delete(store: &mut Store, kind: Kind, id: &str) -> Reply {
    if store.delete(kind, id) { Reply::empty(204) } else { Reply::not_found(id) }
}

/// A whole resource as it was sent, checked, and the members it names.
fn incoming(
    store: &Store,
    kind: Kind,
    row: Option<u64>,
    body: Option<&Value>,
) -> Result<(Resource, Option<BTreeSet<u64>>), Reply> {
    let resource = body.cloned().and_then(Resource::from_json);
    let Some(mut resource) = resource else {
        return Err(Reply::error(400, "invalidSyntax", "the body is no JSON object"));
    };
    for read_only in ["id", "meta", "groups"] {
        resource.drop_attribute(read_only);
    }
    let members = resource.as_json().get("members").cloned();
    resource.drop_attribute("members");
    check(store, kind, row, &resource)?;
    let members = match members.filter(|_| kind == Kind::Group) {
        Some(members) => Some(member_rows(store, &members)?),
        None => None,
    };
    Ok((resource, members))
}

/// What must hold of any resource: a name, unique for users without regard to case, and `active` a boolean.
fn check(store: &Store, kind: Kind, row: Option<u64>, resource: &Resource) -> Result<(), Reply> {
    let attribute = name_attribute(kind);
    let Some(name) = resource.text(attribute) else {
        return Err(Reply::error(400, "invalidValue", &format!("{attribute} is required")));
    };
    if kind == Kind::User && store.row_named(kind, name).iter().any(|other| Some(*other) != row) {
        return Err(Reply::error(409, "uniqueness", &format!("userName {name} is taken")));
    }
    if resource.as_json().get("active").is_some_and(|active| !active.is_boolean()) {
        return Err(Reply::error(400, "invalidValue", "active is a boolean"));
    }
    Ok(())
}

/// The rows of `[{"value": id}, …]`, or one such object; a member that is not there is refused.
pub(super) fn member_rows(store: &Store, members: &Value) -> Result<BTreeSet<u64>, Reply> {
    let single = std::slice::from_ref(members);
    let members = members.as_array().map_or(single, Vec::as_slice);
    let row = |member: &Value| {
        let id = member.get("value").and_then(Value::as_str).unwrap_or_default();
        store.row_of(Kind::User, id).ok_or_else(|| {
            Reply::error(400, "invalidValue", &format!("there is no user {id:?} to be a member"))
        })
    };
    members.iter().map(row).collect()
}
