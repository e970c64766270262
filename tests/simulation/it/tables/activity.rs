//! The activity log's table.

use async_trait::async_trait;
use provisioning::activity::Outcome;
use provisioning::ids::ApplicationId;
use provisioning::ports::{ActivityPage, ActivityStore, StoreError, StoreResult};

use super::Store;

#[async_trait]
impl ActivityStore for Store {
    async fn put(&self, outcomes: &[Outcome]) -> StoreResult<()> {
        self.write_rows("activity.put", outcomes.to_vec(), |state, outcome| {
            state.activity.insert(outcome.id.clone(), outcome);
        })
        .await
    }

    async fn of_application(
        &self,
        application: &ApplicationId,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<ActivityPage> {
        let behind: usize = match cursor.map(|cursor| cursor.parse()) {
            None => 0,
            Some(Ok(behind)) => behind,
            Some(Err(_)) => {
                return Err(StoreError::Corrupt {
                    what: "the activity log",
                    detail: "no cursor of its own".into(),
                });
            }
        };
        self.read("activity.of_application", |state| {
            let events = state.activity.values().filter(|outcome| outcome.application == *application);
            let mut events: Vec<Outcome> = events.cloned().collect();
            events.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
            let more = events.len() > behind + limit;
            let outcomes = events.into_iter().skip(behind).take(limit).collect();
            ActivityPage { outcomes, next: more.then(|| (behind + limit).to_string()) }
        })
        .await
    }
}
