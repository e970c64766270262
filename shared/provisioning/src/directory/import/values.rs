//! What a file gives to custom attributes, brought to what they hold: whom a text names stands there by his id, so that he
//! is meant whatever he is called tomorrow.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::directory::User;
use crate::directory::attribute::AttributeType;
use crate::directory::file::{Edit, FileUser};
use crate::folding::folded;
use crate::ids::{SourceId, UserId};
use crate::value::Value;

/// A value that its attribute does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{attribute}: '{given}' is not {}; the attribute stays as it was", kind.describe())]
pub struct RefusedValue {
    /// On whose line.
    pub username: String,
    /// Of which attribute.
    pub attribute: String,
    /// What was given, shortened.
    pub given: String,
    /// What it holds.
    pub kind: AttributeType,
}

/// Everybody, as all will be after the file.
pub(super) struct People {
    by_name: HashMap<String, UserId>,
    ids: HashSet<UserId>,
    by_source_id: HashMap<SourceId, UserId>,
}

impl People {
    pub(super) fn of<'a>(users: impl Iterator<Item = &'a User> + Clone) -> Self {
        let source_ids = users.clone().filter_map(|user| Some((user.source_id.clone()?, user.id.clone())));
        Self {
            by_source_id: source_ids.collect(),
            by_name: users.clone().map(|user| (folded(&user.username), user.id.clone())).collect(),
            ids: users.map(|user| user.id.clone()).collect(),
        }
    }

    /// Brings what the line sets of a user to what its attributes hold. What they do not hold is answered, and stays as it
    /// was.
    pub(super) fn conform(
        &self,
        line: &FileUser,
        user: &mut User,
        old: Option<&User>,
        attributes: &BTreeMap<String, AttributeType>,
    ) -> Vec<RefusedValue> {
        let mut refused = Vec::new();
        for (name, edit) in &line.custom {
            let (Edit::Set(given), Some(&kind)) = (edit, attributes.get(name)) else { continue };
            let value = match (kind, given) {
                (AttributeType::UserReference, Value::Text(text)) => self.named(text).map(Value::reference),
                _ => kind.read(given),
            };
            if value.is_none() {
                refused.push(RefusedValue {
                    username: line.username.clone(),
                    attribute: name.clone(),
                    given: shown(given),
                    kind,
                });
            }
            match value.or_else(|| old?.custom.get(name).cloned()) {
                Some(value) => user.custom.insert(name.clone(), value),
                None => user.custom.remove(name),
            };
        }
        refused
    }

    /// A username before an id, an id before a source id.
    fn named(&self, text: &str) -> Option<&UserId> {
        let by_name = self.by_name.get(&folded(text));
        let by_id = || text.parse::<UserId>().ok().and_then(|id| self.ids.get(&id));
        by_name.or_else(by_id).or_else(|| self.by_source_id.get(&SourceId(text.to_owned())))
    }
}

fn shown(given: &Value) -> String {
    let text = match given {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(60).collect()
}
