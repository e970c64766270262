//! One line in the log for each request, and an id by which its caller finds it there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use config_api::caller::Caller;
use provisioning::clock::Clock;
use provisioning::randomness::Randomness;
use tracing::Instrument as _;

/// The header that tells the id. It is always ours: one that a caller sends could pass for another's.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most characters of a method that are shown; no real one has more.
const METHOD: usize = 16;

/// What the log takes time and ids from.
#[derive(Clone)]
pub(super) struct AccessLog {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) randomness: Arc<dyn Randomness>,
}

/// The router with its log in front.
pub(super) fn logged(router: Router, log: AccessLog) -> Router {
    router.layer(from_fn_with_state(log, log_request))
}

/// Logs method, route, status, time and caller. Never a path as it was sent, a query, a header or a body: they may hold what is
/// confidential. What else is logged meanwhile bears the same id.
async fn log_request(State(log): State<AccessLog>, request: Request, next: Next) -> Response {
    let id = log.randomness.token();
    let began = log.clock.now();
    let method: String = request.method().as_str().chars().take(METHOD).collect();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::error_span!("request", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let millis = log.clock.now().duration_since(began).as_millis();
    span.in_scope(|| {
        let caller = response.extensions().get::<Caller>().map(|caller| caller.name.as_str());
        tracing::info!(
            method,
            route = route.as_ref().map_or("none", MatchedPath::as_str),
            status = response.status().as_u16(),
            ms = millis,
            caller = caller.unwrap_or("unknown"),
            "answered"
        );
    });
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
