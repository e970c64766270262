//! A caller of the API.

use std::sync::Arc;

use aws::tables::TableNames;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use config_api::Api;
use config_api::caller::{Authenticator, Caller, Denial, Role, StaticToken};
use http::request::Parts;
use provisioning::application::Setup;
use provisioning::clock::SteppedClock;
use provisioning::directory::job::Deletions;
use provisioning::ports::Tables;
use provisioning::randomness::Numbered;
use rollcall::database::Database;
use rollcall::queue::{FifoSettings, Queues};
use rollcall::secrets::SecretsInMemory;
use scim_client::{AddressPolicy, HttpConnector};
use serde_json::Value;
use tower::ServiceExt as _;

const TOKEN: &str = "the-token-of-these-tests";

/// Lets the token in as an administrator, and `read-only` as one who only reads.
struct Callers(StaticToken);

impl Authenticator for Callers {
    fn caller(&self, request: &Parts) -> Result<Caller, Denial> {
        match request.headers.get(header::AUTHORIZATION).map(|value| value.as_bytes()) {
            Some(b"Bearer read-only") => Ok(Caller { name: "reader".into(), role: Role::ReadOnly }),
            Some(b"Bearer no-role") => Err(Denial::NoRole),
            _ => self.0.caller(request),
        }
    }
}

/// The API on an empty database.
pub struct Client {
    router: Router,
    pub tables: Tables,
    pub setup: Setup,
}

/// An answer, with its body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("it works"))
    }

    /// The body, after checking the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem, after checking that it is one of this status and kind.
    #[track_caller]
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }
}

/// A request by the administrator.
pub fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
}

impl Client {
    pub async fn new() -> Self {
        let database = Database::in_memory().expect("it works");
        let names = TableNames::default();
        aws::tables::create(&database.client(), &names).await.expect("it works");
        let clock = Arc::new(SteppedClock::at("2026-11-23T08:00:00Z".parse().expect("it works")));
        let randomness = Arc::new(Numbered::default());
        let tables = aws::stores::tables_with(database.client(), names, clock.clone(), randomness.clone());
        let setup = Setup {
            tables: tables.clone(),
            secrets: Arc::new(SecretsInMemory::default()),
            connector: Arc::new(HttpConnector::new(AddressPolicy::AllowLocal)),
            bell: Arc::new(Queues::new(&FifoSettings::default(), 4, &(clock.clone() as _))),
            clock: clock.clone(),
            randomness: randomness.clone(),
            expected_version: None,
            actor: provisioning::activity::Actor::System,
        };
        let api = Api {
            directory_jobs: Arc::new(Deletions {
                jobs: tables.directory_jobs.clone(),
                bell: setup.bell.clone(),
                clock: clock.clone(),
            }),
            tables: tables.clone(),
            setup: setup.clone(),
            clock,
            randomness,
            authenticator: Arc::new(Callers(StaticToken::new("administrator", TOKEN.to_owned().into()))),
        };
        Self { router: config_api::router(api), tables, setup }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("it works");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("it works");
        let text = String::from_utf8(body.to_vec()).expect("it works");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path).body(Body::empty()).expect("it works")).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(request("DELETE", path).body(Body::empty()).expect("it works")).await
    }

    /// Sends a body in JSON.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("it works")).await
    }

    /// Every item of a list, read `limit` at a time to its end.
    pub async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{separator}limit={limit}");
        let (mut items, mut next) = (Vec::new(), first.clone());
        for _ in 0..1_000 {
            let page = self.get(&next).await.expect(200);
            let found = page["items"].as_array().expect("items");
            assert!(found.len() <= limit);
            items.extend(found.iter().cloned());
            match page["next"].as_str() {
                Some(cursor) => next = format!("{first}&cursor={cursor}"),
                None => return items,
            }
        }
        panic!("{path} has no end");
    }
}
