//! Reads for imports: who bears many names at once, and the walk over everybody.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use provisioning::folding::folded;
use provisioning::ids::SourceId;
use provisioning::ports::{Bearers, Proposed, StoreError, StoreResult};
use provisioning::target::Kind;

use super::read::parsed;
use super::{DynamoDirectoryStore, WHAT};
use crate::dynamodb::{Item, batch_get, key_of, patiently, text, unavailable};
use crate::tables::definition::LISTING;
use crate::tables::keys::{self, Key, SHARDS};

impl DynamoDirectoryStore {
    pub(super) async fn bearers<Id: FromStr>(
        &self,
        kind: Kind,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<Id>> {
        let by_name: HashMap<Key, String> =
            names.iter().map(|name| (keys::name_guard(kind, name), folded(name))).collect();
        let by_source_id: HashMap<Key, &SourceId> =
            source_ids.iter().map(|id| (keys::source_guard(kind, id), id)).collect();
        let guards = by_name.keys().chain(by_source_id.keys()).cloned().collect();
        let mut bearers = Bearers { by_name: HashMap::new(), by_source_id: HashMap::new() };
        for guard in batch_get(&self.client, WHAT, &self.table, guards).await? {
            let key = key_of(WHAT, &guard)?;
            let owner = parsed(text(&guard, "owner"))?;
            if let Some(name) = by_name.get(&key) {
                bearers.by_name.insert(name.clone(), owner);
            } else if let Some(id) = by_source_id.get(&key) {
                bearers.by_source_id.insert((*id).clone(), owner);
            }
        }
        Ok(bearers)
    }

    /// A page of the index of users and groups by name, shard after shard. The cursor is the shard and the last key, in
    /// JSON.
    pub(super) async fn proposed<Id: FromStr>(
        &self,
        kind: Kind,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<Proposed<Id>> {
        let start: Option<(u32, Option<HashMap<String, String>>)> =
            cursor.map(|cursor| serde_json::from_str(&cursor)).transpose().map_err(|_| {
                StoreError::Corrupt { what: WHAT, detail: "the cursor is none of its own".into() }
            })?;
        let (shard, after) = start.unwrap_or((0, None));
        let after: Option<Item> =
            after.map(|key| key.into_iter().map(|(name, part)| (name, AttributeValue::S(part))).collect());
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(LISTING.name)
            .key_condition_expression("listing_shard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(format!("{kind}#{shard}")))
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after);
        let page = patiently(|| query.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        let prefix = if kind == Kind::User { "U#" } else { "G#" };
        let items = page.items.unwrap_or_default();
        let ids = items.iter().map(|item| parsed(key_of(WHAT, item)?.pk.strip_prefix(prefix)));
        let ids = ids.collect::<StoreResult<_>>()?;
        let next = match page.last_evaluated_key {
            Some(key) => {
                let key: HashMap<_, _> = key
                    .into_iter()
                    .filter_map(|(name, part)| Some((name, part.as_s().ok()?.clone())))
                    .collect();
                Some((shard, Some(key)))
            }
            None if shard + 1 < SHARDS => Some((shard + 1, None)),
            None => None,
        };
        let next = next.map(|next| serde_json::json!(next).to_string());
        Ok(Proposed { ids, next })
    }
}
