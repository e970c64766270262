//! The target's own log: what each write that took effect asked for, and whether whoever sent it could hear of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use provisioning::target::{Kind, Write};
use tokio::task::Id;

/// A write that took effect.
#[derive(Debug, Clone)]
pub struct Done {
    pub at: u64,
    pub kind: Kind,
    pub id: String,
    pub what: String,
    /// The account was turned off, or deleted.
    pub off: bool,
    pub deleted: bool,
    /// What it asked for.
    pub asked: Asked,
    pub request: Request,
}

/// Where a request came from, and what is to become of its answer.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// When it was sent.
    pub sent: u64,
    /// The task that sent it.
    pub task: Option<Id>,
    /// Its answer is not lost on the way.
    pub answered: bool,
}

/// What a write asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// What each attribute is to be.
    pub attributes: BTreeMap<String, Option<String>>,
    /// Members by the ids of their accounts.
    pub add: BTreeSet<String>,
    pub remove: BTreeSet<String>,
}

impl Asked {
    pub fn by(write: &Write) -> Self {
        let ids = |members: &BTreeSet<provisioning::ids::RemoteId>| {
            members.iter().map(ToString::to_string).collect()
        };
        match write {
            Write::Create { attributes, members, .. } => {
                let attributes = attributes.iter();
                let attributes = attributes.map(|(path, value)| (path.to_string(), Some(value.to_string())));
                Self {
                    method: "POST",
                    attributes: attributes.collect(),
                    add: ids(members),
                    ..Self::default()
                }
            }
            Write::Update { changes, add, remove, .. } => {
                let new = |value: &provisioning::value::Value| value.to_string();
                let changes = changes.iter();
                let attributes =
                    changes.map(|change| (change.attribute.to_string(), change.new.as_ref().map(new)));
                Self { method: "PATCH", attributes: attributes.collect(), add: ids(add), remove: ids(remove) }
            }
            Write::Delete { .. } => Self { method: "DELETE", ..Self::default() },
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.attributes {
            write!(f, " {name}={}", value.as_deref().unwrap_or("none"))?;
        }
        self.add.iter().try_for_each(|member| write!(f, " +{member}"))?;
        self.remove.iter().try_for_each(|member| write!(f, " -{member}"))
    }
}
