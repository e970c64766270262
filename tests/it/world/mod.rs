//! A world for tests: the tables, the functions' use cases and a stand-in target, driven step by step on a clock that
//! only goes when it is told to. Every write to a table and every write to the target is a step, and the process can be
//! made to die at any of them.

mod drive;
mod steps;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws::tables::TableNames;
use jiff::Timestamp;
use provisioning::activity::Outcome;
use provisioning::application::{Configuration, Links, Policy, Selection, Setup};
use provisioning::clock::{Clock as _, SteppedClock};
use provisioning::detect::Detector;
use provisioning::directory::import_job::Imports;
use provisioning::directory::job::{Deletions, DirectoryWorker};
use provisioning::directory::{Group, Status, User};
use provisioning::due::Poller;
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::link::{LinkKey, Mark};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{
    Bell, Doorbell, GroupWrite, Lane, LinkStore, SecretStore, StoreResult, Tables, UserWrite,
};
use provisioning::randomness::Numbered;
use provisioning::sweep::Sweeper;
use provisioning::sync::Worker;
use rollcall::database::Database;
use rollcall::secrets::SecretsInMemory;
use scim_client::{AddressPolicy, HttpConnector};
use testkit::{StandIn, StandInConfig};

pub use drive::Run;
pub use steps::{Crash, When};
use steps::{CrashingConnector, Steps, crashing_client};

/// Doorbells that were rung and not yet answered. They live in memory: a crash may lose them.
#[derive(Default)]
pub struct Rung(Mutex<VecDeque<Doorbell>>);

#[async_trait]
impl Bell for Rung {
    async fn ring(&self, _: Lane, _: &str, doorbells: &[Doorbell]) -> StoreResult<()> {
        self.0.lock().unwrap().extend(doorbells.iter().cloned());
        Ok(())
    }
}

/// The world.
pub struct World {
    pub stand_in: StandIn,
    /// The tables as a test reads and writes them: these never crash.
    pub tables: Tables,
    pub clock: Arc<SteppedClock>,
    pub application: ApplicationId,
    pub setup: Setup,
    database: Database,
    steps: Arc<Steps>,
    bell: Arc<Rung>,
    worker: Worker,
    detector: Detector,
    poller: Poller,
    sweeper: Sweeper,
    directory_worker: DirectoryWorker,
    pub deletions: Deletions,
    pub imports: Imports,
    cursors: BTreeMap<&'static str, Option<String>>,
}

impl World {
    /// A world with an application that is connected to the stand-in, maps userName and title, and selects these groups.
    pub async fn new(groups: &[&str]) -> Self {
        Self::of("generic-saml", groups).await
    }

    /// The same, of this entry of the catalog.
    pub async fn of(catalog_key: &str, groups: &[&str]) -> Self {
        let stand_in = StandIn::start(StandInConfig::default()).await.unwrap();
        let database = Database::in_memory().unwrap();
        let names = TableNames::default();
        let clock = Arc::new(SteppedClock::at("2026-11-23T08:00:00Z".parse::<Timestamp>().unwrap()));
        let randomness = Arc::new(Numbered::default());
        let steps = Arc::new(Steps::default());
        let calm = database.client();
        aws::tables::create(&calm, &names).await.unwrap();
        let tables_of =
            |client| aws::stores::tables_with(client, names.clone(), clock.clone(), randomness.clone());
        let tables = tables_of(calm);
        let crashing = tables_of(crashing_client(&database, &steps));
        let bell = Arc::new(Rung::default());
        let secrets: Arc<dyn SecretStore> = Arc::new(SecretsInMemory::default());
        let http = Arc::new(HttpConnector::new(AddressPolicy::AllowLocal));
        let connector = Arc::new(CrashingConnector { inner: http.clone(), steps: steps.clone() });
        let application: ApplicationId = "crm".parse().unwrap();
        let setup = Setup {
            tables: tables.clone(),
            secrets: secrets.clone(),
            connector: http,
            bell: bell.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
            expected_version: None,
            actor: provisioning::activity::Actor::System,
        };
        let worker = Worker {
            tables: crashing.clone(),
            secrets: secrets.clone(),
            connector: connector.clone(),
            bell: bell.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
            task_deadline: Duration::from_secs(45),
        };
        let detector = Detector { tables: crashing.clone(), bell: bell.clone(), clock: clock.clone() };
        let poller = Poller { tables: crashing.clone(), bell: bell.clone(), clock: clock.clone() };
        let directory_worker =
            DirectoryWorker { tables: crashing.clone(), bell: bell.clone(), clock: clock.clone() };
        let deletions =
            Deletions { jobs: tables.directory_jobs.clone(), bell: bell.clone(), clock: clock.clone() };
        let imports = Imports {
            tables: tables.clone(),
            bell: bell.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
        };
        let sweeper =
            Sweeper { tables: crashing, secrets, connector, bell: bell.clone(), clock: clock.clone() };
        let cursors = BTreeMap::new();
        let world = Self {
            stand_in,
            tables,
            clock,
            application,
            setup,
            database,
            steps,
            bell,
            worker,
            detector,
            poller,
            sweeper,
            directory_worker,
            deletions,
            imports,
            cursors,
        };
        Box::pin(world.set_up(catalog_key, groups)).await;
        world
    }

    async fn set_up(&self, catalog_key: &str, groups: &[&str]) {
        let (setup, id) = (&self.setup, &self.application);
        setup.create(id, "CRM", catalog_key).await.unwrap();
        Box::pin(setup.connect(id, self.stand_in.base_url(), &self.stand_in.token(), Links::Keep))
            .await
            .unwrap();
        let mapped = |target: &str, source| MappedAttribute {
            target: target.parse().unwrap(),
            source,
            required: target == "userName",
        };
        let mapping = Mapping {
            attributes: vec![
                mapped("userName", Source::Directory(DirectoryAttribute::Username)),
                mapped("title", Source::Custom("title".into())),
            ],
        };
        let selection = Selection {
            groups: groups.iter().map(|id| id.parse().unwrap()).collect(),
            ..Selection::default()
        };
        let policy = Policy { grace_seconds: 0, ..Policy::default() };
        let new = Configuration {
            name: None,
            mapping: Some(mapping),
            selection: Some(selection),
            policy: Some(policy),
            overrides: None,
        };
        Box::pin(setup.configure(id, new)).await.unwrap();
        self.stand_in.clear_log();
    }

    /// Sets what happens to those who leave.
    pub async fn set_policy(&self, policy: Policy) {
        let new = Configuration { policy: Some(policy), ..Configuration::default() };
        Box::pin(self.setup.configure(&self.application, new)).await.unwrap();
    }

    /// Just before a worker's write of this number, counted from 1, somebody else does something.
    pub fn interrupt(&self, step: u64, by: impl Future<Output = ()> + Send + 'static) {
        self.steps.interrupt(step, Box::pin(by));
    }

    /// Whether that has come to pass.
    pub fn is_interrupted(&self) -> bool {
        self.steps.is_interrupted()
    }

    /// Marks a link, as a change that comes just then does; its bell is not rung.
    pub fn mark(&self, key: &LinkKey) -> impl Future<Output = ()> + Send + use<> {
        marked(self.tables.links.clone(), key.clone(), self.clock.now())
    }

    /// Such changes come before every write of a worker from now on.
    pub fn mark_before_every_write(&self, key: &LinkKey) {
        let (links, key, due_at) = (self.tables.links.clone(), key.clone(), self.clock.now());
        self.steps.disturb(Some(Box::new(move || Box::pin(marked(links.clone(), key.clone(), due_at)))));
    }

    /// They come no more.
    pub fn leave_undisturbed(&self) {
        self.steps.disturb(None);
    }

    /// Enables the application, which starts a sweep.
    pub async fn enable(&self) {
        Box::pin(self.setup.enable(&self.application, None)).await.unwrap();
    }

    /// Creates a group, or renames it.
    pub async fn group(&self, id: &str, name: &str) {
        let id: GroupId = id.parse().unwrap();
        let old = self.tables.directory.group(&id).await.unwrap();
        let new = Group { id, source_id: None, name: name.into(), deleting: false };
        self.tables.directory.write_group(&GroupWrite { old, new }).await.unwrap();
    }

    /// Creates or changes a user: his title and the groups he is in from now on.
    pub async fn user(&self, id: &str, title: &str, groups: &[&str]) {
        self.write_user(id, groups, |user| {
            user.custom.insert("title".into(), title.into());
        })
        .await;
    }

    /// Changes a user as `change` says, in these groups.
    pub async fn write_user(&self, id: &str, groups: &[&str], change: impl FnOnce(&mut User)) {
        let id: UserId = id.parse().unwrap();
        let record = self.tables.directory.user(&id).await.unwrap();
        let old = record.as_ref().and_then(|record| record.user.clone());
        let known: BTreeSet<GroupId> = record.map(|record| record.groups).unwrap_or_default();
        let wanted: BTreeSet<GroupId> = groups.iter().map(|group| group.parse().unwrap()).collect();
        let mut new = old.clone().unwrap_or_else(|| User {
            username: id.to_string(),
            source_id: None,
            // What some targets require.
            email: Some(format!("{id}@example.org")),
            first_name: Some("One".into()),
            last_name: Some("Of Us".into()),
            display_name: Some(id.to_string()),
            id,
            status: Status::Active,
            custom: BTreeMap::new(),
            deleting: false,
        });
        change(&mut new);
        let (join, leave) = (&wanted - &known, &known - &wanted);
        self.tables.directory.write_user(&UserWrite { old, new, join, leave }).await.unwrap();
    }

    /// Deletes a user.
    pub async fn delete(&self, id: &str) {
        self.tables.directory.delete_user(&id.parse().unwrap()).await.unwrap();
    }

    /// From now on it is as late here as at the target, which dates what it has by real time.
    #[expect(clippy::disallowed_methods, reason = "the target dates what it has by real time")]
    pub fn agree_on_the_time(&self) {
        let late = Timestamp::now().duration_since(self.clock.now());
        self.clock.advance(late.unsigned_abs());
    }

    /// The application's events, oldest first.
    pub async fn events(&self) -> Vec<Outcome> {
        let page = self.tables.activity.of_application(&self.application, None, 1_000).await.unwrap();
        assert!(page.next.is_none(), "more events than a test should make");
        page.outcomes.into_iter().rev().collect()
    }

    /// What the target shows: each account's title where it is active, `None` where it is not.
    pub fn accounts(&self) -> BTreeMap<String, Option<String>> {
        let shown = self.stand_in.users().into_iter().map(|user| {
            let name = user.text("userName").unwrap_or_default().to_owned();
            let title = user.text("title").unwrap_or_default().to_owned();
            (name, (user.active() != Some(false)).then_some(title))
        });
        let shown: Vec<_> = shown.collect();
        let accounts: BTreeMap<_, _> = shown.iter().cloned().collect();
        assert_eq!(accounts.len(), shown.len(), "two accounts of one name: {shown:?}");
        accounts
    }

    /// What the target shows of groups: their members' names.
    pub fn memberships(&self) -> BTreeMap<String, BTreeSet<String>> {
        let names = self.stand_in.groups();
        let names: Vec<_> = names.iter().filter_map(|group| group.text("displayName")).collect();
        let groups: BTreeMap<_, _> =
            names.iter().map(|name| ((*name).to_owned(), self.stand_in.members_of(name))).collect();
        assert_eq!(groups.len(), names.len(), "two groups of one name: {names:?}");
        groups
    }

    /// The writes the target has seen, as `METHOD path`, without failures.
    pub fn writes(&self) -> Vec<String> {
        let log = self.stand_in.writes();
        log.iter()
            .filter(|request| (200..300).contains(&request.status))
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }
}

async fn marked(links: Arc<dyn LinkStore>, key: LinkKey, due_at: Timestamp) {
    let application_version = links.link(&key).await.unwrap().unwrap().work.application_version;
    let mark = Mark { application_version, due_at, by_sweep: false, compare: false };
    links.mark(&key, &mark).await.unwrap();
}
