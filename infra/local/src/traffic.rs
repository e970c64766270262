//! What goes to a target and how long it takes, seen at the port that every request passes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use provisioning::application::{BaseUrlProblem, Connection};
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{Discovery, Exchange, Found, FoundPage, Kind, MatchKey, RequestNote, Write};
use secrecy::SecretString;
use url::Url;

/// Most requests remembered at a time.
const REMEMBERED: usize = 10_000;

/// Requests counted, and the latest remembered.
#[derive(Debug, Default)]
pub struct Traffic {
    reads: AtomicU64,
    writes: AtomicU64,
    latest: Mutex<Vec<RequestNote>>,
}

/// How many requests were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct RequestCounts {
    /// Those that read.
    pub reads: u64,
    /// Those that write.
    pub writes: u64,
}

impl Traffic {
    /// All requests so far.
    pub fn counts(&self) -> RequestCounts {
        RequestCounts {
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
        }
    }

    /// The requests since this was asked last.
    pub fn take(&self) -> Vec<RequestNote> {
        std::mem::take(&mut self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, requests: &[RequestNote]) {
        let reads = requests.iter().filter(|request| request.method == "GET").count();
        self.reads.fetch_add(reads as u64, Ordering::Relaxed);
        self.writes.fetch_add((requests.len() - reads) as u64, Ordering::Relaxed);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let room = REMEMBERED.saturating_sub(latest.len());
        latest.extend(requests.iter().take(room).cloned());
    }

    fn noted<T>(&self, exchange: Exchange<T>) -> Exchange<T> {
        self.note(&exchange.requests);
        exchange
    }
}

/// A connector whose traffic is seen.
pub struct WatchedConnector {
    inner: Arc<dyn Connector>,
    traffic: Arc<Traffic>,
}

impl WatchedConnector {
    /// Watches what goes through `inner`.
    pub fn new(inner: Arc<dyn Connector>, traffic: Arc<Traffic>) -> Self {
        Self { inner, traffic }
    }
}

#[async_trait]
impl Connector for WatchedConnector {
    fn base_url(&self, typed: &str) -> Result<Url, BaseUrlProblem> {
        self.inner.base_url(typed)
    }

    fn open(&self, connection: &Connection, token: &SecretString) -> Arc<dyn Target> {
        let inner = self.inner.open(connection, token);
        Arc::new(WatchedTarget { inner, traffic: Arc::clone(&self.traffic) })
    }

    async fn discover(&self, connection: &Connection, token: &SecretString) -> Exchange<Discovery> {
        self.traffic.noted(self.inner.discover(connection, token).await)
    }
}

struct WatchedTarget {
    inner: Arc<dyn Target>,
    traffic: Arc<Traffic>,
}

#[async_trait]
impl Target for WatchedTarget {
    async fn write(&self, write: &Write) -> Exchange<Option<Found>> {
        self.traffic.noted(self.inner.write(write).await)
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        self.traffic.noted(self.inner.find(kind, key).await)
    }

    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found> {
        self.traffic.noted(self.inner.get(kind, remote_id).await)
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        self.traffic.noted(self.inner.list(kind, start).await)
    }

    async fn control(&self) -> Exchange<()> {
        self.traffic.noted(self.inner.control().await)
    }
}
