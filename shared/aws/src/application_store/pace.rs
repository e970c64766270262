//! The pace of requests: an item that all who send reserve their moments on.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use provisioning::application::Pace;
use provisioning::ids::ApplicationId;
use provisioning::ports::{Slot, StoreResult};

use super::{DynamoApplicationStore, WHAT};
use crate::dynamodb::{
    Condition, Item, decode, delete, key_item, millis, patiently, transact, unavailable, update, value,
};
use crate::tables::item::APPLICATION_PACE;
use crate::tables::keys::{self, PACE};

impl DynamoApplicationStore {
    pub(super) async fn put_pace(
        &self,
        id: &ApplicationId,
        before: Option<Pace>,
        pace: Option<Pace>,
    ) -> StoreResult<()> {
        let key = keys::configuration(id, PACE);
        let unchanged = Condition::new().same("changed_at", before.map(|pace| millis(pace.changed_at)));
        let part = match pace {
            None => delete(&self.table, &key, unchanged),
            Some(pace) => {
                let changes = [
                    ("item", Some(AttributeValue::S(APPLICATION_PACE.into()))),
                    ("rate", Some(value(WHAT, &pace.rate)?)),
                    ("refused_at", pace.refused_at.map(|rate| value(WHAT, &rate)).transpose()?),
                    ("declared", pace.declared.map(|rate| value(WHAT, &rate)).transpose()?),
                    ("changed_at", Some(millis(pace.changed_at))),
                ];
                update(&self.table, &key, &changes, unchanged)
            }
        };
        // Somebody else changed it at the same time: his change is as good.
        transact(&self.client, WHAT, vec![part]).await.map(|_| ())
    }

    /// Where the next free moment is to come, it is taken and the one behind it is free; where it has passed, now is taken.
    pub(super) async fn take_slot(
        &self,
        id: &ApplicationId,
        distance: Duration,
        now: Timestamp,
        latest: Timestamp,
    ) -> StoreResult<Slot> {
        let distance = i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
        let next = self.move_next_free(
            id,
            "#free > :now AND #free <= :latest",
            "#free + :distance",
            [(":now", now.as_millisecond()), (":latest", latest.as_millisecond()), (":distance", distance)],
        );
        let free = match next.await? {
            Ok(before) => return Ok(Slot::At(before.unwrap_or(now))),
            Err(free) => free,
        };
        if let Some(free) = free.filter(|free| *free > latest) {
            return Ok(Slot::Full(free));
        }
        let behind = now.as_millisecond().saturating_add(distance);
        let values = [(":now", now.as_millisecond()), (":behind", behind)];
        match self
            .move_next_free(id, "attribute_not_exists(#free) OR #free <= :now", ":behind", values)
            .await?
        {
            Ok(_) => Ok(Slot::At(now)),
            // Another took it in between; the caller asks again.
            Err(free) => Ok(Slot::Full(free.unwrap_or(latest))),
        }
    }

    /// Moves the next free moment under a condition, and answers where it was: within, where it was moved; as the error,
    /// where it was not.
    async fn move_next_free<const N: usize>(
        &self,
        id: &ApplicationId,
        condition: &str,
        to: &str,
        values: [(&str, i64); N],
    ) -> StoreResult<Result<Option<Timestamp>, Option<Timestamp>>> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_item(&keys::configuration(id, PACE))))
            .update_expression(format!("SET #free = {to}"))
            .condition_expression(condition)
            .expression_attribute_names("#free", NEXT_FREE)
            .return_values(ReturnValue::UpdatedOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in values {
            update = update.expression_attribute_values(name, AttributeValue::N(value.to_string()));
        }
        let error = match patiently(|| update.clone().send()).await {
            Ok(answer) => return Ok(Ok(answer.attributes.as_ref().and_then(next_free))),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failure)) => {
                Ok(Err(failure.item().and_then(next_free)))
            }
            _ => Err(unavailable(WHAT, &error)),
        }
    }
}

const NEXT_FREE: &str = "next_free";

fn next_free(item: &Item) -> Option<Timestamp> {
    let millis = item.get(NEXT_FREE)?.as_n().ok()?.parse().ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// The pace an item holds; `None` where moments were reserved after it was given up.
pub(super) fn read(item: Item) -> StoreResult<Option<Pace>> {
    if !item.contains_key("rate") {
        return Ok(None);
    }
    decode(WHAT, item).map(Some)
}
