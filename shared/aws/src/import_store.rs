//! Imports in a table of their own, which has no stream: nothing in it wakes anybody.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::clock::{Clock, after};
use provisioning::directory::import_job::{LinePage, Named, Part};
use provisioning::ids::JobId;
use provisioning::ports::{ImportList, ImportStore, StoreError, StoreResult};

use crate::dynamodb::{
    Item, all, batch_get, batch_put, concurrently, decode, encode, key_item, key_of, patiently, text,
    unavailable, value,
};
use crate::tables::definition::EXPIRES_AT;
use crate::tables::item::{IMPORT, IMPORT_LINES, IMPORT_NAMED, IMPORT_PART, IMPORT_PIECE, ITEM};
use crate::tables::keys::{self, Key};

const WHAT: &str = "the import store";

/// How long an import is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Imports in DynamoDB.
#[derive(Clone)]
pub struct DynamoImportStore {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for DynamoImportStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoImportStore").field("table", &self.table).finish_non_exhaustive()
    }
}

impl DynamoImportStore {
    /// The store in this table; `clock` says when items expire.
    pub fn new(client: Client, table: String, clock: Arc<dyn Clock>) -> Self {
        Self { client, table, clock }
    }

    fn item(&self, kind: &str, key: &Key) -> Item {
        let mut item = key_item(key);
        item.insert(ITEM.into(), AttributeValue::S(kind.into()));
        self.expiring(item)
    }

    fn expiring(&self, mut item: Item) -> Item {
        let expires_at = after(self.clock.now(), KEPT).as_second().to_string();
        item.insert(EXPIRES_AT.into(), AttributeValue::N(expires_at));
        item
    }

    async fn put(&self, item: Item) -> StoreResult<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        patiently(|| put.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(())
    }

    async fn get(&self, key: &Key) -> StoreResult<Option<Item>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key_item(key)));
        let get = get.consistent_read(true);
        let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(answer.item)
    }
}

#[async_trait]
impl ImportStore for DynamoImportStore {
    async fn enlist(&self, id: &JobId, at: Timestamp) -> StoreResult<()> {
        self.put(self.item(IMPORT, &Key::new(keys::IMPORTS, keys::at_id(at, id.as_str())))).await
    }

    async fn list(&self, cursor: Option<String>, limit: usize) -> StoreResult<ImportList> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::IMPORTS.into()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(cursor.map(|cursor| key_item(&Key::new(keys::IMPORTS, cursor))));
        let page = patiently(|| query.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        let items = page.items.unwrap_or_default();
        let ids = items.iter().map(|item| {
            let key = key_of(WHAT, item)?;
            let id = key.sk.split_once('#').and_then(|(_, id)| id.parse().ok());
            id.ok_or_else(|| unreadable("the list of imports"))
        });
        let ids = ids.collect::<StoreResult<_>>()?;
        let next = page.last_evaluated_key.map(|key| key_of(WHAT, &key)).transpose()?;
        Ok(ImportList { ids, next: next.map(|key| key.sk) })
    }

    /// The part's own item goes first and comes last, so that a part of which only pieces are there does not count.
    async fn put_part(&self, id: &JobId, number: u16, bytes: &[u8]) -> StoreResult<()> {
        let part = Part::of(number, bytes);
        let key = keys::import_part(id, number);
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key_item(&key)));
        patiently(|| delete.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        let pieces = (0..).zip(bytes.chunks(Part::PIECE)).map(|(index, bytes)| {
            let mut item = self.item(IMPORT_PIECE, &keys::import_piece(id, number, index));
            item.insert("bytes".into(), AttributeValue::B(Blob::new(bytes)));
            item.insert("digest".into(), AttributeValue::N(part.digest.to_string()));
            self.put(item)
        });
        let pieces: Vec<_> = pieces.collect();
        concurrently(pieces).await?;
        self.put(self.expiring(encode(WHAT, IMPORT_PART, &key, &part)?)).await
    }

    async fn parts(&self, id: &JobId) -> StoreResult<Vec<Part>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::import(id)));
        all(WHAT, query).await?.into_iter().map(|item| decode(WHAT, item)).collect()
    }

    async fn piece(&self, id: &JobId, part: &Part, index: u32) -> StoreResult<Option<Vec<u8>>> {
        let Some(mut item) = self.get(&keys::import_piece(id, part.number, index)).await? else {
            return Ok(None);
        };
        let same = item.get("digest") == Some(&AttributeValue::N(part.digest.to_string()));
        match item.remove("bytes") {
            Some(AttributeValue::B(bytes)) if same => Ok(Some(bytes.into_inner())),
            _ => Ok(None),
        }
    }

    /// The lines are one text: as a list of maps they would be several times as large.
    async fn put_lines(&self, id: &JobId, run: u32, page: &LinePage) -> StoreResult<()> {
        let json = serde_json::to_string(page).map_err(|_| unreadable("a page of lines"))?;
        let mut item = self.item(IMPORT_LINES, &keys::import_lines(id, run, page.number));
        item.insert("page".into(), AttributeValue::S(json));
        self.put(item).await
    }

    async fn lines(&self, id: &JobId, run: u32, page: u32) -> StoreResult<Option<LinePage>> {
        let Some(item) = self.get(&keys::import_lines(id, run, page)).await? else { return Ok(None) };
        let page = text(&item, "page").and_then(|page| serde_json::from_str(page).ok());
        page.map(Some).ok_or_else(|| unreadable("a page of lines"))
    }

    async fn put_named(&self, id: &JobId, run: u32, named: &HashMap<String, Named>) -> StoreResult<()> {
        let mut items = Vec::with_capacity(named.len());
        for (key, named) in named {
            let mut item = self.item(IMPORT_NAMED, &keys::import_named(id, run, key));
            item.insert("named".into(), value(WHAT, named)?);
            items.push(item);
        }
        batch_put(&self.client, WHAT, &self.table, items).await
    }

    async fn named(
        &self,
        id: &JobId,
        run: u32,
        keys: &BTreeSet<String>,
    ) -> StoreResult<HashMap<String, Named>> {
        let by_key: HashMap<Key, &String> =
            keys.iter().map(|key| (keys::import_named(id, run, key), key)).collect();
        let items = batch_get(&self.client, WHAT, &self.table, by_key.keys().cloned().collect()).await?;
        let mut found = HashMap::with_capacity(items.len());
        for mut item in items {
            let key = key_of(WHAT, &item)?;
            let named = item.remove("named").and_then(|named| serde_dynamo::from_attribute_value(named).ok());
            let named = named.ok_or_else(|| unreadable("who was named"))?;
            if let Some(key) = by_key.get(&key) {
                found.insert((*key).clone(), named);
            }
        }
        Ok(found)
    }
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: format!("{what} cannot be read") }
}
