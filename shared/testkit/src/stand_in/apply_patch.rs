//! PATCH operations (RFC 7644 section 3.5.2), strictly: a `replace` whose filter selects nothing is `noTarget`.

use std::collections::BTreeSet;

use provisioning::target::Kind;
use scim::{AttributePath, Resource};
use serde_json::{Map, Value};

use super::endpoints::member_rows;
use super::quirks::{MemberRemoval, MemberReplacement, Quirks};
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

    pub fn apply(self, members: &mut BTreeSet<u64>) {
        for step in self.steps {
            match step {
                MemberStep::Add(added) => members.extend(added),
                MemberStep::Remove(removed) => {
                    members.remove(&removed);
                }
                MemberStep::Set(all) => *members = all,
            }
        }
    }
}

/// Applies the operations up to the first that is refused.
pub(super) fn apply(
    store: &Store,
    kind: Kind,
    resource: Resource,
    operations: &[Value],
    quirks: Quirks,
) -> Patched {
    let mut patched = Patched { resource, members: MemberChanges::default(), refusal: None };
    for operation in operations {
        if let Err(refusal) = operate(store, kind, &mut patched, operation, quirks) {
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
    patched: &mut Patched,
    operation: &Value,
    quirks: Quirks,
) -> Result<(), Reply> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let op = text("op").unwrap_or_default().to_ascii_lowercase();
    match (text("path"), operation.get("value")) {
        (Some(path), value) => one(store, kind, patched, &op, path, value, quirks),
        (None, _) if quirks.ignores_operations_without_path => Ok(()),
        (None, _) if quirks.refuses_operations_without_path => {
            Err(Reply::error(400, "invalidPath", "every operation needs a path"))
        }
        (None, Some(Value::Object(values))) if op != "remove" => {
            let parts = values.iter().flat_map(parts_of);
            let mut parts = parts.collect::<Vec<_>>().into_iter();
            parts.try_for_each(|(path, value)| one(store, kind, patched, &op, &path, Some(value), quirks))
        }
        (None, _) => Err(Reply::error(400, "noTarget", "an operation without a path needs an object")),
    }
}

/// An attribute, or those of the extension that stands under its schema's URI.
fn parts_of<'a>((name, value): (&'a String, &'a Value)) -> Vec<(String, &'a Value)> {
    match value {
        Value::Object(parts) if name.ends_with(":User") => {
            parts.iter().map(|(part, value)| (format!("{name}:{part}"), value)).collect()
        }
        value => vec![(name.clone(), value)],
    }
}

fn one(
    store: &Store,
    kind: Kind,
    patched: &mut Patched,
    op: &str,
    path: &str,
    value: Option<&Value>,
    quirks: Quirks,
) -> Result<(), Reply> {
    let parsed = path.parse::<AttributePath>();
    let path = parsed.map_err(|error| Reply::error(400, "invalidPath", &error.to_string()))?;
    if kind == Kind::Group && path.attribute().eq_ignore_ascii_case("members") {
        return members(store, patched, op, &path, value, quirks);
    }
    if ["id", "meta", "groups"].iter().any(|name| path.attribute().eq_ignore_ascii_case(name)) {
        return Err(Reply::error(400, "mutability", &format!("{path} is read-only")));
    }
    let resource = &mut patched.resource;
    match (op, value) {
        ("remove", _) => resource.clear(&path),
        ("add" | "replace", None) => return Err(Reply::error(400, "invalidValue", "a value is needed")),
        ("add" | "replace", Some(_))
            if path.selector().is_some() && resource.read(&path.element()).is_none() =>
        {
            return Err(Reply::error(400, "noTarget", &format!("nothing is at {path}")));
        }
        ("add", Some(Value::Array(added))) => append(resource, &path, added),
        ("add", Some(Value::Object(added))) => merge(resource, &path, added),
        ("add" | "replace", Some(value)) => resource.write(&path, value.clone()),
        _ => return Err(Reply::error(400, "invalidSyntax", &format!("{op:?} is no operation"))),
    }
    Ok(())
}

fn members(
    store: &Store,
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
            steps.extend(store.row_of(Kind::User, &selector.value).map(MemberStep::Remove));
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
