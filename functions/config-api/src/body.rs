//! Bodies in JSON.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, Problem, ProblemKind, shortened};

/// The media type of a body in JSON.
const TAKEN: [&str; 1] = ["application/json"];

/// A body in JSON. What it may hold is what `T` reads; a `T` denies unknown fields.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        json(request, state, &TAKEN).await.map(Self)
    }
}

/// A body in JSON that may be left out, or be null.
#[derive(Debug, Clone)]
pub struct OptionalJsonBody<T>(pub Option<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(head.clone(), body), state).await;
        // The body was read by crate::limits before, which bounds it.
        let bytes = bytes.map_err(|_| Problem::new(ProblemKind::InvalidBody, "the body cannot be read"))?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        json(Request::from_parts(head, bytes.into()), state, &TAKEN).await.map(Self)
    }
}

/// Reads a body in JSON that comes as one of these media types.
pub(crate) async fn json<T: DeserializeOwned, S: Send + Sync>(
    request: Request,
    state: &S,
    taken: &[&str],
) -> Result<T, Problem> {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let given = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !taken.iter().any(|taken| given.eq_ignore_ascii_case(taken)) {
        let detail = format!("send the body as {}", taken.join(" or "));
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    let bytes = Bytes::from_request(request, state).await;
    // The body was read by crate::limits before, which bounds it.
    let bytes = bytes.map_err(|_| Problem::new(ProblemKind::InvalidBody, "the body cannot be read"))?;
    read(&bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        problem(&path, error.inner())
    })?;
    json.end().map_err(|error| problem(".", &error))?;
    Ok(value)
}

/// Names the field. What serde says of a wrong type quotes the value, which may be a secret, so only what it expected is told.
fn problem(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        let detail = format!("the body is not JSON: see line {}, column {}", error.line(), error.column());
        return Problem::new(ProblemKind::InvalidBody, detail);
    }
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let (field, error) = match quoted(said) {
        Some(("missing field", name)) => {
            let field = joined(path, name);
            (field.clone(), FieldError::of(field).hint("it is required"))
        }
        Some(("duplicate field", name)) => {
            let field = joined(path, name);
            (field.clone(), FieldError::of(field).hint("it is there twice"))
        }
        Some(("unknown field", _)) => (path.to_owned(), FieldError::of(path).hint("there is no such field")),
        _ => (path.to_owned(), FieldError::of(path)),
    };
    let error = match said.split_once("expected ") {
        Some((_, expected)) => error.allowed(shortened(expected)),
        // Words of our own types, which quote nothing confidential.
        None if error.hint.is_none() => error.allowed(shortened(said)),
        None => error,
    };
    Problem::new(ProblemKind::InvalidBody, format!("the field '{}' cannot be used", shortened(&field)))
        .error(error)
}

/// Takes "missing field `name`" apart.
fn quoted(said: &str) -> Option<(&str, &str)> {
    let (what, rest) = said.split_once(" `")?;
    Some((what, rest.split('`').next()?))
}

fn joined(path: &str, name: &str) -> String {
    if path == "." { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Outer {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        count: u8,
    }

    fn refused(json: &str) -> Problem {
        read::<Outer>(json.as_bytes()).unwrap_err()
    }

    fn field(json: &str) -> String {
        refused(json).errors[0].field.clone()
    }

    #[test]
    fn the_field_that_is_wrong_is_named_by_its_path() {
        assert_eq!(field(r#"{"name": 5}"#), "name");
        assert_eq!(field(r#"{"name": "a", "inner": {"count": -1}}"#), "inner.count");
        assert_eq!(field(r#"{"name": "a", "inner": {}}"#), "inner.count");
        assert_eq!(field("{}"), "name");
        assert_eq!(field(r#"{"name": "a", "name": "b"}"#), "name");
        assert_eq!(field(r#"{"nmae": "a"}"#), "nmae");
    }

    #[test]
    fn what_is_not_json_is_told_by_its_place() {
        assert_eq!(refused("{").kind, ProblemKind::InvalidBody);
        assert!(refused("{\n  oops").detail.contains("line 2"));
        assert_eq!(refused(r#"{"name": "a"} x"#).kind, ProblemKind::InvalidBody);
        assert_eq!(refused(&"[".repeat(10_000)).kind, ProblemKind::InvalidBody);
    }

    #[test]
    fn a_value_of_a_wrong_type_is_not_quoted() {
        let problem = serde_json::to_string(&refused(r#"{"name": "a", "inner": "confidential"}"#)).unwrap();
        assert!(!problem.contains("confidential"), "{problem}");
    }
}
