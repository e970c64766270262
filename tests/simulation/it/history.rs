//! Histories as data: what people do to the directory, the configuration and the target, and when.

use std::collections::BTreeSet;

use crate::chance::Chance;

mod interference;
mod rules;

pub use rules::{Choice, Leaving, Letting, Matching, Rules, Undone};

pub const USERS: u64 = 9;
pub const GROUPS: u64 = 4;
const NAMES: u64 = 12;

/// One thing that somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Creates a user, or brings a deleted one back, in these groups.
    Hire {
        user: u64,
        name: u64,
        title: u64,
        groups: BTreeSet<u64>,
    },
    Retitle {
        user: u64,
        title: u64,
    },
    Rename {
        user: u64,
        name: u64,
    },
    Swap {
        one: u64,
        other: u64,
    },
    Disable {
        user: u64,
    },
    Enable {
        user: u64,
    },
    Delete {
        user: u64,
    },
    /// The same, as a job.
    DeleteByJob {
        user: u64,
    },
    /// Gives a user a manager, himself and users who are not there included, or none.
    Report {
        user: u64,
        manager: Option<u64>,
    },
    Join {
        user: u64,
        group: u64,
    },
    Leave {
        user: u64,
        group: u64,
    },
    CreateGroup {
        group: u64,
        name: u64,
    },
    RenameGroup {
        group: u64,
        name: u64,
    },
    DeleteGroup {
        group: u64,
    },
    Select {
        groups: BTreeSet<u64>,
    },
    ExcludeGroups {
        exclude: bool,
    },
    Govern {
        rules: Rules,
    },
    SwitchOff,
    SwitchOn,
    /// The target's administrator gives an account a nick name.
    NickName {
        account: u64,
    },
    /// The target's administrator makes an account of his own.
    Stranger {
        name: u64,
        external_id: bool,
        active: bool,
    },
    /// The target refuses every change of an account from now on.
    Protect {
        account: u64,
    },
    /// The target refuses an account as a member from now on.
    Shun {
        account: u64,
    },
    /// The target takes again what it refused.
    Relent,
    /// The target refuses our credentials from now on.
    Revoke,
    /// It takes them again, and an administrator says so.
    Restore,
    /// The target's administrator acts.
    Meddle {
        deed: Deed,
        account: u64,
        group: u64,
    },
}

/// What the target's administrator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Retitle,
    Suspend,
    Awaken,
    Erase,
    RenameGroup,
    EraseGroup,
    TakeOut,
    PutIn,
}

/// What there is and what happens, with the milliseconds between.
#[derive(Debug, Clone)]
pub struct History {
    pub acts: Vec<(u64, Act)>,
    /// Most members the target takes in one request.
    pub members_per_request: usize,
    /// Who a user's manager is is mapped.
    pub managers: bool,
    /// The target refuses this and that, and its administrator acts.
    pub interference: bool,
}

impl History {
    pub fn of(seed: u64) -> Self {
        let chance = Chance::of(seed);
        let mut acts = Vec::new();
        for _ in 0..chance.below(4) {
            acts.push((0, stranger(&chance)));
        }
        for group in 0..GROUPS {
            acts.push((0, Act::CreateGroup { group, name: group }));
        }
        for user in 0..chance.below(USERS) {
            acts.push((0, hire(&chance, user)));
        }
        acts.push((0, Act::Select { groups: some_groups(&chance) }));
        acts.push((chance.below(3_000), Act::SwitchOn));
        for _ in 0..10 + chance.below(30) {
            let pause = match chance.below(6) {
                0..3 => chance.below(50),
                3 | 4 => chance.below(5_000),
                _ => chance.below(120_000),
            };
            acts.push((pause, act(&chance)));
        }
        let members_per_request = [1, 2, 100][usize::try_from(chance.below(3)).unwrap()];
        Self { acts, members_per_request, managers: false, interference: false }
    }

    /// The same history where many have managers, and change them.
    pub fn with_managers(seed: u64) -> Self {
        let mut history = Self::of(seed);
        let chance = Chance::of(seed ^ 0xb055);
        let mut acts = Vec::new();
        for (pause, act) in history.acts {
            let hired = match &act {
                Act::Hire { user, .. } if chance.hits(7_000) => Some(*user),
                _ => None,
            };
            acts.push((pause, act));
            acts.extend(hired.map(|user| (0, report(&chance, user))));
            if chance.hits(2_000) {
                acts.push((chance.below(2_000), report(&chance, chance.below(USERS))));
            }
        }
        history.acts = acts;
        Self { managers: true, ..history }
    }
}

fn some_groups(chance: &Chance) -> BTreeSet<u64> {
    let mut groups: BTreeSet<u64> = (0..GROUPS).filter(|_| chance.hits(6_000)).collect();
    groups.insert(chance.below(GROUPS));
    groups
}

/// Most have a name of their own; some a name that others have too.
fn name(chance: &Chance, user: u64) -> u64 {
    if chance.hits(8_000) { user } else { chance.below(NAMES) }
}

fn hire(chance: &Chance, user: u64) -> Act {
    let groups = (0..GROUPS).filter(|_| chance.hits(4_000)).collect();
    Act::Hire { user, name: name(chance, user), title: chance.below(4), groups }
}

fn report(chance: &Chance, user: u64) -> Act {
    Act::Report { user, manager: chance.hits(8_500).then(|| chance.below(USERS)) }
}

fn stranger(chance: &Chance) -> Act {
    Act::Stranger { name: chance.below(NAMES), external_id: chance.hits(3_000), active: chance.hits(8_000) }
}

fn act(chance: &Chance) -> Act {
    let user = chance.below(USERS);
    let group = chance.below(GROUPS);
    match chance.below(100) {
        0..14 => hire(chance, user),
        14..28 => Act::Retitle { user, title: chance.below(4) },
        28..34 => Act::Rename { user, name: chance.below(NAMES) },
        34..36 => Act::Swap { one: user, other: chance.below(USERS) },
        36..42 => Act::Disable { user },
        42..47 => Act::Enable { user },
        47..52 => Act::Delete { user },
        52..54 => Act::DeleteByJob { user },
        54..66 => Act::Join { user, group },
        66..76 => Act::Leave { user, group },
        76..79 => Act::CreateGroup { group, name: chance.below(GROUPS + 1) },
        79..82 => Act::RenameGroup { group, name: chance.below(GROUPS + 2) },
        82..84 => Act::DeleteGroup { group },
        84..89 => Act::Select { groups: some_groups(chance) },
        89..91 => Act::ExcludeGroups { exclude: chance.hits(5_000) },
        91..94 => Act::Govern { rules: Rules::of(chance) },
        94 => Act::SwitchOff,
        95 | 96 => Act::SwitchOn,
        97 | 98 => Act::NickName { account: chance.below(20) },
        _ => stranger(chance),
    }
}
