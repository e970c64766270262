//! The tables in memory: every port that keeps something, with the promises of the adapters on DynamoDB (the contract in
//! `contract.rs` is run against both). What is true there of indexes and batches is true here: an index shows a write a while
//! later, and a batch may be written in part.

mod activity;
mod applications;
mod directory;
mod fuse;
mod index;
mod jobs;
mod links;
mod memberships;
mod not_simulated;
mod previews;
mod references;
mod stream;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::activity::Outcome;
use provisioning::application::{Application, Condition, Pace, Selection, TargetSchema};
use provisioning::clock::{Clock, after};
use provisioning::directory::job::DirectoryJob;
use provisioning::directory::{Group, User};
use provisioning::fuse::Window;
use provisioning::ids::{ApplicationId, GroupId, JobId, RemoteId, UserId};
use provisioning::link::{Link, LinkKey};
use provisioning::mapping::Mapping;
use provisioning::ports::{Pushed, StoreResult, Tables};
use provisioning::sweep::SweepJob;
use provisioning::target::{Found, Kind};
use tokio::sync::Notify;

use index::Index;
pub use stream::{Record, Stream};

/// What may become of a call on its way to a table and back.
#[async_trait]
pub trait Weather: Send + Sync {
    /// Before the call takes effect; an error is what comes of it instead.
    async fn before(&self, call: &'static str) -> StoreResult<()>;
    /// After a write took effect; an error is an answer that was lost.
    async fn after(&self, call: &'static str) -> StoreResult<()>;
    /// How many of so many rows of a batch are written before it fails; `None` for all.
    fn rows_written(&self, rows: usize) -> Option<usize>;
    /// How long an index does not show a write.
    fn lag(&self) -> Duration;
}

/// Nothing goes wrong.
pub struct Calm;

#[async_trait]
impl Weather for Calm {
    async fn before(&self, _: &'static str) -> StoreResult<()> {
        Ok(())
    }

    async fn after(&self, _: &'static str) -> StoreResult<()> {
        Ok(())
    }

    fn rows_written(&self, _: usize) -> Option<usize> {
        None
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }
}

/// Everything that is kept.
pub struct State {
    now: Timestamp,
    /// From when on an index shows what is written now.
    visible_at: Timestamp,
    tokens: u64,
    pub users: BTreeMap<UserId, User>,
    pub groups: BTreeMap<GroupId, Group>,
    pub memberships: BTreeSet<(GroupId, UserId)>,
    pub links: BTreeMap<LinkKey, Link>,
    pub owners: BTreeMap<(ApplicationId, u64, Kind, RemoteId), LinkKey>,
    /// Each time that something at the target was taken as somebody's, or given up.
    pub ownerships: Vec<OwnershipChange>,
    /// Every create that was about to be sent, whether or not it was: when, for whom, under which name.
    pub creates: Vec<(Timestamp, LinkKey, String)>,
    todo: BTreeMap<(ApplicationId, GroupId), BTreeMap<UserId, String>>,
    pub pushed: BTreeMap<(ApplicationId, GroupId), BTreeMap<UserId, Pushed>>,
    /// The way from a user to where he is pushed: written in the same batch, but an item of its own.
    pushed_mirror: BTreeMap<(ApplicationId, UserId, GroupId), Pushed>,
    /// Who names a user, each with the token of his row.
    references: BTreeMap<(ApplicationId, UserId), BTreeMap<UserId, String>>,
    applications: BTreeMap<ApplicationId, Kept>,
    conditions: BTreeMap<ApplicationId, Condition>,
    paces: BTreeMap<ApplicationId, Pace>,
    next_free: BTreeMap<(ApplicationId, String), Timestamp>,
    windows: BTreeMap<ApplicationId, Window>,
    pub jobs: BTreeMap<(ApplicationId, JobId), SweepJob>,
    found: BTreeMap<String, BTreeMap<RemoteId, Found>>,
    previews: previews::Previews,
    pub directory_jobs: BTreeMap<JobId, DirectoryJob>,
    pub activity: BTreeMap<String, Outcome>,
    index: Index,
    streams: [Vec<Record>; 2],
}

/// From then on an account or group is somebody's, or is no longer.
#[derive(Debug, Clone)]
pub struct OwnershipChange {
    pub at: Timestamp,
    pub remote_id: RemoteId,
    pub owner: LinkKey,
    pub taken: bool,
}

/// An application's configuration.
struct Kept {
    application: Application,
    schema: Option<TargetSchema>,
    mapping: Mapping,
    selection: Selection,
}

/// All tables, and the clock that their writes are stamped with.
pub struct Memory {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    /// Told of every write.
    pub changed: Notify,
}

impl Memory {
    /// Empty tables.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = State {
            now: Timestamp::UNIX_EPOCH,
            visible_at: Timestamp::UNIX_EPOCH,
            tokens: 0,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            memberships: BTreeSet::new(),
            links: BTreeMap::new(),
            owners: BTreeMap::new(),
            ownerships: Vec::new(),
            creates: Vec::new(),
            todo: BTreeMap::new(),
            pushed: BTreeMap::new(),
            pushed_mirror: BTreeMap::new(),
            references: BTreeMap::new(),
            applications: BTreeMap::new(),
            conditions: BTreeMap::new(),
            paces: BTreeMap::new(),
            next_free: BTreeMap::new(),
            windows: BTreeMap::new(),
            jobs: BTreeMap::new(),
            found: BTreeMap::new(),
            previews: previews::Previews::default(),
            directory_jobs: BTreeMap::new(),
            activity: BTreeMap::new(),
            index: Index::default(),
            streams: [Vec::new(), Vec::new()],
        };
        Arc::new(Self { state: Mutex::new(state), clock, changed: Notify::new() })
    }

    /// Looks at what is kept, past every port.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The ports, in this weather.
    pub fn tables(self: &Arc<Self>, weather: Arc<dyn Weather>) -> Tables {
        let store = Arc::new(Store { memory: Arc::clone(self), weather });
        Tables {
            directory: store.clone(),
            listing: store.clone(),
            attributes: store.clone(),
            offboardings: store.clone(),
            applications: store.clone(),
            fuse: store.clone(),
            links: store.clone(),
            memberships: store.clone(),
            references: store.clone(),
            jobs: store.clone(),
            previews: store.clone(),
            directory_jobs: store.clone(),
            imports: store.clone(),
            activity: store.clone(),
            activity_log: store,
        }
    }
}

/// Every port on the tables, as one process sees them.
struct Store {
    memory: Arc<Memory>,
    weather: Arc<dyn Weather>,
}

impl Store {
    async fn read<T>(&self, call: &'static str, ask: impl FnOnce(&mut State) -> T) -> StoreResult<T> {
        self.weather.before(call).await?;
        let mut state = self.memory.state();
        state.now = self.memory.clock.now();
        Ok(ask(&mut state))
    }

    async fn write<T>(&self, call: &'static str, act: impl FnOnce(&mut State) -> T) -> StoreResult<T> {
        self.weather.before(call).await?;
        let done = {
            let mut state = self.memory.state();
            state.now = self.memory.clock.now();
            state.visible_at = after(state.now, self.weather.lag());
            act(&mut state)
        };
        self.memory.changed.notify_waiters();
        self.weather.after(call).await?;
        Ok(done)
    }

    /// Writes rows one by one, all of them or as many as the weather lets through.
    async fn write_rows<T>(
        &self,
        call: &'static str,
        rows: Vec<T>,
        act: impl Fn(&mut State, T),
    ) -> StoreResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let written = self.weather.rows_written(rows.len());
        self.write(call, |state| {
            let many = written.unwrap_or(rows.len());
            rows.into_iter().take(many).for_each(|row| act(state, row));
        })
        .await?;
        match written {
            None => Ok(()),
            Some(_) => Err(unavailable(call)),
        }
    }
}

/// What a call says that was not carried out, as far as is known.
pub fn unavailable(call: &'static str) -> provisioning::ports::StoreError {
    provisioning::ports::StoreError::Unavailable { what: call, detail: "throttled".into() }
}
