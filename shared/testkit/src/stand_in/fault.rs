//! Faults as data: which requests go wrong, how often, and how.

use std::time::Duration;

use provisioning::folding::folded;
use serde_json::Value;

use crate::sample::Dice;

/// What goes wrong with requests that match. Built up from [`Fault::next`] or [`Fault::always`]:
///
/// ```
/// use testkit::Fault;
/// let throttled = Fault::next(2).method("POST").path("/Users").status(429).header("Retry-After", "3");
/// let lost = Fault::next(1).method("PATCH").after_applying().cut();
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    pub(super) left: u64,
    /// Requests that match and pass before the first goes wrong.
    pub(super) passing: u64,
    method: Option<String>,
    path: Option<String>,
    name: Option<String>,
    pub(super) applied: bool,
    pub(super) answer: FaultAnswer,
}

/// How a target asks to wait (research on targets 2.12; peers: scimgateway's "429 disguised as 500").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttling {
    /// 429, and `Retry-After` in seconds.
    Seconds(u64),
    /// 503, and `Retry-After` as a date.
    Date(jiff::Timestamp),
    /// 429, and the seconds in a body of the vendor's own.
    Body(u64),
    /// 500 whose text tells of a rate limit, without a time.
    Disguised,
}

/// What is answered instead.
#[derive(Debug, Clone)]
pub enum FaultAnswer {
    /// A status, with headers and a body.
    Status {
        /// The status.
        status: u16,
        /// Header names and values.
        headers: Vec<(String, String)>,
        /// The body as it is sent; a SCIM error body where it is `None`.
        body: Option<String>,
    },
    /// 200 with a login page.
    WebPage,
    /// 200 with JSON that breaks off.
    BrokenJson,
    /// Nothing: the connection is closed.
    Cut,
    /// The true answer, but late.
    Late(Duration),
}

impl Fault {
    /// The next `times` requests that match go wrong: by default each is answered 500 and not applied.
    pub fn next(times: u64) -> Self {
        let answer = FaultAnswer::Status { status: 500, headers: Vec::new(), body: None };
        Self { left: times, passing: 0, method: None, path: None, name: None, applied: false, answer }
    }

    /// Every request that matches goes wrong, until the faults are cleared.
    pub fn always() -> Self {
        Self::next(u64::MAX)
    }

    /// The first `requests` that match pass: `Fault::next(1).behind(2)` is the third.
    pub fn behind(self, requests: u64) -> Self {
        Self { passing: requests, ..self }
    }

    /// Only requests of this method; `WRITE` stands for every method but GET.
    pub fn method(self, method: &str) -> Self {
        Self { method: Some(method.into()), ..self }
    }

    /// Only requests whose path and query, behind the base URL, begin so.
    pub fn path(self, start: &str) -> Self {
        Self { path: Some(start.into()), ..self }
    }

    /// Only requests about the user or group of this name: in the body, or as the resource in the path.
    pub fn about(self, name: &str) -> Self {
        Self { name: Some(folded(name)), ..self }
    }

    /// The request takes effect, only its answer is lost or wrong.
    pub fn after_applying(self) -> Self {
        Self { applied: true, ..self }
    }

    /// Answers with this status and a SCIM error body.
    pub fn status(self, status: u16) -> Self {
        Self { answer: FaultAnswer::Status { status, headers: Vec::new(), body: None }, ..self }
    }

    /// Adds a header; after [`status`](Self::status).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let FaultAnswer::Status { headers, .. } = &mut self.answer {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// Sends this body as it stands; after [`status`](Self::status).
    pub fn body(mut self, text: &str) -> Self {
        if let FaultAnswer::Status { body, .. } = &mut self.answer {
            *body = Some(text.into());
        }
        self
    }

    /// Answers 200 with a login page.
    pub fn web_page(self) -> Self {
        Self { answer: FaultAnswer::WebPage, ..self }
    }

    /// Answers 200 with JSON that breaks off.
    pub fn broken_json(self) -> Self {
        Self { answer: FaultAnswer::BrokenJson, ..self }
    }

    /// Asks to wait, in one of the ways targets do.
    pub fn throttled(self, way: Throttling) -> Self {
        match way {
            Throttling::Seconds(seconds) => self.status(429).header("Retry-After", &seconds.to_string()),
            Throttling::Date(until) => {
                let date = jiff::fmt::rfc2822::DateTimePrinter::new();
                let date = date.timestamp_to_rfc9110_string(&until).unwrap_or_default();
                self.status(503).header("Retry-After", &date)
            }
            Throttling::Body(seconds) => {
                self.status(429).body(&format!("{{\"message\": \"slow down\", \"retryAfter\": {seconds}}}"))
            }
            Throttling::Disguised => {
                self.status(500).body("{\"detail\": \"Ratelimit: too many requests, try later\"}")
            }
        }
    }

    /// A plan of `faults` faults, each met by one request somewhere among `among` writes; the same for the same seed.
    pub fn plan(seed: u64, faults: usize, among: u64) -> Vec<Self> {
        let mut dice = Dice(seed);
        let mut fault = || {
            let once = Self::next(1).method("WRITE").behind(dice.below(among));
            let once = if dice.below(2) == 0 { once } else { once.after_applying() };
            match dice.below(6) {
                0 => once.cut(),
                1 => once.status(503),
                2 => once.status(500),
                3 => once.broken_json(),
                4 => once.web_page(),
                _ => once.late(Duration::from_millis(50)),
            }
        };
        (0..faults).map(|_| fault()).collect()
    }

    /// Closes the connection without an answer.
    pub fn cut(self) -> Self {
        Self { answer: FaultAnswer::Cut, ..self }
    }

    /// Gives the true answer, `delay` later.
    pub fn late(self, delay: Duration) -> Self {
        Self { answer: FaultAnswer::Late(delay), applied: true, ..self }
    }

    /// Whether a request goes wrong. `resource_name` is the name of the resource its path names.
    pub(super) fn matches(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        resource_name: Option<&str>,
    ) -> bool {
        let of_method = self.method.as_deref().is_none_or(|wanted| match wanted {
            "WRITE" => method != "GET",
            wanted => wanted == method,
        });
        let about = self.name.as_deref().is_none_or(|wanted| {
            let in_body =
                ["userName", "displayName"].into_iter().filter_map(|name| body?.get(name)?.as_str());
            in_body.chain(resource_name).any(|name| folded(name) == wanted)
        });
        self.left > 0
            && of_method
            && about
            && self.path.as_deref().is_none_or(|start| path.starts_with(start))
    }
}
