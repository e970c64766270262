//! Previews and their rows in the provisioning table. All of it goes by itself some days after the preview's start.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use provisioning::ids::{ApplicationId, JobId, RemoteId, UserId};
use provisioning::link::Object;
use provisioning::ports::{PreviewStore, StoreError, StoreResult};
use provisioning::preview::{PreviewJob, PreviewRow};
use provisioning::target::Kind;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::dynamodb::{
    Condition, Item, batch_get, batch_put, encode, first, key_item, patiently, put, text, transact,
    unavailable,
};
use crate::tables::definition::EXPIRES_AT;
use crate::tables::item::{ITEM, PREVIEW, PREVIEW_CURRENT, PREVIEW_ROW, PREVIEW_TAKEN};
use crate::tables::keys::{self, Key};

const WHAT: &str = "the preview store";

/// Previews in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoPreviewStore {
    client: Client,
    table: String,
}

impl DynamoPreviewStore {
    /// The store in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    async fn get(&self, key: &Key) -> StoreResult<Option<Item>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key_item(key)));
        let get = get.consistent_read(true);
        let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(answer.item)
    }
}

/// The item of a preview. While it goes on it is due among the jobs of the directory, since those wait for no application to
/// be enabled.
fn item(job: &PreviewJob) -> StoreResult<Item> {
    let mut item = encode(WHAT, PREVIEW, &keys::job(&job.application, &job.id), job)?;
    if job.due_at.is_some() {
        let shard = keys::directory_due_shard(&job.id);
        item.insert("due_shard".into(), AttributeValue::S(shard));
    }
    item.insert(EXPIRES_AT.into(), expires_at(job));
    Ok(item)
}

fn expires_at(job: &PreviewJob) -> AttributeValue {
    AttributeValue::N(job.expires_at().as_second().to_string())
}

/// An item of one attribute in JSON: values come back to the letter.
fn in_json<T: Serialize>(
    job: &PreviewJob,
    kind: &str,
    key: &Key,
    attribute: &str,
    value: &T,
) -> StoreResult<Item> {
    let json = serde_json::to_string(value)
        .map_err(|_| StoreError::Corrupt { what: WHAT, detail: format!("{attribute} is no JSON") })?;
    let mut item = key_item(key);
    item.insert(ITEM.into(), AttributeValue::S(kind.into()));
    item.insert(attribute.into(), AttributeValue::S(json));
    item.insert(EXPIRES_AT.into(), expires_at(job));
    Ok(item)
}

fn of_json<T: DeserializeOwned>(item: &Item, attribute: &str) -> StoreResult<T> {
    let read = text(item, attribute).and_then(|json| serde_json::from_str(json).ok());
    read.ok_or_else(|| StoreError::Corrupt { what: WHAT, detail: format!("an item holds no {attribute}") })
}

#[async_trait]
impl PreviewStore for DynamoPreviewStore {
    async fn start(&self, job: &PreviewJob) -> StoreResult<()> {
        let mut current = key_item(&keys::current_preview(&job.application));
        current.insert(ITEM.into(), AttributeValue::S(PREVIEW_CURRENT.into()));
        current.insert("preview".into(), AttributeValue::S(job.id.to_string()));
        current.insert(EXPIRES_AT.into(), expires_at(job));
        let parts =
            [item(job)?, current].map(|item| put(&self.table, item, Condition::new())).into_iter().collect();
        match transact(&self.client, WHAT, parts).await? {
            Ok(()) => Ok(()),
            Err(_) => Err(StoreError::Unavailable { what: WHAT, detail: "a start was refused".into() }),
        }
    }

    async fn preview(&self, application: &ApplicationId, id: &JobId) -> StoreResult<Option<PreviewJob>> {
        let item = self.get(&keys::job(application, id)).await?;
        // Sweeps lie here, too.
        let item = item.filter(|item| text(item, ITEM) == Some(PREVIEW));
        item.map(|item| crate::dynamodb::decode(WHAT, item)).transpose()
    }

    async fn current(&self, application: &ApplicationId) -> StoreResult<Option<JobId>> {
        let item = self.get(&keys::current_preview(application)).await?;
        Ok(item.as_ref().and_then(|item| text(item, "preview")?.parse().ok()))
    }

    async fn advance(&self, before: &PreviewJob, after: &PreviewJob) -> StoreResult<bool> {
        let step = AttributeValue::N(before.step.to_string());
        let job = put(&self.table, item(after)?, Condition::new().equal("step", step));
        Ok(transact(&self.client, WHAT, vec![job]).await?.is_ok())
    }

    async fn put_rows(&self, job: &PreviewJob, rows: &[PreviewRow]) -> StoreResult<()> {
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let key = keys::preview_row(&job.application, &job.id, &row.object);
            items.push(in_json(job, PREVIEW_ROW, &key, "row", row)?);
            if let Some(remote_id) = row.takes() {
                let kind = row.object.kind();
                let key = keys::preview_taken(&job.application, &job.id, kind, remote_id);
                items.push(in_json(job, PREVIEW_TAKEN, &key, "taken_by", &row.object)?);
            }
        }
        batch_put(&self.client, WHAT, &self.table, items).await
    }

    async fn rows_among(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, PreviewRow>> {
        let key = |user: &UserId| keys::preview_row(application, preview, &Object::User(user.clone()));
        let keys: BTreeSet<Key> = users.iter().map(key).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let mut rows = HashMap::with_capacity(items.len());
        for item in items {
            let row: PreviewRow = of_json(&item, "row")?;
            if let Object::User(user) = &row.object {
                rows.insert(user.clone(), row);
            }
        }
        Ok(rows)
    }

    async fn taken_by(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        kind: Kind,
        remote_id: &RemoteId,
    ) -> StoreResult<Option<Object>> {
        let item = self.get(&keys::preview_taken(application, preview, kind, remote_id)).await?;
        item.map(|item| of_json(&item, "taken_by")).transpose()
    }

    async fn rows(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        after: Option<&Object>,
        limit: usize,
    ) -> StoreResult<Vec<PreviewRow>> {
        let prefix = keys::PREVIEW_ROWS;
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::preview(application, preview)))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.into()));
        let behind = after.map(|object| key_item(&keys::preview_row(application, preview, object)));
        let items = first(WHAT, query.set_exclusive_start_key(behind), limit).await?;
        items.iter().map(|item| of_json(item, "row")).collect()
    }
}
