//! The activity table: every event once, in the order of time within a day and shard.

mod log;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::activity::{Outcome, OutcomeResult};
use provisioning::ids::ApplicationId;
use provisioning::ports::{ActivityPage, ActivityStore, StoreError, StoreResult, shard};

use crate::dynamodb::{
    Item, batch_put, concurrently, decode, encode, first, key_item, key_of, patiently, unavailable,
};
use crate::tables::item::{ADMINISTRATOR_ACTION, DAY, EVENT, ITEM};
use crate::tables::keys::{self, DAY_SHARDS, Key, SHARDS};

const WHAT: &str = "the activity store";

/// Days remembered as noted; more are noted again.
const REMEMBERED: usize = 10_000;
/// Days read at a time.
const DAYS: i32 = 30;

/// The activity log in DynamoDB.
#[derive(Debug)]
pub struct DynamoActivityStore {
    client: Client,
    table: String,
    /// Days known to be noted, so that each costs one write per process.
    noted: Mutex<HashSet<Key>>,
}

impl DynamoActivityStore {
    /// The store in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, noted: Mutex::default() }
    }

    /// Notes the days of events. It comes before the events: an event of a day that is not noted would not be found.
    async fn note_days(&self, outcomes: &[Outcome]) -> StoreResult<()> {
        let days = outcomes.iter().flat_map(|outcome| {
            let of = [keys::days(&outcome.application), keys::ALL_DAYS.to_owned()];
            of.map(|days| Key::new(days, keys::day(outcome.at)))
        });
        let mut days: HashSet<_> = days.collect();
        {
            let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            days.retain(|day| !noted.contains(day));
        }
        if days.is_empty() {
            return Ok(());
        }
        let items = days.iter().map(|day| {
            let mut item = key_item(day);
            item.insert(ITEM.into(), AttributeValue::S(DAY.into()));
            item
        });
        let items = items.collect();
        batch_put(&self.client, WHAT, &self.table, items).await?;
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() > REMEMBERED {
            noted.clear();
        }
        noted.extend(days);
        Ok(())
    }

    /// An application's newest events of one day, behind the sort key `after`.
    async fn of_day(
        &self,
        application: &ApplicationId,
        day: &str,
        after: Option<&str>,
        limit: usize,
    ) -> StoreResult<Vec<(String, Item)>> {
        let shards = (0..SHARDS).map(|shard| {
            let pk = AttributeValue::S(keys::events(application, day, shard));
            let query = self.client.query().table_name(&self.table).consistent_read(true);
            let query = query.scan_index_forward(false).expression_attribute_values(":pk", pk);
            let query = match after {
                None => query.key_condition_expression("pk = :pk"),
                Some(after) => query
                    .key_condition_expression("pk = :pk AND sk < :after")
                    .expression_attribute_values(":after", AttributeValue::S(after.to_owned())),
            };
            first(WHAT, query, limit)
        });
        let shards: Vec<_> = shards.collect();
        let items = concurrently(shards).await?.into_iter().flatten();
        let mut items: Vec<_> =
            items.map(|item| Ok((key_of(WHAT, &item)?.sk, item))).collect::<StoreResult<_>>()?;
        items.sort_by(|(one, _), (other, _)| other.cmp(one));
        items.truncate(limit);
        Ok(items)
    }
}

#[async_trait]
impl ActivityStore for DynamoActivityStore {
    async fn put(&self, outcomes: &[Outcome]) -> StoreResult<()> {
        self.note_days(outcomes).await?;
        let mut items = outcomes.iter().map(item).collect::<StoreResult<Vec<_>>>()?;
        for outcome in outcomes.iter().filter(|outcome| !outcome.actor.is_system()) {
            items.push(administrator_action(outcome)?);
        }
        batch_put(&self.client, WHAT, &self.table, items).await
    }

    /// Days are walked backwards; of each the shards are merged. The cursor is the sort key of the last event.
    async fn of_application(
        &self,
        application: &ApplicationId,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<ActivityPage> {
        let limit = limit.max(1);
        let newest = cursor.as_deref().map(day_of).transpose()?;
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(DAYS)
            .expression_attribute_values(":pk", AttributeValue::S(keys::days(application)));
        query = match newest {
            None => query.key_condition_expression("pk = :pk"),
            Some(day) => query
                .key_condition_expression("pk = :pk AND sk <= :day")
                .expression_attribute_values(":day", AttributeValue::S(day)),
        };
        let mut events: Vec<(String, Item)> = Vec::new();
        // One more than is asked for tells whether there is a next page.
        'days: loop {
            let page = patiently(|| query.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
            for day in page.items.unwrap_or_default() {
                let day = key_of(WHAT, &day)?.sk;
                let left = limit + 1 - events.len();
                events.extend(self.of_day(application, &day, cursor.as_deref(), left).await?);
                if events.len() > limit {
                    break 'days;
                }
            }
            match page.last_evaluated_key {
                Some(key) => query = query.set_exclusive_start_key(Some(key)),
                None => break,
            }
        }
        let more = events.len() > limit;
        events.truncate(limit);
        let next = events.last().filter(|_| more).map(|(sk, _)| sk.clone());
        let outcomes = events.into_iter().map(|(_, item)| decode(WHAT, item)).collect::<StoreResult<_>>()?;
        Ok(ActivityPage { outcomes, next })
    }
}

/// The item of an event. All of it follows from the event, so that it is the same item however often it is put.
fn item(outcome: &Outcome) -> StoreResult<Item> {
    let Outcome { id, at, application, .. } = outcome;
    let day = keys::day(*at);
    let at_id = keys::at_id(*at, id);
    let number = shard(id, SHARDS);
    let mut item = encode(WHAT, EVENT, &Key::new(keys::events(application, &day, number), &at_id), outcome)?;
    let mut insert = |attribute: &str, text: String| item.insert(attribute.into(), AttributeValue::S(text));
    insert("at_id", at_id);
    insert("day_shard", keys::day_shard(&day, shard(id, DAY_SHARDS)));
    if let Some(target) = &outcome.target {
        insert("object", keys::object(target.kind, &target.key));
    }
    if outcome.result == OutcomeResult::Failure {
        insert("failure_shard", keys::failures(application, number));
    }
    Ok(item)
}

/// The same event among those that administrators caused. They are few, so one partition takes them; it is in no index, where
/// the event would be twice.
fn administrator_action(outcome: &Outcome) -> StoreResult<Item> {
    let key = Key::new(keys::ADMINISTRATORS, keys::at_id(outcome.at, &outcome.id));
    encode(WHAT, ADMINISTRATOR_ACTION, &key, outcome)
}

/// The day of a sort key.
fn day_of(at_id: &str) -> StoreResult<String> {
    let millis = at_id.split_once('#').and_then(|(millis, _)| millis.parse().ok());
    let at = millis.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let bad = || StoreError::Corrupt { what: WHAT, detail: "the cursor is none of its own".into() };
    at.map(keys::day).ok_or_else(bad)
}
