//! What a target takes of names, values and members, and what it refuses.

use std::collections::BTreeSet;

use provisioning::target::Kind;
use scim::Resource;
use serde_json::Value;

use super::quirks::{Conflict, Quirks, UnknownMember};
use super::reply::Reply;
use super::store::{Store, name_attribute};

/// What must hold of any resource: a name, unique for users without regard to case, and `active` a boolean.
pub(super) fn check(
    store: &Store,
    kind: Kind,
    row: Option<u64>,
    resource: &Resource,
    quirks: Quirks,
) -> Result<(), Reply> {
    let attribute = name_attribute(kind);
    let Some(name) = resource.text(attribute) else {
        return Err(Reply::error(400, "invalidValue", &format!("{attribute} is required")));
    };
    let same = |other: &u64| {
        Some(*other) != row
            && (!quirks.names_by_case
                || store.resource(kind, *other).and_then(|other| other.text(attribute)) == Some(name))
    };
    let is_taken = match kind {
        Kind::User => {
            let elsewhere = quirks.taken_elsewhere.is_some_and(|theirs| name.starts_with(theirs));
            elsewhere || store.row_named(kind, name).iter().any(same) || row.is_none() && store.is_spent(name)
        }
        Kind::Group => quirks.group_names_by_slug && has_slug(store, row, &slug(name)),
    };
    if is_taken {
        return Err(taken(name, quirks));
    }
    refusal_of_values(kind, name, resource, quirks)?;
    let too_long = |most| name.chars().count() > most;
    if kind == Kind::User && quirks.user_name_length.is_some_and(too_long) {
        return Err(Reply::error(400, "invalidValue", "userName is too long"));
    }
    if resource.as_json().get("active").is_some_and(|active| !active.is_boolean()) {
        return Err(Reply::error(400, "invalidValue", "active is a boolean"));
    }
    if quirks.old_enterprise && resource.as_json().contains_key(scim::ENTERPRISE_SCHEMA) {
        return Err(Reply::error(400, "invalidSyntax", "there is no such schema"));
    }
    let unknown = |name: &&String| !super::documents::knows(kind, name);
    match resource.as_json().keys().find(unknown).filter(|_| quirks.refuses_unknown_attributes) {
        Some(unknown) => Err(Reply::error(400, "invalidSyntax", &format!("there is no attribute {unknown}"))),
        None => Ok(()),
    }
}

/// What single targets do not take of names and values.
fn refusal_of_values(kind: Kind, name: &str, resource: &Resource, quirks: Quirks) -> Result<(), Reply> {
    let refused = |detail: String| Err(Reply::error(400, "invalidValue", &detail));
    if kind == Kind::Group {
        return match quirks.refused_group_prefix.filter(|prefix| name.starts_with(prefix)) {
            Some(prefix) => refused(format!("displayName must not begin with {prefix}")),
            None => Ok(()),
        };
    }
    if quirks.user_names_are_addresses && !name.contains('@') {
        return refused("userName is no e-mail address".into());
    }
    let is_missing = |path: &&&str| path.parse().is_ok_and(|path| resource.read(&path).is_none());
    if let Some(missing) = quirks.required_attributes.iter().find(is_missing) {
        return refused(format!("{missing} is required"));
    }
    let is_long = |value: &Value| value.as_array().is_some_and(|values| values.len() > 1);
    let several = resource.as_json().iter().find(|(name, value)| *name != "schemas" && is_long(value));
    if let Some((name, _)) = several.filter(|_| quirks.single_values) {
        return refused(format!("{name} holds one value only"));
    }
    match refusal_of_parts(resource, quirks) {
        Some(detail) => refused(detail),
        None => Ok(()),
    }
}

/// Why single targets do not take an account for what stands in its attributes.
fn refusal_of_parts(user: &Resource, quirks: Quirks) -> Option<String> {
    let elements = |name: &str| user.as_json().get(name).and_then(Value::as_array).into_iter().flatten();
    let emails = || elements("emails");
    if quirks.display_names_without_at && user.text("displayName").is_some_and(|name| name.contains('@')) {
        return Some("displayName must not contain @".into());
    }
    let primary = emails().filter(|email| email.get("primary") == Some(&Value::Bool(true))).count();
    if quirks.needs_primary_email && primary != 1 && emails().next().is_some() {
        return Some("one of the e-mail addresses is the primary one".into());
    }
    let mut with_parts = emails().chain(elements("phoneNumbers"));
    if quirks.refuses_display && with_parts.any(|element| element.get("display").is_some()) {
        return Some("an element has no display".into());
    }
    let is_foreign = |domain: &str| {
        let mut addresses = emails().filter_map(|email| email.get("value")?.as_str());
        addresses.any(|address| address.rsplit('@').next() != Some(domain))
    };
    if let Some(domain) = quirks.verified_domain.filter(|domain| is_foreign(domain)) {
        return Some(format!("{domain} is the only domain that is verified"));
    }
    let known = quirks.known_values?;
    let value = user.read(&known.attribute.parse().ok()?)?.as_str()?;
    (!known.values.contains(&value)).then(|| format!("there is no {value:?} for {}", known.attribute))
}

/// A name as it stands in an address.
fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn has_slug(store: &Store, but: Option<u64>, wanted: &str) -> bool {
    let named = |row: u64| store.resource(Kind::Group, row).and_then(|group| group.text("displayName"));
    store.rows(Kind::Group).any(|row| Some(row) != but && named(row).is_some_and(|name| slug(name) == wanted))
}

fn taken(name: &str, quirks: Quirks) -> Reply {
    let detail = format!("userName {name} is taken");
    match quirks.conflict {
        Conflict::Uniqueness => Reply::error(409, "uniqueness", &detail),
        Conflict::Bare => Reply::error(409, "", &detail),
        Conflict::Fails => Reply::error(500, "uniqueness", &detail),
        Conflict::Broken => Reply::error(500, "", "something went wrong"),
    }
}

/// The rows of `[{"value": id}, …]`, or one such object; a member that is not there is refused, unless a quirk says otherwise.
pub(super) fn member_rows(store: &Store, members: &Value, quirks: Quirks) -> Result<BTreeSet<u64>, Reply> {
    let single = std::slice::from_ref(members);
    let members = members.as_array().map_or(single, Vec::as_slice);
    if quirks.refuses_display && members.iter().any(|member| member.get("display").is_some()) {
        return Err(Reply::error(400, "invalidValue", "a member has no display"));
    }
    let mut rows = BTreeSet::new();
    for member in members {
        let id = match member.get("value") {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => String::new(),
        };
        let detail = || format!("there is no user {id:?} to be a member");
        match (member_row(store, &id, quirks), quirks.unknown_member) {
            (Some(row), _) => _ = rows.insert(row),
            (None, UnknownMember::Kept) => {}
            (None, UnknownMember::LeftOut) => {}
            (None, UnknownMember::Refused) => return Err(Reply::error(400, "invalidValue", &detail())),
            (None, UnknownMember::Fails) => return Err(Reply::error(500, "", &detail())),
        }
    }
    Ok(rows)
}

/// The row of a member; of one who is not there too, where he is kept all the same.
pub(super) fn member_row(store: &Store, id: &str, quirks: Quirks) -> Option<u64> {
    let there = store.row_shown_as(Kind::User, id, quirks.ids);
    let there = there.or_else(|| store.row_of(Kind::Group, id).filter(|_| quirks.nests_groups));
    there.or_else(|| {
        let number = Store::number_of(Kind::User, id);
        number.filter(|_| quirks.unknown_member == UnknownMember::Kept || quirks.leaves_dangling_members)
    })
}
