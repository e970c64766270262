//! One world: the functions around their tables, queues and target, run as one history has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provisioning::activity::{Actor, Outcome};
use provisioning::application::{
    Configuration, Departure, DeselectedGroup, Links, Policy, SecretName, Selection, Setup,
};
use provisioning::clock::Clock;
use provisioning::detect::{Detector, StreamChange};
use provisioning::directory::job::{Deletions, DirectoryWorker};
use provisioning::directory::{Group, Status, User};
use provisioning::due::Poller;
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::link::Object;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{
    Bell, DirectoryJobs as _, Doorbell, GroupWrite, SecretStore, StoreResult, Tables, UserWrite,
};
use provisioning::randomness::{Numbered, Randomness};
use provisioning::sweep::Sweeper;
use provisioning::sync::{Handled, Worker};
use secrecy::SecretString;

use crate::chance::{Chance, SimulatedClock};
use crate::history::{Act, History, Leaving, Letting, Rules};
use crate::oracle::{self, Oracle, Person, Shown, Taken};
use crate::queue::{CalmBell, LONG, Queue, Queues, StormyBell};
use crate::tables::{Calm, Memory, Record, Stream};
use crate::target::{Account, Service, Wire};
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

/// Whom a stream wakes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Detection,
    LogWriter,
}

/// How many shards a stream has: records of two partitions may be told out of order.
const SHARDS: u32 = 2;

#[derive(Clone)]
pub struct World {
    pub memory: Arc<Memory>,
    pub service: Arc<Service>,
    pub queues: Arc<Queues>,
    pub clock: Arc<SimulatedClock>,
    pub climate: Arc<Now>,
    chance: Arc<Chance>,
    randomness: Arc<dyn Randomness>,
    pub application: ApplicationId,
    /// As people write: nothing goes wrong with them.
    tables: Tables,
    pub setup: Setup,
    deletions: Deletions,
    pub climate_at_first: Climate,
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
        let storm = Storm { chance: chance.clone(), climate: calm, process: Arc::default() };
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
            chance,
            randomness,
            application,
            tables,
            setup,
            deletions,
            climate_at_first,
        };
        world.connect().await;
        world
    }

    async fn connect(&self) {
        let (setup, id) = (&self.setup, &self.application);
        setup.create(id, "CRM", "generic-saml").await.unwrap();
        let url = "https://crm.example.org/scim".parse().unwrap();
        setup.connect(id, &url, &"token".to_owned().into(), Links::Keep).await.unwrap();
        let mapped = |target: &str, source| MappedAttribute {
            target: target.parse().unwrap(),
            source,
            required: target == "userName",
        };
        let attributes = vec![
            mapped("userName", Source::Directory(DirectoryAttribute::Username)),
            mapped("title", Source::Custom("title".into())),
        ];
        let new = Configuration {
            mapping: Some(Mapping { attributes }),
            policy: Some(policy(Rules::FIRST)),
            ..Configuration::default()
        };
        setup.configure(id, new).await.unwrap();
    }

    fn parts(&self) -> Parts {
        let process = Arc::<Process>::default();
        let storm = Arc::new(Storm { chance: self.chance.clone(), climate: self.climate.clone(), process });
        Parts {
            tables: self.memory.tables(storm.clone()),
            bell: Arc::new(StormyBell { queues: self.queues.clone(), storm: storm.clone() }),
            wire: Arc::new(Wire { service: self.service.clone(), storm: storm.clone() }),
            storm,
        }
    }

    fn worker(&self, parts: &Parts) -> Worker {
        Worker {
            tables: parts.tables.clone(),
            secrets: Arc::new(OneSecret),
            connector: parts.wire.clone(),
            bell: parts.bell.clone(),
            clock: self.clock.clone(),
            randomness: self.randomness.clone(),
            task_deadline: Duration::from_secs(45),
        }
    }

    /// Runs an invocation: `None` where its process died.
    async fn invoke<T>(parts: &Parts, run: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = parts.storm.process.death() => None,
            done = run => Some(done),
        }
    }

    /// Starts every function, on the local set this is called on.
    pub fn start(&self) {
        for (queue, many) in [(Queue::Users, 2), (Queue::Groups, 2), (Queue::Jobs, 1)] {
            for _ in 0..many {
                let world = self.clone();
                tokio::task::spawn_local(async move { world.serve(queue).await });
            }
        }
        for (stream, reader) in [
            (Stream::Directory, Reader::Detection),
            (Stream::Provisioning, Reader::Detection),
            (Stream::Provisioning, Reader::LogWriter),
        ] {
            for shard in 0..SHARDS {
                let world = self.clone();
                tokio::task::spawn_local(async move { world.read(stream, reader, shard).await });
            }
        }
        let world = self.clone();
        tokio::task::spawn_local(async move { world.poll().await });
    }

    async fn serve(&self, queue: Queue) {
        loop {
            let most = if queue == Queue::Jobs { 1 } else { 10 };
            let batch = match self.queues.receive(queue, most) {
                Ok(batch) => batch,
                Err(next) => {
                    let now = self.clock.millis();
                    let until =
                        next.map_or(LONG, |next| Duration::from_millis(next.saturating_sub(now).max(1)));
                    tokio::select! {
                        biased;
                        () = self.queues.rung.notified() => {}
                        () = tokio::time::sleep(until) => {}
                    }
                    continue;
                }
            };
            let parts = self.parts();
            let doorbells: Vec<Doorbell> = batch.iter().map(|(_, doorbell)| doorbell.clone()).collect();
            let handled = match queue {
                Queue::Users | Queue::Groups => {
                    let worker = self.worker(&parts);
                    let run = async move { worker.work_off(&doorbells).await };
                    let handled = Self::invoke(&parts, run).await;
                    handled.map(|handled| handled.iter().map(|one| *one == Handled::Yes).collect())
                }
                Queue::Jobs => self.page(&parts, doorbells).await,
            };
            let handled: Vec<bool> = handled.unwrap_or_else(|| vec![false; batch.len()]);
            let numbers: Vec<_> = batch.iter().map(|(number, _)| *number).zip(handled).collect();
            self.queues.give_back(&numbers);
        }
    }

    async fn page(&self, parts: &Parts, doorbells: Vec<Doorbell>) -> Option<Vec<bool>> {
        let (tables, bell, clock) = (parts.tables.clone(), parts.bell.clone(), self.clock.clone());
        let sweeper = Sweeper {
            tables: tables.clone(),
            secrets: Arc::new(OneSecret),
            connector: parts.wire.clone(),
            bell: bell.clone(),
            clock: clock.clone(),
        };
        let directory = DirectoryWorker { tables, bell, clock };
        let run = async move {
            let mut handled = Vec::new();
            for doorbell in doorbells {
                handled.push(match doorbell {
                    Doorbell::Job { application, job, step } => {
                        sweeper.page(&application, &job, step).await.is_ok()
                    }
                    Doorbell::DirectoryJob { job, step } => directory.page(&job, step).await.is_ok(),
                    Doorbell::Link { .. } => true,
                });
            }
            handled
        };
        Self::invoke(parts, run).await
    }

    /// Reads one shard of a stream in order: batches are split, done again, and given up now and then.
    async fn read(&self, stream: Stream, reader: Reader, shard: u32) {
        let mut behind = 0;
        loop {
            let records: Vec<(usize, Record)> = {
                let state = self.memory.state();
                let new = state.records(stream).iter().enumerate().skip(behind);
                let of_shard =
                    |record: &Record| provisioning::ports::shard(&record.partition, SHARDS) == shard;
                let many = usize::try_from(1 + self.chance.below(12)).unwrap();
                new.filter(|(_, record)| of_shard(record))
                    .take(many)
                    .map(|(at, one)| (at, one.clone()))
                    .collect()
            };
            let Some((last, _)) = records.last().cloned() else {
                self.memory.changed.notified().await;
                continue;
            };
            tokio::time::sleep(self.chance.latency()).await;
            if reader == Reader::Detection && self.chance.hits(self.climate.get().discarded) {
                let _ = self.setup.start_sweep(&self.application, false, None).await;
                behind = last + 1;
                continue;
            }
            let changes: Vec<StreamChange> =
                records.into_iter().flat_map(|(_, record)| record.changes).collect();
            let parts = self.parts();
            let done = match reader {
                Reader::Detection => self.detect(&parts, changes).await,
                Reader::LogWriter => Self::log(&parts, changes).await,
            };
            // A batch whose end was not noted comes again.
            if done && !self.chance.hits(self.climate.get().messages / 2) {
                behind = last + 1;
            }
        }
    }

    async fn detect(&self, parts: &Parts, changes: Vec<StreamChange>) -> bool {
        let detector = Detector {
            tables: parts.tables.clone(),
            bell: parts.bell.clone(),
            clock: self.clock.clone(),
            clock_skew: Duration::ZERO,
        };
        let done = Self::invoke(parts, async move { detector.detect(&changes).await }).await;
        done.is_some_and(|done| done.is_ok())
    }

    async fn log(parts: &Parts, changes: Vec<StreamChange>) -> bool {
        let outcomes = changes.into_iter().filter_map(|change| match change {
            StreamChange::Outcome(outcome) => Some(*outcome),
            _ => None,
        });
        let (outcomes, activity) = (outcomes.collect::<Vec<Outcome>>(), parts.tables.activity.clone());
        let done = Self::invoke(parts, async move { activity.put(&outcomes).await }).await;
        done.is_some_and(|done| done.is_ok())
    }

    /// Rings what is due once a minute, and sleeps through minutes in which nothing is.
    async fn poll(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(60)).await;
            let soon = self.clock.now() + jiff::SignedDuration::from_secs(60);
            let next = {
                let state = self.memory.state();
                let links = state.links.values().filter_map(|link| link.work.due_at);
                let jobs = state.jobs.values().filter_map(|job| job.due_at);
                let directory = state.directory_jobs.values().filter_map(|job| job.due_at);
                links.chain(jobs).chain(directory).min()
            };
            if next.is_none_or(|next| next > soon) {
                let wait = next.map_or(LONG, |next| Duration::try_from(next.duration_since(soon)).unwrap());
                tokio::select! {
                    biased;
                    () = self.memory.changed.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                continue;
            }
            let parts = self.parts();
            let poller =
                Poller { tables: parts.tables.clone(), bell: parts.bell.clone(), clock: self.clock.clone() };
            let _ = Self::invoke(&parts, async move { poller.ring_due().await }).await;
        }
    }
}

fn policy(rules: Rules) -> Policy {
    let departure = |leaving| match leaving {
        Leaving::Off => Departure::Deactivate,
        Leaving::Gone => Departure::Delete,
        Leaving::Left => Departure::Leave,
    };
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
        ..Policy::default()
    }
}

fn user_id(user: u64) -> UserId {
    format!("u{user}").parse().unwrap()
}

fn group_id(group: u64) -> GroupId {
    format!("g{group}").parse().unwrap()
}

/// What people do: to the tables, and, where it was done, to the oracle.
impl World {
    pub async fn act(&self, act: &Act, oracle: &mut Oracle) {
        self.take(act, oracle).await;
        oracle.look(self.clock.millis());
        self.memory.changed.notify_waiters();
    }

    async fn change_user(&self, user: u64, oracle: &mut Oracle, change: impl FnOnce(&mut Person)) {
        let id = user_id(user);
        let before = oracle.people.get(id.as_str()).cloned().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        after.groups.retain(|group| oracle.groups.contains_key(group));
        let old = self.tables.directory.user(&id).await.unwrap().and_then(|record| record.user);
        let status = if after.enabled { Status::Active } else { Status::Disabled };
        let new = User {
            id: id.clone(),
            source_id: None,
            username: after.name.clone(),
            email: None,
            first_name: None,
            last_name: None,
            display_name: None,
            status,
            custom: BTreeMap::from([("title".to_owned(), after.title.as_str().into())]),
            deleting: false,
        };
        let ids = |groups: &BTreeSet<String>| groups.iter().map(|group| group.parse().unwrap()).collect();
        let (join, leave) = (&after.groups - &before.groups, &before.groups - &after.groups);
        let write = UserWrite { old, new, join: ids(&join), leave: ids(&leave) };
        if self.tables.directory.write_user(&write).await.is_ok() {
            oracle.people.insert(id.to_string(), after);
        }
    }

    async fn change_group(&self, group: u64, name: u64, oracle: &mut Oracle) {
        let id = group_id(group);
        let old = self.tables.directory.group(&id).await.unwrap();
        let new = Group { id: id.clone(), source_id: None, name: format!("Group {name}"), deleting: false };
        if self.tables.directory.write_group(&GroupWrite { old, new: new.clone() }).await.is_ok() {
            oracle.groups.insert(id.to_string(), new.name);
        }
    }

    async fn select(&self, selected: &BTreeSet<String>, excluded: bool, oracle: &mut Oracle) {
        let selection = Selection {
            groups: selected.iter().map(|group| group.parse().unwrap()).collect(),
            exclude_group_information: excluded,
            ..Selection::default()
        };
        let new = Configuration { selection: Some(selection), ..Configuration::default() };
        if self.setup.configure(&self.application, new).await.is_ok() {
            oracle.selected.clone_from(selected);
            oracle.excluded = excluded;
        }
    }

    async fn take(&self, act: &Act, oracle: &mut Oracle) {
        let known = |user: &u64| oracle.people.contains_key(user_id(*user).as_str());
        match act {
            Act::Hire { user, name, title, groups } => {
                self.change_user(*user, oracle, |person| {
                    person.name = format!("name{name}");
                    person.title = format!("Title {title}");
                    person.enabled = true;
                    person.groups = groups.iter().map(|group| format!("g{group}")).collect();
                })
                .await;
            }
            Act::Retitle { user, title } if known(user) => {
                self.change_user(*user, oracle, |person| person.title = format!("Title {title}")).await;
            }
            Act::Rename { user, name } if known(user) => {
                self.change_user(*user, oracle, |person| person.name = format!("name{name}")).await;
            }
            Act::Swap { one, other } if one != other && known(one) && known(other) => {
                let name = |user: &u64, oracle: &Oracle| oracle.people[user_id(*user).as_str()].name.clone();
                let (first, second) = (name(one, oracle), name(other, oracle));
                self.change_user(*one, oracle, |person| person.name = "between".into()).await;
                self.change_user(*other, oracle, |person| person.name = first).await;
                self.change_user(*one, oracle, |person| person.name = second).await;
            }
            Act::Disable { user } if known(user) => {
                self.change_user(*user, oracle, |person| person.enabled = false).await;
            }
            Act::Enable { user } if known(user) => {
                self.change_user(*user, oracle, |person| person.enabled = true).await;
            }
            Act::Delete { user } => {
                self.tables.directory.delete_user(&user_id(*user)).await.unwrap();
                oracle.people.remove(user_id(*user).as_str());
            }
            Act::DeleteByJob { user } => {
                self.deletions.delete_user(&user_id(*user)).await.unwrap();
                oracle.people.remove(user_id(*user).as_str());
            }
            Act::Join { user, group } if known(user) => {
                let group = group_id(*group).to_string();
                self.change_user(*user, oracle, |person| {
                    person.groups.insert(group);
                })
                .await;
            }
            Act::Leave { user, group } if known(user) => {
                let group = group_id(*group).to_string();
                self.change_user(*user, oracle, |person| {
                    person.groups.remove(&group);
                })
                .await;
            }
            Act::CreateGroup { group, name } => self.change_group(*group, *name, oracle).await,
            Act::RenameGroup { group, name } if oracle.groups.contains_key(group_id(*group).as_str()) => {
                self.change_group(*group, *name, oracle).await;
            }
            Act::DeleteGroup { group } => {
                let id = group_id(*group);
                self.tables.directory.delete_group(&id).await.unwrap();
                oracle.groups.remove(id.as_str());
                oracle.people.values_mut().for_each(|person| {
                    person.groups.remove(id.as_str());
                });
            }
            Act::Select { groups } => {
                let selected = groups.iter().map(|group| format!("g{group}")).collect();
                self.select(&selected, oracle.excluded, oracle).await;
            }
            Act::ExcludeGroups { exclude } => {
                let selected = oracle.selected.clone();
                self.select(&selected, *exclude, oracle).await;
            }
            Act::Govern { rules } => {
                let new = Configuration { policy: Some(policy(*rules)), ..Configuration::default() };
                self.setup.configure(&self.application, new).await.unwrap();
                oracle.rules = *rules;
            }
            Act::SwitchOff => {
                self.setup.disable(&self.application).await.unwrap();
                oracle.switched_on = false;
            }
            Act::SwitchOn => {
                oracle.switched_on |= self.setup.enable(&self.application, None).await.is_ok();
            }
            Act::NickName { account } => self.nick_name(*account, oracle),
            Act::Stranger { name, external_id, active } => {
                self.stranger(*name, *external_id, *active, oracle);
            }
            _ => {}
        }
    }

    fn nick_name(&self, account: u64, oracle: &mut Oracle) {
        let mut contents = self.service.contents();
        let position = usize::try_from(account).unwrap();
        let Some((id, account)) = contents.accounts.iter_mut().nth(position) else { return };
        let nick_name = format!("Nick {}", self.clock.millis());
        account.nick_name = Some(nick_name.clone());
        oracle.nick_names.insert(id.clone(), nick_name);
    }

    fn stranger(&self, name: u64, external_id: bool, active: bool, oracle: &mut Oracle) {
        let mut contents = self.service.contents();
        let name = format!("name{name}");
        if contents.accounts.values().any(|account| account.name == name) {
            return;
        }
        let id = contents.next_id();
        let external_id = external_id.then(|| format!("foreign-{id}"));
        let account =
            Account { external_id, name, active, title: Some("Stranger".into()), ..Account::default() };
        oracle.strangers.insert(id.clone(), shown_account(&account));
        contents.accounts.insert(id, account);
    }
}

fn shown_account(account: &Account) -> oracle::Account {
    let Account { external_id, name, active, title, nick_name, .. } = account.clone();
    oracle::Account { external_id, name, active, title, nick_name }
}

/// What is to be judged.
impl World {
    pub fn shown(&self) -> Shown {
        let contents = self.service.contents();
        let state = self.memory.state();
        let owners: BTreeMap<String, String> = state
            .owners
            .iter()
            .map(|((.., remote_id), key)| {
                let owner = match &key.object {
                    Object::User(user) => user.to_string(),
                    Object::Group(group) => group.to_string(),
                };
                (remote_id.to_string(), owner)
            })
            .collect();
        let taken = contents.log.iter().filter(|done| done.kind == provisioning::target::Kind::User);
        let taken = taken.filter(|done| done.off || done.deleted).filter_map(|done| {
            let owner = done.external_id.clone().filter(|id| id.starts_with('u'))?;
            Some(Taken { at: done.at, owner, deleted: done.deleted, what: done.what.clone() })
        });
        let accounts = contents.accounts.iter().map(|(id, account)| (id.clone(), shown_account(account)));
        let groups = contents.groups.iter().map(|(id, group)| {
            let crate::target::Circle { external_id, name, members } = group.clone();
            (id.clone(), oracle::Circle { external_id, name, members })
        });
        Shown { accounts: accounts.collect(), groups: groups.collect(), owners, taken: taken.collect() }
    }
}
