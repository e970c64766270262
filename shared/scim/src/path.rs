//! Attribute paths: the one grammar in which mappings, plans and PATCH operations name an attribute.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names one attribute of a resource: `userName`, `name.givenName`, `emails[type eq "work"].value`, or any of
/// these behind a schema URI (`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`).
///
/// It is the subset of RFC 7644 section 3.5.2 `PATH` whose value filter is a single `eq`, which is all a mapping needs:
/// a path that addresses exactly one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributePath {
    schema: Option<String>,
    attribute: String,
    selector: Option<Selector>,
    sub_attribute: Option<String>,
}

/// The `[type eq "work"]` of a path: which element of a multi-valued attribute is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// The sub-attribute compared, mostly `type`.
    pub attribute: String,
    /// The value it must equal.
    pub value: String,
}

/// Why a text is not an attribute path.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "'{given}' is not an attribute path: {problem}; write userName, name.givenName or emails[type eq \"work\"].value"
)]
pub struct PathError {
    given: String,
    problem: &'static str,
}

/// The lists of a user whose elements are objects with a `value`.
const LISTS_OF_ELEMENTS: [&str; 7] =
    ["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"];

impl AttributePath {
    /// The extension or core schema URI in front of the path, if it was written.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The attribute's name, without schema, selector and sub-attribute.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// Which element of a multi-valued attribute is addressed.
    pub fn selector(&self) -> Option<&Selector> {
        self.selector.as_ref()
    }

    /// The sub-attribute addressed.
    pub fn sub_attribute(&self) -> Option<&str> {
        self.sub_attribute.as_deref()
    }

    /// Whether it names one of the core lists whose elements are objects with a `value` (RFC 7643 section 4.1.2).
    pub fn is_list_of_elements(&self) -> bool {
        let core = self.schema.as_ref().is_none_or(|schema| schema.eq_ignore_ascii_case(crate::USER_SCHEMA));
        let listed = LISTS_OF_ELEMENTS.iter().any(|name| self.attribute.eq_ignore_ascii_case(name));
        core && listed && self.selector.is_none() && self.sub_attribute.is_none()
    }

    /// Whether both name the same part of elements of one list, of whatever type: `emails[type eq "home"].value` and
    /// `emails[type eq "work"].value`.
    pub fn differs_in_type_only(&self, other: &Self) -> bool {
        let typed =
            |path: &Self| path.selector.as_ref().is_some_and(|by| by.attribute.eq_ignore_ascii_case("type"));
        let untyped = |path: &Self| Self { selector: None, ..path.clone() };
        typed(self) && typed(other) && untyped(self).same_as(&untyped(other))
    }

    /// The path of the element this path lies in: `emails[type eq "work"]` for `emails[type eq "work"].value`.
    pub fn element(&self) -> Self {
        Self { sub_attribute: None, ..self.clone() }
    }

    /// Whether both name the same attribute; attribute names ignore case (RFC 7643 section 2.1).
    pub fn same_as(&self, other: &Self) -> bool {
        self.to_string().eq_ignore_ascii_case(&other.to_string())
    }
}

impl FromStr for AttributePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let fail = |problem| PathError { given: text.to_owned(), problem };
        let (schema, rest) = split_schema(text);
        let (head, selector, tail) = match rest.split_once('[') {
            None => (rest, None, None),
            Some((head, filtered)) => {
                let (filter, tail) =
                    filtered.rsplit_once(']').ok_or_else(|| fail("the [ is never closed"))?;
                let selector =
                    parse_selector(filter).ok_or_else(|| fail("a filter reads [type eq \"work\"]"))?;
                (head, Some(selector), Some(tail))
            }
        };
        let (attribute, sub_attribute) = match (tail, head.split_once('.')) {
            (None, Some((attribute, sub))) => (attribute, Some(sub)),
            (None, None) | (Some(""), None) => (head, None),
            (Some(tail), None) => {
                let sub =
                    tail.strip_prefix('.').ok_or_else(|| fail("after ] comes .attribute or nothing"))?;
                (head, Some(sub))
            }
            (Some(_), Some(_)) => {
                return Err(fail("a filter stands behind the attribute, not its sub-attribute"));
            }
        };
        if !is_name(attribute) || sub_attribute.is_some_and(|sub| !is_name(sub)) {
            return Err(fail("an attribute name starts with a letter and holds letters, digits, - _ $"));
        }
        Ok(Self {
            schema: schema.map(str::to_owned),
            attribute: attribute.to_owned(),
            selector,
            sub_attribute: sub_attribute.map(str::to_owned),
        })
    }
}

/// Splits `urn:…:User:department` into the schema URI and the rest. A URI ends at its last colon before any filter.
fn split_schema(text: &str) -> (Option<&str>, &str) {
    if !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
        return (None, text);
    }
    let end = text.find('[').unwrap_or(text.len());
    match text[..end].rfind(':') {
        Some(colon) => (Some(&text[..colon]), &text[colon + 1..]),
        None => (None, text),
    }
}

fn parse_selector(filter: &str) -> Option<Selector> {
    let (attribute, rest) = filter.trim().split_once(' ')?;
    let (operator, value) = rest.trim().split_once(' ')?;
    let value: String = serde_json::from_str(value.trim()).ok()?;
    (operator.eq_ignore_ascii_case("eq") && is_name(attribute))
        .then(|| Selector { attribute: attribute.to_owned(), value })
}

/// `ATTRNAME` of RFC 7643 section 2.1, with `$ref` allowed as RFC 7643 itself uses it.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '$')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'))
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schema, attribute, selector, sub_attribute } = self;
        if let Some(schema) = schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(attribute)?;
        if let Some(Selector { attribute, value }) = selector {
            write!(f, "[{attribute} eq {}]", serde_json::Value::from(value.as_str()))?;
        }
        match sub_attribute {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for AttributePath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<AttributePath> for String {
    fn from(path: AttributePath) -> Self {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_grammar_is_read_and_written_back() {
        for text in [
            "userName",
            "name.givenName",
            "emails[type eq \"work\"].value",
            "emails[type eq \"work\"]",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            "addresses[type eq \"a \\\"b\\\" ]\"].locality",
        ] {
            let path: AttributePath = text.parse().expect(text);
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn what_addresses_no_single_attribute_is_refused() {
        for text in [
            "",
            "name.",
            "emails[type eq \"work\"",
            "emails[type sw \"w\"]",
            "a b",
            "9lives",
            "x[a eq \"b\"]y",
        ] {
            assert!(text.parse::<AttributePath>().is_err(), "{text:?} was accepted");
        }
    }
}
