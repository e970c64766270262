//! A target's answer, and its sorting by what the caller does about it.

use std::time::Duration;

use provisioning::target::TargetError;
use scim::message::{ERROR_SCHEMA, ErrorResponse};
use serde_json::Value;

/// How long to wait where a target throttles and does not say how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// What a target may ask for at most.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// How much of a target's own words is kept, in characters.
const DETAIL_LENGTH: usize = 300;

/// A complete answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What was asked, for messages: `PATCH /Users/7`.
    pub request: String,
    pub status: u16,
    /// `Retry-After`, as a time from now; `None` where it is missing or cannot be read.
    pub retry_after: Option<Duration>,
    pub content: Content,
    /// Never shown: it is taken out of whatever the target says.
    pub secret: Secret,
}

/// What an answer holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    WebPage,
    /// JSON that breaks off: the answer did not come whole.
    Broken,
    Unreadable,
}

/// The token, kept only to be taken out of texts.
#[derive(Clone, Default)]
pub(crate) struct Secret(pub secrecy::SecretString);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Answer {
    /// The answer if it is a success, else why not.
    pub fn accepted(self) -> Result<Self, TargetError> {
        if !(200..300).contains(&self.status) {
            return Err(self.refusal());
        }
        // Some gateways answer 200 with the error of what lies behind them.
        match self.content {
            Content::Json(ref json) if is_error(json) => {
                let status = error_status(json).filter(|status| !(200..300).contains(status));
                Err(Self { status: status.unwrap_or(500), ..self }.refusal())
            }
            _ => Ok(self),
        }
    }

    /// The same for a write, whose success needs no body. A web page is no success, since a login page answers 200 too; and an
    /// answer that breaks off says nothing for certain.
    pub fn accepted_write(self) -> Result<Self, TargetError> {
        let answer = self.accepted()?;
        match answer.content {
            Content::WebPage | Content::Broken => Err(answer.not_scim()),
            Content::Json(_) | Content::Empty | Content::Unreadable => Ok(answer),
        }
    }

    /// The body of a success where one is needed.
    pub fn json(self) -> Result<Value, TargetError> {
        let answer = self.accepted()?;
        match answer.content {
            Content::Json(json) => Ok(json),
            _ => Err(answer.not_scim()),
        }
    }

    fn not_scim(&self) -> TargetError {
        let what = match self.content {
            Content::WebPage => "with a web page, not SCIM: is the base URL right?",
            Content::Empty => "without a body",
            Content::Broken => "with JSON that breaks off",
            Content::Json(_) | Content::Unreadable => {
                "with something that is not JSON: is the base URL right?"
            }
        };
        TargetError::Unknown(format!("{} was answered {} {what}", self.request, self.status))
    }

    /// The `scimType` of an error body (RFC 7644 table 9), or the same word in its detail.
    pub fn is_scim_type(&self, name: &str) -> bool {
        let error = self.error();
        error.scim_type.is_some_and(|found| found.eq_ignore_ascii_case(name))
            || error.detail.is_some_and(|detail| detail.contains(name))
    }

    /// Whether it says that the request was carried out.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether a refusal names no `scimType`: what it is about is anybody's guess.
    pub fn names_no_scim_type(&self) -> bool {
        self.error().scim_type.is_none()
    }

    fn error(&self) -> ErrorResponse {
        let Content::Json(json) = &self.content else { return ErrorResponse::default() };
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        ErrorResponse {
            scim_type: text("scimType"),
            // `message` and `error` are what servers that are not quite SCIM say.
            detail: ["detail", "message", "error_description", "error"].into_iter().find_map(text),
        }
    }

    /// Why this answer, which is no success, is one. Only called with another status than 2xx.
    pub fn refusal(&self) -> TargetError {
        let message = self.message();
        match self.status {
            300..=399 => TargetError::Rejected(format!(
                "{message}; redirects are not followed: is the base URL right?"
            )),
            401 => TargetError::Unauthorized(format!("{message}: the target does not accept the token")),
            403 => TargetError::Forbidden(message),
            404 | 410 => TargetError::NotFound(message),
            409 => TargetError::Conflict(message),
            400 | 500 if self.is_uniqueness() => TargetError::Conflict(message),
            429 => TargetError::Throttled(self.asked_wait().unwrap_or(DEFAULT_WAIT)),
            // Some gateways answer 500 in place of 429 and say so in words only.
            500 if self.tells_of_a_rate_limit() => {
                TargetError::Throttled(self.asked_wait().unwrap_or(DEFAULT_WAIT))
            }
            405 | 501 => TargetError::Unsupported(message),
            // The request did not arrive in time; nothing is wrong with it.
            408 => TargetError::Failed(message),
            400..=499 => TargetError::Rejected(message),
            503 => match self.asked_wait() {
                Some(wait) => TargetError::Throttled(wait),
                None => TargetError::Failed(message),
            },
            500..=599 => TargetError::Failed(message),
            _ => TargetError::Unknown(message),
        }
    }

    /// For how long the target asks to be left alone: in the header, or in a body of its own.
    fn asked_wait(&self) -> Option<Duration> {
        self.retry_after.or_else(|| match &self.content {
            Content::Json(json) => body_wait(json),
            _ => None,
        })
    }

    fn tells_of_a_rate_limit(&self) -> bool {
        let said = self.error().detail.unwrap_or_default().to_ascii_lowercase();
        let letters: String = said.chars().filter(char::is_ascii_alphanumeric).collect();
        ["ratelimit", "toomanyrequests", "throttl"].iter().any(|word| letters.contains(word))
    }

    fn is_uniqueness(&self) -> bool {
        self.error().scim_type.is_some_and(|found| found.eq_ignore_ascii_case("uniqueness"))
    }

    fn message(&self) -> String {
        let Self { request, status, content, .. } = self;
        let reason = reqwest::StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
        let status = reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"));
        let said = match content {
            Content::WebPage => "a web page, not SCIM: is the base URL right?".to_owned(),
            _ => self.error().detail.map(|detail| self.clean(&detail)).unwrap_or_default(),
        };
        if said.is_empty() {
            format!("{request} was answered {status}")
        } else {
            format!("{request} was answered {status}: {said}")
        }
    }

    /// What the target says, on one line, without the token, and not too long.
    fn clean(&self, text: &str) -> String {
        let spaced: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let printable: String = spaced.chars().filter(|c| !c.is_control()).collect();
        redact(&printable, &self.secret).trim().chars().take(DETAIL_LENGTH).collect()
    }
}

/// Whether a body is a SCIM error message, whatever the status says.
fn is_error(json: &Value) -> bool {
    let schemas = json.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema.as_str() == Some(ERROR_SCHEMA)))
}

/// The status that an error message tells: a text by RFC 7644 section 3.12, and a number in many places.
fn error_status(json: &Value) -> Option<u16> {
    match json.get("status")? {
        Value::String(status) => status.trim().parse().ok(),
        status => status.as_u64()?.try_into().ok(),
    }
}

fn redact(text: &str, secret: &Secret) -> String {
    use secrecy::ExposeSecret;
    match secret.0.expose_secret().trim() {
        "" => text.to_owned(),
        token => text.replace(token, "[redacted]"),
    }
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date, which is compared with `now`.
pub(crate) fn retry_after(header: &str, now: jiff::Timestamp) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        Err(_) => {
            let until = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
            Duration::try_from(until.duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.clamp(Duration::from_secs(1), LONGEST_WAIT))
}

/// The seconds to wait that a vendor's body names, at its top or one object further in.
fn body_wait(json: &Value) -> Option<Duration> {
    let object = json.as_object()?;
    let named = object.iter().find(|(name, _)| {
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        matches!(letters.to_ascii_lowercase().as_str(), "retryafter" | "retryafterseconds" | "retryin")
    });
    let seconds = match named {
        Some((_, Value::Number(seconds))) => seconds.as_f64(),
        Some((_, Value::String(seconds))) => seconds.trim().parse().ok(),
        _ => None,
    };
    let wait = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let within = || ["error", "errors", "detail", "details"].iter().filter_map(|name| object.get(*name));
    wait.map(|wait| wait.clamp(Duration::from_secs(1), LONGEST_WAIT)).or_else(|| within().find_map(body_wait))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Answer {
        let secret = Secret("s3cret-token".to_owned().into());
        Answer {
            request: "POST /Users".into(),
            status,
            retry_after: None,
            content: Content::Json(body),
            secret,
        }
    }

    #[test]
    fn statuses_are_sorted_by_what_the_caller_does() {
        let sorted = |status| answer(status, json!({})).refusal();
        assert!(matches!(sorted(401), TargetError::Unauthorized(_)));
        assert!(matches!(sorted(403), TargetError::Forbidden(_)));
        assert!(matches!(sorted(404), TargetError::NotFound(_)));
        assert!(matches!(sorted(410), TargetError::NotFound(_)));
        assert!(matches!(sorted(409), TargetError::Conflict(_)));
        assert!(matches!(sorted(405), TargetError::Unsupported(_)));
        assert!(matches!(sorted(501), TargetError::Unsupported(_)));
        assert!(matches!(sorted(500), TargetError::Failed(_)));
        assert!(matches!(sorted(503), TargetError::Failed(_)));
        assert!(matches!(sorted(302), TargetError::Rejected(_)));
        assert!(matches!(sorted(413), TargetError::Rejected(_)));
        assert_eq!(sorted(429), TargetError::Throttled(Duration::from_secs(30)));
    }

    #[test]
    fn a_wait_in_a_vendors_body_counts_as_one_in_the_header() {
        let wait = |status, body| match answer(status, body).refusal() {
            TargetError::Throttled(wait) => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(429, json!({"retryAfter": 7})), 7);
        assert_eq!(wait(503, json!({"error": {"retry_after": "12"}})), 12);
        assert_eq!(wait(429, json!({"retry_after": -1})), 30);
        assert!(matches!(answer(503, json!({"retry_after": "soon"})).refusal(), TargetError::Failed(_)));
    }

    #[test]
    fn a_rate_limit_told_by_a_500_is_throttling() {
        let refusal = |said: &str| answer(500, json!({"detail": said})).refusal();
        for said in ["Rate limit exceeded", "Too many requests", "ThrottlingException"] {
            assert_eq!(refusal(said), TargetError::Throttled(DEFAULT_WAIT), "{said}");
        }
        assert!(matches!(refusal("out of order"), TargetError::Failed(_)));
    }

    #[test]
    fn a_uniqueness_error_is_a_conflict_whatever_its_status() {
        for status in [400, 409, 500] {
            let refusal = answer(status, json!({"scimType": "uniqueness", "detail": "taken"})).refusal();
            assert!(
                matches!(&refusal, TargetError::Conflict(why) if why.contains("taken")),
                "{status}: {refusal}"
            );
        }
    }

    #[test]
    fn the_targets_words_are_shown_without_the_token_and_control_characters() {
        let said = format!("bad\r\n\u{1b}[31m value s3cret-token {}", "x".repeat(1000));
        let refusal = answer(400, json!({"detail": said})).refusal().to_string();
        assert!(refusal.starts_with("POST /Users was answered 400 Bad Request: bad"), "{refusal}");
        assert!(!refusal.contains("s3cret") && !refusal.chars().any(char::is_control), "{refusal}");
        assert!(refusal.len() < 400);
    }

    #[test]
    fn a_web_page_is_called_one() {
        let page = |status| Answer { content: Content::WebPage, ..answer(status, json!({})) };
        assert!(page(404).refusal().to_string().contains("web page"));
        let unknown = page(200).json().expect_err("no SCIM");
        assert!(matches!(&unknown, TargetError::Unknown(why) if why.contains("web page")), "{unknown}");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: jiff::Timestamp = "2015-10-21T07:27:00Z".parse().expect("a time");
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:00:00 GMT", now), Some(Duration::from_secs(1)));
        assert_eq!(retry_after("99999999999", now), Some(LONGEST_WAIT));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }
}
