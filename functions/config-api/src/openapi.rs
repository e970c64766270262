//! The OpenAPI document: what the routes' annotations say, and what holds for every route.

use axum::body::Bytes;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, RefOr};
use utoipa_axum::router::OpenApiRouter;

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
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    document.security = Some(vec![SecurityRequirement::new(BEARER, std::iter::empty::<String>())]);
    for item in document.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for operation in [get, put, post, delete, patch].into_iter().flatten() {
            let kinds = kinds(operation);
            problem::add(&mut operation.responses, &kinds);
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
