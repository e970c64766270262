//! Which quirks are met: those without which an answer, or what is kept, would be another.

use std::collections::BTreeSet;

use super::reply::Reply;
use super::serve::{Call, carry_out, rendered};
use super::store::now;
use super::{StandIn, State};

/// The quirks that were met, by name.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeSet<&'static str>);

impl Watch {
    pub fn met(&self) -> BTreeSet<&'static str> {
        self.0.clone()
    }
}

impl StandIn {
    /// From now on it finds out which of its quirks are met. Each request is then carried out once more for each quirk, so a
    /// stand-in that holds thousands becomes slow.
    pub fn watch_quirks(&self) {
        self.shared.state().watch = Some(Watch::default());
    }

    /// The quirks, by the names of their fields, without which some request since [`watch_quirks`](Self::watch_quirks) would have
    /// been answered otherwise, or would have left something else behind. A life at a target with a quirk that is not among
    /// them says nothing of that quirk.
    pub fn met(&self) -> BTreeSet<&'static str> {
        self.shared.state().watch.as_ref().map(Watch::met).unwrap_or_default()
    }
}

impl State {
    /// Answers a request, and finds out which quirks had a part in it, where that is watched.
    pub fn reply(&mut self, call: Call<'_>) -> Reply {
        let quirks = self.config.quirks;
        let Some(watch) = &mut self.watch else {
            return carry_out(&mut self.store, &self.config, quirks, call);
        };
        // What is made twice is made at the same time.
        self.store.frozen = Some(now());
        let mut unmet = quirks.each();
        unmet.retain(|(name, _)| !watch.0.contains(name));
        let without = unmet.into_iter().map(|(name, quirks)| {
            let mut store = self.store.clone();
            let reply = carry_out(&mut store, &self.config, quirks, call);
            (name, (reply.took, rendered(reply, quirks)), store)
        });
        let without: Vec<_> = without.collect();
        let reply = carry_out(&mut self.store, &self.config, quirks, call);
        let shown = (reply.took, rendered(reply.clone(), quirks));
        for (name, other, store) in without {
            if other != shown || !store.holds_the_same_as(&self.store) {
                watch.0.insert(name);
            }
        }
        self.store.frozen = None;
        reply
    }
}
