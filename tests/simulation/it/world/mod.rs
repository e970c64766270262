//! One world: tables, queues, a target and the functions around them, run as one history has it.

mod functions;
mod interference;
mod judged;
mod people;

use std::sync::Arc;

use async_trait::async_trait;
use provisioning::activity::Actor;
use provisioning::application::{
    Adopt, Configuration, Departure, DeselectedGroup, DriftPolicy, Links, OnDeletion, OnDrift, Policy,
    ReactivateAdopted, SecretName, Setup,
};
use provisioning::directory::job::Deletions;
use provisioning::fuse::{HeldRemovals, Limits};
use provisioning::ids::ApplicationId;
use provisioning::link::Trouble;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{Bell, SecretStore, StoreResult, Tables};
use provisioning::randomness::{Numbered, Randomness};
use secrecy::SecretString;

use crate::chance::{Chance, SimulatedClock};
use crate::history::{Choice, History, Leaving, Letting, Rules};
use crate::queue::{CalmBell, Queues, StormyBell};
use crate::tables::{Calm, Memory};
use crate::target::{MANAGER, Service, Wire};
use crate::troubles::Troubles;
use crate::weather::{Climate, Now, Process, Storm};

/// The one secret there is.
struct OneSecret;

#[async_trait]
impl SecretStore for OneSecret {
    async fn secret(&self, _: &SecretName) -> StoreResult<Option<SecretString>> {
        Ok(Some("token".to_owned().into()))
    }

    async fn put(&self, _: &SecretName, _: &SecretString) -> StoreResult<()> {
        Ok(())
    }

    async fn delete(&self, _: &SecretName) -> StoreResult<()> {
        Ok(())
    }
}

#[derive(Clone)]
pub struct World {
    pub memory: Arc<Memory>,
    pub service: Arc<Service>,
    pub queues: Arc<Queues>,
    pub clock: Arc<SimulatedClock>,
    pub climate: Arc<Now>,
    /// What the weather got in the way of.
    pub troubles: Arc<Troubles>,
    chance: Arc<Chance>,
    randomness: Arc<dyn Randomness>,
    pub application: ApplicationId,
    /// As people write: nothing goes wrong with them.
    tables: Tables,
    pub setup: Setup,
    deletions: Deletions,
    pub climate_at_first: Climate,
    /// How much goes unasked: in two worlds of three anything, for else the fuse would hold most of what happens in so small a
    /// directory.
    limits: Limits,
}

/// What one invocation works with.
struct Parts {
    storm: Arc<Storm>,
    tables: Tables,
    bell: Arc<dyn Bell>,
    wire: Arc<Wire>,
}

impl World {
    pub async fn new(seed: u64, history: &History) -> Self {
        let chance = Arc::new(Chance::of(seed ^ 0x5eed));
        let climate_at_first = Climate::of(&chance);
        let climate = Arc::new(Now::of(climate_at_first));
        let clock = Arc::new(SimulatedClock::starting_now());
        let memory = Memory::new(clock.clone());
        let service =
            Service::new(clock.clone(), chance.clone(), climate.clone(), history.members_per_request);
        let queues = Queues::new(clock.clone(), chance.clone(), climate.clone());
        let randomness: Arc<dyn Randomness> = Arc::new(Numbered::default());
        let tables = memory.tables(Arc::new(Calm));
        let bell = Arc::new(CalmBell(queues.clone()));
        let calm = Arc::new(Now::of(Climate::CALM));
        let troubles = Troubles::new(clock.clone());
        let storm = Storm {
            chance: chance.clone(),
            climate: calm,
            process: Arc::default(),
            troubles: troubles.clone(),
        };
        let application: ApplicationId = "crm".parse().unwrap();
        let setup = Setup {
            tables: tables.clone(),
            secrets: Arc::new(OneSecret),
            connector: Arc::new(Wire { service: service.clone(), storm: Arc::new(storm) }),
            bell: bell.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
            expected_version: None,
            actor: Actor::System,
        };
        let deletions = Deletions { jobs: tables.directory_jobs.clone(), bell, clock: clock.clone() };
        let world = Self {
            memory,
            service,
            queues,
            clock,
            climate,
            troubles,
            chance,
            randomness,
            application,
            tables,
            setup,
            deletions,
            climate_at_first,
            limits: match seed % 3 {
                0 => Limits::default(),
                _ => Limits {
                    accounts: 10_000,
                    groups: 10_000,
                    memberships: 10_000,
                    percent: 100,
                    floor: 10_000,
                },
            },
        };
        world.connect(history.managers).await;
        world
    }

    async fn connect(&self, managers: bool) {
        let (setup, id) = (&self.setup, &self.application);
        setup.create(id, "CRM", "generic-saml").await.unwrap();
        let url = "https://crm.example.org/scim".parse().unwrap();
        setup.connect(id, &url, &"token".to_owned().into(), Links::Keep).await.unwrap();
        let mapped = |target: &str, source| MappedAttribute {
            target: target.parse().unwrap(),
            source,
            required: target == "userName",
        };
        let mut attributes = vec![
            mapped("userName", Source::Directory(DirectoryAttribute::Username)),
            mapped("title", Source::Custom("title".into())),
        ];
        attributes.extend(managers.then(|| mapped(MANAGER, Source::Reference("manager".into()))));
        let new = Configuration {
            mapping: Some(Mapping { attributes }),
            policy: Some(self.policy(Rules::FIRST)),
            ..Configuration::default()
        };
        setup.configure(id, new).await.unwrap();
    }

    fn parts(&self) -> Parts {
        let process = Arc::<Process>::default();
        let (chance, climate, troubles) = (self.chance.clone(), self.climate.clone(), self.troubles.clone());
        let storm = Arc::new(Storm { chance, climate, process, troubles });
        Parts {
            tables: self.memory.tables(storm.clone()),
            bell: Arc::new(StormyBell { queues: self.queues.clone(), storm: storm.clone() }),
            wire: Arc::new(Wire { service: self.service.clone(), storm: storm.clone() }),
            storm,
        }
    }

    /// Decides about what the fuse holds, one way or the other; `false`: it holds nothing.
    pub async fn allow_what_is_held(&self) -> bool {
        if !self.memory.state().links.values().any(|link| Trouble::of(link) == Some(Trouble::Held)) {
            return false;
        }
        if self.chance.hits(5_000) {
            let _ = self.setup.sync(&self.application, Some(u64::MAX)).await;
            return true;
        }
        let configured = self.tables.applications.load(&self.application).await.unwrap().unwrap();
        let held = HeldRemovals {
            tables: self.tables.clone(),
            bell: Arc::new(CalmBell(self.queues.clone())),
            clock: self.clock.clone(),
        };
        let sealed = held.seal(&configured).await.unwrap();
        held.approve(&self.setup, &configured, &sealed.digest).await.unwrap();
        true
    }

    /// The policy under these rules.
    pub fn policy(&self, rules: Rules) -> Policy {
        let departure = |leaving| match leaving {
            Leaving::Off => Departure::Deactivate,
            Leaving::Gone => Departure::Delete,
            Leaving::Left => Departure::Leave,
        };
        let answer = |undone| if undone { OnDrift::Repair } else { OnDrift::Report };
        Policy {
            on_disable: departure(rules.disabled),
            on_unassign: departure(rules.unassigned),
            on_delete: departure(rules.deleted),
            on_deselect: match rules.deselected {
                Letting::Emptied => DeselectedGroup::Empty,
                Letting::Gone => DeselectedGroup::Delete,
                Letting::Left => DeselectedGroup::Leave,
            },
            grace_seconds: rules.grace_seconds,
            adopt: match rules.matching.free {
                Choice::Yes => Adopt::Automatic,
                Choice::Ask => Adopt::Ask,
                Choice::No => Adopt::Never,
            },
            take_over: rules.matching.foreign,
            reactivate_adopted: match rules.matching.off {
                Choice::Yes => ReactivateAdopted::Yes,
                Choice::Ask => ReactivateAdopted::Ask,
                Choice::No => ReactivateAdopted::No,
            },
            drift: DriftPolicy {
                attributes: answer(rules.undone.attributes),
                members: answer(rules.undone.members),
                deleted_at_target: match rules.undone.deletions {
                    true => OnDeletion::Recreate,
                    false => OnDeletion::Report,
                },
                reactivated_at_target: answer(rules.undone.reactivations),
            },
            fuse: self.limits,
            ..Policy::default()
        }
    }
}
