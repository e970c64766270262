//! Which line of a file is which object of the directory: by the source's id, else by name.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::folding::folded;
use crate::ids::SourceId;

/// One side of a pairing.
pub(super) struct Named<'a, K> {
    pub(super) key: K,
    pub(super) source_id: Option<&'a SourceId>,
    pub(super) name: &'a str,
}

/// Finds each line's object. Ids come first for all lines, so that a name that went from one person to another never
/// decides; and two different ids are two people, whatever their name.
pub(super) fn pair<L: Copy + Eq + Hash, O: Clone + Eq + Hash>(
    lines: &[Named<'_, L>],
    objects: &[Named<'_, O>],
) -> HashMap<L, O> {
    let mut pairs = HashMap::with_capacity(lines.len());
    let mut paired = HashSet::new();
    let by_id: HashMap<_, _> =
        objects.iter().filter_map(|object| object.source_id.map(|id| (id, object.key.clone()))).collect();
    for line in lines {
        if let Some(object) = line.source_id.and_then(|id| by_id.get(id)) {
            pairs.insert(line.key, object.clone());
            paired.insert(object.clone());
        }
    }
    let by_name: HashMap<_, _> = objects.iter().map(|object| (folded(object.name), object)).collect();
    for line in lines.iter().filter(|line| !pairs.contains_key(&line.key)).collect::<Vec<_>>() {
        let Some(object) = by_name.get(&folded(line.name)) else { continue };
        let same_person = line.source_id.is_none() || object.source_id.is_none();
        if same_person && paired.insert(object.key.clone()) {
            pairs.insert(line.key, object.key.clone());
        }
    }
    pairs
}
