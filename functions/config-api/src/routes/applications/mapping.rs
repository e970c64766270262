//! What the target takes, and what is sent of a user.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use provisioning::application::{Configured, TargetSchema};
use provisioning::directory::User;
use provisioning::ids::{ApplicationId, UserId};
use provisioning::mapping::{AttributePath, DirectoryAttribute, MappedAttribute, Rendered, Source};
use provisioning::plan::sendable;
use provisioning::reference::resolved_if_active;
use provisioning::value::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ConfigurationProblems, Read, present};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::etag::{ETag, IfMatch};
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::text::Name;
use crate::{Api, problems, whole_number};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(schema)).routes(routes!(get_mapping, map)).routes(routes!(evaluate))
}

problems! {
    /// What asks for a connection.
    NeedsConnection: NotConnected
}
problems! {
    /// What an evaluation may meet.
    EvaluationProblems: NotConnected, InvalidValue
}

/// The attributes a target takes for users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"from": "schemas", "attributes": [{"path": "userName", "required": true}, {"path": "title", "required": false}]}))]
struct ShownSchema {
    /// Where that is known from.
    from: SchemaSource,
    /// The attributes that can be mapped.
    attributes: Vec<ShownAttribute>,
}

/// Where it is known from what a target takes.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SchemaSource {
    /// The target's `/Schemas`.
    Schemas,
    /// It has none: the usual attributes.
    Default,
}

/// One attribute a target takes.
#[derive(Debug, Serialize, ToSchema)]
struct ShownAttribute {
    /// Its path, as a mapping names it.
    #[schema(value_type = String, example = "emails[type eq \"work\"].value")]
    path: AttributePath,
    /// Whether the target requires it.
    required: bool,
}

impl From<&TargetSchema> for ShownSchema {
    fn from(schema: &TargetSchema) -> Self {
        let attributes = schema
            .attributes
            .iter()
            .map(|path| ShownAttribute { path: path.clone(), required: schema.requires(path) });
        Self {
            from: if schema.from_schemas { SchemaSource::Schemas } else { SchemaSource::Default },
            attributes: attributes.collect(),
        }
    }
}

/// What is sent of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"attributes": [
    {"target": "userName", "source": {"directory": "username"}, "required": true},
    {"target": "title", "source": {"custom": "job_title"}, "required": false}]}))]
struct ShownMapping {
    /// One entry per attribute of the target.
    attributes: Vec<ShownEntry>,
}

/// One attribute of the target, and where its value comes from.
#[derive(Debug, Serialize, ToSchema)]
struct ShownEntry {
    /// The attribute of the target.
    #[schema(value_type = String)]
    target: AttributePath,
    /// Where its value comes from.
    source: WireSource,
    /// The target requires it: the entry cannot be removed, and a user without a value is blocked.
    required: bool,
}

/// What is to be sent of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"attributes": [
    {"target": "userName", "source": {"directory": "username"}},
    {"target": "title", "source": {"custom": "job_title"}},
    {"target": "userType", "source": {"constant": "Employee"}}]}))]
struct NewMapping {
    /// One entry per attribute of the target.
    #[schema(max_items = 500)]
    attributes: Vec<NewEntry>,
}

/// One attribute of the target, and where its value is to come from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEntry {
    /// The attribute of the target, a path of its schema.
    target: Name,
    /// Where its value comes from.
    source: WireSource,
}

/// Where a value comes from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum WireSource {
    /// A built-in attribute of the directory.
    Directory(BuiltIn),
    /// A custom attribute, by name.
    Custom(Name),
    /// The same for everybody.
    Constant(Constant),
}

/// A built-in attribute of a user.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BuiltIn {
    Username,
    Email,
    FirstName,
    LastName,
    DisplayName,
}

/// A value that is the same for everybody.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
enum Constant {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(#[serde(deserialize_with = "whole_number::deserialize")] i64),
    /// Text.
    Text(crate::text::Line),
}

impl From<BuiltIn> for DirectoryAttribute {
    fn from(attribute: BuiltIn) -> Self {
        match attribute {
            BuiltIn::Username => Self::Username,
            BuiltIn::Email => Self::Email,
            BuiltIn::FirstName => Self::FirstName,
            BuiltIn::LastName => Self::LastName,
            BuiltIn::DisplayName => Self::DisplayName,
        }
    }
}

impl From<WireSource> for Source {
    fn from(source: WireSource) -> Self {
        match source {
            WireSource::Directory(attribute) => Self::Directory(attribute.into()),
            WireSource::Custom(name) => Self::Custom(name.into()),
            WireSource::Constant(Constant::Boolean(value)) => Self::Constant(Value::Boolean(value)),
            WireSource::Constant(Constant::Integer(value)) => Self::Constant(Value::Integer(value)),
            WireSource::Constant(Constant::Text(text)) => Self::Constant(Value::Text(text.into())),
        }
    }
}

/// A source as it is typed: whether a custom attribute names users is its definition's business.
pub(super) fn typed(source: &Source) -> Source {
    match source {
        Source::Reference(name) => Source::Custom(name.clone()),
        other => other.clone(),
    }
}

/// An entry as it is shown. What the wire cannot say, such as a constant list, is not made by it either.
fn shown_entry(mapped: &MappedAttribute) -> Option<ShownEntry> {
    let source = serde_json::from_value(serde_json::to_value(typed(&mapped.source)).ok()?).ok()?;
    Some(ShownEntry { target: mapped.target.clone(), source, required: mapped.required })
}

fn shown(configured: &Configured) -> Response {
    let attributes = configured.mapping.attributes.iter().filter_map(shown_entry).collect();
    (ETag::version(configured.application.version), Json(ShownMapping { attributes })).into_response()
}

fn connected(configured: &Configured) -> Result<&TargetSchema, Problem> {
    configured
        .schema
        .as_ref()
        .ok_or_else(|| Problem::new(ProblemKind::NotConnected, ProblemKind::NotConnected.example()))
}

/// Shows which attributes the target takes; they are known once it is connected.
#[utoipa::path(get, path = "/v1/applications/{id}/schema", tag = "mapping", operation_id = "get_schema",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "What the target takes", body = ShownSchema), NeedsConnection))]
async fn schema(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Json<ShownSchema>, Problem> {
    let configured = present(&api, &id).await?;
    connected(&configured).map(|schema| Json(ShownSchema::from(schema)))
}

/// Shows what is sent of a user. What the target requires is there from the first connection on.
#[utoipa::path(get, path = "/v1/applications/{id}/mapping", tag = "mapping", operation_id = "get_mapping",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The mapping", body = ShownMapping,
        headers(("ETag" = String, description = "The application's version"))), NeedsConnection))]
async fn get_mapping(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    let configured = present(&api, &id).await?;
    connected(&configured)?;
    Ok(shown(&configured))
}

/// Sets what is sent of a user. What the target requires can have another source, and cannot be left out.
#[utoipa::path(put, path = "/v1/applications/{id}/mapping", tag = "mapping", operation_id = "set_mapping",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"2\"")),
    request_body = NewMapping,
    responses((status = 200, description = "The mapping", body = ShownMapping,
        headers(("ETag" = String, description = "The application's version"))), ConfigurationProblems, NeedsConnection))]
async fn map(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    JsonBody(new): JsonBody<NewMapping>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    connected(&read.configured)?;
    let mut wanted = Vec::with_capacity(new.attributes.len());
    for (index, entry) in new.attributes.into_iter().enumerate() {
        let typed = String::from(entry.target);
        let path: AttributePath = typed.parse().map_err(|_| {
            let error = FieldError::of(format!("attributes[{index}].target")).given(&typed);
            Problem::value(error.allowed("an attribute of GET /v1/applications/{id}/schema"))
        })?;
        wanted.push((path, entry.source.into()));
    }
    let custom = api.tables.attributes.list().await?;
    Ok(shown(&read.setup.map(&id, wanted, &custom).await?))
}

/// Whom to evaluate the mapping for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60"}))]
struct Evaluation {
    /// The user's id.
    user: Name,
}

/// What the mapping makes of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"attributes": [{"target": "userName", "value": "ada"}], "missing": [], "left_out": []}))]
struct Evaluated {
    /// The attributes that are sent, and their values.
    attributes: Vec<EvaluatedAttribute>,
    /// Required attributes without a value: with any, the user is blocked.
    #[schema(value_type = Vec<String>)]
    missing: Vec<AttributePath>,
    /// Attributes that name somebody who has no account at the target: they are sent once he has one.
    #[schema(value_type = Vec<String>)]
    left_out: Vec<AttributePath>,
    /// Why nothing is sent of him: what is missing, or that the target takes no such name. Absent where all of it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refused: Option<String>,
}

/// One attribute that is sent.
#[derive(Debug, Serialize, ToSchema)]
struct EvaluatedAttribute {
    /// The attribute of the target.
    #[schema(value_type = String)]
    target: AttributePath,
    /// Its value.
    #[schema(value_type = serde_json::Value)]
    value: Value,
}

/// Shows what the mapping makes of a user, without sending anything.
#[utoipa::path(post, path = "/v1/applications/{id}/mapping/evaluate", tag = "mapping", operation_id = "evaluate_mapping",
    params(("id" = String, Path, description = "The application's id")),
    request_body = Evaluation,
    responses((status = 200, description = "What is sent of the user", body = Evaluated), EvaluationProblems))]
async fn evaluate(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    JsonBody(evaluation): JsonBody<Evaluation>,
) -> Result<Json<Evaluated>, Problem> {
    let configured = present(&api, &id).await?;
    connected(&configured)?;
    let user = whom(&api, &String::from(evaluation.user)).await?;
    let (user, left_out) = resolved_if_active(&api.tables, &configured, user).await?;
    let missing = configured
        .mapping
        .attributes
        .iter()
        .filter(|mapped| mapped.required && mapped.source.value(&user).is_none());
    let missing: Vec<_> = missing.map(|mapped| mapped.target.clone()).collect();
    let rendered = configured.mapping.render(&user);
    let refused = sendable(&configured, rendered.clone()).err();
    let attributes = match rendered {
        Rendered::Blocked { .. } => Vec::new(),
        Rendered::Attributes(attributes) => {
            attributes.into_iter().map(|(target, value)| EvaluatedAttribute { target, value }).collect()
        }
    };
    let left_out = left_out.into_iter().map(|left| left.target).collect();
    Ok(Json(Evaluated { attributes, missing, left_out, refused }))
}

async fn whom(api: &Api, typed: &str) -> Result<User, Problem> {
    let unknown = || Problem::value(FieldError::of("user").given(typed).allowed("an id of GET /v1/users"));
    let id: UserId = typed.parse().map_err(|_| unknown())?;
    let record = api.tables.directory.user(&id).await?;
    record.as_ref().and_then(|record| record.present().cloned()).ok_or_else(unknown)
}
