//! Steps: each write to a table or to the target is one, and the process may die before or after any of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::BoxFuture;
use provisioning::application::{BaseUrlProblem, Connection};
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{Discovery, Exchange, Found, FoundPage, Kind, MatchKey, TargetError, Write};
use rollcall::database::Database;
use secrecy::SecretString;
use url::Url;

/// Whether the process dies before a step takes effect or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// At which step the process dies, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    pub step: u64,
    pub when: When,
}

/// Counts steps, and is where a process dies.
#[derive(Default)]
pub struct Steps {
    taken: AtomicU64,
    crash_before: AtomicU64,
    crash_after: AtomicU64,
    dead: AtomicBool,
    /// What somebody else does just before a step.
    interruption: Mutex<Option<(u64, BoxFuture<'static, ()>)>>,
    /// The same before every step.
    disturbance: Mutex<Option<Disturbance>>,
}

/// What somebody else does again and again.
pub type Disturbance = Box<dyn Fn() -> BoxFuture<'static, ()> + Send>;

impl Steps {
    pub fn arm(&self, crash: Option<Crash>) {
        let at = |when| crash.filter(|crash| crash.when == when).map_or(0, |crash| crash.step);
        self.taken.store(0, Ordering::SeqCst);
        self.crash_before.store(at(When::Before), Ordering::SeqCst);
        self.crash_after.store(at(When::After), Ordering::SeqCst);
        self.dead.store(false, Ordering::SeqCst);
    }

    /// Just before this step from now on, counted from 1, somebody else does something.
    pub fn interrupt(&self, step: u64, by: BoxFuture<'static, ()>) {
        self.arm(None);
        *self.interruption.lock().unwrap() = Some((step, by));
    }

    /// Whether that has come to pass.
    pub fn is_interrupted(&self) -> bool {
        self.interruption.lock().unwrap().is_none()
    }

    /// Before every step from now on somebody else does this, or nobody does anything.
    pub fn disturb(&self, by: Option<Disturbance>) {
        *self.disturbance.lock().unwrap() = by;
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    /// Takes a step: `None` if the process died before it took effect, or had died already.
    async fn take<T>(&self, step: impl Future<Output = T>) -> Option<T> {
        let number = self.taken.fetch_add(1, Ordering::SeqCst) + 1;
        if self.is_dead() || number == self.crash_before.load(Ordering::SeqCst) {
            self.dead.store(true, Ordering::SeqCst);
            return None;
        }
        let interruption = self.interruption.lock().unwrap().take_if(|(step, _)| *step == number);
        if let Some((_, by)) = interruption {
            by.await;
        }
        let disturbance = self.disturbance.lock().unwrap().as_ref().map(|by| by());
        if let Some(by) = disturbance {
            by.await;
        }
        let done = step.await;
        if number == self.crash_after.load(Ordering::SeqCst) {
            self.dead.store(true, Ordering::SeqCst);
        }
        (!self.is_dead()).then_some(done)
    }
}

/// A client whose writes are steps. A dead process gets no answers; the error is one the SDK does not retry.
pub fn crashing_client(database: &Database, steps: &Arc<Steps>) -> aws_sdk_dynamodb::Client {
    let (database, steps) = (database.clone(), steps.clone());
    aws::in_process::client(move |operation, body| {
        let (database, steps) = (database.clone(), steps.clone());
        async move {
            let dead = (400, br#"{"__type":"AccessDeniedException","message":"the process died"}"#.to_vec());
            let writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
            match writes.contains(&operation.as_str()) {
                true => steps.take(database.answer(&operation, &body)).await.unwrap_or(dead),
                false if steps.is_dead() => dead,
                false => database.answer(&operation, &body).await,
            }
        }
    })
}

/// A connector whose targets' writes are steps.
pub struct CrashingConnector {
    pub inner: Arc<dyn Connector>,
    pub steps: Arc<Steps>,
}

struct CrashingTarget {
    inner: Arc<dyn Target>,
    steps: Arc<Steps>,
}

#[async_trait]
impl Connector for CrashingConnector {
    fn base_url(&self, typed: &str) -> Result<Url, BaseUrlProblem> {
        self.inner.base_url(typed)
    }

    fn open(&self, connection: &Connection, token: &SecretString) -> Arc<dyn Target> {
        Arc::new(CrashingTarget { inner: self.inner.open(connection, token), steps: self.steps.clone() })
    }

    async fn discover(&self, connection: &Connection, token: &SecretString) -> Exchange<Discovery> {
        self.inner.discover(connection, token).await
    }
}

impl CrashingTarget {
    async fn read<T>(&self, exchange: impl Future<Output = Exchange<T>>) -> Exchange<T> {
        match self.steps.is_dead() {
            true => died(),
            false => exchange.await,
        }
    }
}

fn died<T>() -> Exchange<T> {
    Exchange { requests: Vec::new(), result: Err(TargetError::Unknown("the process died".into())) }
}

#[async_trait]
impl Target for CrashingTarget {
    async fn write(&self, write: &Write) -> Exchange<Option<Found>> {
        self.steps.take(self.inner.write(write)).await.unwrap_or_else(died)
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        self.read(self.inner.find(kind, key)).await
    }

    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found> {
        self.read(self.inner.get(kind, remote_id)).await
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        self.read(self.inner.list(kind, start)).await
    }

    async fn control(&self) -> Exchange<()> {
        self.read(self.inner.control()).await
    }

    fn learned(&self) -> catalog::Settings {
        self.inner.learned()
    }
}
