//! The discovery documents (RFC 7644 section 4).

use provisioning::target::Kind;
use scim::{ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA};
use serde_json::{Value, json};

use super::quirks::{Documents, Quirks};
use super::reply::Reply;

/// The answer to a request for a discovery document; `None` where it is about something else.
pub(super) fn document(path: &str, quirks: Quirks) -> Option<Reply> {
    let configuration = match quirks.plural_configuration {
        true => "/ServiceProviderConfigs",
        false => "/ServiceProviderConfig",
    };
    let json = match path {
        path if path == configuration => service_provider_config(quirks),
        "/ResourceTypes" => list(resource_types(quirks), quirks),
        "/Schemas" => list(schemas(quirks), quirks),
        _ => return None,
    };
    Some(match quirks.documents {
        _ if quirks.no_discovery => Reply::not_found(path),
        Documents::Unauthorized => Reply::error(401, "", "discovery is not for you"),
        Documents::WebPage => Reply::json(200, Value::String("<!doctype html><title>Sign in</title>".into())),
        Documents::Lists | Documents::Arrays | Documents::OnlyOne => Reply::json(200, json),
    })
}

fn list(mut resources: Vec<Value>, quirks: Quirks) -> Value {
    match quirks.documents {
        Documents::Arrays => return resources.into(),
        Documents::OnlyOne => return resources.swap_remove(0),
        _ => {}
    }
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": resources.len(),
        "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources})
}

/// The enterprise extension's URN at a target that has it from SCIM 1.
const OLD_ENTERPRISE_SCHEMA: &str = "urn:scim:schemas:extension:enterprise:1.0";
/// A resource type, and an extension of users, that only one target has.
const DEPARTMENT_SCHEMA: &str = "urn:ietf:params:scim:schemas:extension:servicenow:2.0:Department";
const OWN_USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:extension:servicenow:2.0:User";

/// Under which URN the enterprise extension stands.
pub(super) fn enterprise_urn(quirks: Quirks) -> &'static str {
    if quirks.old_enterprise { OLD_ENTERPRISE_SCHEMA } else { ENTERPRISE_SCHEMA }
}

fn schemas(quirks: Quirks) -> Vec<Value> {
    let mut schemas = vec![user(), enterprise(quirks), group()];
    if quirks.more_resource_types {
        let named = |id, name, attribute_name| json!({"id": id, "name": name, "attributes": [attribute(attribute_name, "string")]});
        schemas.insert(0, named(DEPARTMENT_SCHEMA, "Department", "head"));
        schemas.push(named(OWN_USER_SCHEMA, "ServiceNowUser", "timeZone"));
    }
    schemas
}

/// Whether an attribute of a resource is in the schemas.
pub(super) fn knows(kind: Kind, name: &str) -> bool {
    let schema = if kind == Kind::User { user() } else { group() };
    let attributes = schema["attributes"].as_array().into_iter().flatten();
    let mut names = attributes.filter_map(|attribute| attribute["name"].as_str());
    ["schemas", "id", "externalId", "meta", ENTERPRISE_SCHEMA, OLD_ENTERPRISE_SCHEMA].contains(&name)
        || names.any(|known| known.eq_ignore_ascii_case(name))
}

fn service_provider_config(quirks: Quirks) -> Value {
    if quirks.empty_configuration {
        return json!({});
    }
    let (patch, filter) = match quirks.denies_what_it_can {
        true => (false, false),
        false => (!quirks.no_patch, !quirks.no_filter),
    };
    if quirks.terse_configuration {
        return json!({"patch": {"supported": patch}, "filter": {"supported": filter}});
    }
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": patch}, "filter": {"supported": filter, "maxResults": 1000},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0}, "changePassword": {"supported": false},
        "sort": {"supported": false}, "etag": {"supported": false},
        "authenticationSchemes": [{"type": "oauthbearertoken", "name": "Bearer token", "description": "A bearer token"}]})
}

fn resource_types(quirks: Quirks) -> Vec<Value> {
    let of = |name: &str, endpoint: &str, schema: &str| {
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": name, "name": name,
            "endpoint": endpoint, "schema": schema})
    };
    let mut user = of("User", "/Users", USER_SCHEMA);
    user["schemaExtensions"] = json!([{"schema": enterprise_urn(quirks), "required": false}]);
    let group = (!quirks.no_groups).then(|| of("Group", "/Groups", GROUP_SCHEMA));
    let department = quirks.more_resource_types.then(|| of("Department", "/Departments", DEPARTMENT_SCHEMA));
    if let (true, Some(extensions)) = (quirks.more_resource_types, user["schemaExtensions"].as_array_mut()) {
        extensions.push(json!({"schema": OWN_USER_SCHEMA, "required": false}));
    }
    [department, Some(user), group].into_iter().flatten().collect()
}

fn attribute(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind, "multiValued": false, "required": false, "caseExact": false,
        "mutability": "readWrite", "returned": "default", "uniqueness": "none"})
}

fn complex(name: &str, multi_valued: bool, parts: &[&str]) -> Value {
    let part = |name: &&str| attribute(name, if *name == "primary" { "boolean" } else { "string" });
    let mut made = attribute(name, "complex");
    made["multiValued"] = multi_valued.into();
    made["subAttributes"] = parts.iter().map(part).collect();
    made
}

fn user() -> Value {
    let mut user_name = attribute("userName", "string");
    user_name["required"] = true.into();
    user_name["uniqueness"] = "server".into();
    let texts = ["displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone"];
    let mut groups = complex("groups", true, &["value", "display"]);
    groups["mutability"] = "readOnly".into();
    let mut attributes =
        vec![user_name, complex("name", false, &["formatted", "familyName", "givenName", "middleName"])];
    attributes.extend(texts.map(|name| attribute(name, "string")));
    attributes.extend([
        attribute("active", "boolean"),
        complex("emails", true, &["value", "display", "type", "primary"]),
        complex("phoneNumbers", true, &["value", "display", "type", "primary"]),
        complex(
            "addresses",
            true,
            &["streetAddress", "locality", "region", "postalCode", "country", "type", "primary"],
        ),
        complex("roles", true, &["value", "display", "type", "primary"]),
        groups,
    ]);
    json!({"id": USER_SCHEMA, "name": "User", "attributes": attributes})
}

fn enterprise(quirks: Quirks) -> Value {
    let names = ["employeeNumber", "costCenter", "organization", "division", "department"];
    let texts = names.iter().map(|name| attribute(name, "string"));
    let attributes: Vec<Value> =
        texts.chain([complex("manager", false, &["value", "$ref", "displayName"])]).collect();
    json!({"id": enterprise_urn(quirks), "name": "EnterpriseUser", "attributes": attributes})
}

fn group() -> Value {
    let mut name = attribute("displayName", "string");
    name["required"] = true.into();
    json!({"id": GROUP_SCHEMA, "name": "Group", "attributes": [name, complex("members", true, &["value", "type"])]})
}
