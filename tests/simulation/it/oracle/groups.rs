//! What must have become of each group and its members.

use std::collections::BTreeSet;

use super::{Circle, End, Oracle, Person, Shown, folded};

impl Oracle {
    pub(super) fn judge_group(&self, id: &str, shown: &Shown, wrong: &mut Vec<String>) {
        let group =
            shown.groups.iter().find(|(group, _)| shown.owners.get(*group).is_some_and(|owner| owner == id));
        if self.keeps_group(id) {
            match group {
                None if self.is_group_missing(id, shown) => {}
                None => wrong.push(format!("the group {id} is wanted and is not there")),
                Some(group) => self.judge_kept(id, group, shown, wrong),
            }
            return;
        }
        let Some((own, circle)) = group else { return };
        let ends = &self.group_ends[id];
        let moved = |member: &String| self.hindrances.moved.contains(&(own.clone(), member.clone()));
        let emptied = ends.contains(&End::Off) && ours(circle, shown).iter().all(moved);
        if !emptied && !ends.contains(&End::Left) {
            wrong.push(format!("the group {id} is not wanted, {ends:?}, and shows {circle:?}"));
        }
    }

    /// Whether there is a reason for a group not to be there: another has its name, or somebody deleted it there.
    fn is_group_missing(&self, id: &str, shown: &Shown) -> bool {
        let name = folded(&self.groups[id]);
        let mut its = shown.holdings.iter().filter(|holding| holding.owner == id);
        shown.groups.values().any(|circle| folded(&circle.name) == name)
            || (!self.rules.undone.deletions
                && its.any(|holding| self.hindrances.erased.contains(&holding.id)))
    }

    fn judge_kept(
        &self,
        id: &str,
        (own, circle): (&String, &Circle),
        shown: &Shown,
        wrong: &mut Vec<String>,
    ) {
        let name = &self.groups[id];
        let others = shown.groups.iter().filter(|(other, _)| *other != own);
        let taken = others.into_iter().any(|(_, other)| folded(&other.name) == folded(name));
        // As with a title.
        let renamed = self.hindrances.renamed.get(own);
        if circle.name != *name && !taken && renamed != Some(&circle.name) {
            wrong.push(format!("the group {id} should be named {name}: {circle:?}"));
        }
        let belongs = self
            .people
            .iter()
            .filter(|(user, person)| person.groups.contains(id) && person.enabled && self.is_wanted(user));
        let account = |(user, _): (&String, &Person)| Some(self.account_of(user, shown)?.0.clone());
        let wanted: BTreeSet<String> = belongs.filter_map(account).collect();
        // Whom the target refuses as a member, or in whatever is done about him, may be in it or not, and so may whoever is not
        // wanted and was put in there.
        let open = |member: &String| {
            let moved = self.hindrances.moved.contains(&(own.clone(), member.clone()));
            self.hindrances.shunned.contains(member)
                || self.hindrances.protected.contains(member)
                || (moved && !(self.rules.undone.members && self.is_wanted(&shown.owners[member])))
        };
        let surely = |members: &BTreeSet<String>| -> BTreeSet<String> {
            members.iter().filter(|member| !open(member)).cloned().collect()
        };
        if surely(&ours(circle, shown)) != surely(&wanted) {
            wrong.push(format!("the group {id} should have {wanted:?}: {circle:?}"));
        }
    }
}

/// The members who are somebody's of ours.
fn ours(circle: &Circle, shown: &Shown) -> BTreeSet<String> {
    circle.members.iter().filter(|member| shown.owners.contains_key(*member)).cloned().collect()
}
