//! What histories met on their way: a test of what never happened would prove nothing.

use std::collections::BTreeMap;

use provisioning::activity::{Action, OutcomeResult};

use crate::oracle::Oracle;
use crate::world::World;

/// How often each thing happened.
#[derive(Debug, Default)]
pub struct Met(BTreeMap<&'static str, usize>);

impl Met {
    /// What happened in a world, as the target's log and the activity log have it.
    pub fn of(world: &World, oracle: &Oracle) -> Self {
        let (contents, holdings) = (world.service.contents(), world.holdings());
        let state = world.memory.state();
        let foreign = |id: &String| oracle.strangers.get(id).is_some_and(|made| made.external_id.is_some());
        let failures = |part: &str| {
            let failed = state.activity.values().filter(|event| event.result == OutcomeResult::Failure);
            failed.filter(|event| event.reason.contains(part)).count()
        };
        let told = |action| {
            let well = state.activity.values().filter(|event| event.result == OutcomeResult::Success);
            well.filter(|event| event.action == action).count()
        };
        let counts = [
            ("written", contents.log.len()),
            ("disturbed", contents.log.iter().filter(|done| world.troubles.met_by(done)).count()),
            ("adopted", told(Action::Adopt)),
            ("taken over", holdings.iter().filter(|holding| foreign(&holding.id)).count()),
            ("protected", failures("the target protects this object")),
            ("left out", failures("the target does not take")),
            ("paused", failures("the credentials were revoked")),
            ("drifted", state.activity.values().filter(|event| event.action == Action::Drift).count()),
        ];
        Self(counts.into())
    }

    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(name, count)| *self.0.entry(name).or_default() += count);
    }

    /// Fails unless a hundred histories met each of these that often.
    pub fn assert(&self, least: &[(&str, u64)], histories: u64) {
        let met = |name: &str| self.0.get(name).map_or(0, |count| *count as u64);
        let mut enough = least.iter().map(|(name, least)| met(name) >= least * histories / 100);
        assert!(enough.all(|enough| enough), "too little happened: {self:?}, and was to: {least:?}");
    }
}
