//! A resource and an answer as the stand-in shows them, which its quirks may make another than what it keeps.

use provisioning::target::Kind;
use serde_json::{Map, Value, json};

use super::quirks::{Deactivation, Ids, Quirks};
use super::reply::Reply;
use super::store::Store;

/// A resource as it is answered; `None` where the row is not there.
pub(super) fn answered(
    store: &Store,
    kind: Kind,
    row: u64,
    with_members: bool,
    quirks: Quirks,
) -> Option<Value> {
    let with_members = with_members && !quirks.hides_members;
    let resource = store.shown(kind, row, with_members)?;
    let active = resource.active();
    let mut shown = resource.into_json();
    if kind == Kind::User && active == Some(false) && quirks.deactivation == Deactivation::Obfuscates {
        shown["userName"] = format!("suspended-{row}").into();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("emails");
        }
    }
    if let (Kind::User, true, Some(parts)) =
        (kind, quirks.hides_names, shown.get_mut("name").and_then(Value::as_object_mut))
    {
        parts.values_mut().for_each(|part| *part = "N/A".into());
    }
    if quirks.active_as_text
        && let Some(active) = active.filter(|_| kind == Kind::User)
    {
        shown["active"] = if active { "True" } else { "False" }.into();
    }
    if let Some(members) = shown.get_mut("members").and_then(Value::as_array_mut) {
        if !quirks.doubles_members {
            let mut seen = Vec::new();
            members.retain(|member| {
                !seen.contains(member) && {
                    seen.push(member.clone());
                    true
                }
            });
        }
        members.truncate(quirks.members_shown.unwrap_or(usize::MAX));
        for member in members {
            if let Some(id) = member["value"].as_str().and_then(|id| id_shown(store, Kind::User, id, quirks))
            {
                member["value"] = id;
            }
        }
    }
    if kind == Kind::User && quirks.shows_groups {
        let groups = store.rows(Kind::Group).filter(|group| store.is_member(*group, row));
        let groups =
            groups.filter_map(|group| Some(json!({"value": store.resource(Kind::Group, group)?.id()?})));
        shown["groups"] = groups.collect::<Vec<_>>().into();
    }
    if let Some(id) = shown["id"].as_str().and_then(|id| id_shown(store, kind, id, quirks)) {
        shown["id"] = id;
    }
    if kind == Kind::Group
        && quirks.misspells_external_id
        && let Some(external_id) = shown.as_object_mut().and_then(|shown| shown.remove("externalId"))
    {
        shown["external_id"] = external_id;
    }
    if let Some(version) = store.version(row).filter(|_| quirks.versions) {
        shown["meta"]["version"] = version.into();
    }
    Some(shown)
}

/// The id in the form that is shown; `None` where it is shown as it is kept.
fn id_shown(store: &Store, kind: Kind, id: &str, quirks: Quirks) -> Option<Value> {
    match quirks.ids {
        Ids::Texts => None,
        Ids::Numbers => Store::number_of(kind, id).map(Value::from),
        Ids::ExternalIds if kind == Kind::User => {
            let user = store.resource(kind, Store::number_of(kind, id)?)?;
            user.text("externalId").map(Value::from)
        }
        Ids::ExternalIds => None,
    }
}

/// A whole answer in the form that the quirks give it. `wrote` says that it answers a write.
pub(super) fn dressed(reply: Reply, wrote: bool, quirks: Quirks) -> Reply {
    let Reply { mut status, mut body, took } = reply;
    if status == 404 && quirks.gone_is_410 {
        status = 410;
    }
    if status >= 400
        && quirks.numeric_status
        && let Some(told) = body.as_mut().and_then(|body| body.get_mut("status"))
    {
        *told = status.into();
    }
    if wrote && quirks.accepts_for_later && status < 300 {
        return Reply { took, ..Reply::empty(202) };
    }
    if status < 300
        && let Some(whole) = body.as_mut()
    {
        dress(whole, quirks);
    }
    Reply { status, body, took }
}

fn dress(whole: &mut Value, quirks: Quirks) {
    let is_list = whole.get("Resources").is_some();
    if quirks.shows_nulls {
        match whole.get_mut("Resources").and_then(Value::as_array_mut) {
            Some(rows) => rows.iter_mut().for_each(with_nulls),
            None => with_nulls(whole),
        }
    }
    if quirks.lower_case_names {
        lower_case(whole);
    } else if quirks.lower_case_resources
        && is_list
        && let Some(list) = whole.as_object_mut()
        && let Some(rows) = list.remove("Resources")
    {
        list.insert("resources".into(), rows);
    }
}

/// Shows what a user or a group does not have.
fn with_nulls(resource: &mut Value) {
    if resource.get("id").is_none() {
        return;
    }
    let Some(resource) = resource.as_object_mut() else { return };
    let unset = [
        ("externalId", Value::Null),
        ("displayName", json!("")),
        ("title", Value::Null),
        ("nickName", json!("")),
        ("name", json!({"givenName": null, "familyName": ""})),
        ("emails", json!([])),
        ("phoneNumbers", Value::Null),
        ("members", Value::Null),
        (scim::ENTERPRISE_SCHEMA, json!({"department": null})),
    ];
    for (name, nothing) in unset {
        resource.entry(name).or_insert(nothing);
    }
}

fn lower_case(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let named: Map<String, Value> = std::mem::take(object)
                .into_iter()
                .map(|(name, mut value)| {
                    lower_case(&mut value);
                    (name.to_lowercase(), value)
                })
                .collect();
            *object = named;
        }
        Value::Array(values) => values.iter_mut().for_each(lower_case),
        _ => {}
    }
}
