//! Attribute paths from schema definitions: every attribute of a user that a mapping can address with one value.

use scim::message::{Schema, SchemaAttribute};
use scim::{AttributePath, USER_SCHEMA};

/// Set by Rollcall itself, or by the target, or not to be sent.
const NOT_MAPPED: &[&str] = &["active", "externalId", "id", "meta", "groups", "password", "schemas"];
/// Multi-valued attributes of which one value per type is mapped, with those types.
const BY_TYPE: &[(&str, &[&str])] =
    &[("emails", &["work"]), ("phoneNumbers", &["work", "mobile"]), ("addresses", &["work"])];
/// Parts of an element that say which one it is, not what it holds.
const OF_THE_ELEMENT: &[&str] = &["type", "primary", "display", "$ref"];

/// What a target's schemas offer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub attributes: Vec<AttributePath>,
    pub required: Vec<AttributePath>,
}

/// The attributes of User and these extensions of it; `None` where there is no User schema that names `userName`.
pub(crate) fn offered(schemas: &[Schema], extensions: &[String]) -> Option<Offered> {
    let find = |id: &str| schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(id));
    let mut offered = Offered { attributes: Vec::new(), required: Vec::new() };
    let user = find(USER_SCHEMA)?;
    user.attributes.iter().for_each(|attribute| add(&mut offered, "", attribute));
    if !offered.attributes.iter().any(|path| path.attribute().eq_ignore_ascii_case("userName")) {
        return None;
    }
    for extension in extensions.iter().filter_map(|id| find(id)) {
        let prefix = format!("{}:", extension.id);
        extension.attributes.iter().for_each(|attribute| add(&mut offered, &prefix, attribute));
    }
    Some(offered)
}

fn add(offered: &mut Offered, prefix: &str, attribute: &SchemaAttribute) {
    let name = &attribute.name;
    let is_known = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_read_only(attribute) || is_known(NOT_MAPPED) {
        return;
    }
    let mut push = |path: String, required: bool| {
        let Ok(path) = path.parse::<AttributePath>() else { return };
        if required {
            offered.required.push(path.clone());
        }
        offered.attributes.push(path);
    };
    if !attribute.kind.eq_ignore_ascii_case("complex") {
        let always = prefix.is_empty() && name.eq_ignore_ascii_case("userName");
        push(format!("{prefix}{name}"), attribute.required || always);
        return;
    }
    let parts = attribute.sub_attributes.iter().filter(|part| !is_read_only(part) && part.name != "$ref");
    if !attribute.multi_valued {
        for part in parts {
            push(format!("{prefix}{name}.{}", part.name), attribute.required && part.required);
        }
        return;
    }
    if prefix.is_empty() && ["roles", "entitlements"].iter().any(|list| list.eq_ignore_ascii_case(name)) {
        push(name.clone(), attribute.required);
        return;
    }
    let Some((_, types)) = BY_TYPE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else { return };
    for kind in *types {
        for part in parts.clone().filter(|part| !OF_THE_ELEMENT.contains(&part.name.as_str())) {
            // Whoever requires a list requires a value in it: the first kind's.
            let required = attribute.required && Some(kind) == types.first() && part.name == "value";
            push(format!("{prefix}{name}[type eq \"{kind}\"].{}", part.name), required);
        }
    }
}

fn is_read_only(attribute: &SchemaAttribute) -> bool {
    attribute.mutability.eq_ignore_ascii_case("readOnly")
}

#[cfg(test)]
mod tests {
    use scim::ENTERPRISE_SCHEMA;
    use serde_json::{Value, json};

    use super::*;

    fn schema(json: Value) -> Schema {
        serde_json::from_value(json).expect("a schema")
    }

    fn names(paths: &[AttributePath]) -> Vec<String> {
        paths.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_attribute_with_one_value_is_offered() {
        let text = |name: &str| json!({"name": name, "type": "string"});
        let value_and_type =
            json!([text("value"), text("type"), text("display"), {"name": "primary", "type": "boolean"}]);
        let user = schema(json!({"id": USER_SCHEMA, "attributes": [
            {"name": "id", "type": "string", "mutability": "readOnly"},
            {"name": "userName", "type": "string"},
            {"name": "name", "type": "complex", "required": true, "subAttributes": [
                {"name": "formatted", "type": "string", "mutability": "readOnly"},
                {"name": "familyName", "type": "string", "required": true}, text("givenName")]},
            text("password"), {"name": "active", "type": "boolean"},
            {"name": "emails", "type": "complex", "multiValued": true, "required": true, "subAttributes": value_and_type},
            {"name": "phoneNumbers", "type": "complex", "multiValued": true, "subAttributes": value_and_type},
            {"name": "addresses", "type": "complex", "multiValued": true, "subAttributes": [text("locality"), text("type")]},
            {"name": "roles", "type": "complex", "multiValued": true, "subAttributes": value_and_type},
        ]}));
        let enterprise = schema(json!({"id": ENTERPRISE_SCHEMA, "attributes": [
            text("department"),
            {"name": "manager", "type": "complex", "subAttributes": [
                text("value"), text("$ref"), {"name": "displayName", "type": "string", "mutability": "readOnly"}]},
        ]}));
        let offered = offered(&[user, enterprise], &[ENTERPRISE_SCHEMA.to_owned()]).expect("a User schema");
        assert_eq!(
            names(&offered.attributes),
            [
                "userName",
                "name.familyName",
                "name.givenName",
                "emails[type eq \"work\"].value",
                "phoneNumbers[type eq \"work\"].value",
                "phoneNumbers[type eq \"mobile\"].value",
                "addresses[type eq \"work\"].locality",
                "roles",
                &format!("{ENTERPRISE_SCHEMA}:department"),
                &format!("{ENTERPRISE_SCHEMA}:manager.value"),
            ]
        );
        assert_eq!(
            names(&offered.required),
            ["userName", "name.familyName", "emails[type eq \"work\"].value"]
        );
    }

    #[test]
    fn schemas_without_a_user_offer_nothing() {
        assert_eq!(offered(&[schema(json!({"id": scim::GROUP_SCHEMA}))], &[]), None);
        assert_eq!(offered(&[schema(json!({"id": USER_SCHEMA}))], &[]), None);
    }
}
