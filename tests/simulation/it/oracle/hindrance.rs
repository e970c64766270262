//! What the target refuses, and what its administrator did to what is ours.

use std::collections::{BTreeMap, BTreeSet};

/// By ids at the target.
#[derive(Debug, Clone, Default)]
pub struct Hindrances {
    /// The target refuses our credentials.
    pub locked: bool,
    /// Accounts of which it refuses every change.
    pub protected: BTreeSet<String>,
    /// Accounts that it refuses as members.
    pub shunned: BTreeSet<String>,
    /// Titles and names that its administrator gave.
    pub retitled: BTreeMap<String, String>,
    pub renamed: BTreeMap<String, String>,
    /// Accounts that he turned off, and on.
    pub suspended: BTreeSet<String>,
    pub awakened: BTreeSet<String>,
    /// Accounts and groups that he deleted.
    pub erased: BTreeSet<String>,
    /// Groups and accounts that he put into them or took out.
    pub moved: BTreeSet<(String, String)>,
}

impl Hindrances {
    /// Whether the target's administrator did anything to it.
    pub fn touched(&self, id: &str) -> bool {
        self.retitled.contains_key(id)
            || self.renamed.contains_key(id)
            || [&self.suspended, &self.awakened, &self.erased].iter().any(|set| set.contains(id))
            || self.moved.iter().any(|(group, _)| group == id)
    }
}
