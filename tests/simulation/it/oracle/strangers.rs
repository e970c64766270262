//! What was at the target before us or is nobody's: it stays as it is, but for what the policy gives to somebody.

use std::collections::BTreeSet;

use super::people::takes;
use super::{Account, Holding, LATE, Oracle, STALE, Shown, Standing, folded};

impl Oracle {
    /// What bears one of our ids is that one's and nobody else's, and each owns one.
    pub(super) fn judge_owners(&self, shown: &Shown, wrong: &mut Vec<String>) {
        let accounts = shown.accounts.iter().map(|(id, account)| (id, &account.external_id));
        let groups = shown.groups.iter().map(|(id, group)| (id, &group.external_id));
        for (id, external_id) in accounts.chain(groups) {
            let Some(external_id) = external_id.as_ref().filter(|id| !id.starts_with("foreign")) else {
                continue;
            };
            if shown.owners.get(id) != Some(external_id) {
                wrong.push(format!("{id} bears {external_id} and is owned by {:?}", shown.owners.get(id)));
            }
        }
        let mut seen = BTreeSet::new();
        for (id, owner) in &shown.owners {
            let there = shown.accounts.contains_key(id) || shown.groups.contains_key(id);
            if there && !seen.insert(owner) {
                wrong.push(format!("{owner} owns two, one is {id}"));
            }
        }
    }

    /// Accounts that nobody of ours ever owned are as they were made; who owns one left its externalId as it was. Nick names are
    /// nobody's but the target's.
    pub(super) fn judge_strangers(&self, shown: &Shown, wrong: &mut Vec<String>) {
        for (id, made) in &self.strangers {
            let now = shown.accounts.get(id);
            let owned = shown.holdings.iter().any(|holding| holding.id == *id);
            let taken_away = shown.taken.iter().any(|taken| taken.deleted && taken.id == *id);
            let right = match now {
                None => (owned && taken_away) || self.hindrances.erased.contains(id),
                Some(now) if owned => now.external_id == made.external_id,
                Some(now) => Account { nick_name: made.nick_name.clone(), ..now.clone() } == *made,
            };
            if !right {
                wrong.push(format!("the stranger {id} was {made:?} and is {now:?}"));
            }
        }
        for (id, nick_name) in &self.nick_names {
            if let Some(account) = shown.accounts.get(id)
                && account.nick_name.as_ref() != Some(nick_name)
            {
                wrong.push(format!("{id} was called {nick_name}: {account:?}"));
            }
        }
    }

    /// Whoever took an account that was there was wanted under its name then, and the policy gave it to him; or he had asked for
    /// one of that name and not heard whether it was made.
    pub(super) fn judge_adoptions(&self, shown: &Shown, wrong: &mut Vec<String>) {
        for holding in &shown.holdings {
            let Some(made) = self.strangers.get(&holding.id) else { continue };
            let (since, until) = (holding.from.saturating_sub(STALE), holding.from);
            let standings = self.standings.get(&holding.owner).map(Vec::as_slice).unwrap_or_default();
            let wanted = at_some_time(standings, since, until, |standing| *standing == Standing::Wanted);
            let names = self.names.get(&holding.owner).map(Vec::as_slice).unwrap_or_default();
            let bore = at_some_time(names, since, until, |name| folded(name) == folded(&made.name));
            let given = at_some_time(&self.matchings, since, until, |matching| takes(*matching, made));
            let his = wanted && bore && given;
            if !his && !self.was_asked_for(holding, made, shown) {
                wrong.push(format!("nobody gave {made:?} to {} at {until}", holding.owner));
            }
        }
    }

    /// Whether it was made so soon after he had asked for one that it may be the one he asked for.
    fn was_asked_for(&self, holding: &Holding, made: &Account, shown: &Shown) -> bool {
        let made_at = self.made_at.get(&holding.id).copied().unwrap_or_default();
        let mut asked = shown.creates.iter();
        made.external_id.is_none()
            && asked.any(|(at, owner, name)| {
                let soon = *at <= holding.from && made_at <= at + LATE;
                soon && *owner == holding.owner && folded(name) == folded(&made.name)
            })
    }
}

/// Whether something that was noted whenever it changed was ever so between two times.
pub(super) fn at_some_time<T>(log: &[(u64, T)], since: u64, until: u64, is_so: impl Fn(&T) -> bool) -> bool {
    log.iter().enumerate().any(|(index, (from, value))| {
        let to = log.get(index + 1).map_or(u64::MAX, |(next, _)| *next);
        is_so(value) && *from <= until && since <= to
    })
}
