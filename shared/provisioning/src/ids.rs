//! Identifiers. Each is its own type, so that an id of ours is never taken for a target's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text cannot be an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{given:?} is not {kind}: it must have 1 to 256 characters, none of them '#' or a control character")]
pub struct IdError {
    kind: &'static str,
    given: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                // '#' joins the parts of table keys.
                let length = text.chars().count();
                if length == 0 || length > 256 || text.chars().any(|c| c == '#' || c.is_control()) {
                    return Err(IdError { kind: $kind, given: text.to_owned() });
                }
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A user of the directory: ours, immutable, never reused.
    UserId, "a user id"
);
id!(
    /// A group of the directory: ours, immutable, never reused.
    GroupId, "a group id"
);
id!(
    /// An application that is provisioned.
    ApplicationId, "an application id"
);
id!(
    /// A long walk of the `jobs` function.
    JobId, "a job id"
);

/// A resource's id at a target. It is opaque: no character is special, and it is compared exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RemoteId(String);

impl RemoteId {
    /// Takes an id as a target gave it. An empty one, `.` or `..` would address another resource in a URL: `None`.
    pub fn new(text: &str) -> Option<Self> {
        (!matches!(text, "" | "." | "..") && text.len() <= 1024).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The immutable key of a user or group in the source that feeds the directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
