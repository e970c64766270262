//! Problems in the OpenAPI document: by status, with an example of each kind.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Responses};

use super::{MEDIA_TYPE, Problem, ProblemKind};

/// Declares a type that lists kinds of problems, to stand among the `responses` of a route:
///
/// `problems! { /// What a write of a user may meet. WriteProblems: NameTaken, ChangedMeanwhile }`
#[macro_export]
macro_rules! problems {
    ($(#[$doc:meta])* $name:ident: $($kind:ident),+ $(,)?) => {
        $(#[$doc])*
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::problem::responses(&[$($crate::problem::ProblemKind::$kind),+])
            }
        }
    };
}

/// The responses of these kinds.
pub fn responses(kinds: &[ProblemKind]) -> BTreeMap<String, RefOr<Response>> {
    let mut responses = Responses::new();
    add(&mut responses, kinds);
    responses.responses
}

/// Adds these kinds to what an operation may answer.
pub fn add(responses: &mut Responses, kinds: &[ProblemKind]) {
    for kind in kinds {
        let status = kind.status().as_str().to_owned();
        let response = responses.responses.entry(status).or_insert_with(|| RefOr::T(empty()));
        let RefOr::T(response) = response else { continue };
        let content = response.content.entry(MEDIA_TYPE.to_owned()).or_insert_with(|| {
            RefOr::T(ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build())
        });
        let RefOr::T(content) = content else { continue };
        let added = content.examples.insert(kind.slug().to_owned(), RefOr::T(example(*kind)));
        if added.is_none() {
            let separator = if response.description.is_empty() { "" } else { "; or: " };
            response.description = format!("{}{separator}{}", response.description, kind.title());
        }
    }
}

fn empty() -> Response {
    ResponseBuilder::new().description("").build()
}

fn example(kind: ProblemKind) -> utoipa::openapi::example::Example {
    let problem = json!(Problem::new(kind, kind.example()));
    ExampleBuilder::new().summary(kind.title()).value(Some(problem)).build()
}
