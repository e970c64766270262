//! One request and its answer: authentication, limits, and what went wrong on the way.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use catalog::ContentType;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use provisioning::ids::RemoteId;
use provisioning::target::{Kind, RequestNote, TargetError};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, IF_MATCH, RETRY_AFTER};
use reqwest::{Client, Method};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::AddressPolicy;
use crate::answer::{Answer, Content, Secret, retry_after};
use crate::resolver::ResolveError;

/// An answer beyond this is not read.
const LARGEST_ANSWER: usize = 10 * 1024 * 1024;
/// What stands in a URL as it is (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Sends requests to one target.
pub(crate) struct Wire {
    pub client: Result<Client, String>,
    pub policy: AddressPolicy,
    pub base_url: Url,
    pub secret: Secret,
    pub timeout: Duration,
}

/// One request behind the base URL.
pub(crate) struct Request {
    pub method: Method,
    /// Behind the base URL, encoded: `/Users/7`.
    pub path: String,
    /// Encoded, without the question mark; empty where there is none.
    pub query: String,
    pub body: Option<Value>,
    /// The version that a write is about (RFC 7644 section 3.14).
    pub version: Option<String>,
}

impl Request {
    /// A read.
    pub fn get(path: impl Into<String>, query: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), query: query.into(), body: None, version: None }
    }

    /// A write with a body.
    pub fn send(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), query: String::new(), body: Some(body), version: None }
    }

    /// The same, of one version only where it is known.
    pub fn of_version(self, version: Option<String>) -> Self {
        Self { version, ..self }
    }

    fn shown(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// The endpoint of a kind (RFC 7644 section 3.2).
pub(crate) fn endpoint(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "/Users",
        Kind::Group => "/Groups",
    }
}

/// The path of one resource. Ids are opaque: every special character is encoded.
pub(crate) fn resource_path(kind: Kind, id: &RemoteId) -> String {
    format!("{}/{}", endpoint(kind), encoded(id.as_str()))
}

/// A text as it stands in a path segment or a query value.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn media_type(content_type: ContentType) -> &'static str {
    match content_type {
        ContentType::ScimJson => "application/scim+json",
        ContentType::Json => "application/json",
    }
}

impl Wire {
    /// Sends a request and reads the whole answer. An answer of any status is one; the error is what kept it from coming.
    pub async fn send(
        &self,
        request: &Request,
        content_type: ContentType,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        if let Some(refusal) = self.policy.refusal(&self.base_url) {
            return Err(TargetError::Refused(refusal));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the client that sends measures how long an answer took"
        )]
        let started = Instant::now();
        let mut status = None;
        let answer = self.exchange(request, content_type, &mut status).await;
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(method = %request.method, path = request.path, status, millis, "request to target");
        if !matches!(answer, Err(TargetError::Refused(_))) {
            let method = request.method.to_string();
            notes.push(RequestNote { method, path: request.shown(), status, millis });
        }
        answer
    }

    async fn exchange(
        &self,
        request: &Request,
        content_type: ContentType,
        status: &mut Option<u16>,
    ) -> Result<Answer, TargetError> {
        let client = self.client.as_ref().map_err(|why| TargetError::Unknown(why.clone()))?;
        let mut builder = client
            .request(request.method.clone(), self.url(request))
            .timeout(self.timeout)
            .header(AUTHORIZATION, self.authorization()?)
            .header(ACCEPT, "application/scim+json, application/json;q=0.9");
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, media_type(content_type)).body(body.to_string());
        }
        if let Some(version) = &request.version {
            builder = builder.header(IF_MATCH, version);
        }
        let shown = format!("{} {}", request.method, request.path);
        let mut response = builder.send().await.map_err(|error| self.broken(&shown, &error))?;
        *status = Some(response.status().as_u16());
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        #[expect(clippy::disallowed_methods, reason = "a Retry-After date counts from the moment it arrives")]
        let now = jiff::Timestamp::now();
        let retry_after = header(RETRY_AFTER).and_then(|value| retry_after(value, now));
        let is_page =
            header(CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&shown, &error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(TargetError::Unknown(format!("{shown} was answered with more than 10 MB")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            request: shown,
            status: response.status().as_u16(),
            retry_after,
            content: content(&body, is_page),
            secret: self.secret.clone(),
        })
    }

    fn url(&self, request: &Request) -> Url {
        let mut url = self.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{}", request.path));
        url.set_query(Some(request.query.as_str()).filter(|query| !query.is_empty()));
        url.set_fragment(None);
        url
    }

    fn authorization(&self) -> Result<HeaderValue, TargetError> {
        let value = format!("Bearer {}", self.secret.0.expose_secret().trim());
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            TargetError::Unauthorized(
                "the token holds characters that no token has: was it copied whole?".into(),
            )
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// What kept an answer from coming, in words for an administrator. The library's own words hold the whole URL.
    fn broken(&self, shown: &str, error: &reqwest::Error) -> TargetError {
        let host = self.base_url.host_str().unwrap_or("the target");
        match causes(error).find_map(|cause| cause.downcast_ref::<ResolveError>()) {
            Some(refused @ ResolveError::NotPublic(_)) => return TargetError::Refused(refused.to_string()),
            Some(unresolved) => {
                return TargetError::Unknown(format!("cannot connect to {host}: {unresolved}"));
            }
            None => {}
        }
        if error.is_timeout() && error.is_connect() {
            return TargetError::Unknown(format!("cannot connect to {host}: it does not answer"));
        }
        if error.is_timeout() {
            return TargetError::Unknown(format!(
                "{shown}: no answer within {} s",
                self.timeout.as_secs_f32()
            ));
        }
        let io = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
        if error.is_connect() {
            let last = || causes(error).last().map(ToString::to_string).unwrap_or_default();
            let why = match io.map(io::Error::kind) {
                Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
                Some(io::ErrorKind::ConnectionReset) => "connection reset".to_owned(),
                _ => last(),
            };
            return TargetError::Unknown(format!("cannot connect to {host}: {why}"));
        }
        TargetError::Unknown(format!("{shown}: the connection was cut before the answer was complete"))
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

fn content(body: &[u8], is_page: bool) -> Content {
    let text = body.trim_ascii();
    if text.is_empty() {
        return Content::Empty;
    }
    match serde_json::from_slice(text) {
        Ok(json) => Content::Json(json),
        Err(_) if is_page || text.starts_with(b"<") => Content::WebPage,
        Err(_) if text.starts_with(b"{") || text.starts_with(b"[") => Content::Broken,
        Err(_) => Content::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, request: &Request) -> String {
        let wire = Wire {
            client: Err("none".into()),
            policy: AddressPolicy::AllowLocal,
            base_url: base.parse().expect("a URL"),
            secret: Secret::default(),
            timeout: Duration::from_secs(1),
        };
        wire.url(request).to_string()
    }

    #[test]
    fn paths_stand_behind_the_base_url() {
        let read = Request::get("/Users", "count=1");
        assert_eq!(url("http://host/v2", &read), "http://host/v2/Users?count=1");
        assert_eq!(url("http://host/v2/", &read), "http://host/v2/Users?count=1");
        assert_eq!(url("http://host", &read), "http://host/Users?count=1");
    }

    #[test]
    fn an_id_cannot_leave_its_segment() {
        let id = RemoteId::new("../a b/c?d#e%2e").expect("an id");
        let path = resource_path(Kind::User, &id);
        assert_eq!(
            url("http://host/v2", &Request::get(path, "")),
            "http://host/v2/Users/..%2Fa%20b%2Fc%3Fd%23e%252e"
        );
    }

    #[test]
    fn bodies_are_told_apart() {
        assert_eq!(content(b"  ", false), Content::Empty);
        assert_eq!(content(b"{}", true), Content::Json(serde_json::json!({})));
        assert_eq!(content(b"<!doctype html>", false), Content::WebPage);
        assert_eq!(content(b"Sign in", true), Content::WebPage);
        assert_eq!(content(b"oops", false), Content::Unreadable);
        assert_eq!(content(b"{\"id\": \"7", false), Content::Broken);
    }
}
