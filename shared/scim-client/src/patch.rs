//! PATCH operations for planned changes (RFC 7644 section 3.5.2).

use std::collections::BTreeSet;

use catalog::{MemberAdd, MemberRemove};
use provisioning::ids::RemoteId;
use provisioning::target::Change;
use scim::message::{Operation, PatchOperation};
use scim::{AttributePath, Resource};
use serde_json::{Value, json};

use crate::create::{addressed, cleared, member_values, write};

/// In which forms operations are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Forms {
    /// Attributes that are set go in one operation without a path.
    pub object: bool,
    pub member_add: MemberAdd,
    pub member_remove: MemberRemove,
}

/// The operations, in the order: attributes, members that come, members that go. With `present`, which was just read, an
/// element that is not there is added instead of replaced, and what is not there is not removed.
pub(crate) fn operations(
    changes: &[Change],
    add: &BTreeSet<RemoteId>,
    remove: &BTreeSet<RemoteId>,
    present: Option<&Resource>,
    forms: Forms,
) -> Vec<PatchOperation> {
    let mut operations = of_attributes(changes, present, forms);
    if !add.is_empty() {
        let members = member_values(add);
        operations.push(match forms.member_add {
            MemberAdd::Array => at(Operation::Add, "members", members),
            MemberAdd::Nested => at(Operation::Add, "members", json!({"members": members})),
        });
    }
    match forms.member_remove {
        _ if remove.is_empty() => {}
        MemberRemove::Array => operations.push(at(Operation::Remove, "members", member_values(remove))),
        // One by one: a list of values is refused by some targets, and taken for "all" by others.
        MemberRemove::Filter | MemberRemove::Replace => operations.extend(remove.iter().map(|member| {
            let path = format!("members[value eq {}]", Value::from(member.as_str()));
            PatchOperation { op: Operation::Remove, path: Some(path), value: None }
        })),
    }
    operations
}

/// The operation that makes these all the members of a group.
pub(crate) fn all_members(members: Value) -> PatchOperation {
    at(Operation::Replace, "members", members)
}

/// The operation that gives a group its name without a path; none where its name stays.
pub(crate) fn named_by_an_object(id: &RemoteId, changes: &[Change]) -> Option<PatchOperation> {
    let named = changes.iter().find(|change| change.attribute.to_string() == "displayName")?;
    let value = json!({"id": id.as_str(), "displayName": named.new.as_ref()?.to_json()});
    Some(PatchOperation { op: Operation::Replace, path: None, value: Some(value) })
}

/// A body of operations whose verbs begin with a capital.
pub(crate) fn capitalised(mut body: Value) -> Value {
    for operation in body["Operations"].as_array_mut().into_iter().flatten() {
        let verb = operation["op"].as_str().unwrap_or_default();
        operation["op"] = [&verb[..1].to_uppercase(), &verb[1..]].concat().into();
    }
    body
}

fn at(op: Operation, path: impl Into<String>, value: Value) -> PatchOperation {
    PatchOperation { op, path: Some(path.into()), value: Some(value) }
}

fn of_attributes(changes: &[Change], present: Option<&Resource>, forms: Forms) -> Vec<PatchOperation> {
    let mut operations = Vec::new();
    // Built by path like a whole resource, so that parts of one new element become one element.
    let mut new_elements = Resource::default();
    let mut grown: Vec<AttributePath> = Vec::new();
    // What is set without a path. An element of a list cannot be: the list would be replaced.
    let mut object = Resource::default();
    for change in changes {
        let path = &change.attribute;
        match &change.new {
            None => operations.extend(removal(path, present)),
            Some(value) if path.selector().is_some() && !has_element(change, changes, present) => {
                write(&mut new_elements, path, value);
                let list = whole_list(path);
                if !grown.contains(&list) {
                    grown.push(list);
                }
            }
            Some(value) if forms.object && path.selector().is_none() => write(&mut object, path, value),
            Some(value) => {
                let is_set =
                    change.old.is_some() || path.selector().is_some() || path.to_string() == "active";
                let op = if is_set { Operation::Replace } else { Operation::Add };
                let (path, value) = addressed(path, value);
                operations.push(at(op, path.to_string(), value));
            }
        }
    }
    object.drop_attribute("schemas");
    if !object.as_json().is_empty() {
        operations.push(PatchOperation {
            op: Operation::Replace,
            path: None,
            value: Some(object.into_json()),
        });
    }
    for list in grown {
        let value = new_elements.read(&list).cloned();
        operations.push(PatchOperation { op: Operation::Add, path: Some(list.to_string()), value });
    }
    operations
}

/// Whether the element that a change with a selector addresses is there. Without having looked: one that held a value we
/// sent is; one of which a part other than `value` is set (a line of an address) may hold parts that do not change, so it is
/// taken to be there until the target says `noTarget`.
fn has_element(change: &Change, changes: &[Change], present: Option<&Resource>) -> bool {
    let element = change.attribute.element();
    if let Some(present) = present {
        return present.read(&element).is_some();
    }
    let held = |other: &Change| other.old.is_some() && other.attribute.element().same_as(&element);
    changes.iter().any(held)
        || change.attribute.sub_attribute().is_some_and(|sub| !sub.eq_ignore_ascii_case("value"))
}

fn removal(path: &AttributePath, present: Option<&Resource>) -> Option<PatchOperation> {
    if present.is_some_and(|present| present.read(path).is_none()) {
        return None;
    }
    let path = cleared(path).to_string();
    Some(PatchOperation { op: Operation::Remove, path: Some(path), value: None })
}

/// `emails` of `emails[type eq "work"].value`, with its schema.
pub(crate) fn whole_list(path: &AttributePath) -> AttributePath {
    let name = match path.schema() {
        Some(schema) => format!("{schema}:{}", path.attribute()),
        None => path.attribute().to_owned(),
    };
    name.parse().unwrap_or_else(|_| path.element())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, old: Option<&str>, new: Option<&str>) -> Change {
        Change {
            attribute: path.parse().expect("a path"),
            old: old.map(Into::into),
            new: new.map(Into::into),
        }
    }

    fn sent(changes: &[Change], present: Option<&Resource>) -> Value {
        json!(operations(changes, &BTreeSet::new(), &BTreeSet::new(), present, Forms::default()))
    }

    fn resource(json: Value) -> Resource {
        Resource::from_json(json).expect("an object")
    }

    #[test]
    fn a_value_that_was_there_is_replaced_and_a_new_one_added() {
        let changes = [change("title", Some("A"), Some("B")), change("nickName", None, Some("N"))];
        assert_eq!(
            sent(&changes, None),
            json!([{"op": "replace", "path": "title", "value": "B"}, {"op": "add", "path": "nickName", "value": "N"}])
        );
    }

    #[test]
    fn enterprise_attributes_are_named_in_full() {
        let path = format!("{}:department", scim::ENTERPRISE_SCHEMA);
        let changes = [change(&path, Some("A"), None)];
        assert_eq!(sent(&changes, None), json!([{"op": "remove", "path": path}]));
    }

    #[test]
    fn a_manager_comes_changes_and_goes_as_a_whole() {
        let manager = format!("{}:manager", scim::ENTERPRISE_SCHEMA);
        let value = format!("{manager}.value");
        assert_eq!(
            sent(&[change(&value, None, Some("7"))], None),
            json!([{"op": "add", "path": manager, "value": {"value": "7"}}])
        );
        assert_eq!(
            sent(&[change(&value, Some("7"), Some("8"))], None),
            json!([{"op": "replace", "path": manager, "value": {"value": "8"}}])
        );
        assert_eq!(
            sent(&[change(&value, Some("8"), None)], None),
            json!([{"op": "remove", "path": manager}])
        );
    }

    #[test]
    fn a_new_element_is_added_to_its_list_and_a_known_one_replaced() {
        let path = "emails[type eq \"work\"].value";
        assert_eq!(
            sent(&[change(path, None, Some("w@x"))], None),
            json!([{"op": "add", "path": "emails", "value": [{"type": "work", "primary": true, "value": "w@x"}]}])
        );
        assert_eq!(
            sent(&[change(path, Some("v@x"), Some("w@x"))], None),
            json!([{"op": "replace", "path": path, "value": "w@x"}])
        );
    }

    #[test]
    fn parts_of_one_new_element_become_one_element() {
        let changes = [
            change("addresses[type eq \"work\"].locality", None, Some("Ulm")),
            change("addresses[type eq \"work\"].country", None, Some("DE")),
        ];
        assert_eq!(
            sent(&changes, Some(&resource(json!({})))),
            json!([{"op": "add", "path": "addresses",
                "value": [{"type": "work", "primary": true, "locality": "Ulm", "country": "DE"}]}])
        );
    }

    #[test]
    fn a_part_of_an_element_is_never_added_as_a_second_element() {
        let changes = [change("addresses[type eq \"work\"].region", None, Some("BW"))];
        let replace = json!([{"op": "replace", "path": "addresses[type eq \"work\"].region", "value": "BW"}]);
        assert_eq!(sent(&changes, None), replace);
        let present = resource(json!({"addresses": [{"type": "work", "locality": "Ulm"}]}));
        assert_eq!(sent(&changes, Some(&present)), replace);
    }

    #[test]
    fn clearing_takes_the_element_but_only_a_part_of_an_address() {
        let changes = [
            change("emails[type eq \"work\"].value", Some("w@x"), None),
            change("addresses[type eq \"work\"].region", Some("BW"), None),
        ];
        assert_eq!(
            sent(&changes, None),
            json!([{"op": "remove", "path": "emails[type eq \"work\"]"},
                {"op": "remove", "path": "addresses[type eq \"work\"].region"}])
        );
        assert_eq!(sent(&changes, Some(&resource(json!({})))), json!([]));
    }

    #[test]
    fn members_come_in_one_operation_and_go_one_by_one_last() {
        let ids = |ids: &[&str]| ids.iter().copied().filter_map(RemoteId::new).collect();
        assert_eq!(
            json!(operations(&[], &ids(&["1", "2"]), &ids(&["3", "a\"b"]), None, Forms::default())),
            json!([{"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
                {"op": "remove", "path": "members[value eq \"3\"]"},
                {"op": "remove", "path": "members[value eq \"a\\\"b\"]"}])
        );
    }

    #[test]
    fn without_paths_all_that_is_set_goes_in_one_object() {
        let department = format!("{}:department", scim::ENTERPRISE_SCHEMA);
        let changes = [
            change("title", Some("A"), Some("B")),
            change("name.givenName", Some("A"), Some("B")),
            change(&department, None, Some("Engines")),
            change("nickName", Some("N"), None),
            change("emails[type eq \"work\"].value", Some("v@x"), Some("w@x")),
        ];
        let forms = Forms { object: true, ..Forms::default() };
        assert_eq!(
            json!(operations(&changes, &BTreeSet::new(), &BTreeSet::new(), None, forms)),
            json!([{"op": "remove", "path": "nickName"},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "w@x"},
                {"op": "replace", "value": {"title": "B", "name": {"givenName": "B"},
                    scim::ENTERPRISE_SCHEMA: {"department": "Engines"}}}])
        );
    }

    #[test]
    fn members_come_nested_and_go_as_a_list_where_the_target_wants_that() {
        let ids = |ids: &[&str]| ids.iter().copied().filter_map(RemoteId::new).collect();
        let forms =
            Forms { member_add: MemberAdd::Nested, member_remove: MemberRemove::Array, ..Forms::default() };
        assert_eq!(
            json!(operations(&[], &ids(&["1"]), &ids(&["3", "4"]), None, forms)),
            json!([{"op": "add", "path": "members", "value": {"members": [{"value": "1"}]}},
                {"op": "remove", "path": "members", "value": [{"value": "3"}, {"value": "4"}]}])
        );
    }
}
