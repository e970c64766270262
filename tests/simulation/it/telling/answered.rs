//! Whether each write of the target's log is told: by its own event, or, where the weather was in the way, by what came of it.

use std::collections::BTreeSet;

use provisioning::activity::Action;

use super::{Judge, Write};
use crate::oracle::Holding;

impl Judge<'_> {
    /// A write that no event tells of was disturbed, and is told by what came of it.
    pub(super) fn answered_for(&mut self, index: usize) {
        let write = &self.writes[index];
        let done = write.done;
        let had = |holding: &Holding| {
            let sent = done.request.sent;
            holding.id == done.id && holding.from <= sent && sent <= holding.until
        };
        if done.asked.method != "POST" && !self.holdings.iter().any(had) {
            self.wrong.push(format!("it was nobody's of ours: {} at {}", done.what, done.at));
        }
        if let Some(event) = write.told {
            let event = &self.events[event];
            let undisturbed = || {
                let mut before = self.writes[..index].iter().filter(|other| other.done.id == done.id);
                !before.any(|other| other.disturbed)
            };
            let wrong = event.changes.iter().filter(|(name, (old, _))| {
                let was = write.was.get(*name).map(ToString::to_string);
                done.asked.method == "PATCH" && *old != was
            });
            let mut its = self.events.iter().filter(|event| event.remote_id.as_ref() == Some(&done.id));
            let mistaken = its.any(|event| self.is_mistaken(event));
            let meddled = mistaken || self.oracle.hindrances.touched(&done.id);
            if wrong.count() > 0 && undisturbed() && !meddled {
                self.wrong.push(format!("it was {:?} before, and told is {event}", write.was));
            }
            return;
        }
        if !write.disturbed {
            self.wrong.push(format!("nothing tells of {} at {}", done.what, done.at));
            return;
        }
        let untold = self.untold(write);
        if !untold.is_empty() {
            self.wrong.push(format!("nothing ever tells {untold:?} of {} at {}", done.what, done.at));
        }
    }

    /// What of a disturbed write no later event about its object tells.
    fn untold(&self, write: &Write) -> BTreeSet<String> {
        let asked = &write.done.asked;
        if asked.method == "POST" {
            return BTreeSet::from(["POST".into()]);
        }
        let mut untold: BTreeSet<String> = asked.attributes.keys().cloned().collect();
        // Whom the target takes as a member no more is told by the refusal.
        let members = asked.add.iter().chain(&asked.remove);
        untold.extend(members.filter(|id| !self.oracle.hindrances.shunned.contains(*id)).cloned());
        if asked.method == "DELETE" {
            untold.insert("DELETE".into());
        }
        let later = self.events.iter().filter(|event| Self::follows(write, event));
        let ended = later.clone().any(|event| event.succeeded && event.action == Action::Delete);
        if self.oracle.hindrances.erased.contains(&write.done.id) || (ended && asked.method == "PATCH") {
            return BTreeSet::new();
        }
        // What is in doubt of something that is not wanted is sent again once it is.
        let owner = self.holdings.iter().rfind(|holding| holding.id == write.done.id);
        if !owner.is_some_and(|holding| self.oracle.wants(&holding.owner)) {
            return BTreeSet::new();
        }
        for event in later.filter(|event| event.succeeded || event.refused) {
            untold.retain(|what| {
                let members = event.added.iter().chain(&event.removed);
                !event.changes.contains_key(what) && !members.into_iter().any(|name| self.bears(what, name))
            });
        }
        untold
    }
}
