//! A company as a directory file, and as a target should show it.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::target::Kind;
use serde_json::{Value, json};

use crate::servers::Server;

/// Somebody in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub username: String,
    pub first_name: String,
    pub title: String,
    pub disabled: bool,
    /// Ids of groups.
    pub groups: BTreeSet<String>,
}

/// A company: people and groups by their source ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    pub people: BTreeMap<String, Person>,
    pub groups: BTreeMap<String, String>,
}

/// What a target shows of one account: everything but the memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub first_name: String,
    pub email: String,
    pub title: String,
    pub active: bool,
}

impl Company {
    /// `people` people and `groups` groups; everybody is in `each` groups, spread evenly.
    pub fn of(people: usize, groups: usize, each: usize) -> Self {
        let group = |index: usize| format!("G-{:03}", index % groups);
        let person = |index: usize| {
            let person = Person {
                username: format!("user{index:05}@example.org"),
                first_name: format!("Zoë {index}"),
                title: format!("Grade {}", index % 7),
                disabled: false,
                groups: (0..each).map(|step| group(index + step * (groups / each))).collect(),
            };
            (format!("E-{index:05}"), person)
        };
        let groups = (0..groups).map(|index| (group(index), format!("Team {index:03}"))).collect();
        Self { people: (0..people).map(person).collect(), groups }
    }

    pub fn person(&mut self, id: &str) -> &mut Person {
        self.people.get_mut(id).expect("somebody of this id")
    }

    /// The directory file, as NDJSON.
    pub fn to_ndjson(&self) -> String {
        let groups =
            self.groups.iter().map(|(id, name)| json!({"group": {"id": id, "name": name}}).to_string());
        let people = self.people.iter().map(|(id, person)| {
            let Person { username, first_name, title, disabled, groups } = person;
            let groups: Vec<_> = groups.iter().map(|id| json!({"id": id})).collect();
            let status = if *disabled { "disabled" } else { "active" };
            json!({"id": id, "username": username, "email": username, "first_name": first_name, "last_name": "Šmíd",
                "status": status, "title": title, "groups": groups})
            .to_string()
        });
        groups.chain(people).map(|line| line + "\n").collect()
    }

    /// Accounts as they should be at the target: everybody in a group, by name.
    pub fn accounts(&self) -> BTreeMap<String, Shown> {
        let provisioned = self.people.values().filter(|person| !person.groups.is_empty());
        let shown = |person: &Person| Shown {
            first_name: person.first_name.clone(),
            email: person.username.clone(),
            title: person.title.clone(),
            active: !person.disabled,
        };
        provisioned.map(|person| (person.username.clone(), shown(person))).collect()
    }

    /// Members as they should be at the target, by the names of groups and people.
    pub fn members(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |id: &String| {
            let active = self.people.values().filter(|person| !person.disabled && person.groups.contains(id));
            active.map(|person| person.username.clone()).collect()
        };
        self.groups.iter().map(|(id, name)| (name.clone(), of(id))).collect()
    }
}

/// What the server's own store holds.
pub async fn shown(server: &Server) -> (BTreeMap<String, Shown>, BTreeMap<String, BTreeSet<String>>) {
    let users = server.everything(Kind::User).await;
    let groups = server.everything(Kind::Group).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeMap<String, String> =
        users.iter().map(|user| (text(&user["id"]), text(&user["userName"]))).collect();
    let accounts: BTreeMap<_, _> = users
        .iter()
        .map(|user| {
            let shown = Shown {
                first_name: text(&user["name"]["givenName"]),
                email: text(&user["emails"][0]["value"]),
                title: text(&user["title"]),
                active: user["active"] != false,
            };
            (text(&user["userName"]), shown)
        })
        .collect();
    assert_eq!(accounts.len(), users.len(), "two accounts of one name");
    let members: BTreeMap<_, BTreeSet<String>> = groups
        .iter()
        .map(|group| {
            let members = group["members"].as_array().cloned().unwrap_or_default();
            let members =
                members.iter().map(|member| names.get(&text(&member["value"])).cloned().unwrap_or_default());
            (text(&group["displayName"]), members.collect())
        })
        .collect();
    assert_eq!(members.len(), groups.len(), "two groups of one name");
    (accounts, members)
}
