//! What must have become of each person's account.

use super::{Account, End, Oracle, Person, Shown, folded};
use crate::history::{Choice, Matching};

impl Oracle {
    pub(super) fn account_of<'a>(&self, id: &str, shown: &'a Shown) -> Option<(&'a String, &'a Account)> {
        shown.accounts.iter().find(|(account, _)| shown.owners.get(*account).is_some_and(|owner| owner == id))
    }

    /// Whether somebody else's account bears his name: then whoever gives names at the target must decide.
    fn is_named_like_another(&self, id: &str, shown: &Shown) -> bool {
        let own = self.account_of(id, shown).map(|(account, _)| account);
        let name = folded(&self.people[id].name);
        shown.accounts.iter().any(|(other, account)| own != Some(other) && folded(&account.name) == name)
    }

    /// Whether the policy gives the one account of his name to him: nobody of ours has it.
    fn adoptable(&self, id: &str, shown: &Shown) -> bool {
        let name = folded(&self.people[id].name);
        let mut bearers = shown.accounts.iter().filter(|(_, account)| folded(&account.name) == name);
        let (Some((account, shows)), None) = (bearers.next(), bearers.next()) else { return false };
        takes(self.rules.matching, shows)
            && !shown.owners.contains_key(account)
            && !self.hindrances.protected.contains(account)
    }

    /// A manager goes by his account, in use or not, as long as he is there himself.
    fn manager_at(&self, person: &Person, shown: &Shown) -> Option<String> {
        let manager = person.manager.as_ref().filter(|manager| self.people.contains_key(*manager))?;
        self.account_of(manager, shown).map(|(account, _)| account.clone())
    }

    /// Whether the target's administrator deleted his account, and it is not made anew.
    fn stays_erased(&self, id: &str, shown: &Shown) -> bool {
        let mut his = shown.holdings.iter().filter(|holding| holding.owner == id);
        !self.rules.undone.deletions && his.any(|holding| self.hindrances.erased.contains(&holding.id))
    }

    pub(super) fn judge_person(&self, id: &str, shown: &Shown, wrong: &mut Vec<String>) {
        let account = self.account_of(id, shown);
        if let Some(person) = self.people.get(id).filter(|_| self.is_wanted(id)) {
            match account {
                None if self.stays_erased(id, shown) => {}
                None if self.adoptable(id, shown) => {
                    wrong.push(format!("{id} is wanted, and the account of his name is nobody's"));
                }
                None if self.is_named_like_another(id, shown) => {}
                None => wrong.push(format!("{id} is wanted and has no account")),
                // Of what the target protects nothing can be changed.
                Some((account, _)) if self.hindrances.protected.contains(account) => {}
                Some(account) => self.judge_wanted(id, person, account, shown, wrong),
            }
            return;
        }
        let Some((own, account)) = account else { return };
        if !self.ever.contains(id) {
            wrong.push(format!("{id} was never wanted and has an account: {account:?}"));
            return;
        }
        if self.hindrances.protected.contains(own) {
            return;
        }
        let ends = self.ends.get(id).cloned().unwrap_or_default();
        let awakened = self.hindrances.awakened.contains(own) && !self.rules.undone.reactivations;
        let may_be_on = ends.contains(&End::Left) || awakened;
        let may_be_off = ends.contains(&End::Off) || self.hindrances.suspended.contains(own);
        if !(if account.active { may_be_on } else { may_be_off }) {
            wrong.push(format!("{id} is not wanted, {ends:?}, and shows {account:?}"));
        }
    }

    fn judge_wanted(
        &self,
        id: &str,
        person: &Person,
        (own, account): (&String, &Account),
        shown: &Shown,
        wrong: &mut Vec<String>,
    ) {
        let Account { name, active, title, manager, .. } = account;
        // Who was turned off there is turned on by a person only.
        if !active && !self.hindrances.suspended.contains(own) {
            wrong.push(format!("{id} is wanted and his account is off: {account:?}"));
        }
        // One whose name another has keeps the one he had, and everything else about him is as it should be.
        let keeps_name = self.is_named_like_another(id, shown)
            && (self.ever_bore(id, name) || self.strangers.get(own).is_some_and(|made| made.name == *name));
        if *name != person.name && !keeps_name {
            wrong.push(format!("{id} should be named {}: {account:?}", person.name));
        }
        let leads = self.manager_at(person, shown);
        if self.managers && *manager != leads {
            wrong.push(format!("{id}, of {:?}, should be under {leads:?}: {account:?}", person.manager));
        }
        // Changed there before it was read for the first time, it is taken for how the target shows what was sent.
        let retitled = self.hindrances.retitled.get(own);
        if title.as_ref() != Some(&person.title) && (retitled.is_none() || title.as_ref() != retitled) {
            wrong.push(format!("{id} should be {}: {account:?}", person.title));
        }
    }
}

/// Whether an account that was there before is taken by who bears its name.
pub(super) fn takes(matching: Matching, account: &Account) -> bool {
    let bears = if account.external_id.is_some() { matching.foreign } else { matching.free == Choice::Yes };
    bears && (account.active || matching.off == Choice::Yes)
}
