//! Attribute mapping: which attribute of the target receives which value of a user.

mod automatic;
mod check;
mod default_set;
mod prefill;

pub use automatic::{AutomaticMapping, MappingError, automatic};
pub use check::{MappingProblem, MappingProblems, check, required};
pub use default_set::default_attributes;
pub use prefill::{missing, prefilled};

/// The path of a target's attribute, as a mapping names it.
pub use scim::AttributePath;
use serde::{Deserialize, Serialize};

use crate::directory::User;
use crate::directory::attribute::AttributeType;
use crate::ids::UserId;
use crate::value::{Attributes, UserReference, Value};

/// The mapping of one application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// One entry per target attribute.
    pub attributes: Vec<MappedAttribute>,
}

/// One target attribute and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedAttribute {
    /// The attribute at the target.
    pub target: AttributePath,
    /// Where its value comes from.
    pub source: Source,
    /// The target needs a value: a user without one is blocked.
    #[serde(default)]
    pub required: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A built-in attribute of the directory.
    Directory(DirectoryAttribute),
    /// A custom attribute, by name.
    Custom(String),
    /// A custom attribute that names another user, by name: the id of his account at the target is sent.
    Reference(String),
    /// The same for everybody.
    Constant(Value),
}

/// The built-in attributes of a user that can be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryAttribute {
    /// `username`
    Username,
    /// `email`
    Email,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
    /// `display_name`
    DisplayName,
}

impl Source {
    /// The source where its custom attribute, if it is one, is of this type: one that names users is sent as their accounts.
    #[must_use]
    pub fn of_type(self, kind: Option<AttributeType>) -> Self {
        match self {
            Self::Custom(name) if kind == Some(AttributeType::UserReference) => Self::Reference(name),
            source => source,
        }
    }

    /// The custom attribute it is taken from.
    pub fn custom(&self) -> Option<&str> {
        match self {
            Self::Custom(name) | Self::Reference(name) => Some(name),
            Self::Directory(_) | Self::Constant(_) => None,
        }
    }

    /// The user's value, `None` where he has none.
    pub fn value(&self, user: &User) -> Option<Value> {
        match self {
            Self::Directory(DirectoryAttribute::Username) => Value::text(&user.username),
            Self::Directory(DirectoryAttribute::Email) => user.email.as_deref().and_then(Value::text),
            Self::Directory(DirectoryAttribute::FirstName) => {
                user.first_name.as_deref().and_then(Value::text)
            }
            Self::Directory(DirectoryAttribute::LastName) => user.last_name.as_deref().and_then(Value::text),
            Self::Directory(DirectoryAttribute::DisplayName) => {
                user.display_name.as_deref().and_then(Value::text)
            }
            Self::Custom(name) | Self::Reference(name) => user.custom.get(name).cloned(),
            Self::Constant(value) => Some(value.clone()),
        }
    }
}

/// What the mapping makes of a user, or why it cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// Every attribute that has a value.
    Attributes(Attributes),
    /// A required attribute has none.
    Blocked {
        /// The attribute that lacks a value.
        missing: AttributePath,
    },
}

impl Mapping {
    /// Whether a value comes from the custom attribute of this name.
    pub fn uses_custom(&self, name: &str) -> bool {
        self.attributes.iter().any(|mapped| mapped.source.custom() == Some(name))
    }

    /// Whether an attribute names another user.
    pub fn refers(&self) -> bool {
        self.attributes.iter().any(|mapped| matches!(mapped.source, Source::Reference(_)))
    }

    /// The attributes that name another user, each with whom.
    pub fn references<'a>(
        &'a self,
        user: &'a User,
    ) -> impl Iterator<Item = (&'a MappedAttribute, &'a UserId)> + 'a {
        self.attributes.iter().filter_map(|mapped| match &mapped.source {
            Source::Reference(name) => match user.custom.get(name)? {
                Value::Reference(UserReference { user }) => Some((mapped, user)),
                _ => None,
            },
            _ => None,
        })
    }

    /// The attributes to send for `user`; those without a value are left out. References are resolved before
    /// ([`crate::reference::resolved`]).
    pub fn render(&self, user: &User) -> Rendered {
        let mut attributes = Attributes::new();
        for MappedAttribute { target, source, required } in &self.attributes {
            match source.value(user) {
                // Whom it names is for `reference` to resolve; our own id means nothing to a target.
                None | Some(Value::Reference(_)) if *required => {
                    return Rendered::Blocked { missing: target.clone() };
                }
                None | Some(Value::Reference(_)) => {}
                Some(value) => {
                    attributes.insert(target.clone(), value);
                }
            }
        }
        Rendered::Attributes(attributes)
    }

    /// Whether the change from `old` to `new` changes anything that is sent.
    pub fn tells_apart(&self, old: &User, new: &User) -> bool {
        self.attributes.iter().any(|mapped| mapped.source.value(old) != mapped.source.value(new))
    }

    /// The entry for a target attribute.
    pub fn of(&self, target: &AttributePath) -> Option<&MappedAttribute> {
        self.attributes.iter().find(|mapped| mapped.target.same_as(target))
    }
}
