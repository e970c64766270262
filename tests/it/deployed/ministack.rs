//! An AWS on this machine: `ministack`, reached over the wire through the real SDK.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;

use crate::tools::tool;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `ministack`; it ends with the value.
pub struct Ministack {
    child: Child,
    /// Where it answers.
    pub endpoint: String,
}

impl Ministack {
    /// Starts one on a free port, or says that it is not installed.
    pub async fn start() -> Option<Self> {
        let program = tool("ministack", "ministack")?;
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let child = Command::new(program)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            // What it runs as Lambda functions is to find it too.
            .env("AWS_ENDPOINT_URL", &endpoint)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let ministack = Self { child, endpoint };
        ministack.wait(port).await;
        Some(ministack)
    }

    async fn wait(&self, port: u16) {
        let answers = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await.expect("ministack answers");
    }

    /// What SDK clients are made of.
    pub async fn config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await
    }

    /// The environment in which AWS's command-line tools find it.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("SAM_CLI_TELEMETRY", "0".to_owned()),
        ]
    }
}

impl Drop for Ministack {
    /// It is asked to end, so that it ends the functions it runs; if it does not, it is ended.
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if asked.is_ok() {
            for _ in 0..100 {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
