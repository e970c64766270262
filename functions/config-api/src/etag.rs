//! Entity tags: who writes on an outdated reading is refused (RFC 9110 sections 8.8.3 and 13.1.1).

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use uuid::Uuid;

use crate::problem::{Problem, ProblemKind};

/// A strong entity tag, in its quotes. As part of an answer it is the header `ETag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// Of configuration, by its version.
    pub fn version(version: u64) -> Self {
        Self(format!("\"{version}\""))
    }

    /// Of an object without a version, by what it shows.
    pub fn of_content<T: Serialize>(shown: &T) -> Self {
        let json = serde_json::to_vec(shown).unwrap_or_default();
        Self(format!("\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, &json).simple()))
    }

    /// As a header's value.
    fn value(&self) -> HeaderValue {
        // Hexadecimal digits and quotes are a header's value always.
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

impl axum::response::IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: axum::response::ResponseParts,
    ) -> Result<axum::response::ResponseParts, Self::Error> {
        parts.headers_mut().insert(header::ETAG, self.value());
        Ok(parts)
    }
}

/// What a write says it changes. A handler that takes it requires the header (428 without); one that takes an `Option` of it
/// honours it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Tags);

/// What [`IfMatch`] takes, as a pattern of ECMA 262. A comma would be taken for the end of a tag, so none is allowed in one.
const TAGS: &str = r#"^(\*|(W/)?"[!#-+\x2d-~]*"(, ?(W/)?"[!#-+\x2d-~]*")*)$"#;

impl PartialSchema for IfMatch {
    fn schema() -> RefOr<Schema> {
        let tags = ObjectBuilder::new().schema_type(Type::String).pattern(Some(TAGS));
        tags.examples([serde_json::json!("\"3\"")]).into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: whatever is there.
    Any,
    /// One of these; weak ones never match (RFC 9110 section 13.1.1).
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Holds it against what is there.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::Stale`], with the current tag in `ETag`.
    pub fn check(&self, current: &ETag) -> Result<(), Problem> {
        match &self.0 {
            Tags::Any => Ok(()),
            Tags::OneOf(tags) if tags.contains(&current.0) => Ok(()),
            Tags::OneOf(_) => Err(Problem::new(ProblemKind::Stale, ProblemKind::Stale.example())
                .header(header::ETAG, current.value())),
        }
    }

    fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut tags = Vec::new();
        let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Ok(None);
        }
        for value in values {
            let text = value.to_str().map_err(|_| unreadable(&header::IF_MATCH))?.trim();
            if text == "*" {
                return Ok(Some(Self(Tags::Any)));
            }
            for tag in text.split(',').map(str::trim) {
                let opaque = tag.strip_prefix("W/").unwrap_or(tag);
                if opaque.len() < 2 || !opaque.starts_with('"') || !opaque.ends_with('"') {
                    return Err(unreadable(&header::IF_MATCH));
                }
                tags.push(tag.to_owned());
            }
        }
        Ok(Some(Self(Tags::OneOf(tags))))
    }
}

fn unreadable(header: &HeaderName) -> Problem {
    let detail = format!("{header} is not a list of entity tags in double quotes");
    Problem::new(ProblemKind::InvalidHeader, detail)
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let required = || Problem::new(ProblemKind::IfMatchRequired, ProblemKind::IfMatchRequired.example());
        Self::read(&parts.headers)?.ok_or_else(required)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Self::read(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<IfMatch>, Problem> {
        let values = values.iter().map(|value| (header::IF_MATCH, HeaderValue::from_static(value)));
        IfMatch::read(&values.collect())
    }

    #[test]
    fn a_version_matches_itself_in_a_list_and_by_a_star() {
        for values in [&["\"7\""][..], &["\"6\", \"7\""], &["\"6\"", "\"7\""], &["*"]] {
            assert!(read(values).unwrap().unwrap().check(&ETag::version(7)).is_ok(), "{values:?}");
        }
    }

    #[test]
    fn another_version_and_a_weak_tag_are_stale() {
        for value in ["\"6\"", "W/\"7\"", "\"77\""] {
            let problem = read(&[value]).unwrap().unwrap().check(&ETag::version(7)).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Stale, "{value}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for value in ["7", "", "\"", "\"7\",", "W/7"] {
            assert_eq!(read(&[value]).unwrap_err().kind, ProblemKind::InvalidHeader, "{value}");
        }
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn content_that_differs_has_another_tag() {
        assert_eq!(ETag::of_content(&"ada"), ETag::of_content(&"ada"));
        assert_ne!(ETag::of_content(&"ada"), ETag::of_content(&"bob"));
    }
}
