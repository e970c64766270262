//! Applications: configuration under a version, and what workers note.

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::application::{Charge, Condition, Configured, Pace};
use provisioning::clock::after;
use provisioning::ids::ApplicationId;
use provisioning::ports::{ApplicationStore, ApplicationSummary, ConfigurationWrite, Slot, StoreResult};

use super::{Kept, State, Store};

impl State {
    pub fn configured(&self, id: &ApplicationId) -> Option<Configured> {
        let kept = self.applications.get(id)?;
        Some(Configured {
            application: kept.application.clone(),
            schema: kept.schema.clone(),
            mapping: kept.mapping.clone(),
            selection: kept.selection.clone(),
            condition: self.conditions.get(id).cloned().unwrap_or_default(),
            pace: self.paces.get(id).copied(),
        })
    }

    pub(super) fn version(&self, id: &ApplicationId) -> Option<u64> {
        self.applications.get(id).map(|kept| kept.application.version)
    }

    fn configure(&mut self, write: &ConfigurationWrite) -> bool {
        let application = &write.application;
        let before = match application.version {
            0 | 1 => None,
            version => Some(version - 1),
        };
        if self.version(&application.id) != before {
            return false;
        }
        let kept = self.applications.remove(&application.id);
        let (schema, mapping, selection) =
            kept.map(|kept| (kept.schema, kept.mapping, kept.selection)).unwrap_or_default();
        let kept = Kept {
            application: application.clone(),
            schema: write.schema.clone().or(schema),
            mapping: write.mapping.clone().unwrap_or(mapping),
            selection: write.selection.clone().unwrap_or(selection),
        };
        self.applications.insert(application.id.clone(), kept);
        if let Some(sweep) = &write.sweep {
            self.start_sweep(sweep);
        }
        if write.resume {
            self.conditions.entry(application.id.clone()).or_default().paused = None;
        }
        if let Some(outcome) = &write.outcome {
            self.tell_configuration(outcome);
        }
        true
    }

    fn reserve_slot(
        &mut self,
        id: &ApplicationId,
        charges: &[Charge],
        latest: Timestamp,
        now: Timestamp,
    ) -> Slot {
        let key = |charge: &Charge| (id.clone(), charge.rate.clone());
        let busy = charges.iter().filter_map(|charge| self.next_free.get(&key(charge)).copied());
        let at = busy.fold(now, Timestamp::max);
        if at > latest {
            return Slot::Full(at);
        }
        self.next_free.extend(charges.iter().map(|charge| (key(charge), after(at, charge.distance))));
        Slot::At(at)
    }
}

#[async_trait]
impl ApplicationStore for Store {
    async fn list(&self) -> StoreResult<Vec<ApplicationSummary>> {
        self.read("applications.list", |state| {
            let summary = |kept: &Kept| ApplicationSummary {
                id: kept.application.id.clone(),
                warns_at: kept.application.warns_at(),
                lifecycle: kept.application.lifecycle,
                version: kept.application.version,
            };
            state.applications.values().map(summary).collect()
        })
        .await
    }

    async fn load(&self, id: &ApplicationId) -> StoreResult<Option<Configured>> {
        self.read("applications.load", |state| state.configured(id)).await
    }

    async fn write(&self, write: &ConfigurationWrite) -> StoreResult<bool> {
        Store::write(self, "applications.write", |state| state.configure(write)).await
    }

    async fn delete(&self, id: &ApplicationId) -> StoreResult<()> {
        Store::write(self, "applications.delete", |state| {
            state.applications.remove(id);
            state.conditions.remove(id);
            state.paces.remove(id);
            state.next_free.retain(|(application, _), _| application != id);
            state.jobs.retain(|(application, _), _| application != id);
        })
        .await
    }

    async fn hold_off(&self, id: &ApplicationId, until: Timestamp) -> StoreResult<()> {
        Store::write(self, "applications.hold_off", |state| {
            let noted = &mut state.conditions.entry(id.clone()).or_default().not_before;
            *noted = Some(noted.map_or(until, |noted| noted.max(until)));
        })
        .await
    }

    async fn pause(&self, id: &ApplicationId, version: u64, reason: &str) -> StoreResult<()> {
        Store::write(self, "applications.pause", |state| {
            if state.version(id) == Some(version) {
                state.conditions.entry(id.clone()).or_default().paused = Some(reason.to_owned());
            }
        })
        .await
    }

    async fn resume(&self, id: &ApplicationId) -> StoreResult<()> {
        Store::write(self, "applications.resume", |state| {
            state.conditions.entry(id.clone()).or_default().paused = None;
        })
        .await
    }

    async fn set_pace(
        &self,
        id: &ApplicationId,
        before: Option<Pace>,
        pace: Option<Pace>,
    ) -> StoreResult<()> {
        Store::write(self, "applications.set_pace", |state| {
            let changed_at = |pace: Option<Pace>| pace.map(|pace| pace.changed_at);
            if changed_at(state.paces.get(id).copied()) != changed_at(before) {
                return;
            }
            match pace {
                Some(pace) => state.paces.insert(id.clone(), pace),
                None => state.paces.remove(id),
            };
        })
        .await
    }

    async fn reserve(
        &self,
        id: &ApplicationId,
        charges: &[Charge],
        now: Timestamp,
        latest: Timestamp,
    ) -> StoreResult<Slot> {
        Store::write(self, "applications.reserve", |state| state.reserve_slot(id, charges, latest, now)).await
    }

    async fn condition(&self, id: &ApplicationId) -> StoreResult<Condition> {
        self.read("applications.condition", |state| state.conditions.get(id).cloned().unwrap_or_default())
            .await
    }
}
