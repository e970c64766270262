//! Errors as the API tells them: `application/problem+json` (RFC 9457). What is wrong is said with the field, what was given,
//! what is allowed and what to do next (DESIGN rule 13).

mod kind;
mod responses;

pub use kind::ProblemKind;
pub use responses::{add, responses};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use provisioning::ports::StoreError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Most characters of what was given that are shown again.
const SHOWN: usize = 200;

/// An error (RFC 9457). A kind of problem may have members of its own beside these.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Which kind of problem it is: a relative URI that never changes.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "/problems/not-found")]
    pub kind: ProblemKind,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// Members of the kind's own.
    #[serde(flatten)]
    #[schema(ignore)]
    members: Option<Box<serde_json::Map<String, Value>>>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field: a path in the body such as `custom.cost_center`, or the name of a query parameter.
    pub field: String,
    /// What was given, shortened; absent where it may be confidential.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub given: Option<String>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub allowed: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hint: Option<String>,
}

impl FieldError {
    /// An error of this field.
    pub fn of(field: impl Into<String>) -> Self {
        Self { field: field.into(), ..Self::default() }
    }

    /// Shows what was given. Never for anything confidential.
    pub fn given(self, given: &str) -> Self {
        Self { given: Some(shortened(given)), ..self }
    }

    /// Says what is allowed.
    pub fn allowed(self, allowed: impl Into<String>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    /// Says what to do.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Problem {
    /// A problem of this kind; `detail` says what is wrong this time.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title(),
            status: kind.status().as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            members: None,
            headers: Vec::new(),
        }
    }

    /// There is no such object. `what` is as in "there is no user 'ada'".
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(ProblemKind::NotFound, format!("there is no {what} '{}'", shortened(id)))
    }

    /// A query parameter has a value that cannot be used.
    pub fn query(error: FieldError) -> Self {
        let detail = format!("the query parameter '{}' cannot be used", error.field);
        Self::new(ProblemKind::InvalidQuery, detail).error(error)
    }

    /// A field is well formed, but what it says cannot be.
    pub fn value(error: FieldError) -> Self {
        let detail = format!("the field '{}' cannot have this value", error.field);
        Self::new(ProblemKind::InvalidValue, detail).error(error)
    }

    /// A name or an id that must be unique belongs to another; `other` is whose it is.
    pub fn taken(kind: ProblemKind, field: &str, given: &str, other: Option<&str>) -> Self {
        let other = other.unwrap_or("another");
        let detail = format!("'{}' is taken by '{other}', without regard to case", shortened(given));
        let error = FieldError::of(field).given(given).hint("change that one, or give another value");
        Self::new(kind, detail).error(error).member("taken_by", other)
    }

    /// Names a field.
    pub fn error(mut self, error: FieldError) -> Self {
        self.errors.push(error);
        self
    }

    /// Adds a member of the kind's own (RFC 9457 section 3.2).
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// At most 200 characters, none of them a control character.
pub(crate) fn shortened(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let mut headers: HeaderMap = self.headers.iter().cloned().collect();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("2"));
        }
        // A problem has no map with keys that are no text, so this cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, headers, body).into_response()
    }
}

impl From<StoreError> for Problem {
    /// What a store says holds no value of an item, but it is for us: it goes to the log, not to the caller.
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a table could not be used");
        match error {
            StoreError::Unavailable { .. } => Self::new(
                ProblemKind::Unavailable,
                "a table does not answer; nothing is known to have changed",
            ),
            StoreError::Corrupt { .. } => {
                Self::new(ProblemKind::Internal, "an item cannot be read; the log names the table")
            }
        }
    }
}

/// Answers what is no route.
pub async fn unknown_route(uri: Uri) -> Problem {
    Problem::new(ProblemKind::UnknownRoute, format!("there is no route '{}'", shortened(uri.path())))
}

/// Answers a method that the route does not have; the router adds `Allow`.
pub async fn method_not_allowed(method: Method) -> Problem {
    let detail =
        format!("this route has no {}; the header Allow lists what it has", shortened(method.as_str()));
    Problem::new(ProblemKind::MethodNotAllowed, detail)
}
