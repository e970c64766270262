//! `log-writer`: writes what was settled into the activity log, under the outcome's own id, so that a repeated record is the
//! same event.

use aws::lambda::{DynamoDbEventResponse, StreamEvent, work_records};
use provisioning::activity::Outcome;
use provisioning::detect::StreamChange;
use provisioning::ports::ActivityStore;

/// Puts the outcomes of an event, and says from which record on it must come again.
pub async fn handle(event: &StreamEvent, activity: &dyn ActivityStore) -> DynamoDbEventResponse {
    work_records(event, async |changes| {
        let outcomes = outcomes(changes);
        if outcomes.is_empty() { Ok(()) } else { activity.put(&outcomes).await }
    })
    .await
}

fn outcomes(changes: &[StreamChange]) -> Vec<Outcome> {
    let outcomes = changes.iter().filter_map(|change| match change {
        StreamChange::Outcome(outcome) => Some(outcome.as_ref().clone()),
        StreamChange::Directory(_) | StreamChange::Presence(_) => None,
    });
    outcomes.collect()
}
