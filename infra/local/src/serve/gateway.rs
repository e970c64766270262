//! What stands in front of the API on AWS: the limits of API Gateway and of Lambda. The API keeps lower ones of its own; what
//! passes them by a mistake there is stopped here as it would be stopped there.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use config_api::problem::{Problem, ProblemKind};
use futures::FutureExt as _;
use http_body_util::Limited;

/// Most bytes of a request's body.
/// Source: API Gateway, *Quotas for configuring and running an HTTP API*: payload size 10 MB.
const REQUEST: usize = 10_000_000;
/// Most bytes of an answer's body.
/// Source: AWS Lambda, *Lambda quotas*: synchronous invocation payload 6 MB.
const ANSWER: usize = 6_000_000;
/// How long a request may take, its body included.
/// Source: API Gateway, *Quotas for configuring and running an HTTP API*: maximum integration timeout 30 s.
const TIME: Duration = Duration::from_secs(30);

/// The router behind the limits.
pub(super) fn behind_gateway(router: Router) -> Router {
    router.layer(from_fn(bounded))
}

async fn bounded(request: Request, next: Next) -> Response {
    // What says it is too large is not read at all.
    if request.body().size_hint().lower() > REQUEST as u64 {
        return Problem::new(ProblemKind::TooLarge, format!("a body has at most {REQUEST} bytes"))
            .into_response();
    }
    let request = request.map(|body| Body::new(Limited::new(body, REQUEST)));
    let handled = async { answer_of(next.run(request).await).await };
    match tokio::time::timeout(TIME, AssertUnwindSafe(handled).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => internal("a handler panicked"),
        Err(_) => {
            let detail =
                format!("there was no answer within {} s; what was asked may have been done", TIME.as_secs());
            Problem::new(ProblemKind::TimedOut, detail).into_response()
        }
    }
}

/// The answer, whole in memory as Lambda hands it on.
async fn answer_of(response: Response) -> Response {
    let (head, body) = response.into_parts();
    match to_bytes(body, ANSWER).await {
        Ok(body) => Response::from_parts(head, Body::from(body)),
        Err(_) => internal("an answer was too large, or broke off"),
    }
}

fn internal(what: &str) -> Response {
    tracing::error!("{what}");
    Problem::new(ProblemKind::Internal, ProblemKind::Internal.example()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use futures::{StreamExt as _, stream};
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(method: &str, path: &str, body: Body) -> (StatusCode, Vec<u8>) {
        let router = Router::new()
            .route("/size", post(async |body: axum::body::Bytes| body.len().to_string()))
            .route("/large", get(async || vec![b'x'; ANSWER + 1]))
            .route("/largest", get(async || vec![b'x'; ANSWER]))
            .route("/panic", get(async || -> String { panic!("as it was told to") }))
            .route("/never", get(async || std::future::pending::<String>().await))
            .layer(axum::extract::DefaultBodyLimit::disable());
        let request = Request::builder().method(method).uri(path).body(body).unwrap();
        let response = behind_gateway(router).oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    fn kind(body: &[u8]) -> String {
        let problem: serde_json::Value = serde_json::from_slice(body).unwrap();
        problem["type"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_body_that_says_it_is_too_large_is_refused_unread() {
        let (status, body) = answer("POST", "/size", Body::from(vec![0; REQUEST + 1])).await;
        assert_eq!((status.as_u16(), kind(&body).as_str()), (413, "/problems/too-large"));
        let (status, body) = answer("POST", "/size", Body::from(vec![0; REQUEST])).await;
        assert_eq!((status.as_u16(), body), (200, REQUEST.to_string().into_bytes()));
    }

    #[tokio::test]
    async fn a_body_that_does_not_say_how_large_it_is_ends_at_the_limit() {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0_u8; 1_000_000])).take(11);
        let (status, _) = answer("POST", "/size", Body::from_stream(chunks)).await;
        assert_eq!(status, 413);
    }

    #[tokio::test]
    async fn an_answer_larger_than_lambda_returns_is_a_problem() {
        let (status, body) = answer("GET", "/large", Body::empty()).await;
        assert_eq!((status.as_u16(), kind(&body).as_str()), (500, "/problems/internal"));
        assert_eq!(answer("GET", "/largest", Body::empty()).await.0, 200);
    }

    #[tokio::test]
    async fn a_panic_is_a_problem() {
        let (status, body) = answer("GET", "/panic", Body::empty()).await;
        assert_eq!((status.as_u16(), kind(&body).as_str()), (500, "/problems/internal"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_longer_than_the_gateway_waits_is_a_problem() {
        let (status, body) = answer("GET", "/never", Body::empty()).await;
        assert_eq!((status.as_u16(), kind(&body).as_str()), (503, "/problems/timed-out"));
    }
}
