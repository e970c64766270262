//! PATCH operations (RFC 7644 section 3.5.2), strictly: a `replace` whose filter selects nothing is `noTarget`.

use std::collections::BTreeSet;

use provisioning::target::Kind;
use scim::{AttributePath, Resource};
use serde_json::{Map, Value};

use super::checks::{member_row, member_rows};
use super::quirks::{AbsentMember, Clearing, GroupRename, MemberRemoval, MemberReplacement, Quirks};
use super::reply::Reply;
use super::store::Store;

/// What a PATCH makes of a resource.
pub(super) struct Patched {
    pub resource: Resource,
    pub members: MemberChanges,
    /// Why the operations after those that are in the two above were not applied.
    pub refusal: Option<Reply>,
}

/// What a PATCH changes in a group's members; the set itself may be large and is not copied.
#[derive(Default)]
pub(super) struct MemberChanges {
    steps: Vec<MemberStep>,
}

enum MemberStep {
    Add(BTreeSet<u64>),
    Remove(u64),
    Set(BTreeSet<u64>),
}

impl MemberChanges {
    /// How many members are named.
    fn count(&self) -> usize {
        let named = |step: &MemberStep| match step {
            MemberStep::Add(rows) | MemberStep::Set(rows) => rows.len(),
            MemberStep::Remove(_) => 1,
        };
        self.steps.iter().map(named).sum()
    }

    /// Changes the members; `doubled` are those of them who were added more than once.
    pub fn apply(self, members: &mut BTreeSet<u64>, doubled: &mut BTreeSet<u64>) {
        for step in self.steps {
            match step {
                MemberStep::Add(added) => {
                    doubled.extend(added.intersection(members));
                    members.extend(added);
                }
                MemberStep::Remove(removed) => {
                    members.remove(&removed);
                    doubled.remove(&removed);
                }
                MemberStep::Set(all) => {
                    *members = all;
                    doubled.clear();
                }
            }
        }
    }
}

/// Applies the operations up to the first that is refused.
pub(super) fn apply(
    store: &Store,
    kind: Kind,
    row: u64,
    resource: Resource,
    operations: &[Value],
    quirks: Quirks,
) -> Patched {
    let mut patched = Patched { resource, members: MemberChanges::default(), refusal: None };
    for operation in operations {
        if let Err(refusal) = operate(store, kind, row, &mut patched, operation, quirks) {
            patched.refusal = Some(refusal);
            return patched;
        }
    }
    if quirks.members_per_request.is_some_and(|most| patched.members.count() > most) {
        patched.refusal = Some(Reply::error(400, "tooMany", "too many members in one request"));
    }
    patched
}

fn operate(
    store: &Store,
    kind: Kind,
    row: u64,
    patched: &mut Patched,
    operation: &Value,
    quirks: Quirks,
) -> Result<(), Reply> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let verb = text("op").unwrap_or_default();
    if !quirks.operation_names.takes(verb) {
        return Err(Reply::error(400, "invalidSyntax", &format!("{verb:?} is no operation")));
    }
    let op = verb.to_ascii_lowercase();
    let names_a_group = kind == Kind::Group && quirks.group_rename == GroupRename::Object;
    match (text("path"), operation.get("value")) {
        (Some("displayName"), _) if names_a_group => {
            Err(Reply::error(400, "invalidPath", "a group is named by an object of id and displayName"))
        }
        (None, Some(value)) if names_a_group => {
            let text = |name: &str| value.get(name).and_then(Value::as_str);
            if text("id") != patched.resource.id().as_deref() {
                return Err(Reply::error(400, "invalidValue", "a group is named by its id"));
            }
            one(store, kind, row, patched, &op, "displayName", value.get("displayName"), quirks)
        }
        (Some(path), value) => one(store, kind, row, patched, &op, path, value, quirks),
        (None, _) if quirks.ignores_operations_without_path => Ok(()),
        (None, _) if quirks.refuses_operations_without_path => {
            Err(Reply::error(400, "invalidPath", "every operation needs a path"))
        }
        (None, Some(Value::Object(values))) if op != "remove" => values
            .iter()
            .flat_map(|(path, value)| parts(path, value))
            .try_for_each(|(path, value)| one(store, kind, row, patched, &op, &path, Some(value), quirks)),
        (None, _) => Err(Reply::error(400, "noTarget", "an operation without a path needs an object")),
    }
}

/// What a member of an object names: an attribute, or all those of an extension that stand under its URN.
fn parts<'a>(path: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    match value.as_object().filter(|_| path.to_ascii_lowercase().starts_with("urn:")) {
        Some(extension) => extension.iter().map(|(name, value)| (format!("{path}:{name}"), value)).collect(),
        None => vec![(path.to_owned(), value)],
    }
}

#[expect(clippy::too_many_arguments, reason = "an operation's parts")]
fn one(
    store: &Store,
    kind: Kind,
    row: u64,
    patched: &mut Patched,
    op: &str,
    path: &str,
    value: Option<&Value>,
    quirks: Quirks,
) -> Result<(), Reply> {
    let parsed = path.parse::<AttributePath>();
    let path = parsed.map_err(|error| Reply::error(400, "invalidPath", &error.to_string()))?;
    if kind == Kind::Group && path.attribute().eq_ignore_ascii_case("members") {
        return members(store, row, patched, op, &path, value, quirks);
    }
    let is_updatable = |names: &&[&str]| names.iter().any(|name| path.attribute().eq_ignore_ascii_case(name));
    if kind == Kind::User && !quirks.updatable_attributes.is_none_or(|names| is_updatable(&names)) {
        return Err(Reply::error(400, "mutability", &format!("{path} cannot be changed")));
    }
    if ["id", "meta", "groups"].iter().any(|name| path.attribute().eq_ignore_ascii_case(name)) {
        return Err(Reply::error(400, "mutability", &format!("{path} is read-only")));
    }
    let resource = &mut patched.resource;
    let clears = matches!((op, value), ("remove", _) | ("add" | "replace", Some(Value::Null)));
    let is_taken = match quirks.clearing {
        Clearing::Any => true,
        Clearing::Null => op != "remove",
        Clearing::Put => false,
    };
    if kind == Kind::User && clears && !is_taken {
        return Err(Reply::error(400, "invalidValue", &format!("{path} cannot be cleared so")));
    }
    match (op, value) {
        ("remove", _) => resource.clear(&path),
        ("add" | "replace", None) => return Err(Reply::error(400, "invalidValue", "a value is needed")),
        ("add" | "replace", Some(_))
            if path.selector().is_some() && resource.read(&path.element()).is_none() =>
        {
            return Err(Reply::error(400, "noTarget", &format!("nothing is at {path}")));
        }
        (_, Some(Value::Null)) => resource.clear(&path),
        ("add", Some(Value::Array(added))) => append(resource, &path, added),
        ("add", Some(Value::Object(added))) => merge(resource, &path, added),
        ("add" | "replace", Some(value)) => resource.write(&path, value.clone()),
        _ => return Err(Reply::error(400, "invalidSyntax", &format!("{op:?} is no operation"))),
    }
    Ok(())
}

fn members(
    store: &Store,
    row: u64,
    patched: &mut Patched,
    op: &str,
    path: &AttributePath,
    value: Option<&Value>,
    quirks: Quirks,
) -> Result<(), Reply> {
    let named = |value: Option<&Value>| match value {
        Some(value) => member_rows(store, value, quirks),
        None => Err(Reply::error(400, "invalidValue", "a value is needed")),
    };
    let steps = &mut patched.members.steps;
    match (op, path.selector(), value) {
        ("add", None, Some(value)) if quirks.nests_added_members => match value.get("members") {
            Some(nested) => steps.push(MemberStep::Add(member_rows(store, nested, quirks)?)),
            None => {
                return Err(Reply::error(400, "invalidValue", "an object that holds 'members' is needed"));
            }
        },
        ("add", None, value) => steps.push(MemberStep::Add(named(value)?)),
        ("replace", None, value) => match quirks.member_replacement {
            MemberReplacement::Replaces => steps.push(MemberStep::Set(named(value)?)),
            MemberReplacement::Adds => steps.push(MemberStep::Add(named(value)?)),
            MemberReplacement::Ignored => {}
            MemberReplacement::Refused => {
                return Err(Reply::error(400, "invalidValue", "members cannot be replaced"));
            }
        },
        ("remove", Some(_), _) if quirks.member_removal == MemberRemoval::Values => {
            return Err(Reply::error(501, "", "a filter on members is not implemented"));
        }
        ("remove", None, Some(_)) if quirks.member_removal == MemberRemoval::Filter => {
            return Err(Reply::error(400, "invalidValue", "members are removed by a filter"));
        }
        // One that is not a member, or is nobody, is removed already.
        ("remove", Some(selector), _) => {
            let member = member_row(store, &selector.value, quirks);
            let is_member = member.is_some_and(|member| store.is_member(row, member));
            match quirks.absent_member {
                AbsentMember::NoTarget if !is_member => {
                    return Err(Reply::error(400, "noTarget", &format!("{:?} is no member", selector.value)));
                }
                AbsentMember::Bare if !is_member => return Err(Reply::empty(400)),
                _ => {}
            }
            steps.extend(member.map(MemberStep::Remove));
        }
        ("remove", None, Some(_)) if quirks.member_removal == MemberRemoval::ValuesMeanAll => {
            steps.push(MemberStep::Set(BTreeSet::new()));
        }
        ("remove", None, None) => steps.push(MemberStep::Set(BTreeSet::new())),
        ("remove", None, Some(value)) => {
            steps.extend(member_rows(store, value, quirks)?.into_iter().map(MemberStep::Remove));
        }
        _ => return Err(Reply::error(400, "invalidPath", "members cannot be changed so")),
    }
    Ok(())
}

/// Adds elements that are not there yet; of several primary ones the newest stays (RFC 7644 section 3.5.2.1).
fn append(resource: &mut Resource, path: &AttributePath, added: &[Value]) {
    let mut elements = resource.read(path).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    if added.iter().any(is_primary) {
        for element in elements.iter_mut().filter(|element| is_primary(element)) {
            element["primary"] = false.into();
        }
    }
    for element in added {
        if !elements.contains(element) {
            elements.push(element.clone());
        }
    }
    resource.write(path, elements.into());
}

/// Adds parts to a complex attribute; the others stay.
fn merge(resource: &mut Resource, path: &AttributePath, added: &Map<String, Value>) {
    let mut parts = resource.read(path).and_then(Value::as_object).cloned().unwrap_or_default();
    parts.extend(added.iter().map(|(name, value)| (name.clone(), value.clone())));
    resource.write(path, parts.into());
}
