//! Running the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use provisioning::activity::Outcome;
use rollcall::engine::AtRest;
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;

use super::company::Company;
use crate::servers::Server;
use crate::tools::root;

/// The program, built once as this test binary was.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build
            .args(["build", "--quiet", "--locked", "--package", "rollcall", "--bin", "rollcall"])
            .current_dir(root());
        assert!(build.status().expect("cargo").success(), "the program does not build");
        root().join("target/debug/rollcall")
    })
}

/// A run of `rollcall sync --json`.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub report: Value,
}

impl Run {
    /// Requests that write.
    pub fn writes(&self) -> u64 {
        self.report["requests"]["writes"].as_u64().expect("a count")
    }

    /// All requests.
    pub fn requests(&self) -> u64 {
        self.writes() + self.report["requests"]["reads"].as_u64().expect("a count")
    }
}

/// Somebody who runs the program again and again with one data directory.
pub struct Operator<'a> {
    server: &'a Server,
    folder: TempDir,
}

impl<'a> Operator<'a> {
    pub fn of(server: &'a Server) -> Self {
        Self { server, folder: tempfile::tempdir().expect("a folder") }
    }

    /// The command for a company, not yet started.
    pub fn command(&self, company: &Company) -> Command {
        let file = self.folder.path().join("company.ndjson");
        std::fs::write(&file, company.to_ndjson()).expect("a file");
        let mut command = Command::new(program());
        command
            .args([
                "sync",
                "--json",
                "--allow-local-target",
                "--target",
                self.server.base_url.as_str(),
                "--directory",
            ])
            .arg(file)
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .env("ROLLCALL_TOKEN", self.server.token.expose_secret())
            .stdin(Stdio::null());
        command
    }

    /// The activity log of what the runs did, oldest first.
    pub async fn events(&self) -> Vec<Outcome> {
        events_in(&self.folder.path().join("data")).await
    }

    /// Brings the server into step with the company.
    pub fn sync(&self, company: &Company, more: &[&str]) -> Run {
        let Output { status, stdout, stderr } = self.command(company).args(more).output().expect("a run");
        let told = String::from_utf8_lossy(&stderr);
        let token = self.server.token.expose_secret();
        assert!(
            !told.contains(token) && !String::from_utf8_lossy(&stdout).contains(token),
            "the token was told"
        );
        let report = serde_json::from_slice(&stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
        Run { code: status.code().expect("an exit code"), report }
    }
}

/// The activity log of the first application of a data directory, oldest first.
pub async fn events_in(data: &Path) -> Vec<Outcome> {
    let data = AtRest::open(data).expect("the data").expect("data");
    let applications = data.tables().applications.list().await.expect("the applications");
    let mut events = Vec::new();
    let mut cursor = None;
    loop {
        let page =
            data.tables().activity.of_application(&applications[0].id, cursor, 500).await.expect("a page");
        events.extend(page.outcomes);
        cursor = page.next;
        if cursor.is_none() {
            events.reverse();
            return events;
        }
    }
}
