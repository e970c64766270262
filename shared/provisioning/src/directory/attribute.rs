//! Custom attributes: what may be kept of a user beyond the built-in attributes.

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// Most characters of a name.
pub const NAME_LENGTH: usize = 128;

/// The built-in attributes; no custom one bears such a name.
pub const BUILT_IN: [&str; 9] =
    ["id", "username", "email", "first_name", "last_name", "display_name", "status", "groups", "custom"];

/// A custom attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDefinition {
    /// Its name, compared exactly.
    pub name: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// What it is for, as people wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What the values of a custom attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// Several texts, in order.
    StringList,
    /// Another user of the directory. It goes by his immutable id, so that it outlives a rename.
    UserReference,
}

impl AttributeType {
    /// Whether a value is of this type.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::String, Value::Text(_))
            | (Self::Boolean, Value::Boolean(_))
            | (Self::Integer, Value::Integer(_))
            | (Self::StringList, Value::List(_))
            | (Self::UserReference, Value::Reference(_)) => true,
            // Other spellings of a day would be sent to targets as they are.
            (Self::Date, Value::Text(text)) => {
                text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == *text)
            }
            _ => false,
        }
    }

    /// The value as one of this type: a file has text only. Whom a text names is for who knows the users to find.
    pub fn read(self, value: &Value) -> Option<Value> {
        if self.accepts(value) {
            return Some(value.clone());
        }
        let Value::Text(text) = value else { return None };
        match self {
            Self::Boolean => text.to_ascii_lowercase().parse().ok().map(Value::Boolean),
            Self::Integer => text.parse().ok().map(Value::Integer),
            Self::StringList => {
                let items: Vec<_> = text.split(';').map(str::trim).filter(|item| !item.is_empty()).collect();
                (!items.is_empty()).then(|| Value::List(items.into_iter().map(str::to_owned).collect()))
            }
            Self::String | Self::Date | Self::UserReference => None,
        }
    }

    /// What its values look like, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Date => "a date, YYYY-MM-DD",
            Self::StringList => "a list of texts",
            Self::UserReference => "a user of the directory, by username, id or source id",
        }
    }
}

/// Whether a custom attribute may bear this name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= NAME_LENGTH
        && !name.chars().any(char::is_control)
        && !BUILT_IN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_takes_its_own_values_only() {
        let list = Value::List(vec!["a".into()]);
        let ada = Value::reference(&"ada".parse().expect("an id"));
        let values =
            [Value::from("a"), Value::Boolean(true), Value::Integer(3), Value::from("2026-02-28"), list, ada];
        let taken = |kind: AttributeType| values.iter().map(|value| kind.accepts(value)).collect::<Vec<_>>();
        assert_eq!(taken(AttributeType::String), [true, false, false, true, false, false]);
        assert_eq!(taken(AttributeType::Boolean), [false, true, false, false, false, false]);
        assert_eq!(taken(AttributeType::Integer), [false, false, true, false, false, false]);
        assert_eq!(taken(AttributeType::Date), [false, false, false, true, false, false]);
        assert_eq!(taken(AttributeType::StringList), [false, false, false, false, true, false]);
        assert_eq!(taken(AttributeType::UserReference), [false, false, false, false, false, true]);
    }

    #[test]
    fn a_date_is_a_day_there_is_in_the_one_spelling() {
        for text in
            ["2026-02-29", "20260228", "2026-2-28", "2026-02-28T00:00:00", "+002026-02-28", " 2026-02-28"]
        {
            assert!(!AttributeType::Date.accepts(&Value::from(text)), "{text}");
        }
    }

    #[test]
    fn text_of_csv_becomes_what_its_attribute_holds_or_is_refused() {
        let read = |kind: AttributeType, text: &str| kind.read(&Value::from(text));
        assert_eq!(read(AttributeType::Boolean, "True"), Some(Value::Boolean(true)));
        assert_eq!(read(AttributeType::Integer, "-7"), Some(Value::Integer(-7)));
        assert_eq!(read(AttributeType::StringList, "a; b"), Some(Value::List(vec!["a".into(), "b".into()])));
        assert_eq!(read(AttributeType::Date, "2026-11-23"), Some(Value::from("2026-11-23")));
        assert_eq!(read(AttributeType::Date, "23.11.2026"), None);
        assert_eq!(read(AttributeType::Boolean, "yes"), None);
    }

    #[test]
    fn built_in_names_and_control_characters_are_no_names() {
        for name in ["", "username", " x", "a\nb", &"x".repeat(129)] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name("cost center") && is_name("Kostenstelle"));
    }
}
