//! Batches: as many items a call as DynamoDB takes, several calls at once, and what was left unprocessed again.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures::stream::{StreamExt, TryStreamExt};
use provisioning::ports::{StoreError, StoreResult};

use super::patience::{ATTEMPTS, delay};
use super::{Item, key_item, key_of, patiently, unavailable};
use crate::tables::keys::Key;

/// Most items a `BatchGetItem` takes.
const GET: usize = 100;
/// Most items a `BatchWriteItem` takes.
const WRITE: usize = 25;
/// Most calls under way at once.
const CONCURRENT: usize = 8;

/// Runs the calls, few at once, and gives their answers in no order; the first error ends it.
pub(crate) async fn concurrently<T>(
    calls: impl IntoIterator<Item = impl Future<Output = StoreResult<T>>>,
) -> StoreResult<Vec<T>> {
    futures::stream::iter(calls).buffer_unordered(CONCURRENT).try_collect().await
}

/// Those of these items that are there, in no order, read consistently.
pub(crate) async fn batch_get(
    client: &Client,
    what: &'static str,
    table: &str,
    keys: BTreeSet<Key>,
) -> StoreResult<Vec<Item>> {
    let keys: Vec<Item> = keys.iter().map(key_item).collect();
    let calls: Vec<_> = keys.chunks(GET).map(|keys| get(client, what, table, keys.to_vec())).collect();
    Ok(concurrently(calls).await?.into_iter().flatten().collect())
}

async fn get(
    client: &Client,
    what: &'static str,
    table: &str,
    mut keys: Vec<Item>,
) -> StoreResult<Vec<Item>> {
    let mut items = Vec::new();
    for attempt in 0..ATTEMPTS {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let wanted = wanted.map_err(|error| StoreError::Corrupt { what, detail: error.to_string() })?;
        let call = client.batch_get_item().request_items(table, wanted);
        let answer = patiently(|| call.clone().send()).await.map_err(|error| unavailable(what, &error))?;
        items.extend(answer.responses.unwrap_or_default().into_values().flatten());
        keys = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
        if keys.is_empty() {
            return Ok(items);
        }
        tokio::time::sleep(delay(attempt)).await;
    }
    Err(unprocessed(what))
}

/// Puts the items, whatever is there. Of two with one key the later is put.
pub(crate) async fn batch_put(
    client: &Client,
    what: &'static str,
    table: &str,
    items: Vec<Item>,
) -> StoreResult<()> {
    // A call that names a key twice is refused as a whole.
    let mut by_key = HashMap::new();
    for item in items {
        by_key.insert(key_of(what, &item)?, item);
    }
    let requests = by_key.into_values().map(|item| {
        let put = PutRequest::builder().set_item(Some(item)).build();
        put.map(|put| WriteRequest::builder().put_request(put).build())
    });
    write_all(client, what, table, requests.collect::<Result<_, _>>()).await
}

/// Deletes the items, whatever is there.
pub(crate) async fn batch_delete(
    client: &Client,
    what: &'static str,
    table: &str,
    keys: BTreeSet<Key>,
) -> StoreResult<()> {
    let requests = keys.iter().map(|key| {
        let delete = DeleteRequest::builder().set_key(Some(key_item(key))).build();
        delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
    });
    write_all(client, what, table, requests.collect::<Result<_, _>>()).await
}

async fn write_all(
    client: &Client,
    what: &'static str,
    table: &str,
    requests: Result<Vec<WriteRequest>, aws_smithy_types::error::operation::BuildError>,
) -> StoreResult<()> {
    let requests = requests.map_err(|error| StoreError::Corrupt { what, detail: error.to_string() })?;
    let calls: Vec<_> =
        requests.chunks(WRITE).map(|requests| write(client, what, table, requests.to_vec())).collect();
    concurrently(calls).await.map(|_| ())
}

async fn write(
    client: &Client,
    what: &'static str,
    table: &str,
    mut requests: Vec<WriteRequest>,
) -> StoreResult<()> {
    for attempt in 0..ATTEMPTS {
        let call = client.batch_write_item().request_items(table, requests);
        let answer = patiently(|| call.clone().send()).await.map_err(|error| unavailable(what, &error))?;
        requests = answer.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
        if requests.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(delay(attempt)).await;
    }
    Err(unprocessed(what))
}

fn unprocessed(what: &'static str) -> StoreError {
    StoreError::Unavailable { what, detail: "part of a batch stayed unprocessed".to_owned() }
}
