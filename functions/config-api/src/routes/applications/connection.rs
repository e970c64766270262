//! How an application's target is reached.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use provisioning::application::{Configured, Links};
use provisioning::ids::ApplicationId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::ShownCapabilities;
use super::{ConfigurationProblems, Read, present};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::etag::{ETag, IfMatch};
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_connection, connect))
}

problems! {
    /// What a connection may meet beside.
    ConnectionProblems: TargetRefused, TargetChanged
}

/// How to reach a target.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mode": "bearer", "base_url": "https://scim.example.org/v2", "token": "a-secret-token"}))]
pub struct NewConnection {
    /// How we authenticate.
    mode: Mode,
    /// The SCIM base URL; `/Users` stands behind it.
    #[schema(max_length = 2000, example = "https://scim.example.org/v2")]
    base_url: String,
    /// The bearer token. It is kept in the secret store alone, and never shown.
    #[schema(value_type = String, min_length = 1, max_length = 8000, write_only, pattern = "^[!-~]+$")]
    token: Token,
    /// Whose the accounts there are, where they are not seen to be those that were linked: the same tenant's (`keep`), or
    /// another's (`relink`: all are matched anew). Without it such a connection is refused.
    #[schema(nullable = false)]
    links: Option<WhoseLinks>,
    /// When the token runs out, where that is known. Without it the profile tells how long tokens live, if it does.
    #[serde(default, deserialize_with = "crate::merge_patch::kept")]
    #[schema(value_type = String, format = DateTime, nullable = false)]
    expires_at: Option<jiff::Timestamp>,
}

/// How we authenticate.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConnectionMode)]
enum Mode {
    /// A bearer token.
    Bearer,
}

/// Whose the accounts at a target are.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WhoseLinks {
    /// The same tenant's.
    Keep,
    /// Another tenant's.
    Relink,
}

/// A token as it can stand in a header.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Token(SecretString);

impl TryFrom<String> for Token {
    type Error = &'static str;
    fn try_from(token: String) -> Result<Self, Self::Error> {
        let fits = (1..=8_000).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        match fits {
            true => Ok(Self(token.into())),
            false => Err("1 to 8000 visible characters of ASCII, without blanks"),
        }
    }
}

/// How a target is reached, and what it can do. Never a credential.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "connected", "mode": "bearer", "base_url": "https://scim.example.org/v2",
    "target_generation": 1, "capabilities": {"user_update": {"value": "patch_path", "from": "default"},
    "filter": {"value": true, "from": "advertised"}, "members_per_request": {"value": 100, "from": "profile"}}}))]
pub struct ShownConnection {
    /// Whether there is a connection that the target took.
    status: ConnectionStatus,
    /// How we authenticate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mode: Option<Mode>,
    /// The SCIM base URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    base_url: Option<String>,
    /// When the token was stored, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_stored_at: Option<String>,
    /// When the token is expected to run out: as an administrator said, or by how long the profile says that tokens live.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_expires_at: Option<String>,
    /// Raised each time the connection was said to lead to another tenant.
    target_generation: u64,
    /// Why nothing is sent, where the target refused the credentials since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<String>,
    /// What the target can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    capabilities: Option<ShownCapabilities>,
}

/// Whether there is a connection that the target took.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ConnectionStatus {
    /// None was made yet.
    None,
    /// The target took it.
    Connected,
    /// The target took it once, and refuses the credentials now.
    Refused,
}

impl From<&Configured> for ShownConnection {
    fn from(configured: &Configured) -> Self {
        let connection = configured.application.connection.as_ref();
        let paused = configured.condition.paused.clone();
        Self {
            status: match (connection, &paused) {
                (None, _) => ConnectionStatus::None,
                (Some(_), None) => ConnectionStatus::Connected,
                (Some(_), Some(_)) => ConnectionStatus::Refused,
            },
            mode: connection.map(|_| Mode::Bearer),
            base_url: connection.map(|connection| connection.base_url.to_string()),
            token_stored_at: connection.and_then(|known| known.lifetime.stored_at).map(|at| at.to_string()),
            token_expires_at: configured.application.credentials_end_at().map(|at| at.to_string()),
            target_generation: configured.application.target_generation,
            problem: paused,
            capabilities: connection.map(|connection| ShownCapabilities::from(&connection.capabilities)),
        }
    }
}

fn shown(configured: &Configured) -> Response {
    (ETag::version(configured.application.version), Json(ShownConnection::from(configured))).into_response()
}

/// Shows how an application's target is reached.
#[utoipa::path(get, path = "/v1/applications/{id}/connection", tag = "connection", operation_id = "get_connection",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The connection", body = ShownConnection,
        headers(("ETag" = String, description = "The application's version")))))]
async fn get_connection(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    Ok(shown(&present(&api, &id).await?))
}

/// Connects an application: the target is really asked, and what it says is told. Nothing is kept of a connection that is
/// refused.
#[utoipa::path(put, path = "/v1/applications/{id}/connection", tag = "connection", operation_id = "connect",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"1\"")),
    request_body = NewConnection,
    responses((status = 200, description = "The connection", body = ShownConnection,
        headers(("ETag" = String, description = "The application's version"))), ConfigurationProblems, ConnectionProblems))]
async fn connect(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    JsonBody(new): JsonBody<NewConnection>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    let base_url = api.setup.connector.base_url(&new.base_url).map_err(|problem| {
        Problem::new(ProblemKind::InvalidValue, format!("the base URL {problem}"))
            .error(FieldError::of("base_url").allowed("an https URL of a public address"))
    })?;
    let Mode::Bearer = new.mode;
    let links = match new.links {
        None => Links::Identify,
        Some(WhoseLinks::Keep) => Links::Keep,
        Some(WhoseLinks::Relink) => Links::Relink,
    };
    if let Some(past) = new.expires_at.filter(|at| *at <= api.clock.now()) {
        let error = FieldError::of("expires_at").given(&past.to_string());
        return Err(Problem::value(error.allowed("a time to come")));
    }
    read.setup.connect_until(&id, &base_url, &new.token.0, links, new.expires_at).await?;
    Ok(shown(&present(&api, &id).await?))
}
