//! What a target should hold, computed from the story's own people: nothing of the engine is used.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::directory::User;
use testkit::Quirks;

/// A person as the story has him.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub title: String,
    pub department: Option<String>,
    pub enabled: bool,
    pub groups: BTreeSet<&'static str>,
}

impl Person {
    /// Makes a user of the directory what the person is.
    pub fn write(&self, user: &mut User) {
        user.username = self.name.clone();
        user.email = Some(self.email.clone());
        user.first_name = Some("Given".into());
        user.last_name = Some("Family".into());
        user.display_name = Some("Given Family".into());
        user.custom.insert("title".into(), self.title.as_str().into());
        match &self.department {
            Some(department) => _ = user.custom.insert("department".into(), department.as_str().into()),
            None => _ = user.custom.remove("department"),
        }
        user.status = super::course::status(self);
    }
}

/// The directory as the story tells it: people by id, and the names of the groups that are selected.
#[derive(Debug, Clone, Default)]
pub struct Story {
    pub people: BTreeMap<String, Person>,
    pub groups: BTreeMap<&'static str, String>,
}

/// What an account shows of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub title: String,
    pub email: Option<String>,
    pub department: Option<String>,
    pub first_name: String,
}

/// What is to be seen at the target: the active accounts by name, and the members of each group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub active: BTreeMap<String, Account>,
    pub groups: BTreeMap<String, BTreeSet<String>>,
}

impl Shown {
    /// The same without some of the groups.
    pub fn without_groups(mut self, gone: impl Fn(&String) -> bool) -> Self {
        self.groups.retain(|name, _| !gone(name));
        self
    }
}

impl Story {
    /// Who has access, and where: who is enabled and in a selected group. A group that was deselected stays, empty. What a
    /// target of these quirks does not keep of an account is not looked for.
    pub fn shown(&self, selected: &BTreeSet<&'static str>, quirks: Quirks) -> Shown {
        let wanted = |person: &&Person| person.enabled && !person.groups.is_disjoint(selected);
        let wanted: Vec<_> = self.people.values().filter(wanted).collect();
        let members = |id: &&'static str| {
            let of = wanted.iter().filter(|person| selected.contains(id) && person.groups.contains(id));
            of.map(|person| person.name.clone()).collect()
        };
        let account = |person: &Person| Account {
            title: person.title.clone(),
            email: (!quirks.keeps_emails).then(|| person.email.clone()),
            department: person.department.clone().filter(|_| !quirks.drops_enterprise),
            first_name: "Given".into(),
        };
        Shown {
            active: wanted.iter().map(|person| (person.name.clone(), account(person))).collect(),
            groups: self.groups.iter().map(|(id, name)| (name.clone(), members(id))).collect(),
        }
    }
}
