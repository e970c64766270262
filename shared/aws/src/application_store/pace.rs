//! The pace of requests: an item that all who send reserve their moments on.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use provisioning::application::{Charge, Pace};
use provisioning::clock::after;
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

    /// Takes the next moment that all rates leave free. Where all are free now, one write does it; else the answer to that
    /// write tells when they are, and a second takes that moment unless somebody else came between.
    pub(super) async fn take_slot(
        &self,
        id: &ApplicationId,
        charges: &[Charge],
        now: Timestamp,
        latest: Timestamp,
    ) -> StoreResult<Slot> {
        if charges.is_empty() {
            return Ok(Slot::At(now));
        }
        let mut busy = match self.move_free(id, charges, now, None).await? {
            Ok(()) => return Ok(Slot::At(now)),
            Err(free) => free,
        };
        for _ in 0..TRIES {
            let at = busy.iter().flatten().copied().fold(now, Timestamp::max);
            if at > latest {
                return Ok(Slot::Full(at));
            }
            busy = match self.move_free(id, charges, at, Some(&busy)).await? {
                Ok(()) => return Ok(Slot::At(at)),
                Err(free) => free,
            };
        }
        // Others were faster each time; the caller asks again.
        let at = busy.iter().flatten().copied().fold(now, Timestamp::max);
        Ok(Slot::Full(after(at, CROWDED)))
    }

    /// Moves the free moment of each rate behind `at`, if each is as it was seen, or (without `seen`) if each is free at `at`.
    /// The error is where each was.
    async fn move_free(
        &self,
        id: &ApplicationId,
        charges: &[Charge],
        at: Timestamp,
        seen: Option<&[Option<Timestamp>]>,
    ) -> StoreResult<Result<(), Vec<Option<Timestamp>>>> {
        let number = |millis: i64| AttributeValue::N(millis.to_string());
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_item(&keys::configuration(id, PACE))))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (mut conditions, mut moves) = (Vec::new(), Vec::new());
        if seen.is_none() {
            update = update.expression_attribute_values(":at", number(at.as_millisecond()));
        }
        for (index, charge) in charges.iter().enumerate() {
            let distance = i64::try_from(charge.distance.as_millis()).unwrap_or(i64::MAX);
            let behind = at.as_millisecond().saturating_add(distance);
            update = update
                .expression_attribute_names(format!("#f{index}"), attribute(charge))
                .expression_attribute_values(format!(":b{index}"), number(behind));
            moves.push(format!("#f{index} = :b{index}"));
            conditions.push(match seen.map(|seen| seen.get(index).copied().flatten()) {
                None => format!("(attribute_not_exists(#f{index}) OR #f{index} <= :at)"),
                Some(None) => format!("attribute_not_exists(#f{index})"),
                Some(Some(free)) => {
                    let value = number(free.as_millisecond());
                    update = update.expression_attribute_values(format!(":s{index}"), value);
                    format!("#f{index} = :s{index}")
                }
            });
        }
        let update = update
            .update_expression(format!("SET {}", moves.join(", ")))
            .condition_expression(conditions.join(" AND "));
        let error = match patiently(|| update.clone().send()).await {
            Ok(_) => return Ok(Ok(())),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failure)) => {
                let item = failure.item();
                Ok(Err(charges.iter().map(|charge| free(item?, &attribute(charge))).collect()))
            }
            _ => Err(unavailable(WHAT, &error)),
        }
    }
}

/// How often a moment is tried for that others may take meanwhile, and how long is waited then.
const TRIES: usize = 20;
const CROWDED: Duration = Duration::from_millis(100);

/// The attribute that holds the next free moment of a rate; that of the pace of all requests has no name behind it.
fn attribute(charge: &Charge) -> String {
    match charge.rate.as_str() {
        "" => NEXT_FREE.to_owned(),
        rate => format!("{NEXT_FREE}_{rate}"),
    }
}

const NEXT_FREE: &str = "next_free";

fn free(item: &Item, attribute: &str) -> Option<Timestamp> {
    let millis = item.get(attribute)?.as_n().ok()?.parse().ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// The pace an item holds; `None` where moments were reserved after it was given up.
pub(super) fn read(item: Item) -> StoreResult<Option<Pace>> {
    if !item.contains_key("rate") {
        return Ok(None);
    }
    decode(WHAT, item).map(Some)
}
