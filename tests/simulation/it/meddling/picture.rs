//! What is at the target, as it is compared with what must be.

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::{Account, Circle, Shown};

/// What is at the target, told apart by what survives being made anew: externalIds, and ids of what has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) groups: BTreeMap<String, Circle>,
}

impl Picture {
    pub(super) fn of(shown: &Shown) -> Self {
        let name =
            |id: &String, external_id: &Option<String>| external_id.clone().unwrap_or_else(|| id.clone());
        let accounts = shown.accounts.iter();
        let names: BTreeMap<String, String> =
            accounts.map(|(id, account)| (id.clone(), name(id, &account.external_id))).collect();
        let accounts = shown.accounts.iter().map(|(id, account)| (names[id].clone(), account.clone()));
        let groups = shown.groups.iter().map(|(id, circle)| {
            let members = circle.members.iter().map(|member| names[member].clone()).collect();
            (name(id, &circle.external_id), Circle { members, ..circle.clone() })
        });
        Self { accounts: accounts.collect(), groups: groups.collect() }
    }

    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let mut wrong = Vec::new();
        let accounts: BTreeSet<_> = self.accounts.keys().chain(other.accounts.keys()).collect();
        for id in accounts {
            let (wanted, there) = (self.accounts.get(id), other.accounts.get(id));
            if wanted != there {
                wrong.push(format!("the account of {id} should be {wanted:?} and is {there:?}"));
            }
        }
        let groups: BTreeSet<_> = self.groups.keys().chain(other.groups.keys()).collect();
        for id in groups {
            let (wanted, there) = (self.groups.get(id), other.groups.get(id));
            if wanted != there {
                wrong.push(format!("the group {id} should be {wanted:?} and is {there:?}"));
            }
        }
        wrong
    }
}
