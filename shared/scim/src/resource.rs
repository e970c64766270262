//! A SCIM resource as a JSON object that is read and written by attribute path.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::AttributePath;
use crate::path::Selector;

/// A User or Group as a target shows it. Attribute names and schema URIs are compared without case, as
/// RFC 7643 section 2.1 has it; what is not understood is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(Map<String, Value>);

impl Resource {
    /// An empty resource of these schemas.
    pub fn of_schemas(schemas: &[&str]) -> Self {
        let mut object = Map::new();
        object.insert("schemas".into(), json!(schemas));
        Self(object)
    }

    /// Takes a JSON value that is an object.
    pub fn from_json(value: Value) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self(object)),
            _ => None,
        }
    }

    /// The object itself, for sending.
    pub fn as_json(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A copy of the resource as a JSON value.
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// The resource as a JSON value.
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }

    /// The object itself, for taking apart.
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }

    /// `id` as text; targets with numeric ids are met (RFC 7643 section 3.1 has a string).
    pub fn id(&self) -> Option<String> {
        match get(&self.0, "id")? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// A top-level attribute that is a non-empty text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        get(&self.0, attribute)?.as_str().filter(|text| !text.is_empty())
    }

    /// `active`, also where a target stored the text it was sent.
    pub fn active(&self) -> Option<bool> {
        match get(&self.0, "active")? {
            Value::Bool(active) => Some(*active),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// The value at `path`; null, empty text and empty list all mean unassigned (RFC 7643 section 2.5).
    pub fn read(&self, path: &AttributePath) -> Option<&Value> {
        let attribute = get(self.root(path)?, path.attribute())?;
        let element = match path.selector() {
            None => attribute,
            Some(selector) => attribute.as_array()?.iter().find(|element| selects(selector, element))?,
        };
        let value = match path.sub_attribute() {
            None => element,
            Some(sub) => get(element.as_object()?, sub)?,
        };
        let unassigned =
            value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
        (!unassigned).then_some(value)
    }

    /// Puts `value` at `path`, making what lies on the way; other elements and attributes stay.
    pub fn write(&mut self, path: &AttributePath, value: Value) {
        let root = match path.schema() {
            Some(schema) if !is_core(schema) => {
                self.declare(schema);
                object_at(&mut self.0, schema)
            }
            _ => &mut self.0,
        };
        let Some(selector) = path.selector() else {
            return match path.sub_attribute() {
                None => set(root, path.attribute(), value),
                Some(sub) => set(object_at(root, path.attribute()), sub, value),
            };
        };
        let elements = array_at(root, path.attribute());
        let position = elements.iter().position(|element| selects(selector, element));
        let position = position.unwrap_or_else(|| {
            elements.push(new_element(selector));
            elements.len() - 1
        });
        match (path.sub_attribute(), &mut elements[position]) {
            (Some(sub), Value::Object(element)) => set(element, sub, value),
            (_, element) => *element = value,
        }
    }

    /// Takes away what lies at `path`. An element goes as a whole with its significant sub-attribute (`value`), and when
    /// nothing but its `type` and `primary` would remain; other elements stay.
    pub fn clear(&mut self, path: &AttributePath) {
        let root = match path.schema() {
            Some(schema) if !is_core(schema) => match get_mut(&mut self.0, schema) {
                Some(Value::Object(extension)) => extension,
                _ => return,
            },
            _ => &mut self.0,
        };
        match (path.selector(), path.sub_attribute()) {
            (None, None) => remove(root, path.attribute()),
            (None, Some(sub)) => {
                if let Some(Value::Object(complex)) = get_mut(root, path.attribute()) {
                    remove(complex, sub);
                    if complex.is_empty() {
                        remove(root, path.attribute());
                    }
                }
            }
            (Some(selector), sub) => {
                if let Some(Value::Array(elements)) = get_mut(root, path.attribute()) {
                    elements.retain_mut(|element| {
                        !selects(selector, element) || keeps_more(element, selector, sub)
                    });
                }
            }
        }
        self.drop_empty_extension(path);
    }

    /// An extension that holds nothing is not listed either (RFC 7643 section 3.3).
    fn drop_empty_extension(&mut self, path: &AttributePath) {
        let Some(schema) = path.schema().filter(|schema| !is_core(schema)) else { return };
        let is_empty =
            get(&self.0, schema).and_then(Value::as_object).is_some_and(|extension| extension.is_empty());
        if is_empty {
            remove(&mut self.0, schema);
            array_at(&mut self.0, "schemas")
                .retain(|known| !known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(schema)));
        }
    }

    /// Takes a top-level attribute away, whatever its case.
    pub fn drop_attribute(&mut self, attribute: &str) {
        remove(&mut self.0, attribute);
    }

    fn root(&self, path: &AttributePath) -> Option<&Map<String, Value>> {
        match path.schema() {
            Some(schema) if !is_core(schema) => get(&self.0, schema)?.as_object(),
            _ => Some(&self.0),
        }
    }

    fn declare(&mut self, schema: &str) {
        let schemas = array_at(&mut self.0, "schemas");
        if !schemas.iter().any(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(schema)))
        {
            schemas.push(schema.into());
        }
    }
}

/// An element that a path creates. The first address of its kind is the one to use, so it is marked primary;
/// several targets refuse an e-mail list without one.
fn new_element(selector: &Selector) -> Value {
    let mut element = Map::new();
    element.insert(selector.attribute.clone(), selector.value.clone().into());
    if selector.value == "work" {
        element.insert("primary".into(), true.into());
    }
    Value::Object(element)
}

/// Takes `sub` out of an element and tells whether what remains is worth keeping.
fn keeps_more(element: &mut Value, selector: &Selector, sub: Option<&str>) -> bool {
    let (Some(sub), Value::Object(element)) = (sub.filter(|sub| !sub.eq_ignore_ascii_case("value")), element)
    else {
        return false;
    };
    remove(element, sub);
    element
        .keys()
        .any(|key| !key.eq_ignore_ascii_case(&selector.attribute) && !key.eq_ignore_ascii_case("primary"))
}

fn is_core(schema: &str) -> bool {
    schema.eq_ignore_ascii_case(crate::USER_SCHEMA) || schema.eq_ignore_ascii_case(crate::GROUP_SCHEMA)
}

fn selects(selector: &Selector, element: &Value) -> bool {
    let found =
        element.as_object().and_then(|element| get(element, &selector.attribute)).and_then(Value::as_str);
    found.is_some_and(|found| found.eq_ignore_ascii_case(&selector.value))
}

fn key_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn get_mut<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    let key = key_of(object, name)?;
    object.get_mut(&key)
}

fn set(object: &mut Map<String, Value>, name: &str, value: Value) {
    let key = key_of(object, name).unwrap_or_else(|| name.to_owned());
    object.insert(key, value);
}

fn remove(object: &mut Map<String, Value>, name: &str) {
    if let Some(key) = key_of(object, name) {
        object.remove(&key);
    }
}

fn object_at<'a>(object: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let key = key_of(object, name).unwrap_or_else(|| name.to_owned());
    let value = object.entry(key).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(inner) => inner,
        _ => unreachable!("it was made an object above"),
    }
}

fn array_at<'a>(object: &'a mut Map<String, Value>, name: &str) -> &'a mut Vec<Value> {
    let key = key_of(object, name).unwrap_or_else(|| name.to_owned());
    let value = object.entry(key).or_insert(Value::Null);
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    match value {
        Value::Array(inner) => inner,
        _ => unreachable!("it was made an array above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AttributePath {
        text.parse().expect("a path")
    }

    #[test]
    fn writing_by_path_builds_the_resource_and_reading_finds_it_again() {
        let mut user = Resource::of_schemas(&[crate::USER_SCHEMA]);
        user.write(&path("userName"), json!("ada"));
        user.write(&path("name.givenName"), json!("Ada"));
        user.write(&path("emails[type eq \"work\"].value"), json!("ada@example.org"));
        let department = path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department");
        user.write(&department, json!("Engines"));
        assert_eq!(
            Value::Object(user.as_json().clone()),
            json!({"schemas": [crate::USER_SCHEMA, crate::ENTERPRISE_SCHEMA], "userName": "ada",
                "name": {"givenName": "Ada"},
                "emails": [{"type": "work", "primary": true, "value": "ada@example.org"}],
                crate::ENTERPRISE_SCHEMA: {"department": "Engines"}})
        );
        assert_eq!(user.read(&department), Some(&json!("Engines")));
        assert_eq!(user.read(&path("EMAILS[type eq \"Work\"].value")), Some(&json!("ada@example.org")));
    }

    #[test]
    fn only_the_addressed_element_is_written_or_cleared() {
        let emails = json!([{"type": "home", "value": "h@x"}, {"type": "work", "value": "w@x"}]);
        let mut user = Resource::from_json(json!({"Emails": emails})).expect("an object");
        user.write(&path("emails[type eq \"work\"].value"), json!("new@x"));
        user.clear(&path("emails[type eq \"home\"].value"));
        assert_eq!(user.into_json(), json!({"Emails": [{"type": "work", "value": "new@x"}]}));
    }

    #[test]
    fn a_part_of_an_element_is_cleared_alone_until_nothing_is_left() {
        let work = json!([{"type": "work", "primary": true, "locality": "Ulm", "country": "DE"}]);
        let mut user = Resource::from_json(json!({"addresses": work})).expect("an object");
        user.clear(&path("addresses[type eq \"work\"].locality"));
        let left = json!({"addresses": [{"type": "work", "primary": true, "country": "DE"}]});
        assert_eq!(Value::Object(user.as_json().clone()), left);
        user.clear(&path("addresses[type eq \"work\"].country"));
        assert_eq!(user.into_json(), json!({"addresses": []}));
    }

    #[test]
    fn an_extension_goes_with_its_last_attribute() {
        let manager = path(&format!("{}:manager", crate::ENTERPRISE_SCHEMA));
        let mut user = Resource::of_schemas(&[crate::USER_SCHEMA]);
        user.write(&manager, json!({"value": "7"}));
        user.clear(&manager);
        assert_eq!(user.into_json(), json!({"schemas": [crate::USER_SCHEMA]}));
    }

    #[test]
    fn null_and_empty_are_unassigned() {
        let user =
            Resource::from_json(json!({"title": "", "nickName": null, "emails": []})).expect("an object");
        for attribute in ["title", "nickName", "emails", "emails[type eq \"work\"].value"] {
            assert_eq!(user.read(&path(attribute)), None, "{attribute}");
        }
    }
}
