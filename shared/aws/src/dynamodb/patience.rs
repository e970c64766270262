//! What passes by itself is tried again; everything else is told as the domain knows it.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use provisioning::ports::StoreError;

/// Times an operation is sent, beyond the SDK's own attempts.
pub(crate) const ATTEMPTS: u32 = 10;

/// How long to wait before the `attempt`-th repetition, counted from 0: 20 ms doubled up to a second, 4 s in all.
pub(crate) fn delay(attempt: u32) -> Duration {
    Duration::from_millis(20 << attempt.min(5)).min(Duration::from_secs(1))
}

/// Sends until the answer is not one of contention.
pub(crate) async fn patiently<T, E, F>(mut send: impl FnMut() -> F) -> Result<T, SdkError<E>>
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: ProvideErrorMetadata,
{
    for attempt in 1..ATTEMPTS {
        // The SDK's futures are large.
        match Box::pin(send()).await {
            Err(error) if is_contention(error.code()) => tokio::time::sleep(delay(attempt - 1)).await,
            answer => return answer,
        }
    }
    Box::pin(send()).await
}

/// Throttles, which the SDK has tried again already, and conflicts with transactions, which it does not.
fn is_contention(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "TransactionConflictException"
                | "TransactionInProgressException"
                | "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded"
        )
    )
}

/// Whether a single write was refused by its condition.
pub(crate) fn is_condition_failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// The error as the domain knows it: kind and code only, since DynamoDB's messages may quote an item.
pub(crate) fn unavailable<E: ProvideErrorMetadata>(what: &'static str, error: &SdkError<E>) -> StoreError {
    let detail = match error {
        SdkError::ServiceError(_) => error.code().unwrap_or("an error without a code"),
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "the answer cannot be read",
        _ => "the request cannot be built",
    };
    StoreError::Unavailable { what, detail: detail.to_owned() }
}
