//! The definitions of custom attributes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provisioning::directory::attribute::{AttributeDefinition, AttributeType, is_name};
use provisioning::ports::Defined;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::users::Paging;
use crate::body::JsonBody;
use crate::page::{Cursor, Page};
use crate::path::Path;
use crate::problem::{FieldError, Problem, ProblemKind};
use crate::query::Query;
use crate::text::Description;
use crate::{Api, problems};

/// Most definitions there may be: as many as an import has columns.
const MAXIMUM: usize = 250;

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one, define, remove))
}

problems! {
    /// What a definition may meet.
    DefineProblems: AttributeTypeFixed, InvalidValue
}
problems! {
    /// What taking a definition away may meet.
    RemoveProblems: AttributeInUse
}

/// A custom attribute.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"name": "cost_center", "type": "string", "description": "Who pays"}))]
struct Attribute {
    /// Its name, compared exactly.
    name: String,
    #[serde(rename = "type")]
    kind: WireType,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
}

/// What a custom attribute is to be.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "string", "description": "Who pays"}))]
struct NewAttribute {
    #[serde(rename = "type")]
    kind: WireType,
    /// What it is for.
    description: Option<Description>,
}

/// What the values of a custom attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttributeType)]
enum WireType {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// Several texts, in order.
    StringList,
    /// Another user of the directory: typed as his username, id or source id, kept by his id.
    UserReference,
}

impl From<AttributeType> for WireType {
    fn from(kind: AttributeType) -> Self {
        match kind {
            AttributeType::String => Self::String,
            AttributeType::Boolean => Self::Boolean,
            AttributeType::Integer => Self::Integer,
            AttributeType::Date => Self::Date,
            AttributeType::StringList => Self::StringList,
            AttributeType::UserReference => Self::UserReference,
        }
    }
}

impl From<WireType> for AttributeType {
    fn from(kind: WireType) -> Self {
        match kind {
            WireType::String => Self::String,
            WireType::Boolean => Self::Boolean,
            WireType::Integer => Self::Integer,
            WireType::Date => Self::Date,
            WireType::StringList => Self::StringList,
            WireType::UserReference => Self::UserReference,
        }
    }
}

impl From<AttributeDefinition> for Attribute {
    fn from(definition: AttributeDefinition) -> Self {
        let AttributeDefinition { name, kind, description } = definition;
        Self { name, kind: kind.into(), description }
    }
}

/// Lists the custom attributes by name.
#[utoipa::path(get, path = "/v1/attributes", tag = "attributes", operation_id = "list_attributes", params(Paging),
    responses((status = 200, description = "A page of definitions", body = Page<Attribute>)))]
async fn list(
    State(api): State<Api>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Attribute>>, Problem> {
    let after: Option<String> = Cursor::position_of(paging.cursor.as_ref())?;
    let limit = paging.limit.unwrap_or_default().get();
    let all = api.tables.attributes.list().await?.into_iter();
    let mut rest = all.filter(|one| after.as_ref().is_none_or(|after| one.name > *after));
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last().map(|last| last.name.clone()));
    let shown = page.into_iter().map(|one| (one.name.clone(), Attribute::from(one)));
    Ok(Json(Page::placed(shown, next)))
}

/// Shows the definition of a custom attribute.
#[utoipa::path(get, path = "/v1/attributes/{name}", tag = "attributes", operation_id = "get_attribute",
    params(("name" = String, Path, description = "The attribute's name")),
    responses((status = 200, description = "The definition", body = Attribute)))]
async fn one(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<Attribute>, Problem> {
    let found = match is_name(&name) {
        true => api.tables.attributes.attribute(&name).await?,
        false => None,
    };
    found.map(|found| Json(found.into())).ok_or_else(|| Problem::not_found("attribute", &name))
}

/// Defines a custom attribute, or describes it anew; its type does not change.
#[utoipa::path(put, path = "/v1/attributes/{name}", tag = "attributes", operation_id = "define_attribute",
    params(("name" = String, Path, description = "The attribute's name: 1 to 128 characters, none that is built in")),
    request_body = NewAttribute,
    responses((status = 200, description = "It was there; this is the definition", body = Attribute),
        (status = 201, description = "It is new; this is the definition", body = Attribute), DefineProblems))]
async fn define(
    State(api): State<Api>,
    Path(name): Path<String>,
    JsonBody(new): JsonBody<NewAttribute>,
) -> Result<Response, Problem> {
    let attributes = &api.tables.attributes;
    if !is_name(&name) {
        let allowed = "1 to 128 characters on one line, and no built-in attribute's name";
        return Err(Problem::value(FieldError::of("name").given(&name).allowed(allowed)));
    }
    let known = attributes.list().await?;
    if known.len() >= MAXIMUM && known.iter().all(|one| one.name != name) {
        let error = FieldError::of("name").given(&name).allowed(format!("at most {MAXIMUM} attributes"));
        return Err(Problem::value(error));
    }
    let description = new.description.map(Into::into);
    let definition = AttributeDefinition { name, kind: new.kind.into(), description };
    let status = match attributes.define(&definition).await? {
        Defined::Created => StatusCode::CREATED,
        Defined::Replaced => StatusCode::OK,
        Defined::OfType(kind) => {
            let detail =
                format!("'{}' is {}; define an attribute of another name", definition.name, kind.describe());
            return Err(Problem::new(ProblemKind::AttributeTypeFixed, detail));
        }
    };
    Ok((status, Json(Attribute::from(definition))).into_response())
}

/// Takes a definition away. Values that users have stay where they are, until they are cleared.
#[utoipa::path(delete, path = "/v1/attributes/{name}", tag = "attributes", operation_id = "delete_attribute",
    params(("name" = String, Path, description = "The attribute's name")),
    responses((status = 204, description = "It is defined no more"), RemoveProblems))]
async fn remove(State(api): State<Api>, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    let used_by = users_of(&api, &name).await?;
    if !used_by.is_empty() {
        let list = used_by.join(", ");
        let detail =
            format!("'{name}' is mapped by these applications: {list}; take it out of their mappings first");
        return Err(Problem::new(ProblemKind::AttributeInUse, detail).member("applications", used_by));
    }
    match is_name(&name) && api.tables.attributes.delete(&name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("attribute", &name)),
    }
}

/// The ids of the applications that map the attribute.
async fn users_of(api: &Api, name: &str) -> Result<Vec<String>, Problem> {
    let mut using = Vec::new();
    for application in api.tables.applications.list().await? {
        let configured = api.tables.applications.load(&application.id).await?;
        if configured.is_some_and(|configured| configured.mapping.uses_custom(name)) {
            using.push(application.id.to_string());
        }
    }
    Ok(using)
}
