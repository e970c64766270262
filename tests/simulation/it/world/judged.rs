//! What is to be judged: what the target shows, and whose it is said to be.

use std::collections::BTreeMap;

use provisioning::link::{LinkKey, Object};
use provisioning::target::Kind;

use super::World;
use crate::chance::SimulatedClock;
use crate::oracle::{self, Holding, Shown, Taken};
use crate::target::Account;

fn name(owner: &LinkKey) -> String {
    match &owner.object {
        Object::User(user) => user.to_string(),
        Object::Group(group) => group.to_string(),
    }
}

impl World {
    /// Whose what is at the target was, and when.
    pub fn holdings(&self) -> Vec<Holding> {
        let mut holdings: Vec<Holding> = Vec::new();
        for change in &self.memory.state().ownerships {
            let (id, owner) = (change.remote_id.to_string(), name(&change.owner));
            let at = SimulatedClock::millis_at(change.at);
            if change.taken {
                holdings.push(Holding { id, owner, from: at, until: u64::MAX });
            } else {
                let mut his = holdings.iter_mut().rev();
                his.find(|holding| holding.id == id && holding.owner == owner).unwrap().until = at;
            }
        }
        holdings
    }

    pub fn shown(&self) -> Shown {
        let holdings = self.holdings();
        let contents = self.service.contents();
        let state = self.memory.state();
        let owners: BTreeMap<String, String> =
            state.owners.iter().map(|((.., remote_id), key)| (remote_id.to_string(), name(key))).collect();
        let taken = contents.log.iter().filter(|done| done.kind == Kind::User);
        let taken = taken.filter(|done| done.off || done.deleted).map(|done| {
            let had = |holding: &&Holding| {
                let sent = done.request.sent;
                holding.id == done.id && holding.from <= sent && sent <= holding.until
            };
            let owner = holdings.iter().find(had).map(|holding| holding.owner.clone()).unwrap_or_default();
            let (id, what) = (done.id.clone(), done.what.clone());
            Taken { at: done.at, id, owner, deleted: done.deleted, what }
        });
        let accounts = contents.accounts.iter().map(|(id, account)| (id.clone(), shown_account(account)));
        let groups = contents.groups.clone();
        let creates = state
            .creates
            .iter()
            .map(|(at, owner, asked_name)| (SimulatedClock::millis_at(*at), name(owner), asked_name.clone()));
        let (taken, creates) = (taken.collect(), creates.collect());
        Shown { accounts: accounts.collect(), groups, owners, taken, holdings, creates }
    }
}

pub(super) fn shown_account(account: &Account) -> oracle::Account {
    let Account { external_id, name, active, title, nick_name, manager, .. } = account.clone();
    oracle::Account { external_id, name, active, title, nick_name, manager }
}
