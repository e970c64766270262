//! Transactions: all or nothing, with what stood in the way.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use provisioning::ports::{StoreError, StoreResult};

use super::patience::{ATTEMPTS, delay};
use super::{Condition, Item, key_item, patiently, unavailable};
use crate::tables::keys::Key;

/// A transaction whose conditions did not all hold: nothing was written.
#[derive(Debug)]
pub(crate) struct Refused {
    /// For each part of the transaction, in order, the item that is there where its condition did not hold. An empty one
    /// where none is there.
    found: Vec<Option<Item>>,
}

impl Refused {
    /// Whether the condition of this part did not hold.
    pub(crate) fn at(&self, part: usize) -> bool {
        self.found.get(part).is_some_and(Option::is_some)
    }

    /// The item that is there instead.
    pub(crate) fn item(&mut self, part: usize) -> Option<Item> {
        self.found.get_mut(part)?.take().filter(|item| !item.is_empty())
    }
}

/// Writes all parts, 100 at most, or none. Conflicts with other transactions and throttles are tried again.
///
/// # Errors
///
/// Outside: the table did not answer, or stayed in conflict. Inside: a condition did not hold.
pub(crate) async fn transact(
    client: &Client,
    what: &'static str,
    parts: Vec<TransactWriteItem>,
) -> StoreResult<Result<(), Refused>> {
    for attempt in 0..ATTEMPTS {
        let call = client.transact_write_items().set_transact_items(Some(parts.clone()));
        let error = match patiently(|| call.clone().send()).await {
            Ok(_) => return Ok(Ok(())),
            Err(error) => error,
        };
        let Some(reasons) = reasons(&error) else { return Err(unavailable(what, &error)) };
        if reasons.iter().any(|reason| reason.code() == Some("ConditionalCheckFailed")) {
            return Ok(Err(refused(reasons)));
        }
        if !reasons.iter().any(|reason| is_contention(reason.code())) {
            return Err(unavailable(what, &error));
        }
        tokio::time::sleep(delay(attempt)).await;
    }
    Err(StoreError::Unavailable { what, detail: "other transactions stood in the way".to_owned() })
}

fn reasons(error: &SdkError<TransactWriteItemsError>) -> Option<&[CancellationReason]> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            Some(cancelled.cancellation_reasons())
        }
        _ => None,
    }
}

fn is_contention(code: Option<&str>) -> bool {
    matches!(code, Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"))
}

fn refused(reasons: &[CancellationReason]) -> Refused {
    let found = reasons.iter().map(|reason| {
        let failed = reason.code() == Some("ConditionalCheckFailed");
        failed.then(|| reason.item().cloned().unwrap_or_default())
    });
    Refused { found: found.collect() }
}

/// Puts an item.
pub(crate) fn put(table: &str, item: Item, condition: Condition) -> TransactWriteItem {
    let condition = condition.into_parts();
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .set_condition_expression(condition.expression)
        .set_expression_attribute_names(condition.names)
        .set_expression_attribute_values(condition.values)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build();
    TransactWriteItem::builder().set_put(put.ok()).build()
}

/// Deletes an item.
pub(crate) fn delete(table: &str, key: &Key, condition: Condition) -> TransactWriteItem {
    let condition = condition.into_parts();
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .set_condition_expression(condition.expression)
        .set_expression_attribute_names(condition.names)
        .set_expression_attribute_values(condition.values)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build();
    TransactWriteItem::builder().set_delete(delete.ok()).build()
}

/// Holds a condition on an item that is not written.
pub(crate) fn check(table: &str, key: &Key, condition: Condition) -> TransactWriteItem {
    let condition = condition.into_parts();
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .set_condition_expression(condition.expression)
        .set_expression_attribute_names(condition.names)
        .set_expression_attribute_values(condition.values)
        .build();
    TransactWriteItem::builder().set_condition_check(check.ok()).build()
}

/// Sets attributes of an item, or with `None` removes them.
pub(crate) fn update(
    table: &str,
    key: &Key,
    changes: &[(&str, Option<AttributeValue>)],
    condition: Condition,
) -> TransactWriteItem {
    let condition = condition.into_parts();
    let (expression, names, values) = update_expression(changes);
    let names = names.into_iter().chain(condition.names.unwrap_or_default()).collect();
    let values: HashMap<_, _> = values.into_iter().chain(condition.values.unwrap_or_default()).collect();
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .update_expression(expression)
        .set_condition_expression(condition.expression)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values((!values.is_empty()).then_some(values))
        .build();
    TransactWriteItem::builder().set_update(update.ok()).build()
}

type Expression = (String, HashMap<String, String>, HashMap<String, AttributeValue>);

fn update_expression(changes: &[(&str, Option<AttributeValue>)]) -> Expression {
    let mut names = HashMap::new();
    let mut values = HashMap::new();
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for (attribute, value) in changes {
        names.insert(format!("#{attribute}"), (*attribute).to_owned());
        match value {
            Some(value) => {
                values.insert(format!(":{attribute}"), value.clone());
                set.push(format!("#{attribute} = :{attribute}"));
            }
            None => remove.push(format!("#{attribute}")),
        }
    }
    let clause = |word: &str, parts: Vec<String>| match parts.is_empty() {
        true => String::new(),
        false => format!("{word} {} ", parts.join(", ")),
    };
    (clause("SET", set) + &clause("REMOVE", remove), names, values)
}
