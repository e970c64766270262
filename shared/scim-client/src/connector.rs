//! Opening targets.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provisioning::application::{BaseUrlProblem, Connection};
use provisioning::ports::{Connector, Target};
use provisioning::target::{Discovery, Exchange};
use reqwest::Client;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use url::Url;

use crate::AddressPolicy;
use crate::answer::Secret;
use crate::resolver::GuardedResolver;
use crate::target::HttpTarget;
use crate::wire::Wire;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Connections are kept for less time than load balancers keep them, so that a write seldom meets a closed one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens SCIM targets over HTTP. All targets share one pool of connections.
pub struct HttpConnector {
    // Kept as it came out: a machine without certificates is told of at the first request.
    client: Result<Client, String>,
    policy: AddressPolicy,
    timeout: Duration,
}

impl HttpConnector {
    /// A connector that reaches what `policy` allows. A request may take 20 s.
    pub fn new(policy: AddressPolicy) -> Self {
        let client = Client::builder()
            .user_agent(concat!("rollcall/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(Policy::none())
            // A proxy would connect in our place, past the address check.
            .no_proxy()
            .dns_resolver(Arc::new(GuardedResolver { policy }))
            .build()
            .map_err(|error| format!("the HTTP client cannot be set up: {error}"));
        Self { client, policy, timeout: REQUEST_TIMEOUT }
    }

    /// The same with another limit for each request, from connecting to the last byte of the answer.
    pub fn with_request_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn target(&self, connection: &Connection, token: &SecretString) -> HttpTarget {
        let wire = Wire {
            client: self.client.clone(),
            policy: self.policy,
            base_url: connection.base_url.clone(),
            secret: Secret(token.clone()),
            timeout: self.timeout,
        };
        HttpTarget::new(wire, connection.capabilities.clone())
    }
}

#[async_trait]
impl Connector for HttpConnector {
    fn base_url(&self, typed: &str) -> Result<Url, BaseUrlProblem> {
        self.policy.base_url(typed)
    }

    fn open(&self, connection: &Connection, token: &SecretString) -> Arc<dyn Target> {
        Arc::new(self.target(connection, token))
    }

    async fn discover(&self, connection: &Connection, token: &SecretString) -> Exchange<Discovery> {
        let mut requests = Vec::new();
        let result = self.target(connection, token).discover(&mut requests).await;
        Exchange { requests, result }
    }
}
