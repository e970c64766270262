//! Users and groups by name: the index `listing` proposes, base items decide.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use provisioning::directory::{Group, User};
use provisioning::folding::folded;
use provisioning::ids::GroupId;
use provisioning::ports::{DirectoryListing, ListingPage, ListingPosition, StoreError, StoreResult};
use provisioning::target::Kind;
use serde::de::DeserializeOwned;

use super::{DynamoDirectoryStore, WHAT};
use crate::dynamodb::{Item, batch_get, concurrently, decode, first, key_of, text};
use crate::tables::definition::LISTING;
use crate::tables::keys::{self, Key, SHARDS};

/// Before every name, and after every name with a prefix that it follows.
const LOWEST: &str = "\u{1}";
const HIGHEST: char = char::MAX;

#[async_trait]
impl DirectoryListing for DynamoDirectoryStore {
    async fn users(
        &self,
        prefix: &str,
        after: Option<&ListingPosition>,
        limit: usize,
    ) -> StoreResult<ListingPage<User>> {
        let page = self.listed::<User>(Kind::User, prefix, after, limit).await?;
        Ok(showing(page, prefix, |user| (!user.deleting).then_some(user.username.as_str())))
    }

    async fn groups(
        &self,
        prefix: &str,
        after: Option<&ListingPosition>,
        limit: usize,
    ) -> StoreResult<ListingPage<Group>> {
        let page = self.listed::<Group>(Kind::Group, prefix, after, limit).await?;
        Ok(showing(page, prefix, |group| (!group.deleting).then_some(group.name.as_str())))
    }

    async fn groups_among(&self, ids: &[GroupId]) -> StoreResult<HashMap<GroupId, Group>> {
        let keys: BTreeSet<_> = ids.iter().map(keys::meta).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let groups = items.into_iter().map(|item| decode::<Group>(WHAT, item));
        let present = groups.filter(|group| !matches!(group, Ok(group) if group.deleting));
        present.map(|group| group.map(|group| (group.id.clone(), group))).collect()
    }
}

/// Leaves out what has no name any more, or one that was not asked for: the index may lag.
fn showing<T>(page: ListingPage<T>, prefix: &str, name: impl Fn(&T) -> Option<&str>) -> ListingPage<T> {
    let prefix = folded(prefix);
    let wanted = |object: &T| name(object).is_some_and(|name| folded(name).starts_with(&prefix));
    let items = page.items.into_iter().filter(|(_, object)| wanted(object)).collect();
    ListingPage { items, next: page.next }
}

impl DynamoDirectoryStore {
    async fn listed<T: DeserializeOwned>(
        &self,
        kind: Kind,
        prefix: &str,
        after: Option<&ListingPosition>,
        limit: usize,
    ) -> StoreResult<ListingPage<T>> {
        let limit = limit.max(1);
        let shards: Vec<_> =
            (0..SHARDS).map(|shard| self.listed_in(kind, shard, prefix, after, limit + 1)).collect();
        let mut found: Vec<_> = concurrently(shards).await?.into_iter().flatten().collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(position, _)| position.clone());
        let keys = found.iter().map(|(_, key)| key.clone()).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let items = items.into_iter().map(|item| Ok((key_of(WHAT, &item)?, item)));
        let mut items = items.collect::<StoreResult<HashMap<Key, Item>>>()?;
        let present = found.into_iter().filter_map(|(position, key)| Some((position, items.remove(&key)?)));
        let items = present.map(|(position, item)| Ok((position, decode(WHAT, item)?)));
        Ok(ListingPage { items: items.collect::<StoreResult<_>>()?, next })
    }

    /// The first entries of a shard behind `after`, `limit` at least where there are so many.
    async fn listed_in(
        &self,
        kind: Kind,
        shard: u32,
        prefix: &str,
        after: Option<&ListingPosition>,
        limit: usize,
    ) -> StoreResult<Vec<(ListingPosition, Key)>> {
        let prefix = if folded(prefix).is_empty() { String::new() } else { keys::listing_name(prefix) };
        let behind = after.map(|after| after.name.as_str()).unwrap_or_default();
        let lowest = prefix.as_str().max(behind).max(LOWEST).to_owned();
        let highest = format!("{prefix}{HIGHEST}");
        if lowest > highest {
            return Ok(Vec::new());
        }
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(LISTING.name)
            .key_condition_expression("#shard = :shard AND #name BETWEEN :lowest AND :highest")
            .expression_attribute_names("#shard", LISTING.partition.attribute)
            .expression_attribute_names("#name", LISTING.sort.attribute)
            .expression_attribute_values(":shard", AttributeValue::S(keys::listing_shard_number(kind, shard)))
            .expression_attribute_values(":lowest", AttributeValue::S(lowest))
            .expression_attribute_values(":highest", AttributeValue::S(highest));
        // Entries that bear the very name of `after` come again, and may fill what was asked for.
        let mut asked = limit + 2;
        loop {
            let items = first(WHAT, query.clone(), asked).await?;
            let ended = items.len() < asked;
            let found: Vec<_> = items.iter().map(entry).collect::<StoreResult<_>>()?;
            let found: Vec<_> =
                found.into_iter().filter(|(at, _)| after.is_none_or(|after| at > after)).collect();
            if ended || found.len() >= limit {
                return Ok(found);
            }
            asked *= 4;
        }
    }
}

/// An entry of the index: where it stands, and what it is of.
fn entry(item: &Item) -> StoreResult<(ListingPosition, Key)> {
    let key = key_of(WHAT, item)?;
    let id = key.pk.split_once('#').map(|(_, id)| id.to_owned());
    let name = text(item, LISTING.sort.attribute).map(str::to_owned);
    let position = name.zip(id).map(|(name, id)| ListingPosition { name, id });
    let unreadable = || StoreError::Corrupt { what: WHAT, detail: "an index entry is of nobody".into() };
    Ok((position.ok_or_else(unreadable)?, key))
}
