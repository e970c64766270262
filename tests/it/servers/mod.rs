//! SCIM servers that we did not write, as child processes on free ports of 127.0.0.1. They end when they are dropped.
//!
//! * scim2-server (PyPI 0.8.3): `python3 -m venv target/tools/scim2-server`, then
//!   `target/tools/scim2-server/bin/pip install scim2-server==0.8.3`
//! * SCIMMY (npm): `npm ci` in `tests/servers/scimmy`
//!
//! A test whose server is not installed is skipped with a line that says so, unless `ROLLCALL_REQUIRE_SERVERS=1`.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use provisioning::target::Kind;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

/// A server that may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Strict, in Python.
    Scim2Server,
    /// Lenient, in JavaScript.
    Scimmy,
}

/// A running server.
pub struct Server {
    /// Its SCIM base URL, without a trailing slash.
    pub base_url: Url,
    /// The token it takes.
    pub token: SecretString,
    child: Child,
    client: Client,
}

/// Starts a server for the test of this name; `None`, said loudly, where it is not installed.
pub async fn start(test: &str, product: Product) -> Option<Server> {
    if let Some(reason) = product.missing() {
        let required = std::env::var_os("ROLLCALL_REQUIRE_SERVERS").is_some_and(|value| value == "1");
        assert!(!required, "{test} needs a server: {reason}");
        skip(test, &reason);
        return None;
    }
    // Another process may take a port between its choice and its use.
    for _ in 0..3 {
        if let Some(server) = Server::on(product, free_port()).await {
            return Some(server);
        }
    }
    panic!("{test}: {product:?} does not start")
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen in the output of the run")]
fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED {test}: {reason}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

impl Product {
    fn program(self) -> PathBuf {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        match self {
            Self::Scim2Server => tests.join("../target/tools/scim2-server/bin/scim2-server"),
            Self::Scimmy => tests.join("servers/scimmy/server.js"),
        }
    }

    fn missing(self) -> Option<String> {
        let (needed, how) = match self {
            Self::Scim2Server => {
                (self.program(), "pip install scim2-server==0.8.3 into target/tools/scim2-server")
            }
            Self::Scimmy => {
                (self.program().with_file_name("node_modules/scimmy"), "npm ci in tests/servers/scimmy")
            }
        };
        (!needed.exists()).then(|| format!("it is not installed ({how})"))
    }

    fn command(self, port: u16, token: &str) -> Command {
        let mut command = match self {
            Self::Scim2Server => {
                let mut command = Command::new(self.program());
                command.args(["--port", &port.to_string(), "--bearer-token", token]);
                command
            }
            Self::Scimmy => {
                let mut command = Command::new("node");
                command.arg(self.program()).args([&port.to_string(), token]);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Server {
    async fn on(product: Product, port: u16) -> Option<Self> {
        let token = "contract-token";
        let path = match product {
            Product::Scim2Server => "v2",
            Product::Scimmy => "scim",
        };
        let mut server = Self {
            base_url: format!("http://127.0.0.1:{port}/{path}").parse().expect("a URL"),
            token: token.to_owned().into(),
            child: product.command(port, token).spawn().expect("a child process"),
            // Node closes what was idle for five seconds, perhaps while a request is on its way.
            client: Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client"),
        };
        for _ in 0..300 {
            if server.child.try_wait().expect("a child process").is_some() {
                return None;
            }
            if server.read("/ServiceProviderConfig").await.is_some() {
                return Some(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    /// Everything of a kind that the server has, read page by page past our own client.
    pub async fn everything(&self, kind: Kind) -> Vec<Value> {
        let endpoint = match kind {
            Kind::User => "Users",
            Kind::Group => "Groups",
        };
        let mut all = Vec::new();
        loop {
            let page = self.read(&format!("/{endpoint}?startIndex={}&count=500", all.len() + 1)).await;
            let page = page.expect("a page");
            let total = page["totalResults"].as_u64().expect("a total");
            let rows = page.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
            let last = rows.is_empty() || all.len() + rows.len() >= usize::try_from(total).expect("a count");
            if !(rows.is_empty() || total == 0) {
                all.extend(rows);
            }
            if last {
                return all;
            }
        }
    }

    async fn read(&self, path: &str) -> Option<Value> {
        let request =
            self.client.get(format!("{}{path}", self.base_url)).bearer_auth(self.token.expose_secret());
        request.send().await.ok()?.error_for_status().ok()?.json().await.ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
