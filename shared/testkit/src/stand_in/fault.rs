//! Faults as data: which requests go wrong, how often, and how.

use std::time::Duration;

use provisioning::folding::folded;
use serde_json::Value;

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
    method: Option<String>,
    path: Option<String>,
    name: Option<String>,
    pub(super) applied: bool,
    pub(super) answer: FaultAnswer,
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
    /// Nothing: the connection is closed.
    Cut,
    /// The true answer, but late.
    Late(Duration),
}

impl Fault {
    /// The next `times` requests that match go wrong: by default each is answered 500 and not applied.
    pub fn next(times: u64) -> Self {
        let answer = FaultAnswer::Status { status: 500, headers: Vec::new(), body: None };
        Self { left: times, method: None, path: None, name: None, applied: false, answer }
    }

    /// Every request that matches goes wrong, until the faults are cleared.
    pub fn always() -> Self {
        Self::next(u64::MAX)
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
