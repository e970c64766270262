//! Values of attributes, in the directory and as they are sent.

use std::collections::BTreeMap;
use std::fmt;

use scim::AttributePath;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// The value of one attribute. An attribute without a value is absent, never an empty `Value`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text; dates too, as `YYYY-MM-DD`.
    Text(String),
    /// Several texts, in order.
    List(Vec<String>),
    /// Another user of the directory, by his immutable id. It is kept in the directory only: a target is sent the id of his
    /// account there ([`crate::reference`]).
    Reference(UserReference),
}

/// Which user is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserReference {
    /// Whom, by our id.
    pub user: UserId,
}

/// Attributes of one object by path: what is wanted, or what was sent.
pub type Attributes = BTreeMap<AttributePath, Value>;

impl Value {
    /// A text, or `None` where it is empty: null, empty and absent are one (RFC 7643 section 2.5).
    pub fn text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::Text(text.to_owned()))
    }

    /// The user of that id.
    pub fn reference(user: &UserId) -> Self {
        Self::Reference(UserReference { user: user.clone() })
    }

    /// Whether it is empty text or an empty list, which is no value at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Boolean(_) | Self::Integer(_) | Self::Reference(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::List(texts) => texts.is_empty(),
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Boolean(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::List(values) => values.iter().map(String::as_str).collect(),
            Self::Reference(UserReference { user }) => serde_json::json!({ "user": user }),
        }
    }

    /// Reads a scalar, a list of texts or of elements that have one as their `value`; anything else a target shows is not a value we could have sent.
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        match json {
            serde_json::Value::Bool(value) => Some(Self::Boolean(*value)),
            serde_json::Value::Number(value) => value.as_i64().map(Self::Integer),
            serde_json::Value::String(value) => Self::text(value),
            serde_json::Value::Array(values) if !values.is_empty() => values
                .iter()
                .map(|value| value.as_str().or_else(|| value.get("value")?.as_str()).map(str::to_owned))
                .collect::<Option<_>>()
                .map(Self::List),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(values) => write!(f, "{values:?}"),
            Self::Reference(UserReference { user }) => write!(f, "the user {user}"),
        }
    }
}
