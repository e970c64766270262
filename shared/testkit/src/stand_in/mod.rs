//! The stand-in: a SCIM 2.0 server in this process, on a port of 127.0.0.1. It is strict where RFC 7643 and 7644 are, keeps
//! everything in memory, writes down every request, and fails as it is told to.

mod activations;
mod apply_patch;
mod checks;
mod documents;
mod endpoints;
mod fault;
mod query;
mod quirks;
mod rate_limit;
mod reply;
mod serve;
mod shown;
mod store;
mod watch;

pub use activations::Activation;
pub use fault::{Fault, FaultAnswer, Throttling};
pub use quirks::{
    AbsentMember, Clearing, Conflict, Deactivation, Deletion, Documents, FilterAttributes, GroupRename, Ids,
    KnownValues, MemberRemoval, MemberReplacement, NewId, OperationNames, Paging, Quirks, UnknownMember,
};
pub use rate_limit::{Arrivals, RateLimit};

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::serve::ListenerExt;
use provisioning::target::Kind;
use scim::Resource;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use store::Store;
use watch::Watch;

/// How a stand-in starts.
#[derive(Debug, Clone)]
pub struct StandInConfig {
    /// The token that may do everything.
    pub token: String,
    /// A second token that may only read; writes under it are answered 403.
    pub read_only_token: Option<String>,
    /// Waited before each answer, after the request took effect.
    pub latency: Duration,
    /// Most rows of one page.
    pub page_limit: usize,
    /// How many requests a second it takes; `None` takes all.
    pub rate_limit: Option<RateLimit>,
    /// In what it differs from the RFC.
    pub quirks: Quirks,
}

impl Default for StandInConfig {
    fn default() -> Self {
        Self {
            token: "stand-in-token".into(),
            read_only_token: None,
            latency: Duration::ZERO,
            page_limit: 1_000,
            rate_limit: None,
            quirks: Quirks::default(),
        }
    }
}

/// A running stand-in; it stops when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    base_url: Url,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

/// One request as it arrived, and what was answered.
#[derive(Debug, Clone)]
pub struct LoggedRequest {
    /// `POST`, `PATCH`, …
    pub method: String,
    /// Behind the base URL, with its query, as sent.
    pub path: String,
    /// The body; `None` where there was none or it was no JSON.
    pub body: Option<Value>,
    /// What was answered; 0 where the connection was cut.
    pub status: u16,
    /// When it arrived, counted from the start of the stand-in.
    pub at: Duration,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    started: Instant,
}

#[derive(Debug)]
struct State {
    config: StandInConfig,
    store: Store,
    faults: Vec<Fault>,
    log: Vec<LoggedRequest>,
    arrivals: Arrivals,
    watch: Option<Watch>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// Starts one on a free port, on the runtime this is called on.
    ///
    /// # Errors
    ///
    /// No port can be opened.
    pub async fn start(config: StandInConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}/scim/v2", listener.local_addr()?);
        let base_url = Url::parse(&base_url).map_err(io::Error::other)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the stand-in keeps real time, like the servers it stands for"
        )]
        let started = Instant::now();
        let state = State {
            config,
            store: Store::new(started),
            faults: Vec::new(),
            log: Vec::new(),
            arrivals: Arrivals::default(),
            watch: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), started });
        let router = serve::router(Arc::clone(&shared));
        let listener = listener.tap_io(|stream| {
            // Only speed is at stake.
            stream.set_nodelay(true).ok();
        });
        let listening = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { base_url, shared, listening })
    }

    /// The SCIM base URL, without a trailing slash.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The token that may do everything, as it is now.
    pub fn token(&self) -> SecretString {
        self.shared.state().config.token.clone().into()
    }

    /// Every user, in the order of creation.
    pub fn users(&self) -> Vec<Resource> {
        self.shared.state().store.all(Kind::User)
    }

    /// Every group with its members, in the order of creation.
    pub fn groups(&self) -> Vec<Resource> {
        self.shared.state().store.all(Kind::Group)
    }

    /// The user of this name, without regard to case.
    pub fn user(&self, user_name: &str) -> Option<Resource> {
        self.shared.state().store.named(Kind::User, user_name)
    }

    /// The first group of this name, with its members.
    pub fn group(&self, display_name: &str) -> Option<Resource> {
        self.shared.state().store.named(Kind::Group, display_name)
    }

    /// The names of the members of the first group of this name; empty where there is none.
    pub fn members_of(&self, display_name: &str) -> BTreeSet<String> {
        self.shared.state().store.member_names(display_name)
    }

    /// How many users and groups there are.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.shared.state();
        (state.store.count(Kind::User), state.store.count(Kind::Group))
    }

    /// Puts a resource there as somebody else would, past the log and the faults, and returns its id.
    ///
    /// # Errors
    ///
    /// What the stand-in would have answered instead of 201.
    pub fn seed(&self, kind: Kind, resource: &Value) -> Result<String, String> {
        let mut state = self.shared.state();
        let taken = Quirks { nests_groups: state.config.quirks.nests_groups, ..Quirks::default() };
        let made = endpoints::create(&mut state.store, kind, Some(resource), taken);
        let id =
            made.body.as_ref().and_then(|body| body.get("id")).and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| format!("{:?}", made.body))
    }

    /// Deletes a resource as somebody else would; its memberships too, unless they are to dangle. `false` where it is not there.
    pub fn erase(&self, kind: Kind, id: &str) -> bool {
        let mut state = self.shared.state();
        let dangling = state.config.quirks.leaves_dangling_members;
        state.store.delete(kind, id, dangling)
    }

    /// Puts a user back under the id he had, as an administrator does who restores what was deleted, and returns that id. `None`
    /// where it is no resource that was here, or is here.
    pub fn restore(&self, resource: &Value) -> Option<String> {
        self.shared.state().store.restore(resource)
    }

    /// Changes a resource as somebody else would, by a PATCH body's `Operations`. `false` where it is refused.
    pub fn alter(&self, kind: Kind, id: &str, operations: &Value) -> bool {
        let body = serde_json::json!({ "Operations": operations });
        let mut state = self.shared.state();
        endpoints::patch(&mut state.store, kind, id, Some(&body), Quirks::default()).status < 300
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.state().log.clone()
    }

    /// Every request so far that was no read.
    pub fn writes(&self) -> Vec<LoggedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.method != "GET");
        requests
    }

    /// How many requests there were.
    pub fn request_count(&self) -> usize {
        self.shared.state().log.len()
    }

    /// When each request since the start came, and whether it was refused for the rate limit.
    pub fn arrivals(&self) -> Arrivals {
        self.shared.state().arrivals.clone()
    }

    /// When the user of this name came to be active or inactive, from his creation on; empty where he is not there.
    pub fn activations(&self, user_name: &str) -> Vec<Activation> {
        self.shared.state().store.activations(user_name)
    }

    /// How long it has been running: what every time it tells counts from its start.
    pub fn uptime(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// Forgets the requests so far; the resources stay.
    pub fn clear_log(&self) {
        self.shared.state().log.clear();
    }

    /// Adds a fault. Of several that match a request the first added answers.
    pub fn fail(&self, fault: Fault) {
        self.shared.state().faults.push(fault);
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Another token is valid from now on; the one before is answered 401.
    pub fn set_token(&self, token: &str) {
        self.shared.state().config.token = token.into();
    }

    /// Sets how long each answer takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.state().config.latency = latency;
    }

    /// Sets how many requests a second it takes from now on.
    pub fn set_rate_limit(&self, rate_limit: Option<RateLimit>) {
        self.shared.state().config.rate_limit = rate_limit;
    }

    /// In what it differs from the RFC now.
    pub fn quirks(&self) -> Quirks {
        self.shared.state().config.quirks
    }

    /// Sets in what it differs from the RFC from now on.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.shared.state().config.quirks = quirks;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
