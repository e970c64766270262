//! The oracle: what the target must show once all has come to rest, from what people did and nothing else. It knows nothing of
//! `provisioning`: no plan, no link, no mark; only whose account is whose is told to it, and it checks that too.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Leaving, Letting, Rules};

/// A person as the directory has him.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub name: String,
    pub title: String,
    pub enabled: bool,
    pub groups: BTreeSet<String>,
    /// The id of his manager, who may not be there.
    pub manager: Option<String>,
}

/// What becomes of something that is not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Off,
    Gone,
    Left,
}

/// The world as it should be.
pub struct Oracle {
    pub people: BTreeMap<String, Person>,
    pub groups: BTreeMap<String, String>,
    pub selected: BTreeSet<String>,
    pub excluded: bool,
    pub rules: Rules,
    pub switched_on: bool,
    /// Who a person's manager is is mapped.
    pub managers: bool,
    /// Accounts and groups that are nobody's of ours, as they were made.
    pub strangers: BTreeMap<String, Account>,
    /// Nick names the target's administrator gave.
    pub nick_names: BTreeMap<String, String>,
    /// What may have become of whoever is not wanted since he was wanted last.
    ends: BTreeMap<String, BTreeSet<End>>,
    group_ends: BTreeMap<String, BTreeSet<End>>,
    /// Since when each person and group is wanted that is.
    wanted_since: BTreeMap<String, u64>,
    /// Who was ever wanted while provisioning was on.
    ever: BTreeSet<String>,
    /// From when on each was in which standing.
    standings: BTreeMap<String, Vec<(u64, Standing)>>,
}

/// What a person was to the application at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Wanted,
    Unwanted(End),
}

/// An account as the target shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub external_id: Option<String>,
    pub name: String,
    pub active: bool,
    pub title: Option<String>,
    pub nick_name: Option<String>,
    /// The account of his manager, by its id at the target.
    pub manager: Option<String>,
}

/// A group as the target keeps and shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circle {
    pub external_id: Option<String>,
    pub name: String,
    pub members: BTreeSet<String>,
}

/// A write that took an account away.
#[derive(Debug, Clone)]
pub struct Taken {
    pub at: u64,
    pub owner: String,
    pub deleted: bool,
    pub what: String,
}

/// What is at the target, and whose it is said to be.
pub struct Shown {
    pub accounts: BTreeMap<String, Account>,
    pub groups: BTreeMap<String, Circle>,
    /// The person or group of ours that owns an account or group, by its id at the target.
    pub owners: BTreeMap<String, String>,
    pub taken: Vec<Taken>,
}

/// How long a worker may go on with what he has read, in milliseconds.
const STALE: u64 = 180_000;

/// After so long, in milliseconds, a wish was heard for certain. One that was taken back sooner may have passed unheard, and
/// what became of its object before it still stands.
const HEARD: u64 = 300_000;

fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl Oracle {
    pub fn new() -> Self {
        Self {
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            selected: BTreeSet::new(),
            excluded: false,
            rules: Rules::FIRST,
            switched_on: false,
            managers: false,
            strangers: BTreeMap::new(),
            nick_names: BTreeMap::new(),
            ends: BTreeMap::new(),
            group_ends: BTreeMap::new(),
            wanted_since: BTreeMap::new(),
            ever: BTreeSet::new(),
            standings: BTreeMap::new(),
        }
    }

    fn in_scope(&self, person: &Person) -> bool {
        person.groups.iter().any(|group| self.selected.contains(group))
    }

    fn standing(&self, id: &str) -> Standing {
        let leaving = match self.people.get(id) {
            None => self.rules.deleted,
            Some(person) if !self.in_scope(person) => self.rules.unassigned,
            Some(person) if person.enabled => return Standing::Wanted,
            Some(_) if self.rules.disabled == Leaving::Gone => Leaving::Off,
            Some(_) => self.rules.disabled,
        };
        Standing::Unwanted(match leaving {
            Leaving::Off => End::Off,
            Leaving::Gone => End::Gone,
            Leaving::Left => End::Left,
        })
    }

    pub fn is_wanted(&self, id: &str) -> bool {
        self.standing(id) == Standing::Wanted
    }

    pub fn keeps_group(&self, id: &str) -> bool {
        !self.excluded && self.groups.contains_key(id) && self.selected.contains(id)
    }

    fn group_end(&self) -> End {
        match self.rules.deselected {
            _ if self.excluded => End::Left,
            Letting::Emptied => End::Off,
            Letting::Gone => End::Gone,
            Letting::Left => End::Left,
        }
    }

    /// To be called after every change.
    pub fn look(&mut self, at: u64) {
        let people: BTreeSet<String> = self.people.keys().chain(self.standings.keys()).cloned().collect();
        for id in people {
            let standing = self.standing(&id);
            let log = self.standings.entry(id.clone()).or_default();
            if log.last().is_none_or(|(_, last)| *last != standing) {
                log.push((at, standing));
            }
            if !self.switched_on {
                continue;
            }
            match standing {
                Standing::Wanted => {
                    self.ever.insert(id.clone());
                    self.wanted_since.entry(id).or_insert(at);
                }
                Standing::Unwanted(end) => {
                    if self.wanted_since.remove(&id).is_some_and(|since| since + HEARD < at) {
                        self.ends.remove(&id);
                    }
                    self.ends.entry(id).or_default().insert(end);
                }
            }
        }
        let groups: BTreeSet<String> = self.groups.keys().chain(self.group_ends.keys()).cloned().collect();
        for id in groups {
            match self.keeps_group(&id) {
                true => {
                    self.group_ends.entry(id.clone()).or_default();
                    self.wanted_since.entry(id).or_insert(at);
                }
                false if self.switched_on => {
                    let end = self.group_end();
                    if self.wanted_since.remove(&id).is_some_and(|since| since + HEARD < at) {
                        self.group_ends.remove(&id);
                    }
                    self.group_ends.entry(id).or_default().insert(end);
                }
                false => {}
            }
        }
    }

    /// Everything that is not as it must be.
    pub fn judge(&self, shown: &Shown) -> Vec<String> {
        let mut wrong = Vec::new();
        self.judge_owners(shown, &mut wrong);
        for id in self.standings.keys() {
            self.judge_person(id, shown, &mut wrong);
        }
        for id in self.group_ends.keys() {
            self.judge_group(id, shown, &mut wrong);
        }
        self.judge_strangers(shown, &mut wrong);
        self.judge_removals(shown, &mut wrong);
        wrong
    }

    /// What bears one of our ids is that one's and nobody else's, and each owns one.
    fn judge_owners(&self, shown: &Shown, wrong: &mut Vec<String>) {
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

    fn account_of<'a>(&self, id: &str, shown: &'a Shown) -> Option<(&'a String, &'a Account)> {
        shown.accounts.iter().find(|(account, _)| shown.owners.get(*account).is_some_and(|owner| owner == id))
    }

    /// Whether somebody else's account bears his name: then whoever gives names at the target must decide, and the whole
    /// request that would give it to him is refused until then, whatever else it says.
    fn is_held_up(&self, id: &str, shown: &Shown) -> bool {
        let own = self.account_of(id, shown).map(|(account, _)| account);
        let name = folded(&self.people[id].name);
        shown.accounts.iter().any(|(other, account)| own != Some(other) && folded(&account.name) == name)
    }

    /// Whether the one account of his name is free to be his: it has no externalId, is on, and nobody of ours has it.
    fn adoptable(&self, id: &str, shown: &Shown) -> bool {
        let name = folded(&self.people[id].name);
        let mut bearers = shown.accounts.iter().filter(|(_, account)| folded(&account.name) == name);
        let (Some((account, shows)), None) = (bearers.next(), bearers.next()) else { return false };
        shows.external_id.is_none() && shows.active && !shown.owners.contains_key(account)
    }

    /// A manager goes by his account, in use or not, as long as he is there himself.
    fn manager_at(&self, person: &Person, shown: &Shown) -> Option<String> {
        let manager = person.manager.as_ref().filter(|manager| self.people.contains_key(*manager))?;
        self.account_of(manager, shown).map(|(account, _)| account.clone())
    }

    fn judge_person(&self, id: &str, shown: &Shown, wrong: &mut Vec<String>) {
        let account = self.account_of(id, shown);
        if let Some(person) = self.people.get(id).filter(|_| self.is_wanted(id)) {
            let taken = self.is_held_up(id, shown);
            match account {
                None if self.adoptable(id, shown) => {
                    wrong.push(format!("{id} is wanted, and the account of his name is nobody's"));
                }
                None if taken => {}
                None => wrong.push(format!("{id} is wanted and has no account")),
                Some((_, account)) => {
                    if !account.active && !taken {
                        wrong.push(format!("{id} is wanted and his account is off: {account:?}"));
                    }
                    if account.name != person.name && !taken {
                        wrong.push(format!("{id} should be named {}: {account:?}", person.name));
                    }
                    let manager = self.manager_at(person, shown);
                    if self.managers && account.manager != manager && !taken {
                        wrong.push(format!(
                            "{id}, of {:?}, should be under {manager:?}: {account:?}",
                            person.manager
                        ));
                    }
                    if account.title.as_ref() != Some(&person.title) && !taken {
                        wrong.push(format!("{id} should be {}: {account:?}", person.title));
                    }
                }
            }
            return;
        }
        let Some((_, account)) = account else { return };
        if !self.ever.contains(id) {
            wrong.push(format!("{id} was never wanted and has an account: {account:?}"));
            return;
        }
        let ends = self.ends.get(id).cloned().unwrap_or_default();
        let may_be_on = ends.contains(&End::Left);
        let may_be_off = ends.contains(&End::Off);
        if !(if account.active { may_be_on } else { may_be_off }) {
            wrong.push(format!("{id} is not wanted, {ends:?}, and shows {account:?}"));
        }
    }

    fn judge_group(&self, id: &str, shown: &Shown, wrong: &mut Vec<String>) {
        let group =
            shown.groups.iter().find(|(group, _)| shown.owners.get(*group).is_some_and(|owner| owner == id));
        let ours = |members: &BTreeSet<String>| -> BTreeSet<String> {
            members.iter().filter(|member| shown.owners.contains_key(*member)).cloned().collect()
        };
        if self.keeps_group(id) {
            let name = &self.groups[id];
            let own = group.map(|(group, _)| group);
            let taken = shown
                .groups
                .iter()
                .any(|(other, circle)| own != Some(other) && folded(&circle.name) == folded(name));
            match group {
                None if taken => {}
                None => wrong.push(format!("the group {id} is wanted and is not there")),
                Some((_, circle)) => {
                    if circle.name != *name && !taken {
                        wrong.push(format!("the group {id} should be named {name}: {circle:?}"));
                    }
                    let belongs = self.people.iter().filter(|(user, person)| {
                        person.groups.contains(id) && person.enabled && self.is_wanted(user)
                    });
                    let account = |user: &String| Some(self.account_of(user, shown)?.0.clone());
                    let (maybe, surely): (Vec<_>, Vec<_>) =
                        belongs.map(|(user, _)| user).partition(|user| self.is_held_up(user, shown));
                    let surely: BTreeSet<String> = surely.into_iter().filter_map(account).collect();
                    let maybe: BTreeSet<String> = maybe.into_iter().filter_map(account).collect();
                    let members = ours(&circle.members);
                    // A name that is taken holds the whole request of a rename up, members and all.
                    if &members - &maybe != surely && !taken {
                        wrong.push(format!("the group {id} should have {surely:?}: {circle:?}"));
                    }
                }
            }
            return;
        }
        let Some((_, circle)) = group else { return };
        let ends = &self.group_ends[id];
        let emptied = ends.contains(&End::Off) && ours(&circle.members).is_empty();
        if !emptied && !ends.contains(&End::Left) {
            wrong.push(format!("the group {id} is not wanted, {ends:?}, and shows {circle:?}"));
        }
    }

    /// Accounts that nobody of ours owns are as they were made, and nick names are nobody's but the target's.
    fn judge_strangers(&self, shown: &Shown, wrong: &mut Vec<String>) {
        for (id, made) in &self.strangers {
            let Some(account) = shown.accounts.get(id) else {
                if made.external_id.is_some() || !made.active {
                    wrong.push(format!("the stranger {id} is gone: {made:?}"));
                }
                continue;
            };
            let now = Account { nick_name: made.nick_name.clone(), ..account.clone() };
            let adoptable = made.external_id.is_none() && made.active;
            if now != *made && !(adoptable && shown.owners.contains_key(id)) {
                wrong.push(format!("the stranger {id} was {made:?} and is {account:?}"));
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

    /// Nobody's account was turned off or deleted but while that was what his standing asked for, or a moment later.
    fn judge_removals(&self, shown: &Shown, wrong: &mut Vec<String>) {
        for taken in &shown.taken {
            let log = self.standings.get(&taken.owner).map(Vec::as_slice).unwrap_or_default();
            let mut spans = log.iter().enumerate().map(|(index, (from, standing))| {
                let to = log.get(index + 1).map_or(u64::MAX, |(next, _)| *next);
                (*from, to, *standing)
            });
            let meant = |standing: Standing| match standing {
                Standing::Wanted => false,
                Standing::Unwanted(end) => !taken.deleted || end == End::Gone,
            };
            let covered = spans.any(|(from, to, standing)| {
                meant(standing) && from <= taken.at && taken.at <= to.saturating_add(STALE)
            });
            if !covered {
                wrong.push(format!("nobody asked for it: {} ({}) at {}", taken.what, taken.owner, taken.at));
            }
        }
    }
}
