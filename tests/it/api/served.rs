//! The program as a service, and whoever calls it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::StandIn;

use secrecy::ExposeSecret as _;

use crate::command::program;
use crate::real_time::now;

/// The longest an application is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `rollcall serve` on a data directory of its own.
pub struct Served {
    process: Child,
    folder: TempDir,
    origin: String,
    token: String,
    http: Client,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: String,
    pub json: Value,
}

/// The program as a service in this folder, not yet started.
pub fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(program());
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--allow-local-target", "--data"])
        .arg(Served::data(folder))
        .arg("--token-file")
        .arg(folder.path().join("token"));
    command
}

impl Served {
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), Stdio::inherit(), &[])
    }

    /// Starts on what an earlier one left in this folder, or on an empty one.
    #[expect(clippy::disallowed_methods, reason = "this client calls a server on this machine only")]
    pub fn start_in(folder: TempDir, log: Stdio, variables: &[(&str, &str)]) -> Self {
        let mut process = command(&folder)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin =
            line.split_whitespace().find(|word| word.starts_with("http://")).expect("a start-up line");
        let token = std::fs::read_to_string(folder.path().join("token")).unwrap().trim().to_owned();
        Self { process, origin: origin.to_owned(), token, folder, http: Client::new() }
    }

    /// Kills it without a warning, and starts the next on what it left.
    pub fn killed_and_started_again(mut self) -> Self {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::start_in(folder, Stdio::inherit(), &[])
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits for its end: how it ended, what it left, and what it logged if that was piped.
    pub fn ended(mut self) -> (ExitStatus, TempDir, String) {
        let mut log = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            stderr.read_to_string(&mut log).unwrap();
        }
        let status = self.process.wait().unwrap();
        (status, std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap()), log)
    }

    /// Where it serves, such as `http://127.0.0.1:8787`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The administrator's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A client for what must be sent in another way.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// Its data directory.
    pub fn data(folder: &TempDir) -> PathBuf {
        folder.path().join("data")
    }

    /// Whether any file of the data directory holds this text, beside those of the secrets.
    pub fn keeps(&self, text: &str) -> bool {
        let files =
            std::fs::read_dir(self.folder.path().join("data")).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).any(|path| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        etag: Option<&str>,
        body: Option<(&str, Vec<u8>)>,
    ) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request =
            self.http.request(method, format!("{}{path}", self.origin)).bearer_auth(&self.token);
        if let Some(etag) = etag {
            request = request.header("If-Match", etag);
        }
        if let Some((kind, body)) = body {
            request = request.header("Content-Type", kind).body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let header = |name| {
            response
                .headers()
                .get(name)
                .map(|value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned())
        };
        let etag = header("etag").unwrap_or_default();
        let bytes = response.bytes().await.unwrap();
        let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, etag, json }
    }

    /// A call that succeeds.
    #[track_caller]
    pub fn call(&self, method: &'static str, path: &str, body: Option<Value>) -> impl Future<Output = Value> {
        let path = path.to_owned();
        let caller = std::panic::Location::caller();
        async move {
            let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
            let answer = self.raw(method, &path, None, body).await;
            assert!(answer.status < 300, "{caller}: {method} {path}: {answer:?}");
            answer.json
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.call("POST", path, Some(body)).await
    }

    /// A change of an application's configuration at its present version, whatever comes of it.
    pub async fn configure(&self, method: &str, application: &str, part: &str, body: Value) -> Answer {
        let etag = self.raw("GET", &format!("/v1/applications/{application}"), None, None).await.etag;
        let path = format!("/v1/applications/{application}{part}");
        let body = (!body.is_null()).then(|| ("application/json", body.to_string().into_bytes()));
        self.raw(method, &path, Some(&etag), body).await
    }

    /// The same, which succeeds.
    pub async fn put(&self, application: &str, part: &str, body: Value) -> Value {
        let answer = self.configure("PUT", application, part, body).await;
        assert_eq!(answer.status, 200, "{part}: {answer:?}");
        answer.json
    }

    pub async fn connect(&self, application: &str, target: &StandIn) -> Answer {
        self.connect_as(application, target, Value::Null).await
    }

    pub async fn connect_as(&self, application: &str, target: &StandIn, links: Value) -> Answer {
        let mut body = json!({
            "mode": "bearer", "base_url": target.base_url().as_str(), "token": target.token().expose_secret(),
        });
        if !links.is_null() {
            body["links"] = links;
        }
        self.configure("PUT", application, "/connection", body).await
    }

    /// The status once `wanted` is true of it.
    pub async fn until(&self, application: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = now();
        loop {
            let status = self.get(&format!("/v1/applications/{application}/status")).await;
            if wanted(&status) {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not come: {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn until_in_step(&self, application: &str) -> Value {
        self.until(application, |status| status["in_step"] == true).await
    }

    /// Imports a file as a service would: in parts of this many bytes.
    pub async fn import(&self, file: &str, part_length: usize, commit: Value) -> Value {
        let import = self.post("/v1/directory/imports", json!({"format": "csv"})).await;
        let path = format!("/v1/directory/imports/{}", import["id"].as_str().unwrap());
        for (index, part) in file.as_bytes().chunks(part_length).enumerate() {
            let body = Some(("application/octet-stream", part.to_vec()));
            let answer = self.raw("PUT", &format!("{path}/parts/{}", index + 1), None, body).await;
            assert_eq!(answer.status, 204, "{answer:?}");
        }
        self.post(&format!("{path}/commit"), commit).await;
        let began = now();
        loop {
            let import = self.get(&path).await;
            if !matches!(import["state"].as_str(), Some("open" | "running")) {
                return import;
            }
            assert!(began.elapsed() < PATIENCE, "the import does not end: {import}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{separator}limit=7{cursor}")).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// A new application that is connected, selects these groups by name and is enabled and in step.
    pub async fn provisioned(&self, target: &StandIn, groups: &[&str]) -> String {
        let new = json!({"catalog_key": "generic-saml", "name": "CRM"});
        let application = self.post("/v1/applications", new).await["id"].as_str().unwrap().to_owned();
        let answer = self.connect(&application, target).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let groups: Vec<_> = self
            .all("/v1/groups")
            .await
            .into_iter()
            .filter(|group| groups.contains(&group["name"].as_str().unwrap()))
            .map(|group| group["id"].clone())
            .collect();
        self.put(&application, "/groups", json!({"mode": "list", "groups": groups})).await;
        self.call("POST", &format!("/v1/applications/{application}/enable"), None).await;
        self.until_in_step(&application).await;
        application
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
