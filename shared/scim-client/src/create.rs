//! Creating a resource (RFC 7644 section 3.3).

use std::collections::BTreeSet;

use provisioning::ids::RemoteId;
use provisioning::target::{Found, Kind, MatchKey, RequestNote, TargetError};
use provisioning::value::{Attributes, Value as AttributeValue};
use reqwest::Method;
use scim::{AttributePath, GROUP_SCHEMA, Resource, USER_SCHEMA};
use serde_json::{Map, Value, json};

use crate::answer::Content;
use crate::search::{found, name_attribute};
use crate::target::HttpTarget;
use crate::update::Wanted;
use crate::wire::{Request, endpoint};

impl HttpTarget {
    pub(crate) async fn create(
        &self,
        kind: Kind,
        external_id: &str,
        attributes: &Attributes,
        members: &BTreeSet<RemoteId>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Found, TargetError> {
        let body = body(kind, external_id, attributes, members);
        let name = body.text(name_attribute(kind)).unwrap_or_default().to_owned();
        let body = body.into_json();
        let size = body.to_string().len();
        let answer = self.send(Request::send(Method::POST, endpoint(kind), body), notes).await?;
        if answer.status == 413 && members.len() > 1 {
            self.learn_largest_body(size);
        }
        let answer = answer.accepted_write()?;
        let request = answer.request.clone();
        let made = match answer.content {
            Content::Json(json) => Resource::from_json(json).and_then(|made| found(kind, made)),
            _ => None,
        };
        let mut made = match made {
            Some(made) => made,
            None => self.look_up_made(kind, external_id, &name, &request, notes).await?,
        };
        if made.name.is_empty() {
            made.name = name;
        }
        let shown = shown_members(&made.resource);
        let missing: BTreeSet<_> =
            members.iter().filter(|member| !shown.contains(member.as_str())).cloned().collect();
        // A group of somebody else's, shown in place of one that was made, is left as it is.
        if !missing.is_empty() && self.capabilities.shows_members && !made.is_anothers(external_id) {
            // Several targets ignore the members of a POST. Adding one that is there changes nothing. Where members are never
            // shown, that they are not says nothing.
            let nobody = BTreeSet::new();
            let (id, add) = (&made.remote_id, &missing);
            let wanted = Wanted { kind, id, changes: &[], add, remove: &nobody, stay: Some(&nobody) };
            let added = self.update(wanted, notes).await;
            added.map_err(|error| after_creation(&request, error))?;
        }
        Ok(made)
    }

    /// Finds what was made where the answer does not show it.
    async fn look_up_made(
        &self,
        kind: Kind,
        external_id: &str,
        name: &str,
        request: &str,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Found, TargetError> {
        let mut keys = [MatchKey::ExternalId(external_id.to_owned()), MatchKey::Name(name.to_owned())];
        // What a filter finds costs one request, and anything else a walk through the list.
        keys.sort_by_key(|key| !self.capabilities.looks_up(kind, key));
        for key in keys {
            let mut bearing =
                self.search(kind, &key, notes).await.map_err(|error| after_creation(request, error))?;
            // A stranger's account of the same name is not what was made.
            bearing.retain(|found| found.external_id.as_deref().is_none_or(|id| id == external_id));
            if let (Some(made), true) = (bearing.pop(), bearing.is_empty()) {
                return Ok(made);
            }
        }
        Err(TargetError::Unknown(format!(
            "{request} was accepted, but the answer has no id and nothing is found by name"
        )))
    }
}

/// An error behind an accepted creation: the resource may be there, so that the next attempt must look. A time to wait stays
/// what it is; refused credentials are met by the next request.
fn after_creation(request: &str, error: TargetError) -> TargetError {
    match error {
        kept @ (TargetError::Throttled(_) | TargetError::Unknown(_)) => kept,
        other => TargetError::Unknown(format!("{request} was accepted, but then: {other}")),
    }
}

fn body(kind: Kind, external_id: &str, attributes: &Attributes, members: &BTreeSet<RemoteId>) -> Resource {
    let mut object = Map::new();
    let schema = match kind {
        Kind::User => USER_SCHEMA,
        Kind::Group => GROUP_SCHEMA,
    };
    object.insert("schemas".into(), json!([schema]));
    object.insert("externalId".into(), external_id.into());
    if !members.is_empty() {
        object.insert("members".into(), member_values(members));
    }
    let mut body = Resource::from_json(Value::Object(object)).unwrap_or_default();
    for (path, value) in attributes {
        write(&mut body, path, value);
    }
    mark_primary(&mut body);
    body
}

/// Puts one attribute into a resource.
pub(crate) fn write(resource: &mut Resource, path: &AttributePath, value: &AttributeValue) {
    let (path, value) = addressed(path, value);
    resource.write(&path, value);
}

/// What is written for a value, and where. The significant part of a complex attribute stands for all of it (`manager` for
/// `manager.value`): what the target keeps beside it, `$ref` or `displayName`, belongs to the value that was there before. A list
/// of texts for one of the complex lists of RFC 7643 section 4.1.2 is a list of elements.
pub(crate) fn addressed(path: &AttributePath, value: &AttributeValue) -> (AttributePath, Value) {
    match (path.selector(), path.sub_attribute(), value) {
        (None, Some(sub), value) if sub.eq_ignore_ascii_case("value") => {
            (path.element(), json!({ "value": value.to_json() }))
        }
        (None, None, AttributeValue::List(texts)) if path.is_list_of_elements() => {
            (path.clone(), texts.iter().map(|text| json!({ "value": text })).collect())
        }
        _ => (path.clone(), value.to_json()),
    }
}

/// Where a value is cleared: with the significant part of a complex attribute all of it goes.
pub(crate) fn cleared(path: &AttributePath) -> AttributePath {
    let significant = path.sub_attribute().is_some_and(|sub| sub.eq_ignore_ascii_case("value"));
    let whole = path.selector().is_some() && path.sub_attribute().is_none();
    if significant || whole { path.element() } else { path.clone() }
}

/// Marks the first e-mail address as the one to use where none is: several targets refuse a list without one.
fn mark_primary(body: &mut Resource) {
    let Ok(emails) = "emails".parse::<AttributePath>() else { return };
    let Some(Value::Array(mut elements)) = body.read(&emails).cloned() else { return };
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    if !elements.iter().any(is_primary)
        && let Some(Value::Object(first)) = elements.first_mut()
    {
        first.insert("primary".into(), true.into());
        body.write(&emails, elements.into());
    }
}

/// Members as they are named in POST and PATCH.
pub(crate) fn member_values<'a>(members: impl IntoIterator<Item = &'a RemoteId>) -> Value {
    members.into_iter().map(|member| json!({"value": member.as_str()})).collect()
}

/// The ids of the members a resource shows.
pub(crate) fn shown_members(resource: &Resource) -> BTreeSet<String> {
    let members = resource.as_json().iter().find(|(name, _)| name.eq_ignore_ascii_case("members"));
    let members = members.and_then(|(_, members)| members.as_array()).into_iter().flatten();
    members.filter_map(member_id).collect()
}

/// The id a member element names, as text; targets with numeric ids are met.
pub(crate) fn member_id(member: &Value) -> Option<String> {
    let (_, value) = member.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("value"))?;
    match value {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use scim::ENTERPRISE_SCHEMA;

    use super::*;

    fn attributes(pairs: &[(&str, AttributeValue)]) -> Attributes {
        pairs.iter().map(|(path, value)| (path.parse().expect("a path"), value.clone())).collect()
    }

    #[test]
    fn whatever_is_refused_behind_an_accepted_creation_leaves_it_open() {
        for refused in [TargetError::Unauthorized, TargetError::Forbidden, TargetError::NotFound] {
            let error = after_creation("POST /Users", refused("the token may not read".into()));
            assert!(matches!(error, TargetError::Unknown(_)), "{error:?}");
        }
    }

    #[test]
    fn a_user_is_built_from_its_paths() {
        let department = format!("{ENTERPRISE_SCHEMA}:department");
        let attributes = attributes(&[
            ("userName", "ada".into()),
            ("active", AttributeValue::Boolean(true)),
            ("emails[type eq \"work\"].value", "ada@example.org".into()),
            (&department, "Engines".into()),
        ]);
        assert_eq!(
            body(Kind::User, "e-1", &attributes, &BTreeSet::new()).into_json(),
            json!({"schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA], "externalId": "e-1", "userName": "ada", "active": true,
                "emails": [{"type": "work", "primary": true, "value": "ada@example.org"}],
                ENTERPRISE_SCHEMA: {"department": "Engines"}})
        );
    }

    #[test]
    fn elements_of_one_list_go_by_their_types_and_custom_schemas_are_listed() {
        let custom = "urn:example:params:scim:schemas:acme:2.0:User";
        let attributes = attributes(&[
            ("emails[type eq \"home\"].value", "ada@home.example".into()),
            ("emails[type eq \"work\"].value", "ada@example.org".into()),
            ("phoneNumbers[type eq \"mobile\"].value", "+49 1".into()),
            ("addresses[type eq \"work\"].locality", "Ulm".into()),
            ("addresses[type eq \"work\"].country", "DE".into()),
            ("roles", AttributeValue::List(vec!["admin".into(), "pilot".into()])),
            (&format!("{custom}:badges"), AttributeValue::List(vec!["red".into()])),
            (&format!("{ENTERPRISE_SCHEMA}:manager.value"), "26118915".into()),
        ]);
        let body = body(Kind::User, "e-1", &attributes, &BTreeSet::new()).into_json();
        let mut schemas: Vec<_> = body["schemas"].as_array().expect("a list").iter().collect();
        schemas.sort_by_key(|schema| schema.as_str());
        assert_eq!(schemas, [custom, USER_SCHEMA, ENTERPRISE_SCHEMA]);
        assert_eq!(
            body["emails"],
            json!([{"type": "home", "value": "ada@home.example"},
                {"type": "work", "primary": true, "value": "ada@example.org"}])
        );
        assert_eq!(body["phoneNumbers"], json!([{"type": "mobile", "value": "+49 1"}]));
        assert_eq!(
            body["addresses"],
            json!([{"type": "work", "primary": true, "country": "DE", "locality": "Ulm"}])
        );
        assert_eq!(body["roles"], json!([{"value": "admin"}, {"value": "pilot"}]));
        assert_eq!(body[custom], json!({"badges": ["red"]}));
        assert_eq!(body[ENTERPRISE_SCHEMA], json!({"manager": {"value": "26118915"}}));
    }

    #[test]
    fn the_only_address_is_the_one_to_use_whatever_its_type() {
        let attributes = attributes(&[("emails[type eq \"home\"].value", "ada@home.example".into())]);
        let body = body(Kind::User, "e-1", &attributes, &BTreeSet::new()).into_json();
        assert_eq!(body["emails"], json!([{"type": "home", "primary": true, "value": "ada@home.example"}]));
    }

    #[test]
    fn a_group_is_created_with_its_members() {
        let members = ["7", "8"].into_iter().filter_map(RemoteId::new).collect();
        let attributes = attributes(&[("displayName", "Crew".into())]);
        assert_eq!(
            body(Kind::Group, "g-1", &attributes, &members).into_json(),
            json!({"schemas": [GROUP_SCHEMA], "externalId": "g-1", "displayName": "Crew",
                "members": [{"value": "7"}, {"value": "8"}]})
        );
    }

    #[test]
    fn what_fails_behind_a_creation_leaves_it_in_doubt() {
        let rejected = TargetError::Rejected("no such member".into());
        assert!(
            matches!(after_creation("POST /Groups", rejected), TargetError::Unknown(why) if why.contains("no such"))
        );
    }
}
