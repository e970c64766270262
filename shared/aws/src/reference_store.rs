//! Who names whom, in the provisioning table.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use provisioning::ids::{ApplicationId, UserId};
use provisioning::ports::{Reference, ReferenceStore, StoreError, StoreResult};
use provisioning::randomness::Randomness;

use crate::dynamodb::{
    Condition, Item, batch_get, batch_put, concurrently, first, is_condition_failure, key_item, patiently,
    text, unavailable,
};
use crate::tables::item::{ITEM, REFERENCE};
use crate::tables::keys::{self, Key, USER_PREFIX};

const WHAT: &str = "the reference store";

/// References in DynamoDB.
#[derive(Clone)]
pub struct DynamoReferenceStore {
    client: Client,
    table: String,
    randomness: Arc<dyn Randomness>,
}

impl fmt::Debug for DynamoReferenceStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoReferenceStore").field("table", &self.table).finish_non_exhaustive()
    }
}

impl DynamoReferenceStore {
    /// The store in this table; `randomness` makes the tokens of rows.
    pub fn new(client: Client, table: String, randomness: Arc<dyn Randomness>) -> Self {
        Self { client, table, randomness }
    }

    async fn forget(&self, key: Key, token: &str) -> StoreResult<()> {
        let condition = Condition::new().equal("token", AttributeValue::S(token.to_owned())).into_parts();
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_item(&key)))
            .set_condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values);
        match patiently(|| delete.clone().send()).await {
            Ok(_) => Ok(()),
            // It got a new token, or is gone.
            Err(error) if is_condition_failure(&error) => Ok(()),
            Err(error) => Err(unavailable(WHAT, &error)),
        }
    }
}

#[async_trait]
impl ReferenceStore for DynamoReferenceStore {
    async fn record_references(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        referenced: &BTreeSet<UserId>,
    ) -> StoreResult<()> {
        let rows = referenced.iter().map(|named| {
            let mut row = key_item(&keys::reference(application, named, referrer));
            row.insert(ITEM.into(), AttributeValue::S(REFERENCE.into()));
            row.insert("referenced".into(), AttributeValue::S(named.to_string()));
            row.insert("referrer".into(), AttributeValue::S(referrer.to_string()));
            row.insert("token".into(), AttributeValue::S(self.randomness.token()));
            row
        });
        batch_put(&self.client, WHAT, &self.table, rows.collect()).await
    }

    async fn references_to(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        referenced: &BTreeSet<UserId>,
    ) -> StoreResult<Vec<Reference>> {
        let keys = referenced.iter().map(|named| keys::reference(application, named, referrer)).collect();
        let rows = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let token = text(row, "token").map(str::to_owned).ok_or_else(unreadable)?;
            found.push(Reference { referenced: user(row, "referenced")?, token });
        }
        found.sort();
        Ok(found)
    }

    async fn forget_references(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        rows: &[Reference],
    ) -> StoreResult<()> {
        let deletes: Vec<_> = rows
            .iter()
            .map(|row| self.forget(keys::reference(application, &row.referenced, referrer), &row.token))
            .collect();
        concurrently(deletes).await.map(|_| ())
    }

    async fn referrers_page(
        &self,
        application: &ApplicationId,
        referenced: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<UserId>> {
        let start = after.map(|referrer| key_item(&keys::reference(application, referenced, referrer)));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(
                ":pk",
                AttributeValue::S(keys::references_to(application, referenced)),
            )
            .expression_attribute_values(":prefix", AttributeValue::S(USER_PREFIX.into()))
            .set_exclusive_start_key(start);
        first(WHAT, query, limit).await?.iter().map(|row| user(row, "referrer")).collect()
    }
}

fn user(row: &Item, attribute: &str) -> StoreResult<UserId> {
    text(row, attribute).and_then(|user| user.parse().ok()).ok_or_else(unreadable)
}

fn unreadable() -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: "a reference names no user".into() }
}
