//! Reads of the indexes. They may lag, so nothing is decided on them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use jiff::Timestamp;
use provisioning::ids::ApplicationId;
use provisioning::link::{LinkKey, Trouble};
use provisioning::ports::{DueItem, DueKey, LinkPage, StoreError, StoreResult};
use provisioning::target::Kind;

use super::{DynamoLinkStore, WHAT};
use crate::dynamodb::{Item, concurrently, first, key_item, key_of, millis, patiently, unavailable};
use crate::tables::definition::{DUE, IndexDefinition, TROUBLE};
use crate::tables::item::{GROUP_LINK, USER_LINK};
use crate::tables::keys::{self, SHARDS};

/// What is due until `until`, oldest first. `owner` is an application, or the directory.
pub(crate) async fn due(
    client: &Client,
    table: &str,
    owner: &str,
    until: Timestamp,
    limit: usize,
) -> StoreResult<Vec<DueItem>> {
    let shards = (0..SHARDS).map(|shard| {
        let query = query_due(client, table, owner, shard)
            .key_condition_expression("#due_shard = :due_shard AND #due_at <= :until")
            .expression_attribute_names("#due_at", "due_at")
            .expression_attribute_values(":until", millis(until));
        first(WHAT, query, limit)
    });
    let shards: Vec<_> = shards.collect();
    let items = concurrently(shards).await?;
    let mut due: Vec<DueItem> = items.iter().flatten().map(due_item).collect::<StoreResult<_>>()?;
    due.sort_by_key(|item| item.due_at);
    due.truncate(limit);
    Ok(due)
}

fn query_due(client: &Client, table: &str, owner: &str, shard: u32) -> QueryFluentBuilder {
    client
        .query()
        .table_name(table)
        .index_name(DUE.name)
        .expression_attribute_names("#due_shard", "due_shard")
        .expression_attribute_values(":due_shard", AttributeValue::S(format!("{owner}#{shard}")))
}

impl DynamoLinkStore {
    /// How many links are marked, counting to `cap`.
    pub(super) async fn pending(
        &self,
        application: &ApplicationId,
        kind: Kind,
        sweep_only: bool,
        cap: usize,
    ) -> StoreResult<usize> {
        let item = match kind {
            Kind::User => USER_LINK,
            Kind::Group => GROUP_LINK,
        };
        let mut count = 0;
        for shard in 0..SHARDS {
            let mut query = query_due(&self.client, &self.table, application.as_str(), shard)
                .key_condition_expression("#due_shard = :due_shard")
                .expression_attribute_names("#item", "item")
                .expression_attribute_values(":item", AttributeValue::S(item.into()))
                .select(Select::Count);
            query = match sweep_only {
                false => query.filter_expression("#item = :item"),
                true => query
                    .filter_expression("#item = :item AND #by_sweep = :true AND #attempts = :none")
                    .expression_attribute_names("#by_sweep", "by_sweep")
                    .expression_attribute_names("#attempts", "attempts")
                    .expression_attribute_values(":true", AttributeValue::Bool(true))
                    .expression_attribute_values(":none", AttributeValue::N("0".into())),
            };
            while count < cap {
                let page =
                    patiently(|| query.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
                count += usize::try_from(page.count).unwrap_or_default();
                match page.last_evaluated_key {
                    Some(key) => query = query.set_exclusive_start_key(Some(key)),
                    None => break,
                }
            }
        }
        Ok(count.min(cap))
    }

    /// How many links are in this trouble, counting to `cap`.
    pub(super) async fn troubled(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cap: usize,
    ) -> StoreResult<usize> {
        let mut count = 0;
        for number in 0..SHARDS {
            let shard = keys::trouble_shard_number(application, trouble, number);
            let mut query = self.query_shard(TROUBLE, &shard).select(Select::Count);
            while count < cap {
                let page =
                    patiently(|| query.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
                count += usize::try_from(page.count).unwrap_or_default();
                match page.last_evaluated_key {
                    Some(key) => query = query.set_exclusive_start_key(Some(key)),
                    None => break,
                }
            }
        }
        Ok(count.min(cap))
    }

    fn query_shard(&self, index: IndexDefinition, shard: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index.name)
            .key_condition_expression("#shard = :shard")
            .expression_attribute_names("#shard", index.partition.attribute)
            .expression_attribute_values(":shard", AttributeValue::S(shard.to_owned()))
    }

    /// A page of links from a sharded index, shard after shard. The cursor is `shard#key` of the last.
    pub(super) async fn page(
        &self,
        application: &ApplicationId,
        index: IndexDefinition,
        name: impl Fn(u32) -> String,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage> {
        let (start, mut after) = match &cursor {
            None => (0, None),
            Some(cursor) => read_cursor(application, cursor)?,
        };
        let limit = limit.max(1);
        let mut keys = Vec::new();
        for number in start..SHARDS {
            let shard = name(number);
            let mut query = self.query_shard(index, &shard);
            if let Some(after) = after.take() {
                query = query.set_exclusive_start_key(Some(start_key(&after, index, shard)));
            }
            let items = first(WHAT, query, limit - keys.len()).await?;
            for item in &items {
                keys.push(keys::link_of(&key_of(WHAT, item)?).ok_or_else(unreadable)?);
            }
            if keys.len() == limit {
                let next = keys.last().map(|key| format!("{number}#{key}"));
                return Ok(LinkPage { keys, next });
            }
        }
        Ok(LinkPage { keys, next: None })
    }
}

fn due_item(item: &Item) -> StoreResult<DueItem> {
    let key = key_of(WHAT, item)?;
    let number =
        |attribute: &str| item.get(attribute).and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
    let (key, generation) = match keys::link_of(&key) {
        Some(link) => (DueKey::Link(link), number("generation")),
        None => {
            let of_application = keys::job_of(&key).map(|(application, job)| DueKey::Job(application, job));
            let job = of_application.or_else(|| keys::directory_job_of(&key).map(DueKey::DirectoryJob));
            (job.ok_or_else(unreadable)?, number("step"))
        }
    };
    let generation =
        generation.and_then(|generation| u64::try_from(generation).ok()).ok_or_else(unreadable)?;
    let due_at = number("due_at").and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let by_sweep = item.get("by_sweep").is_some_and(|value| value.as_bool() == Ok(&true));
    Ok(DueItem { key, generation, due_at: due_at.ok_or_else(unreadable)?, by_sweep })
}

fn read_cursor(application: &ApplicationId, cursor: &str) -> StoreResult<(u32, Option<LinkKey>)> {
    let (shard, key) = cursor.split_once('#').ok_or_else(bad_cursor)?;
    let key: LinkKey = key.parse().map_err(|_| bad_cursor())?;
    if key.application != *application {
        return Err(bad_cursor());
    }
    Ok((shard.parse().map_err(|_| bad_cursor())?, Some(key)))
}

/// The position behind a link in an index: the index's keys and the table's.
fn start_key(after: &LinkKey, index: IndexDefinition, shard: String) -> Item {
    let mut key = key_item(&keys::link(after));
    key.insert(index.partition.attribute.into(), AttributeValue::S(shard));
    key.insert(index.sort.attribute.into(), AttributeValue::S(keys::object_id(after).to_owned()));
    key
}

fn unreadable() -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: "an index entry is of no link and no job".into() }
}

fn bad_cursor() -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: "the cursor is none of its own".into() }
}
