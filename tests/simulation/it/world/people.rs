//! What people do: to the tables, and, where it was done, to the oracle.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::application::{Configuration, Selection};
use provisioning::clock::Clock as _;
use provisioning::directory::{Group, Status, User};
use provisioning::ids::{GroupId, UserId};
use provisioning::ports::{DirectoryJobs as _, GroupWrite, UserWrite};
use provisioning::value::Value;

use super::World;
use super::judged::shown_account;
use crate::history::Act;
use crate::oracle::{Oracle, Person};
use crate::target::Account;

fn user_id(user: u64) -> UserId {
    format!("u{user}").parse().unwrap()
}

fn group_id(group: u64) -> GroupId {
    format!("g{group}").parse().unwrap()
}

fn custom(person: &Person) -> BTreeMap<String, Value> {
    let manager = person.manager.as_ref().map(|manager| Value::reference(&manager.parse().unwrap()));
    let title = ("title".to_owned(), person.title.as_str().into());
    [title].into_iter().chain(manager.map(|manager| ("manager".to_owned(), manager))).collect()
}

impl World {
    pub async fn act(&self, act: &Act, oracle: &mut Oracle) {
        self.take(act, oracle).await;
        oracle.look(self.clock.millis());
        self.memory.changed.notify_waiters();
    }

    async fn change_user(&self, user: u64, oracle: &mut Oracle, change: impl FnOnce(&mut Person)) {
        let id = user_id(user);
        let before = oracle.people.get(id.as_str()).cloned().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        after.groups.retain(|group| oracle.groups.contains_key(group));
        let old = self.tables.directory.user(&id).await.unwrap().and_then(|record| record.user);
        let status = if after.enabled { Status::Active } else { Status::Disabled };
        let new = User {
            id: id.clone(),
            source_id: None,
            username: after.name.clone(),
            email: None,
            first_name: None,
            last_name: None,
            display_name: None,
            status,
            custom: custom(&after),
            deleting: false,
        };
        let ids = |groups: &BTreeSet<String>| groups.iter().map(|group| group.parse().unwrap()).collect();
        let (join, leave) = (&after.groups - &before.groups, &before.groups - &after.groups);
        let write = UserWrite { old, new, join: ids(&join), leave: ids(&leave) };
        if self.tables.directory.write_user(&write).await.is_ok() {
            oracle.put_person(id.as_str(), after, self.clock.millis());
        }
    }

    async fn change_group(&self, group: u64, name: u64, oracle: &mut Oracle) {
        let id = group_id(group);
        let old = self.tables.directory.group(&id).await.unwrap();
        let new = Group { id: id.clone(), source_id: None, name: format!("Group {name}"), deleting: false };
        if self.tables.directory.write_group(&GroupWrite { old, new: new.clone() }).await.is_ok() {
            oracle.groups.insert(id.to_string(), new.name);
        }
    }

    async fn select(&self, selected: &BTreeSet<String>, excluded: bool, oracle: &mut Oracle) {
        let selection = Selection {
            groups: selected.iter().map(|group| group.parse().unwrap()).collect(),
            exclude_group_information: excluded,
            ..Selection::default()
        };
        let new = Configuration { selection: Some(selection), ..Configuration::default() };
        if self.setup.configure(&self.application, new).await.is_ok() {
            oracle.selected.clone_from(selected);
            oracle.excluded = excluded;
        }
    }

    async fn take(&self, act: &Act, oracle: &mut Oracle) {
        let known = |user: &u64| oracle.people.contains_key(user_id(*user).as_str());
        match act {
            Act::Hire { user, name, title, groups } => {
                self.change_user(*user, oracle, |person| {
                    person.name = format!("name{name}");
                    person.title = format!("Title {title}");
                    person.enabled = true;
                    person.groups = groups.iter().map(|group| format!("g{group}")).collect();
                })
                .await;
            }
            Act::Retitle { user, title } if known(user) => {
                self.change_user(*user, oracle, |person| person.title = format!("Title {title}")).await;
            }
            Act::Rename { user, name } if known(user) => {
                self.change_user(*user, oracle, |person| person.name = format!("name{name}")).await;
            }
            Act::Swap { one, other } if one != other && known(one) && known(other) => {
                let name = |user: &u64, oracle: &Oracle| oracle.people[user_id(*user).as_str()].name.clone();
                let (first, second) = (name(one, oracle), name(other, oracle));
                self.change_user(*one, oracle, |person| person.name = "between".into()).await;
                self.change_user(*other, oracle, |person| person.name = first).await;
                self.change_user(*one, oracle, |person| person.name = second).await;
            }
            Act::Report { user, manager } if known(user) => {
                let manager = manager.map(|manager| user_id(manager).to_string());
                self.change_user(*user, oracle, |person| person.manager = manager).await;
            }
            Act::Disable { user } if known(user) => {
                self.change_user(*user, oracle, |person| person.enabled = false).await;
            }
            Act::Enable { user } if known(user) => {
                self.change_user(*user, oracle, |person| person.enabled = true).await;
            }
            Act::Delete { user } => {
                self.tables.directory.delete_user(&user_id(*user)).await.unwrap();
                oracle.people.remove(user_id(*user).as_str());
            }
            Act::DeleteByJob { user } => {
                self.deletions.delete_user(&user_id(*user)).await.unwrap();
                oracle.people.remove(user_id(*user).as_str());
            }
            Act::Join { user, group } if known(user) => {
                let group = group_id(*group).to_string();
                self.change_user(*user, oracle, |person| {
                    person.groups.insert(group);
                })
                .await;
            }
            Act::Leave { user, group } if known(user) => {
                let group = group_id(*group).to_string();
                self.change_user(*user, oracle, |person| {
                    person.groups.remove(&group);
                })
                .await;
            }
            Act::CreateGroup { group, name } => self.change_group(*group, *name, oracle).await,
            Act::RenameGroup { group, name } if oracle.groups.contains_key(group_id(*group).as_str()) => {
                self.change_group(*group, *name, oracle).await;
            }
            Act::DeleteGroup { group } => {
                let id = group_id(*group);
                self.tables.directory.delete_group(&id).await.unwrap();
                oracle.groups.remove(id.as_str());
                oracle.people.values_mut().for_each(|person| {
                    person.groups.remove(id.as_str());
                });
            }
            Act::Select { groups } => {
                let selected = groups.iter().map(|group| format!("g{group}")).collect();
                self.select(&selected, oracle.excluded, oracle).await;
            }
            Act::ExcludeGroups { exclude } => {
                let selected = oracle.selected.clone();
                self.select(&selected, *exclude, oracle).await;
            }
            Act::Govern { rules } => {
                let new = Configuration { policy: Some(self.policy(*rules)), ..Configuration::default() };
                self.setup.configure(&self.application, new).await.unwrap();
                oracle.rules = *rules;
            }
            Act::SwitchOff => {
                self.setup.disable(&self.application).await.unwrap();
                oracle.switched_on = false;
            }
            Act::SwitchOn => {
                oracle.switched_on |= self.setup.enable(&self.application, None).await.is_ok();
            }
            Act::NickName { account } => self.nick_name(*account, oracle),
            Act::Stranger { name, external_id, active } => {
                self.stranger(*name, *external_id, *active, oracle);
            }
            _ => self.interfere(act, oracle).await,
        }
    }

    fn nick_name(&self, account: u64, oracle: &mut Oracle) {
        let mut contents = self.service.contents();
        let position = usize::try_from(account).unwrap();
        let Some((id, account)) = contents.accounts.iter_mut().nth(position) else { return };
        let nick_name = format!("Nick {}", self.clock.millis());
        account.nick_name = Some(nick_name.clone());
        oracle.nick_names.insert(id.clone(), nick_name);
    }

    fn stranger(&self, name: u64, external_id: bool, active: bool, oracle: &mut Oracle) {
        let mut contents = self.service.contents();
        let name = format!("name{name}");
        if contents.accounts.values().any(|account| account.name == name) {
            return;
        }
        let id = contents.next_id();
        let external_id = external_id.then(|| format!("foreign-{id}"));
        let title = Some("Stranger".into());
        let created = self.clock.now().to_string();
        let account = Account { external_id, name, active, title, created, ..Account::default() };
        oracle.made_at.insert(id.clone(), self.clock.millis());
        oracle.strangers.insert(id.clone(), shown_account(&account));
        contents.accounts.insert(id, account);
    }
}
