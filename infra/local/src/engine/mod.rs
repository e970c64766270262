//! The engine: every function in one process, fed as Lambda feeds them, on embedded tables, queues and secrets.

mod at_rest;
mod data_directory;
mod error;
mod functions;
mod idle;
mod poller;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::tables::TableNames;
use provisioning::activity::Actor;
use provisioning::application::Setup;
use provisioning::clock::Clock;
use provisioning::directory::import_job::Imports;
use provisioning::directory::job::Deletions;
use provisioning::due::Poller;
use provisioning::ports::{Bell, Connector, SecretStore, Tables};
use provisioning::randomness::Randomness;
use provisioning::sweep::start_after_gap;
use scim_client::{AddressPolicy, HttpConnector};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use at_rest::AtRest;
pub use error::EngineError;
pub use idle::Idle;

use crate::database::{Database, Usage};
use crate::queue::{FifoSettings, QueueSource, Queues};
use crate::recovery::{Recovered, recover};
use crate::secrets::{SecretFiles, SecretsInMemory};
use crate::streams::{EventSource, Filter, Mapping, Progress};
use data_directory::DataDirectory;
use poller::{Running, Schedule};

/// The furthest a due time is put off by who rings: detection, the schedule and the sweeper.
const PUT_OFF: Duration = Duration::from_secs(120);

/// How long a stop waits for the data to be closed.
const CLOSING: Duration = Duration::from_secs(2);

/// How the engine is to run.
#[derive(Clone)]
pub struct EngineConfig {
    /// Where data is kept; `None` keeps it in memory until the process ends.
    pub data: Option<PathBuf>,
    /// Which targets may be reached.
    pub address_policy: AddressPolicy,
    /// Opens targets in place of the HTTP client, for tests.
    pub connector: Option<Arc<dyn Connector>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Claim tokens, names of secrets, ids of jobs.
    pub randomness: Arc<dyn Randomness>,
    /// Lanes of an application (DESIGN section 6).
    pub lanes: u32,
    /// Most batches of one queue at a time.
    pub concurrency: usize,
    /// How long a task of one object may take.
    pub task_deadline: Duration,
    /// How often what came due is rung.
    pub schedule: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            data: None,
            address_policy: AddressPolicy::PublicOnly,
            connector: None,
            clock: Arc::new(aws::clock::SystemClock),
            randomness: Arc::new(aws::randomness::UuidTokens),
            lanes: 4,
            concurrency: 16,
            task_deadline: Duration::from_secs(45),
            schedule: Duration::from_secs(1),
        }
    }
}

/// What the functions work with.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) tables: Tables,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) bell: Arc<dyn Bell>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) task_deadline: Duration,
}

/// The running engine. Dropped without [`Engine::stop`] it ends as a killed process does: nothing recorded is lost.
pub struct Engine {
    pub(crate) parts: Parts,
    database: Database,
    queues: Queues,
    streams: Vec<Progress>,
    writes: watch::Receiver<u64>,
    running: Running,
    recovered: Recovered,
    gap: bool,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Engine {
    /// Opens the data, recovers what an earlier process left, and starts every function.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    pub async fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let directory = config.data.as_deref().map(DataDirectory::take).transpose()?;
        let (database, secrets) = open(directory)?;
        let names = TableNames::default();
        let client = database.client();
        aws::tables::create(&client, &names).await?;
        if config.data.is_some() {
            // What has expired goes at each start; in memory nothing lives so long.
            database.remove_expired().await?;
        }
        let queues = Queues::new(&FifoSettings::default(), config.lanes, &config.clock);
        let parts = Parts {
            tables: aws::stores::tables_with(
                client,
                names.clone(),
                Arc::clone(&config.clock),
                Arc::clone(&config.randomness),
            ),
            secrets,
            connector: config
                .connector
                .unwrap_or_else(|| Arc::new(HttpConnector::new(config.address_policy))),
            bell: Arc::new(queues.clone()),
            clock: config.clock,
            randomness: config.randomness,
            task_deadline: config.task_deadline,
        };
        let recovered = recover(&parts.tables, parts.bell.as_ref(), parts.clock.as_ref(), PUT_OFF).await?;
        let mut engine = Self {
            writes: database.writes(),
            parts,
            database,
            queues,
            streams: Vec::new(),
            running: Running::default(),
            recovered,
            gap: false,
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
        };
        engine.start_streams(&names).await?;
        engine.start_queues(config.concurrency);
        engine.start_schedule(config.schedule);
        if engine.gap {
            let Parts { tables, bell, clock, .. } = &engine.parts;
            start_after_gap(tables, bell.as_ref(), clock.as_ref()).await?;
        }
        Ok(engine)
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.parts.tables
    }

    /// Sets applications up.
    pub fn setup(&self) -> Setup {
        let Parts { tables, secrets, connector, bell, clock, randomness, .. } = self.parts.clone();
        Setup {
            tables,
            secrets,
            connector,
            bell,
            clock,
            randomness,
            expected_version: None,
            actor: Actor::System,
        }
    }

    /// Begins deletions in the directory.
    pub fn deletions(&self) -> Deletions {
        let Parts { tables, bell, clock, .. } = self.parts.clone();
        Deletions { jobs: tables.directory_jobs, bell, clock }
    }

    /// Takes imports.
    pub fn imports(&self) -> Imports {
        let Parts { tables, bell, clock, randomness, .. } = self.parts.clone();
        Imports { tables, bell, clock, randomness }
    }

    /// Opens targets.
    pub fn connector(&self) -> &Arc<dyn Connector> {
        &self.parts.connector
    }

    /// Where credentials lie.
    pub fn secrets(&self) -> &Arc<dyn SecretStore> {
        &self.parts.secrets
    }

    /// The clock the functions see.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.clock
    }

    /// Where ids are taken from.
    pub fn randomness(&self) -> &Arc<dyn Randomness> {
        &self.parts.randomness
    }

    /// What was asked of the tables so far.
    pub fn usage(&self) -> Usage {
        self.database.usage()
    }

    /// What was found of an earlier process when this one started.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// Whether stream records were lost before a function had read them; every enabled application is swept for it.
    pub fn has_stream_gap(&self) -> bool {
        self.gap
    }

    /// Finishes what is in flight, for at most `deadline`; then ends the rest as a killed process would. What was not finished
    /// is marked and comes again at the next start. Then the data is closed, unless somebody still holds its tables.
    pub async fn stop(mut self, deadline: Duration) {
        self.stop.send_replace(true);
        let ended =
            tokio::time::timeout(deadline, async { while self.tasks.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!("what was in flight did not end in time; it comes again at the next start");
            self.tasks.shutdown().await;
        }
        let Self { parts, database, .. } = self;
        drop(parts);
        if tokio::time::timeout(CLOSING, database.close()).await.is_err() {
            tracing::debug!("the data is still in use");
        }
    }

    async fn start_streams(&mut self, names: &TableNames) -> Result<(), EngineError> {
        let mapping = |function, table: &String, filter, batch, millis| Mapping {
            function,
            table: table.clone(),
            filter,
            batch,
            window: Duration::from_millis(millis),
        };
        let detection = functions::detection(&self.parts);
        let log_writer = functions::log_writer(&self.parts);
        let mappings = [
            (
                mapping("change-detection", &names.directory, Filter::DIRECTORY, 200, 5),
                Arc::clone(&detection),
            ),
            (mapping("change-detection", &names.provisioning, Filter::PresenceChanged, 200, 20), detection),
            (mapping("log-writer", &names.provisioning, Filter::Outcomes, 1_000, 50), log_writer),
        ];
        for (mapping, function) in mappings {
            let checkpoint = self.database.checkpoint(&mapping.table, mapping.function).await?;
            if checkpoint.gap {
                tracing::error!(
                    table = mapping.table,
                    "stream records were lost unread; a sweep finds what they told"
                );
                self.gap = true;
            }
            let source =
                EventSource::new(mapping, self.database.clone(), function, Arc::clone(&self.parts.clock));
            self.streams.push(source.progress());
            let stop = self.stop.subscribe();
            self.tasks.spawn(source.run(checkpoint.after, stop));
        }
        Ok(())
    }

    fn start_queues(&mut self, concurrency: usize) {
        let sources = [
            ("user-sync", &self.queues.user_sync, functions::user_sync(&self.parts)),
            ("group-sync", &self.queues.group_sync, functions::group_sync(&self.parts)),
            ("jobs", &self.queues.jobs, functions::jobs(&self.parts)),
        ];
        for (function, queue, handler) in sources {
            let source = QueueSource { function, queue: queue.clone(), handler, concurrency };
            self.tasks.spawn(source.run(self.stop.subscribe()));
        }
    }

    fn start_schedule(&mut self, interval: Duration) {
        let Parts { tables, bell, clock, .. } = self.parts.clone();
        let poller = Poller { tables, bell, clock: Arc::clone(&clock) };
        let schedule = Schedule { poller, clock, interval, running: self.running.clone() };
        self.tasks.spawn(schedule.run(self.stop.subscribe()));
    }
}

fn open(directory: Option<DataDirectory>) -> Result<(Database, Arc<dyn SecretStore>), EngineError> {
    let Some(directory) = directory else {
        return Ok((Database::in_memory()?, Arc::new(SecretsInMemory::default())));
    };
    let path = directory.secrets();
    let secrets = SecretFiles::in_directory(&path).map_err(|error| EngineError::Directory { path, error })?;
    Ok((Database::at(&directory.private_database()?, directory)?, Arc::new(secrets)))
}

#[cfg(test)]
mod tests;
