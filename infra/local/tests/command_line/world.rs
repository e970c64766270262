//! A target, and the files and the memory of those who run the command against it.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;
use testkit::{StandIn, StandInConfig};

pub const TOKEN: &str = "token-of-the-stand-in-4711";

pub struct World {
    pub target: StandIn,
    pub files: TempDir,
}

impl World {
    pub async fn new() -> Self {
        let config = StandInConfig { token: TOKEN.into(), ..StandInConfig::default() };
        Self {
            target: StandIn::start(config).await.expect("a target"),
            files: TempDir::new().expect("a directory"),
        }
    }

    /// What `keep` remembers.
    pub fn data(&self) -> PathBuf {
        self.files.path().join("data")
    }

    /// A directory file of this text.
    pub fn file(&self, text: &str) -> PathBuf {
        // Told by its content.
        let path = self.files.path().join("people");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Runs `rollcall sync` with this directory file.
    pub async fn sync(&self, text: &str, more: &[&str]) -> Output {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["sync", "--directory"])
            .arg(self.file(text))
            .args(["--target", self.target.base_url().as_str(), "--allow-local-target"])
            .args(more)
            .env("ROLLCALL_TOKEN", TOKEN)
            .output()
            .await
            .expect("an output");
        let shown = [output.stdout.as_slice(), &output.stderr].concat();
        assert!(!String::from_utf8_lossy(&shown).contains(TOKEN), "the token was shown");
        output
    }

    /// The same with the memory that removals need, and JSON.
    pub async fn keep(&self, text: &str, more: &[&str]) -> (i32, Value) {
        let data = self.data();
        let data = data.to_str().expect("a path");
        let output = self.sync(text, &[&["--data", data, "--json"], more].concat()).await;
        let document = serde_json::from_slice(&output.stdout);
        (code(&output), document.unwrap_or_else(|error| panic!("{error}: {output:?}")))
    }
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
