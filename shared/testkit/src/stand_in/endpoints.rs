//! The resource endpoints: POST, GET, PUT, PATCH and DELETE (RFC 7644 section 3).

use std::collections::BTreeSet;

use provisioning::target::Kind;
use scim::Resource;
use serde_json::Value;

use super::apply_patch::{Patched, apply};
use super::checks::{check, member_rows};
use super::quirks::{Deactivation, Deletion, GroupRename, NewId, Quirks};
use super::reply::Reply;
use super::shown::answered;
use super::store::{Store, name_attribute};

/// `POST /Users` or `/Groups`.
pub(super) fn create(store: &mut Store, kind: Kind, body: Option<&Value>, quirks: Quirks) -> Reply {
    if kind == Kind::Group && quirks.groups_are_given {
        return Reply::error(405, "", "groups are not made here");
    }
    if quirks.post_answers_existing
        && let Some(name) = body.and_then(|body| body.get(name_attribute(kind))).and_then(Value::as_str)
        && let Some(row) = store.row_named(kind, name).first()
        && let Some(there) = answered(store, kind, *row, true, quirks)
    {
        return Reply::json(200, there);
    }
    let (resource, members) = match incoming(store, kind, None, body, quirks) {
        Ok(incoming) => incoming,
        Err(refusal) => return refusal,
    };
    let members = members.filter(|_| !quirks.post_ignores_members).unwrap_or_default();
    if quirks.members_per_request.is_some_and(|most| members.len() > most) {
        return Reply::error(400, "tooMany", "too many members in one request");
    }
    let row = store.insert(kind, resource, members);
    let status = if quirks.post_answers_200 { 200 } else { 201 };
    match answered(store, kind, row, true, quirks) {
        Some(mut made) if !quirks.post_answers_nothing => {
            match (quirks.new_id, made.as_object_mut()) {
                (NewId::Missing, Some(made)) => _ = made.remove("id"),
                (NewId::Empty, Some(made)) => _ = made.insert("id".into(), "".into()),
                _ => {}
            }
            Reply::json(status, made)
        }
        _ => Reply::empty(status),
    }
}

/// `GET /Users/id` or `/Groups/id`.
pub(super) fn read(store: &Store, kind: Kind, id: &str, with_members: bool, quirks: Quirks) -> Reply {
    let row = store.row_shown_as(kind, id, quirks.ids);
    let shown = row.and_then(|row| answered(store, kind, row, with_members, quirks));
    shown.map_or_else(|| Reply::not_found(id), |resource| Reply::json(200, resource))
}

/// `PUT`: what the body does not name is gone.
pub(super) fn put(store: &mut Store, kind: Kind, id: &str, body: Option<&Value>, quirks: Quirks) -> Reply {
    if quirks.put_answers_404 {
        return Reply::not_found(id);
    }
    if kind == Kind::Group && quirks.no_group_put {
        return Reply::error(405, "", "groups are not replaced here");
    }
    let Some(row) = store.row_shown_as(kind, id, quirks.ids) else { return Reply::not_found(id) };
    if quirks.put_changes_nothing {
        return read(store, kind, id, true, quirks);
    }
    if quirks.put_needs_id && body.and_then(|body| body.get("id")).and_then(Value::as_str) != Some(id) {
        return Reply::error(400, "invalidValue", "the body needs the id");
    }
    let old = store.resource(kind, row).filter(|_| quirks.put_keeps_what_is_absent);
    let whole = old.zip(body).map(|(old, body)| laid_over(old.as_json().clone().into(), body));
    let (resource, members) = match incoming(store, kind, Some(row), whole.as_ref().or(body), quirks) {
        Ok(incoming) => incoming,
        Err(refusal) => return refusal,
    };
    if let Some(refusal) = forbidden(store, kind, row, &resource, quirks) {
        return refusal;
    }
    keep(store, kind, row, resource, quirks);
    if kind == Kind::Group && !quirks.put_ignores_members {
        store.change_members(row, |kept, doubled| {
            *kept = members.unwrap_or_default();
            doubled.clear();
        });
    }
    after_deactivation(store, kind, row, quirks).unwrap_or_else(|| read(store, kind, id, true, quirks))
}

/// What is there with what a body names in its place; what is null there goes.
fn laid_over(mut old: Value, new: &Value) -> Value {
    let (Some(kept), Some(named)) = (old.as_object_mut(), new.as_object()) else { return new.clone() };
    for (name, value) in named {
        let before = kept.remove(name);
        if !value.is_null() {
            kept.insert(
                name.clone(),
                before.map_or_else(|| value.clone(), |before| laid_over(before, value)),
            );
        }
    }
    old
}

/// `PATCH`: every operation, or none.
pub(super) fn patch(store: &mut Store, kind: Kind, id: &str, body: Option<&Value>, quirks: Quirks) -> Reply {
    if quirks.no_patch {
        return Reply::error(501, "", "PATCH is not implemented");
    }
    let Some(row) = store.row_shown_as(kind, id, quirks.ids) else { return Reply::not_found(id) };
    let Some(resource) = store.resource(kind, row).cloned() else { return Reply::not_found(id) };
    let operations = body.and_then(|body| body.get("Operations")).and_then(Value::as_array);
    let Some(operations) = operations.filter(|operations| !operations.is_empty()) else {
        return Reply::error(400, "invalidSyntax", "a PATCH needs Operations");
    };
    if quirks.operations_per_patch.is_some_and(|most| operations.len() > most) {
        return Reply::error(400, "tooMany", "too many operations in one PATCH");
    }
    let Patched { resource, members, refusal } = apply(store, kind, row, resource, operations, quirks);
    if let Some(refusal) = refusal {
        if quirks.applies_in_part {
            keep(store, kind, row, resource, quirks);
            store.change_members(row, |kept, doubled| members.apply(kept, doubled));
        }
        return refusal;
    }
    if let Err(refusal) = check(store, kind, Some(row), &resource, quirks) {
        return refusal;
    }
    let renamed = |old: &Resource| old.text("displayName") != resource.text("displayName");
    if kind == Kind::Group
        && quirks.group_rename == GroupRename::Put
        && store.resource(kind, row).is_some_and(renamed)
    {
        return Reply::error(501, "", "a group is renamed by PUT");
    }
    if let Some(refusal) = forbidden(store, kind, row, &resource, quirks) {
        return refusal;
    }
    keep(store, kind, row, resource, quirks);
    if kind == Kind::Group {
        store.change_members(row, |kept, doubled| members.apply(kept, doubled));
    }
    after_deactivation(store, kind, row, quirks).unwrap_or_else(|| match quirks.patch_answers_200 {
        true => read(store, kind, id, true, quirks),
        false => Reply::empty(204),
    })
}

/// `DELETE`.
pub(super) fn delete(store: &mut Store, kind: Kind, id: &str, quirks: Quirks) -> Reply {
    if kind == Kind::Group && quirks.groups_are_given {
        return Reply::error(405, "", "groups are not deleted here");
    }
    let Some(row) = store.row_shown_as(kind, id, quirks.ids) else {
        return match quirks.second_deletion_fails {
            true => Reply::error(500, "", "it cannot be deleted"),
            false => Reply::not_found(id),
        };
    };
    if quirks.deletion == Deletion::Unsupported {
        return Reply::error(405, "", "nothing can be deleted here");
    }
    if quirks.protects_owner && kind == Kind::User && is_owner(store, row) {
        return Reply::error(403, "", "the only owner cannot be deleted");
    }
    if quirks.deletion == Deletion::Deactivates && kind == Kind::User {
        if let (Some(mut user), Ok(path)) = (store.resource(kind, row).cloned(), "active".parse()) {
            user.write(&path, false.into());
            store.replace(kind, row, user);
        }
        return Reply::empty(204);
    }
    let shown = answered(store, kind, row, false, quirks);
    let name = store.resource(kind, row).and_then(|gone| gone.text(name_attribute(kind))).map(str::to_owned);
    if let Some(name) = name.filter(|_| quirks.deletion == Deletion::ForGood && kind == Kind::User) {
        store.spend(&name);
    }
    store.delete_row(kind, row, quirks.leaves_dangling_members);
    match (quirks.deletion, shown) {
        (Deletion::Body, Some(shown)) => Reply::json(200, shown),
        _ => Reply::empty(204),
    }
}

fn is_owner(store: &Store, row: u64) -> bool {
    store.resource(Kind::User, row).and_then(|user| user.text("userType")) == Some("owner")
}

/// What the target does not let happen to this resource.
fn forbidden(store: &Store, kind: Kind, row: u64, new: &Resource, quirks: Quirks) -> Option<Reply> {
    let old = store.resource(kind, row)?;
    if kind == Kind::Group && quirks.group_rename == GroupRename::Never {
        let renamed = old.text("displayName") != new.text("displayName");
        return renamed.then(|| Reply::error(400, "mutability", "displayName is immutable"));
    }
    let turned_off = kind == Kind::User && new.active() == Some(false);
    (quirks.protects_owner && turned_off && is_owner(store, row))
        .then(|| Reply::error(403, "", "the only owner cannot be deactivated"))
}

/// Puts a changed resource in its place, as far as the target takes the change.
fn keep(store: &mut Store, kind: Kind, row: u64, mut resource: Resource, quirks: Quirks) {
    for (keeps, name) in [(quirks.keeps_emails, "emails"), (quirks.locks_display_names, "displayName")] {
        let old = store.resource(kind, row).filter(|_| keeps && kind == Kind::User);
        if let (Some(old), Ok(path)) = (old.and_then(|old| old.as_json().get(name).cloned()), name.parse()) {
            resource.write(&path, old);
        }
    }
    drop_what_is_dropped(kind, &mut resource, quirks);
    store.replace(kind, row, resource);
}

/// Takes out what this target drops without a word.
fn drop_what_is_dropped(kind: Kind, resource: &mut Resource, quirks: Quirks) {
    if quirks.drops_enterprise {
        resource.drop_attribute(super::documents::enterprise_urn(quirks));
    }
    if quirks.drops_unknown_attributes {
        let names: Vec<String> = resource.as_json().keys().cloned().collect();
        for unknown in names.iter().filter(|name| !super::documents::knows(kind, name)) {
            resource.drop_attribute(unknown);
        }
    }
}

/// Deletes an account that was turned off where that is what turning off means, and answers.
fn after_deactivation(store: &mut Store, kind: Kind, row: u64, quirks: Quirks) -> Option<Reply> {
    let off = kind == Kind::User && store.resource(kind, row)?.active() == Some(false);
    (off && quirks.deactivation == Deactivation::Deletes).then(|| {
        store.delete_row(kind, row, false);
        Reply::empty(204)
    })
}

/// A whole resource as it was sent, checked, and the members it names.
fn incoming(
    store: &Store,
    kind: Kind,
    row: Option<u64>,
    body: Option<&Value>,
    quirks: Quirks,
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
    drop_what_is_dropped(kind, &mut resource, quirks);
    check(store, kind, row, &resource, quirks)?;
    let members = match members.filter(|_| kind == Kind::Group) {
        Some(members) => Some(member_rows(store, &members, quirks)?),
        None => None,
    };
    Ok((resource, members))
}
