//! A batch of doorbells: grouped by application, worked off concurrently.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use tracing::{error, warn};

use super::Worker;
use super::paced::{Haste, Paced};
use super::task::Task;
use crate::application::Configured;
use crate::ids::ApplicationId;
use crate::link::{LinkKey, Object};
use crate::ports::{Doorbell, StoreError, StoreResult, Target};

/// Why nothing is sent where the secret store has no credentials.
pub(crate) const NO_CREDENTIALS: &str = "its credentials are not in the secret store; connect it again";

/// What became of one doorbell of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Its work is settled or recorded: the message may go.
    Yes,
    /// It was not reached, or a table did not answer: the message should come again.
    No,
}

/// An application as one batch sees it, with its target opened.
pub(super) struct Opened {
    pub(super) configured: Configured,
    pub(super) target: Arc<dyn Target>,
}

impl Opened {
    /// The target, at the application's pace.
    pub(super) fn paced(&self, worker: &Worker, haste: Haste) -> Paced {
        let applications = Arc::clone(&worker.tables.applications);
        let clock = Arc::clone(&worker.clock);
        Paced::new(Arc::clone(&self.target), &self.configured, applications, clock, haste)
    }
}

impl Worker {
    /// Works a batch of doorbells off, concurrently, each under its own deadline and panic boundary. The answers are
    /// in the order of the doorbells. The configuration is read once a batch, consistently.
    pub async fn work_off(&self, doorbells: &[Doorbell]) -> Vec<Handled> {
        let mut opened: HashMap<ApplicationId, StoreResult<Option<Arc<Opened>>>> = HashMap::new();
        for doorbell in doorbells {
            if let Doorbell::Link { key, .. } = doorbell
                && !opened.contains_key(&key.application)
            {
                opened.insert(key.application.clone(), self.open(&key.application).await);
            }
        }
        let handled = join_all(doorbells.iter().map(|doorbell| async {
            let Doorbell::Link { key, .. } = doorbell else { return Handled::Yes };
            match opened.get(&key.application) {
                Some(Ok(Some(opened))) => self.supervise(key.clone(), Arc::clone(opened)).await,
                // No such application, or nothing may be sent to it: the mark stays and is rung when it may.
                Some(Ok(None)) | None => Handled::Yes,
                Some(Err(_)) => Handled::No,
            }
        }))
        .await;
        for opened in opened.values().filter_map(|opened| opened.as_ref().ok()?.as_ref()) {
            self.keep_learned(opened).await;
        }
        handled
    }

    /// Reads an application and opens its target; `None` where nothing may be sent.
    pub(super) async fn open(&self, id: &ApplicationId) -> StoreResult<Option<Arc<Opened>>> {
        let loaded = self.tables.applications.load(id).await;
        let loaded =
            loaded.inspect_err(|error| warn!(application = %id, %error, "cannot read the application"));
        let Some(configured) = loaded?.filter(Configured::is_live) else { return Ok(None) };
        let Some(connection) = &configured.application.connection else { return Ok(None) };
        let Some(token) = self.secrets.secret(&connection.secret).await? else {
            self.tables.applications.pause(id, configured.application.version, NO_CREDENTIALS).await?;
            return Ok(None);
        };
        self.raise_pace(&configured).await?;
        let target = self.connector.open(connection, &token);
        Ok(Some(Arc::new(Opened { configured, target })))
    }

    /// A pace that has held for a while is raised; one that nobody need count any more is given up.
    async fn raise_pace(&self, configured: &Configured) -> StoreResult<()> {
        let Some(pace) = configured.pace else { return Ok(()) };
        let Some(raised) = pace.raised(self.clock.now()) else { return Ok(()) };
        let raised = Some(raised).filter(|pace| !pace.is_none());
        self.tables.applications.set_pace(&configured.application.id, Some(pace), raised).await
    }

    /// A task's panic or overrun is that task's alone. What it did is not known then: its doubts stand, and it is
    /// settled as a failure, so that it is told, comes again at growing distances, and holds up nobody who waits for it.
    async fn supervise(&self, key: LinkKey, opened: Arc<Opened>) -> Handled {
        let worker = self.clone();
        let (named, token) = (key.clone(), self.randomness.token());
        let interrupted =
            Interrupted { worker: self, opened: Arc::clone(&opened), key: key.clone(), token: token.clone() };
        let task = tokio::spawn(async move {
            let deadline = worker.task_deadline;
            let mut task = Task::new(&worker, opened, key, token);
            let run = async {
                match task.key.object.clone() {
                    Object::User(user) => Box::pin(task.user(&user)).await,
                    Object::Group(group) => Box::pin(task.group(&group)).await,
                }
            };
            tokio::time::timeout(deadline, run).await
        });
        match task.await {
            Ok(Ok(Ok(()))) => Handled::Yes,
            Ok(Ok(Err(StoreError::Corrupt { what, detail }))) => {
                error!(link = %named, what, detail, "an item cannot be read");
                interrupted.settle("something Rollcall keeps about it cannot be read").await
            }
            Ok(Ok(Err(error))) => {
                warn!(link = %named, %error, "a store did not answer");
                Handled::No
            }
            Ok(Err(_)) => {
                warn!(link = %named, "the task passed its deadline");
                interrupted.settle("it took longer than a task may take").await
            }
            Err(panic) => {
                error!(link = %named, %panic, "the task panicked");
                interrupted.settle("Rollcall failed on it by a fault of its own").await
            }
        }
    }
}

/// A task that ended without settling its link.
struct Interrupted<'a> {
    worker: &'a Worker,
    opened: Arc<Opened>,
    key: LinkKey,
    token: String,
}

impl Interrupted<'_> {
    /// Settles it as a failure, unless somebody else works on the link by now. Where that cannot be done either, the mark
    /// stands and comes due by itself.
    async fn settle(self, reason: &str) -> Handled {
        let Self { worker, opened, key, token } = self;
        let task = Task::new(worker, opened, key, token);
        if let Err(error) = task.interrupted(reason).await {
            warn!(link = %task.key, %error, "an interrupted task could not be settled");
        }
        Handled::Yes
    }
}
