//! What a target should hold, computed from the story's own people: nothing of the engine is used.

use std::collections::{BTreeMap, BTreeSet};

/// A person as the story has him.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub title: String,
    pub enabled: bool,
    pub groups: BTreeSet<&'static str>,
}

/// The directory as the story tells it: people by id, and the names of the groups that are selected.
#[derive(Debug, Clone, Default)]
pub struct Story {
    pub people: BTreeMap<String, Person>,
    pub groups: BTreeMap<&'static str, String>,
}

/// What is to be seen at the target: the active accounts with their titles, and the members of each group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub active: BTreeMap<String, String>,
    pub groups: BTreeMap<String, BTreeSet<String>>,
}

impl Story {
    /// Who has access, and where: who is enabled and in a selected group. A group that was deselected stays, empty.
    pub fn shown(&self, selected: &BTreeSet<&'static str>) -> Shown {
        let wanted = |person: &&Person| person.enabled && !person.groups.is_disjoint(selected);
        let wanted: Vec<_> = self.people.values().filter(wanted).collect();
        let members = |id: &&'static str| {
            let of = wanted.iter().filter(|person| selected.contains(id) && person.groups.contains(id));
            of.map(|person| person.name.clone()).collect()
        };
        Shown {
            active: wanted.iter().map(|person| (person.name.clone(), person.title.clone())).collect(),
            groups: self.groups.iter().map(|(id, name)| (name.clone(), members(id))).collect(),
        }
    }
}
