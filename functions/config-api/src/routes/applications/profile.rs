//! How a target is spoken to, where an administrator knows better than the catalog or the target.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use catalog::Settings;
use provisioning::application::{Configuration, Configured};
use provisioning::ids::ApplicationId;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ConfigurationProblems, Read, present};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::etag::{ETag, IfMatch};
use crate::path::Path;
use crate::problem::{FieldError, Problem};
use crate::whole_number;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_profile, set_profile))
}

problems! {
    /// What overrides may meet beside.
    ProfileProblems: NotConnected
}

/// The largest limit that can be set, and the largest of bytes.
const LARGEST: u32 = 100_000;
const LARGEST_BODY: u32 = 10_000_000;

fn shown(configured: &Configured) -> Response {
    let connection = configured.application.connection.as_ref();
    let overrides = connection.map(|known| known.capabilities.layers.overrides.clone()).unwrap_or_default();
    (ETag::version(configured.application.version), Json(overrides)).into_response()
}

/// Shows what an administrator set of how the target is spoken to. All that is in force is in the connection's capabilities.
#[utoipa::path(get, path = "/v1/applications/{id}/profile", tag = "profile", operation_id = "get_profile",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The overrides", body = Settings,
        headers(("ETag" = String, description = "The application's version")))))]
async fn get_profile(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    Ok(shown(&present(&api, &id).await?))
}

/// Sets how the target is spoken to, over whatever else is known of it. What is left out is not overridden.
#[utoipa::path(put, path = "/v1/applications/{id}/profile", tag = "profile", operation_id = "set_profile",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"3\"")),
    request_body = Settings,
    responses((status = 200, description = "The overrides", body = Settings,
        headers(("ETag" = String, description = "The application's version"))), ConfigurationProblems, ProfileProblems))]
async fn set_profile(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    JsonBody(Overrides(overrides)): JsonBody<Overrides>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    bounded(&overrides)?;
    let new = Configuration { overrides: Some(overrides), ..Configuration::default() };
    Ok(shown(&read.setup.configure(&id, new).await?))
}

/// The settings as they come: a number is whole by its value, not by how it is written.
struct Overrides(Settings);

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        for value in fields.values_mut() {
            if let Some(whole) = whole_number::of(value) {
                *value = whole.into();
            }
        }
        serde_path_to_error::deserialize(serde_json::Value::Object(fields)).map(Self).map_err(|error| {
            match error.path().to_string().as_str() {
                "." => D::Error::custom(error.inner()),
                field => D::Error::custom(format!("{field}: {}", error.inner())),
            }
        })
    }
}

fn bounded(overrides: &Settings) -> Result<(), Problem> {
    let limits = [
        ("members_per_request", overrides.members_per_request, LARGEST),
        ("operations_per_request", overrides.operations_per_request, LARGEST),
        ("bytes_per_request", overrides.bytes_per_request, LARGEST_BODY),
        ("page_size", overrides.page_size, LARGEST),
    ];
    for (field, limit, largest) in limits {
        if let Some(limit) = limit.filter(|limit| !(1..=largest).contains(limit)) {
            let error = FieldError::of(field).given(&limit.to_string());
            return Err(Problem::value(error.allowed(format!("1 to {largest}"))));
        }
    }
    Ok(())
}
