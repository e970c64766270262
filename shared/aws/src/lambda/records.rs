//! The loop over a batch of stream records.

use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use provisioning::detect::StreamChange;
use provisioning::ports::{StoreError, StoreResult};

use crate::stream::{StreamEvent, changes};

/// Hands the changes of an event to `work` and answers where the stream is to go on.
///
/// A record that cannot be read is logged and skipped: it would be as unreadable the next time, and would stop its shard
/// until then. Where a table does not answer, the whole batch comes again. Where something in a table cannot be read,
/// the changes are worked one by one, so that what lies behind the bad one is done, and the stream goes on from that one.
pub async fn work_records(
    event: &StreamEvent,
    work: impl AsyncFn(&[StreamChange]) -> StoreResult<()>,
) -> DynamoDbEventResponse {
    let (numbers, changes) = readable(event);
    let Err(error) = work(&changes).await else {
        return DynamoDbEventResponse::default();
    };
    tracing::warn!(error = %error, changes = changes.len(), "a batch of stream records was not handled");
    match error {
        StoreError::Unavailable { .. } => again_from(first(event)),
        StoreError::Corrupt { .. } => {
            let mut bad = None;
            for (number, change) in numbers.into_iter().zip(&changes) {
                if let Err(error) = work(std::slice::from_ref(change)).await {
                    tracing::error!(sequence_number = number, error = %error, "a stream record was not handled");
                    bad.get_or_insert(number);
                }
            }
            // Together they failed, one by one they did not: what stood in the way has gone.
            bad.map_or_else(DynamoDbEventResponse::default, again_from)
        }
    }
}

/// What can be read, in parallel: the sequence numbers and the changes.
fn readable(event: &StreamEvent) -> (Vec<String>, Vec<StreamChange>) {
    let mut readable = (Vec::new(), Vec::new());
    for (sequence_number, change) in changes(event) {
        match change {
            Ok(change) => {
                readable.0.push(sequence_number);
                readable.1.push(change);
            }
            Err(unreadable) => {
                tracing::error!(sequence_number, reason = %unreadable, "unreadable_stream_record: it is skipped");
            }
        }
    }
    readable
}

fn first(event: &StreamEvent) -> String {
    event.records.first().and_then(|record| record.change.sequence_number.clone()).unwrap_or_default()
}

/// Lambda goes on from the lowest number reported; an empty one means the whole batch.
fn again_from(sequence_number: String) -> DynamoDbEventResponse {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence_number);
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures.push(failure);
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    fn joined(sequence_number: &str, user: &str) -> serde_json::Value {
        json!({
            "eventID": "e", "eventName": "INSERT", "awsRegion": "eu-central-1",
            "dynamodb": {
                "SequenceNumber": sequence_number, "SizeBytes": 1,
                "NewImage": {"item": {"S": "group_membership"}, "pk": {"S": "G#sales"}, "sk": {"S": format!("M#{user}")}},
            },
        })
    }

    fn event(records: &[serde_json::Value]) -> StreamEvent {
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    fn user(change: &StreamChange) -> String {
        match change {
            StreamChange::Directory(provisioning::detect::DirectoryChange::Membership { user, .. }) => {
                user.to_string()
            }
            other => panic!("not a membership: {other:?}"),
        }
    }

    fn failures(response: DynamoDbEventResponse) -> Vec<String> {
        response.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier).collect()
    }

    /// Works changes off into a list, and fails at some.
    async fn work(
        event: &StreamEvent,
        fails: impl Fn(&str) -> Option<StoreError> + Send + Sync,
    ) -> (Vec<String>, Vec<String>) {
        let done = Mutex::new(Vec::new());
        let response = work_records(event, async |changes: &[StreamChange]| {
            for change in changes {
                let user = user(change);
                if let Some(error) = fails(&user) {
                    return Err(error);
                }
                done.lock().unwrap().push(user);
            }
            Ok(())
        })
        .await;
        (done.into_inner().unwrap(), failures(response))
    }

    #[tokio::test]
    async fn a_batch_that_is_handled_answers_with_no_failure() {
        let event = event(&[joined("1", "ann"), joined("2", "bob")]);
        assert_eq!(work(&event, |_| None).await, (vec!["ann".into(), "bob".into()], vec![]));
    }

    #[tokio::test]
    async fn a_table_that_does_not_answer_brings_the_whole_batch_again() {
        let event = event(&[joined("1", "ann"), joined("2", "bob")]);
        let fails = |user: &str| {
            (user == "bob").then(|| StoreError::Unavailable { what: "links", detail: "throttled".into() })
        };
        assert_eq!(work(&event, fails).await.1, ["1"]);
    }

    #[tokio::test]
    async fn a_change_that_cannot_be_handled_does_not_hold_up_those_behind_it() {
        let event = event(&[joined("1", "ann"), joined("2", "bob"), joined("3", "eve")]);
        let fails = |user: &str| {
            (user == "bob").then(|| StoreError::Corrupt { what: "links", detail: "no key".into() })
        };
        let (done, failures) = work(&event, fails).await;
        assert!(done.contains(&"eve".to_owned()), "{done:?}");
        assert_eq!(failures, ["2"]);
    }

    #[tokio::test]
    async fn an_unreadable_record_is_skipped() {
        let mut broken = joined("1", "ann");
        broken["dynamodb"]["NewImage"]["pk"] = json!({"S": "sales"});
        assert_eq!(work(&event(&[broken, joined("2", "bob")]), |_| None).await, (vec!["bob".into()], vec![]));
    }

    #[tokio::test]
    async fn the_loop_can_run_on_another_thread() {
        let event = event(&[joined("1", "ann")]);
        let response =
            tokio::spawn(async move { work_records(&event, async |_: &[StreamChange]| Ok(())).await });
        assert!(response.await.unwrap().batch_item_failures.is_empty());
    }
}
