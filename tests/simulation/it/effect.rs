//! What a write made of what the target kept: told by the target alone, from what was there before and after.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::target::Kind;
use provisioning::value::Value;

use crate::target::{Contents, MANAGER};

/// A user or group as the target keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub attributes: BTreeMap<String, Value>,
    pub members: BTreeSet<String>,
}

/// One write that took effect.
#[derive(Debug, Clone)]
pub struct Effect {
    pub kind: Kind,
    pub id: String,
    /// `None`: it was not there.
    pub before: Option<Kept>,
    /// `None`: it is gone.
    pub after: Option<Kept>,
}

/// What several writes made of one user or group together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    pub made: bool,
    pub deleted: bool,
    pub changes: BTreeMap<String, (Option<String>, Option<String>)>,
    pub added: BTreeSet<String>,
    pub removed: BTreeSet<String>,
}

impl Contents {
    /// What is kept under an id.
    pub fn kept(&self, kind: Kind, id: &str) -> Option<Kept> {
        let text = |value: &str| Value::from(value);
        match kind {
            Kind::User => {
                let account = self.accounts.get(id)?;
                let mut attributes: BTreeMap<String, Value> = [
                    ("userName".to_owned(), text(&account.name)),
                    ("active".to_owned(), Value::Boolean(account.active)),
                ]
                .into();
                attributes.extend(account.title.as_ref().map(|title| ("title".to_owned(), text(title))));
                attributes.extend(account.manager.as_ref().map(|id| (MANAGER.to_owned(), text(id))));
                Some(Kept { attributes, members: BTreeSet::new() })
            }
            Kind::Group => {
                let group = self.groups.get(id)?;
                let attributes = [("displayName".to_owned(), text(&group.name))].into();
                Some(Kept { attributes, members: group.members.clone() })
            }
        }
    }
}

impl Sum {
    /// Of all writes about one user or group, in their order.
    pub fn of<'a>(effects: impl IntoIterator<Item = &'a Effect>) -> Self {
        let mut effects = effects.into_iter().peekable();
        let before = effects.peek().and_then(|first| first.before.clone());
        let after = effects.last().and_then(|last| last.after.clone());
        let (made, deleted) = (before.is_none(), after.is_none());
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        if deleted {
            return Self { made, deleted, ..Self::default() };
        }
        let names: BTreeSet<&String> = before.attributes.keys().chain(after.attributes.keys()).collect();
        let value = |kept: &Kept, name: &String| kept.attributes.get(name).map(ToString::to_string);
        let changes = names.into_iter().map(|name| (name, (value(&before, name), value(&after, name))));
        Self {
            made,
            deleted,
            changes: changes
                .filter(|(_, (old, new))| old != new)
                .map(|(name, change)| (name.clone(), change))
                .collect(),
            added: &after.members - &before.members,
            removed: &before.members - &after.members,
        }
    }
}
