//! Bounds on everything: what comes in, what goes out, and how long it takes. They lie below those of API Gateway (10 MB, 30 s)
//! and Lambda (6 MB with base64 and headers), so that it is we who say what was too much.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;

use crate::problem::{Problem, ProblemKind};

/// Most bytes of a request's body, and of an answer's.
pub const BODY: usize = 4_000_000;
/// How long a handler may take.
pub const TIME: Duration = Duration::from_secs(20);

/// Reads the body, which is then in memory for whoever takes it.
pub async fn request_body(request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, BODY).await.map_err(|_| too_large())?;
    Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await)
}

fn too_large() -> Problem {
    Problem::new(ProblemKind::TooLarge, format!("a body has at most {BODY} bytes"))
}

/// Ends what takes too long or panics, refuses an answer that is too large, and sets the headers every answer has.
pub async fn answer(request: Request, next: Next) -> Response {
    let handled = tokio::time::timeout(TIME, AssertUnwindSafe(next.run(request)).catch_unwind()).await;
    let response = match handled {
        Err(_) => Problem::new(ProblemKind::TimedOut, ProblemKind::TimedOut.example()).into_response(),
        Ok(Err(_)) => internal("a handler panicked"),
        Ok(Ok(response)) => bounded(response),
    };
    with_headers(response)
}

fn bounded(response: Response) -> Response {
    match response.body().size_hint().upper() {
        Some(bytes) if bytes <= BODY as u64 => response,
        _ => internal("an answer was too large"),
    }
}

fn internal(what: &str) -> Response {
    tracing::error!("{what}");
    Problem::new(ProblemKind::Internal, ProblemKind::Internal.example()).into_response()
}

/// Nothing is kept by caches: answers hold who may enter which system. Nothing is guessed by browsers.
fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
