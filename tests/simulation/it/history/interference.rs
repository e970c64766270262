//! Histories in which the target and its administrator get in the way. What is drawn for them comes from a chance of its own, so
//! that the history of the same seed without them stays what it is.

use super::{Act, Choice, Deed, History, Matching, Rules, Undone};
use crate::chance::Chance;

impl History {
    /// The same history under another matching and drift policy, where the target refuses single accounts, members or our
    /// credentials for a while, and its administrator acts beside us.
    pub fn with_interference(seed: u64) -> Self {
        let history = Self::of(seed);
        let chance = Chance::of(seed ^ 0x1f7e);
        let mut rules = Rules { matching: matching(&chance), undone: undone(&chance), ..Rules::FIRST };
        let kinds: Vec<u64> = (0..5).filter(|_| chance.hits(5_000)).collect();
        let mut acts = vec![(0, Act::Govern { rules })];
        let mut began = false;
        for (pause, act) in history.acts {
            began |= act == Act::SwitchOn;
            acts.push((pause, within(act, rules)));
            if !began || kinds.is_empty() || !chance.hits(4_000) {
                continue;
            }
            let kind = kinds[usize::try_from(chance.below(kinds.len() as u64)).unwrap()];
            if kind == 0 {
                rules.matching = matching(&chance);
            }
            acts.extend(interfering(&chance, kind, rules));
        }
        Self { acts, interference: true, ..history }
    }
}

/// The policy that an administrator sets says the same of what he does not mean to change.
fn within(act: Act, now: Rules) -> Act {
    match act {
        Act::Govern { rules } => {
            Act::Govern { rules: Rules { matching: now.matching, undone: now.undone, ..rules } }
        }
        act => act,
    }
}

fn matching(chance: &Chance) -> Matching {
    let choice = || match chance.below(4) {
        0 => Choice::Ask,
        1 => Choice::No,
        _ => Choice::Yes,
    };
    Matching { free: choice(), foreign: chance.hits(5_000), off: choice() }
}

fn undone(chance: &Chance) -> Undone {
    let whether = || chance.hits(6_000);
    Undone { attributes: whether(), members: whether(), deletions: whether(), reactivations: whether() }
}

fn interfering(chance: &Chance, kind: u64, rules: Rules) -> Vec<(u64, Act)> {
    let pause = chance.below(20_000);
    let account = chance.below(12);
    let later = 1_000 + chance.below(400_000);
    match kind {
        0 => vec![(pause, Act::Govern { rules })],
        1 => relenting(chance, (pause, Act::Protect { account })),
        2 => relenting(chance, (pause, Act::Shun { account })),
        3 => vec![(pause, Act::Revoke), (later, Act::Restore)],
        _ => {
            let deeds = [
                Deed::Retitle,
                Deed::Suspend,
                Deed::Awaken,
                Deed::Erase,
                Deed::RenameGroup,
                Deed::EraseGroup,
                Deed::TakeOut,
                Deed::PutIn,
            ];
            let deed = deeds[usize::try_from(chance.below(8)).unwrap()];
            vec![(pause, Act::Meddle { deed, account, group: chance.below(4) })]
        }
    }
}

fn relenting(chance: &Chance, act: (u64, Act)) -> Vec<(u64, Act)> {
    match chance.hits(4_000) {
        true => vec![act, (chance.below(200_000), Act::Relent)],
        false => vec![act],
    }
}
