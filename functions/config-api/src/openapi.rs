//! The OpenAPI document: what the routes' annotations say, and what holds for every route.

use axum::body::Bytes;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, RefOr, ResponseBuilder};
use utoipa::{OpenApi, PartialSchema as _};
use utoipa_axum::router::OpenApiRouter;

use crate::etag::IfMatch;
use crate::problem::{self, FieldError, Problem, ProblemKind};
use crate::{Api, routes};

/// Where the document is.
pub const PATH: &str = "/v1/openapi.json";
/// What the document calls the way in.
const BEARER: &str = "bearer";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rollcall",
        description = "Automated SCIM 2.0 provisioning. Every error is a problem as RFC 9457 has it; every list is \
                       `{items, next}`, where `next` is the `cursor` of the next page.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem, FieldError))
)]
struct Described;

/// Every route with its description.
pub fn described() -> OpenApiRouter<Api> {
    let mut router = OpenApiRouter::with_openapi(Described::openapi()).merge(routes::all());
    complete(router.get_openapi_mut());
    router
}

/// The document as it is served and checked in: indented, with a line feed at its end.
pub fn text(document: &utoipa::openapi::OpenApi) -> String {
    // A document is text, numbers and maps by text, so this cannot fail.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// Serves the document.
pub fn answer(document: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

/// The operations of a path by method.
pub fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
}

/// Adds what holds for every route: who may call it, and the problems that the layers in front of the handlers answer.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = components_of(document);
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    document.security = Some(vec![SecurityRequirement::new(BEARER, std::iter::empty::<String>())]);
    for item in document.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for operation in [get, put, post, delete, patch].into_iter().flatten() {
            let kinds = kinds(operation);
            problem::add(&mut operation.responses, &kinds);
            operation.responses.responses.insert("431".to_owned(), too_large_a_head().into());
            entity_tags(operation);
        }
    }
    pages(components_of(document));
    choices(components_of(document));
}

/// Of `{"one": …}` or `{"another": …}` there is exactly one.
fn choices(components: &mut Components) {
    for schema in components.schemas.values_mut() {
        let RefOr::T(Schema::OneOf(choice)) = schema else { continue };
        for variant in &mut choice.items {
            if let RefOr::T(Schema::Object(variant)) = variant
                && variant.properties.len() == 1
                && variant.required.len() == 1
            {
                variant.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// What stands in front of us bounds the head of a request, API Gateway and the local server alike, and says so in words of
/// its own.
fn too_large_a_head() -> utoipa::openapi::Response {
    let description =
        "The address and the headers are too long: more than 10 KB, or 16 KB locally. The body is no problem";
    ResponseBuilder::new().description(description).build()
}

/// `If-Match` is the same everywhere; where it may be missing it is still no null.
fn entity_tags(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Header
        {
            parameter.schema = Some(IfMatch::schema());
        }
    }
}

fn components_of(document: &mut utoipa::openapi::OpenApi) -> &mut Components {
    document.components.get_or_insert_with(Components::new)
}

/// A page of a list looks like its items: one of them, and no more to come.
fn pages(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        if let (true, RefOr::T(Schema::Object(page))) = (name.starts_with("Page_"), schema)
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get("items")
            && let ArrayItems::RefOrSchema(item) = &items.items
            && let RefOr::T(Schema::Object(item)) = &**item
            && let Some(example) = item.example.as_ref().or(item.examples.first())
        {
            page.example = Some(json!({"items": [example], "next": null}));
        }
    }
}

fn kinds(operation: &Operation) -> Vec<ProblemKind> {
    use ProblemKind as Kind;
    let mut kinds = vec![
        Kind::InvalidQuery,
        Kind::Unauthenticated,
        Kind::Forbidden,
        Kind::TooLarge,
        Kind::Internal,
        Kind::Unavailable,
        Kind::TimedOut,
    ];
    if operation.request_body.is_some() {
        kinds.extend([Kind::InvalidBody, Kind::UnsupportedMediaType]);
    }
    let mut parameters = operation.parameters.iter().flatten();
    if parameters.any(|parameter| matches!(parameter, RefOr::T(one) if one.parameter_in == ParameterIn::Path))
    {
        kinds.push(Kind::NotFound);
    }
    kinds
}
