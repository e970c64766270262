//! What is to be judged: what the target shows, and whose it is said to be.

use std::collections::BTreeMap;

use provisioning::link::Object;
use provisioning::target::Kind;

use super::World;
use crate::oracle::{self, Shown, Taken};
use crate::target::Account;

impl World {
    pub fn shown(&self) -> Shown {
        let contents = self.service.contents();
        let state = self.memory.state();
        let owners: BTreeMap<String, String> = state
            .owners
            .iter()
            .map(|((.., remote_id), key)| {
                let owner = match &key.object {
                    Object::User(user) => user.to_string(),
                    Object::Group(group) => group.to_string(),
                };
                (remote_id.to_string(), owner)
            })
            .collect();
        let taken = contents.log.iter().filter(|done| done.kind == Kind::User);
        let taken = taken.filter(|done| done.off || done.deleted).filter_map(|done| {
            let owner = done.external_id.clone().filter(|id| id.starts_with('u'))?;
            Some(Taken { at: done.at, owner, deleted: done.deleted, what: done.what.clone() })
        });
        let accounts = contents.accounts.iter().map(|(id, account)| (id.clone(), shown_account(account)));
        let groups = contents.groups.clone();
        Shown { accounts: accounts.collect(), groups, owners, taken: taken.collect() }
    }
}

pub(super) fn shown_account(account: &Account) -> oracle::Account {
    let Account { external_id, name, active, title, nick_name, manager, .. } = account.clone();
    oracle::Account { external_id, name, active, title, nick_name, manager }
}
