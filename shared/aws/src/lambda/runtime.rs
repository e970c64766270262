//! How a function starts and runs.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing_subscriber::EnvFilter;

/// Sends log events to stderr as JSON, one a line; `filter` in the form of `RUST_LOG`.
///
/// # Errors
///
/// The filter cannot be read.
pub fn start_logging(filter: &str) -> Result<(), Error> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_writer(std::io::stderr)
        // Logging that was started before is left as it is: a process of several functions starts it once.
        .try_init()
        .ok();
    Ok(())
}

/// Hands each invocation's event to `handler` until the environment ends.
///
/// # Errors
///
/// The Lambda runtime API is not reachable.
pub async fn run<E, R>(handler: impl AsyncFn(E) -> Result<R, Error>) -> Result<(), Error>
where
    E: DeserializeOwned,
    R: Serialize,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<E>| handler(event.payload))).await
}
