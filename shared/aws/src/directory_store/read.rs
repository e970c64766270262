//! Reads of the directory.

use std::collections::BTreeSet;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use provisioning::directory::UserRecord;
use provisioning::ids::{GroupId, UserId};
use provisioning::ports::{DirectoryItem, DirectoryPage, StoreError, StoreResult};

use super::{DynamoDirectoryStore, WHAT};
use crate::dynamodb::{Item, all, decode, first, key_item, key_of, patiently, text, unavailable};
use crate::tables::item::{GROUP_META, ITEM, USER_MEMBERSHIP, USER_PROFILE};
use crate::tables::keys::{self, Key, MEMBERSHIP_PREFIX, PROFILE};

impl DynamoDirectoryStore {
    pub(super) async fn get(&self, key: &Key) -> StoreResult<Option<Item>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key_item(key)));
        let get = get.consistent_read(true);
        let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(answer.item)
    }

    /// The user and his groups, from one query.
    pub(super) async fn record(&self, id: &UserId) -> StoreResult<Option<UserRecord>> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::user(id)));
        let items = all(WHAT, query).await?;
        if items.is_empty() {
            return Ok(None);
        }
        let mut record = UserRecord { user: None, groups: BTreeSet::new() };
        for item in items {
            match key_of(WHAT, &item)?.sk.as_str() {
                PROFILE => record.user = Some(decode(WHAT, item)?),
                sk => {
                    record.groups.insert(parsed(sk.strip_prefix(MEMBERSHIP_PREFIX))?);
                }
            }
        }
        Ok(Some(record))
    }

    /// Membership rows of a user's or group's partition, in the order of ids, behind `after`.
    pub(super) async fn memberships(
        &self,
        pk: &str,
        after: Option<&str>,
        limit: usize,
    ) -> StoreResult<Vec<Item>> {
        let start = after.map(|id| key_item(&Key::new(pk, format!("{MEMBERSHIP_PREFIX}{id}"))));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":prefix", AttributeValue::S(MEMBERSHIP_PREFIX.into()))
            .set_exclusive_start_key(start);
        first(WHAT, query, limit).await
    }

    /// Who holds a guard.
    pub(super) async fn owner<Id: FromStr>(&self, guard: &Key) -> StoreResult<Option<Id>> {
        let guard = self.get(guard).await?;
        guard.map(|guard| parsed(text(&guard, "owner"))).transpose()
    }

    /// A page of the whole table. The cursor is the last key read, as a JSON array.
    pub(super) async fn page(&self, cursor: Option<String>) -> StoreResult<DirectoryPage> {
        let start = cursor.map(|cursor| serde_json::from_str::<(String, String)>(&cursor));
        let start = start.transpose().map_err(|_| StoreError::Corrupt {
            what: WHAT,
            detail: "the cursor is none of its own".into(),
        })?;
        let start = start.map(|(pk, sk)| key_item(&Key { pk, sk }));
        let scan = self.client.scan().table_name(&self.table).consistent_read(true);
        let scan = scan.set_exclusive_start_key(start);
        let page = patiently(|| scan.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        let mut items = Vec::new();
        for item in page.items.unwrap_or_default() {
            match text(&item, ITEM) {
                Some(USER_PROFILE) => items.push(DirectoryItem::User(decode(WHAT, item)?)),
                Some(GROUP_META) => items.push(DirectoryItem::Group(decode(WHAT, item)?)),
                // A membership is two items; this is the one that is told.
                Some(USER_MEMBERSHIP) => items.push(membership(&item)?),
                _ => {}
            }
        }
        let last = page.last_evaluated_key.map(|key| key_of(WHAT, &key)).transpose()?;
        let next = last.map(|Key { pk, sk }| serde_json::json!([pk, sk]).to_string());
        Ok(DirectoryPage { items, next })
    }
}

/// The user of a row in a group's partition.
pub(super) fn member(row: &Item) -> StoreResult<UserId> {
    parsed(key_of(WHAT, row)?.sk.strip_prefix(MEMBERSHIP_PREFIX))
}

fn membership(row: &Item) -> StoreResult<DirectoryItem> {
    let Key { pk, sk } = key_of(WHAT, row)?;
    let group: GroupId = parsed(sk.strip_prefix(MEMBERSHIP_PREFIX))?;
    Ok(DirectoryItem::Membership(group, parsed(pk.strip_prefix(keys::USER_PREFIX))?))
}

pub(super) fn parsed<Id: FromStr>(id: Option<&str>) -> StoreResult<Id> {
    let parsed = id.and_then(|id| id.parse().ok());
    parsed.ok_or_else(|| StoreError::Corrupt { what: WHAT, detail: "a key holds no id".into() })
}
