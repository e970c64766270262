//! Whose link it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{ApplicationId, GroupId, IdError, UserId};
use crate::target::Kind;

/// An object of the directory that has links.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Object {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
}

impl Object {
    /// A user or a group.
    pub fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
        }
    }

    /// Its id in the directory.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) => user.as_str(),
            Self::Group(group) => group.as_str(),
        }
    }
}

/// One object at one application. As text: `application#user#id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkKey {
    /// At which application.
    pub application: ApplicationId,
    /// Which object.
    pub object: Object,
}

impl LinkKey {
    /// A user's link.
    pub fn user(application: &ApplicationId, user: &UserId) -> Self {
        Self { application: application.clone(), object: Object::User(user.clone()) }
    }

    /// A group's link.
    pub fn group(application: &ApplicationId, group: &GroupId) -> Self {
        Self { application: application.clone(), object: Object::Group(group.clone()) }
    }

    /// Users or groups.
    pub fn kind(&self) -> Kind {
        self.object.kind()
    }
}

/// Why a text is no link key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It has not three parts.
    #[error("{0:?} is not application#user#id or application#group#id")]
    Shape(String),
    /// One of its ids is none.
    #[error(transparent)]
    Id(#[from] IdError),
}

impl fmt::Display for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.object {
            Object::User(user) => write!(f, "{}#user#{user}", self.application),
            Object::Group(group) => write!(f, "{}#group#{group}", self.application),
        }
    }
}

impl FromStr for LinkKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let parts: Vec<_> = text.split('#').collect();
        let object = match parts[..] {
            [_, "user", id] => Object::User(id.parse()?),
            [_, "group", id] => Object::Group(id.parse()?),
            _ => return Err(KeyError::Shape(text.to_owned())),
        };
        Ok(Self { application: parts[0].parse()?, object })
    }
}

impl TryFrom<String> for LinkKey {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<LinkKey> for String {
    fn from(key: LinkKey) -> Self {
        key.to_string()
    }
}
