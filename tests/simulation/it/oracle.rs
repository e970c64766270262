//! The oracle: what the target must show once all has come to rest, from what people did and nothing else. It knows nothing of
//! `provisioning`: no plan, no link, no mark; only whose account is whose is told to it, and it checks that too.

mod groups;
mod hindrance;
mod people;
mod removals;
mod strangers;

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Leaving, Letting, Matching, Rules};
pub use hindrance::Hindrances;

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
    /// The names that each bore, and since when.
    names: BTreeMap<String, Vec<(u64, String)>>,
    pub groups: BTreeMap<String, String>,
    pub selected: BTreeSet<String>,
    pub excluded: bool,
    pub rules: Rules,
    pub switched_on: bool,
    /// Who a person's manager is is mapped.
    pub managers: bool,
    /// Accounts and groups that are nobody's of ours, as they were made.
    pub strangers: BTreeMap<String, Account>,
    /// When they were made.
    pub made_at: BTreeMap<String, u64>,
    /// What the target refuses, and what its administrator did.
    pub hindrances: Hindrances,
    /// From when on which accounts that were there are whose.
    matchings: Vec<(u64, Matching)>,
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

/// A write that took an account away from whoever had it, by his id; none where nobody had.
#[derive(Debug, Clone)]
pub struct Taken {
    pub at: u64,
    pub id: String,
    pub owner: String,
    pub deleted: bool,
    pub what: String,
}

/// An account or group at the target was somebody's from then until then, in milliseconds.
#[derive(Debug, Clone)]
pub struct Holding {
    pub id: String,
    pub owner: String,
    pub from: u64,
    pub until: u64,
}

/// What is at the target, and whose it is said to be.
pub struct Shown {
    pub accounts: BTreeMap<String, Account>,
    pub groups: BTreeMap<String, Circle>,
    /// The person or group of ours that owns an account or group, by its id at the target.
    pub owners: BTreeMap<String, String>,
    pub taken: Vec<Taken>,
    /// Whose what is at the target was, and when.
    pub holdings: Vec<Holding>,
    /// Every create that was noted before it was sent, whatever came of it: when, for whom, under which name. Who noted it may have
    /// died before it was sent, which nobody can know afterwards.
    pub creates: Vec<(u64, String, String)>,
}

/// How long a worker may go on with what he has read, in milliseconds.
const STALE: u64 = 180_000;
/// How long after it was asked for an account may be made, in milliseconds: what is made later is nobody's who asked.
const LATE: u64 = 3_600_000;

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
            names: BTreeMap::new(),
            groups: BTreeMap::new(),
            selected: BTreeSet::new(),
            excluded: false,
            rules: Rules::FIRST,
            switched_on: false,
            managers: false,
            strangers: BTreeMap::new(),
            made_at: BTreeMap::new(),
            hindrances: Hindrances::default(),
            matchings: Vec::new(),
            nick_names: BTreeMap::new(),
            ends: BTreeMap::new(),
            group_ends: BTreeMap::new(),
            wanted_since: BTreeMap::new(),
            ever: BTreeSet::new(),
            standings: BTreeMap::new(),
        }
    }

    /// The directory has a person so from now on.
    pub fn put_person(&mut self, id: &str, person: Person, at: u64) {
        self.names.entry(id.to_owned()).or_default().push((at, person.name.clone()));
        self.people.insert(id.to_owned(), person);
    }

    /// Whether the person ever bore the name.
    pub fn ever_bore(&self, id: &str, name: &str) -> bool {
        self.names.get(id).is_some_and(|names| names.iter().any(|(_, borne)| borne == name))
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

    /// Whether a person is wanted, or a group is kept.
    pub fn wants(&self, id: &str) -> bool {
        if id.starts_with('u') { self.is_wanted(id) } else { self.keeps_group(id) }
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
        if self.matchings.last().is_none_or(|(_, last)| *last != self.rules.matching) {
            self.matchings.push((at, self.rules.matching));
        }
        // While the target refuses us nothing comes of anything.
        let works = self.switched_on && !self.hindrances.locked;
        let people: BTreeSet<String> = self.people.keys().chain(self.standings.keys()).cloned().collect();
        for id in people {
            let standing = self.standing(&id);
            let log = self.standings.entry(id.clone()).or_default();
            if log.last().is_none_or(|(_, last)| *last != standing) {
                log.push((at, standing));
            }
            if !works {
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
                false if works => {
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
        self.judge_adoptions(shown, &mut wrong);
        self.judge_removals(shown, &mut wrong);
        wrong
    }
}
