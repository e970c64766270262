//! What a target should hold, computed from the story's own people: nothing of the engine is used.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::directory::User;
use testkit::Quirks;

/// A person as the story has him.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub email: String,
    /// A second address, at home.
    pub home: Option<String>,
    pub family_name: Option<String>,
    pub display_name: &'static str,
    pub title: String,
    pub department: Option<String>,
    pub enabled: bool,
    /// He owns the target, which may let nobody turn him off.
    pub owner: bool,
    pub groups: BTreeSet<&'static str>,
}

impl Person {
    /// Makes a user of the directory what the person is.
    pub fn write(&self, user: &mut User) {
        user.username = self.name.clone();
        user.email = Some(self.email.clone());
        user.first_name = Some("Given".into());
        user.last_name = self.family_name.clone();
        user.display_name = Some(self.display_name.into());
        user.custom.insert("title".into(), self.title.as_str().into());
        for (name, value) in [("department", &self.department), ("home", &self.home)] {
            match value {
                Some(value) => _ = user.custom.insert(name.into(), value.as_str().into()),
                None => _ = user.custom.remove(name),
            }
        }
        user.status = super::course::status(self);
    }

    /// Whether a target of these quirks takes no account like this.
    pub fn is_refused(&self, quirks: Quirks) -> bool {
        let requires = |path: &str| quirks.required_attributes.contains(&path);
        quirks.user_name_length.is_some_and(|most| self.name.chars().count() > most)
            || quirks.user_names_are_addresses && !self.name.contains('@')
            || quirks.single_values && self.home.is_some()
            || requires("name.familyName") && self.family_name.is_none()
            || quirks.display_names_without_at && self.display_name.contains('@')
            || quirks.taken_elsewhere.is_some_and(|theirs| self.name.starts_with(theirs))
            || quirks.verified_domain.is_some_and(|domain| !self.has_addresses_of(domain))
            || quirks.known_values.is_some_and(|known| !self.has_a_department_of(known.values))
    }

    fn has_addresses_of(&self, domain: &str) -> bool {
        let mut addresses = [Some(&self.email), self.home.as_ref()].into_iter().flatten();
        addresses.all(|address| address.ends_with(domain))
    }

    fn has_a_department_of(&self, known: &[&str]) -> bool {
        self.department.as_ref().is_none_or(|department| known.contains(&department.as_str()))
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
    pub home: Option<String>,
    pub department: Option<String>,
    pub first_name: String,
    pub display_name: Option<String>,
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
    /// Whether this is the name of somebody who is disabled and still belongs to the company.
    pub fn is_suspended(&self, name: &str) -> bool {
        self.people.values().any(|person| person.name == name && !person.enabled)
    }

    /// Who has access, and where: who is enabled and in a selected group. A group that was deselected stays, empty. What a
    /// target of these quirks does not keep of an account is not looked for.
    pub fn shown(&self, selected: &BTreeSet<&'static str>, quirks: Quirks) -> Shown {
        let wanted = |person: &&Person| {
            person.enabled && !person.groups.is_disjoint(selected) && !person.is_refused(quirks)
        };
        let is_kept = |person: &&Person| quirks.protects_owner && person.owner || wanted(person);
        let kept = self.people.values().filter(is_kept);
        let wanted: Vec<_> = self.people.values().filter(wanted).collect();
        let members = |id: &&'static str| {
            let of = wanted.iter().filter(|person| selected.contains(id) && person.groups.contains(id));
            of.map(|person| person.name.clone()).collect()
        };
        let account = |person: &Person| Account {
            title: person.title.clone(),
            email: (!quirks.keeps_emails).then(|| person.email.clone()),
            home: person.home.clone().filter(|_| !quirks.keeps_emails),
            department: person.department.clone().filter(|_| !quirks.drops_enterprise),
            first_name: "Given".into(),
            display_name: (!quirks.locks_display_names).then(|| person.display_name.to_owned()),
        };
        Shown {
            active: kept.map(|person| (person.name.clone(), account(person))).collect(),
            groups: self.groups.iter().map(|(id, name)| (name.clone(), members(id))).collect(),
        }
    }
}
