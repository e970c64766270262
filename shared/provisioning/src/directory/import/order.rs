//! In which order names are taken. A name is unique at every moment, so who takes one comes after who gives it up.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// When somebody can take the name he wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// In this wave.
    Wave(usize),
    /// After the removals.
    Waits,
    /// Never: names are exchanged in a circle.
    Circular,
}

/// The turn of everyone in `wanted` (who, the folded name he is to bear). `bearers` tells who bears a name now; one who
/// is `leaving` is to be removed.
pub(super) fn turns<O: Clone + Eq + Hash>(
    wanted: &HashMap<O, String>,
    bearers: &HashMap<String, O>,
    leaving: &HashSet<O>,
) -> HashMap<O, Turn> {
    let blocker =
        |who: &O| wanted.get(who).and_then(|name| bearers.get(name)).filter(|bearer| *bearer != who);
    let mut known: HashMap<O, Turn> = HashMap::with_capacity(wanted.len());
    for start in wanted.keys() {
        let mut chain: Vec<&O> = Vec::new();
        let mut passed = HashSet::new();
        let mut at = start;
        // Everyone is blocked by one bearer at most, so this walks a line or runs into a circle.
        let mut turn = loop {
            if let Some(turn) = known.get(at) {
                break next(*turn);
            }
            if leaving.contains(at) {
                break Turn::Waits;
            }
            if !passed.insert(at) {
                break Turn::Circular;
            }
            chain.push(at);
            match blocker(at) {
                Some(bearer) => at = bearer,
                None => break Turn::Wave(0),
            }
        };
        while let Some(who) = chain.pop() {
            known.insert(who.clone(), turn);
            turn = next(turn);
        }
    }
    known
}

fn next(turn: Turn) -> Turn {
    match turn {
        Turn::Wave(wave) => Turn::Wave(wave + 1),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(wanted: &[(u8, &str)], bearers: &[(&str, u8)], leaving: &[u8], who: u8) -> Turn {
        let wanted = wanted.iter().map(|(who, name)| (*who, (*name).to_owned())).collect();
        let bearers = bearers.iter().map(|(name, who)| ((*name).to_owned(), *who)).collect();
        turns(&wanted, &bearers, &leaving.iter().copied().collect())[&who]
    }

    #[test]
    fn a_free_name_and_ones_own_are_taken_at_once() {
        assert_eq!(turn(&[(1, "a")], &[], &[], 1), Turn::Wave(0));
        assert_eq!(turn(&[(1, "a")], &[("a", 1)], &[], 1), Turn::Wave(0));
    }

    #[test]
    fn a_name_is_taken_after_its_bearer_gave_it_up() {
        let wanted = [(1, "b"), (2, "c"), (3, "d")];
        let bearers = [("a", 1), ("b", 2), ("c", 3)];
        assert_eq!(turn(&wanted, &bearers, &[], 3), Turn::Wave(0));
        assert_eq!(turn(&wanted, &bearers, &[], 2), Turn::Wave(1));
        assert_eq!(turn(&wanted, &bearers, &[], 1), Turn::Wave(2));
    }

    #[test]
    fn the_name_of_one_who_leaves_is_waited_for_by_all_behind_him() {
        let wanted = [(1, "b"), (2, "c")];
        let bearers = [("b", 2), ("c", 9)];
        assert_eq!(turn(&wanted, &bearers, &[9], 2), Turn::Waits);
        assert_eq!(turn(&wanted, &bearers, &[9], 1), Turn::Waits);
    }

    #[test]
    fn an_exchange_of_names_is_a_circle_for_those_in_it_and_behind_it() {
        let wanted = [(1, "b"), (2, "a"), (3, "a")];
        let bearers = [("a", 1), ("b", 2)];
        for who in [1, 2, 3] {
            assert_eq!(turn(&wanted, &bearers, &[], who), Turn::Circular);
        }
    }
}
