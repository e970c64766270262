//! The query of a request.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;
use url::form_urlencoded;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use crate::openapi::operations;
use crate::problem::{FieldError, Problem, shortened};

/// The query, read as `T`.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let said = error.inner().to_string();
        // Of a parameter that is there twice, or missing, the path is the whole query, and the error names it.
        let path = error.path().to_string();
        let field = if path == "." { said.split('`').nth(1).unwrap_or(&path).to_owned() } else { path };
        let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| *name == field);
        let error = match said.starts_with("duplicate field") {
            true => FieldError::of(&field).hint("it is there twice"),
            false => FieldError::of(&field).allowed(shortened(&said)),
        };
        Problem::query(match given {
            Some((_, given)) => error.given(&given),
            None => error,
        })
    })
}

/// The query parameters of every route, from the document.
#[derive(Debug)]
pub struct Known(HashMap<(String, Method), BTreeSet<String>>);

impl Known {
    /// Of the routes of this document.
    pub fn of(document: &OpenApi) -> Self {
        let known = document.paths.paths.iter().flat_map(|(path, item)| {
            operations(item).map(|(method, operation)| ((path.clone(), method), names(operation)))
        });
        Self(known.collect())
    }
}

fn names(operation: &Operation) -> BTreeSet<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
        _ => None,
    });
    parameters.collect()
}

/// Refuses parameters that the route's documentation does not name: a misspelt filter must not list everything.
pub async fn refuse_unknown(
    State(known): State<Arc<Known>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    if let Some(known) = known.0.get(&(path.as_str().to_owned(), method)) {
        let query = request.uri().query().unwrap_or_default();
        let unknown = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| !known.contains(&**name));
        if let Some((name, _)) = unknown {
            let allowed: Vec<_> = known.iter().map(String::as_str).collect();
            let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            let error = FieldError::of(shortened(&name)).allowed(allowed);
            return Err(Problem::query(error.hint("there is no such query parameter here")));
        }
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::page::Limit;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Listed {
        limit: Option<Limit>,
    }

    #[test]
    fn a_parameter_that_cannot_be_read_is_named_with_what_was_given() {
        for query in ["limit=0", "limit=201", "limit=abc", "limit=-1", "limit=1e3", "limit="] {
            let problem = read::<Listed>(query).unwrap_err();
            let error = &problem.errors[0];
            assert_eq!(
                (error.field.as_str(), error.given.as_deref()),
                ("limit", query.strip_prefix("limit="))
            );
        }
        assert_eq!(read::<Listed>("limit=200").unwrap().limit.unwrap().get(), 200);
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_refused() {
        assert_eq!(read::<Listed>("limit=1&limit=2").unwrap_err().errors[0].field, "limit");
    }
}
