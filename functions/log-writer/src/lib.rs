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
        StreamChange::Directory(_) | StreamChange::Presence(_) | StreamChange::Account(_) => None,
    });
    outcomes.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use provisioning::ids::ApplicationId;
    use provisioning::ports::{ActivityPage, StoreError, StoreResult};

    use super::*;

    /// A log in memory; it may be out of reach.
    #[derive(Default)]
    struct Log {
        events: Mutex<BTreeMap<String, Outcome>>,
        unreachable: bool,
    }

    #[async_trait]
    impl ActivityStore for Log {
        async fn put(&self, outcomes: &[Outcome]) -> StoreResult<()> {
            if self.unreachable {
                return Err(StoreError::Unavailable { what: "the log", detail: "no answer".to_owned() });
            }
            let outcomes = outcomes.iter().map(|outcome| (outcome.id.clone(), outcome.clone()));
            self.events.lock().unwrap().extend(outcomes);
            Ok(())
        }

        async fn of_application(
            &self,
            _: &ApplicationId,
            _: Option<String>,
            _: usize,
        ) -> StoreResult<ActivityPage> {
            Ok(ActivityPage { outcomes: Vec::new(), next: None })
        }
    }

    fn sample() -> StreamEvent {
        serde_json::from_str(include_str!("../../../events/stream.json")).unwrap()
    }

    #[tokio::test]
    async fn what_was_settled_is_told_once_however_often_the_record_comes() {
        let log = Log::default();
        for _ in 0..2 {
            assert!(handle(&sample(), &log).await.batch_item_failures.is_empty());
        }
        let events = log.events.into_inner().unwrap();
        assert_eq!(events.keys().collect::<Vec<_>>(), ["crm#user#u-ann:1", "crm#user#u-ann:2", "crm:3"]);
    }

    #[tokio::test]
    async fn a_log_that_does_not_answer_brings_the_records_again() {
        let log = Log { unreachable: true, ..Log::default() };
        let failures = handle(&sample(), &log).await.batch_item_failures;
        assert_eq!(failures[0].item_identifier.as_deref(), Some("1001"));
    }
}
