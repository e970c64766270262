//! Links in the provisioning table.

pub(crate) mod proposals;
mod write;

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use provisioning::ids::{ApplicationId, RemoteId, UserId};
use provisioning::link::{Link, LinkKey, Mark, Object, State, Trouble};
use provisioning::ports::{
    DueItem, DueKey, LinkPage, LinkStore, Ownership, StoreError, StoreResult, Written,
};
use provisioning::target::Kind;

use crate::dynamodb::{
    Condition, Item, all, batch_get, decode, is_condition_failure, key_item, millis, patiently, text,
    unavailable, value,
};
use crate::tables::definition::{BY_APPLICATION, TROUBLE};
use crate::tables::item::{GROUP_LINK, USER_LINK};
use crate::tables::keys::{self, Key};

const WHAT: &str = "the link store";

/// Links in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoLinkStore {
    client: Client,
    table: String,
}

impl DynamoLinkStore {
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

/// The kind of a link's item.
fn kind_of(key: &LinkKey) -> &'static str {
    match key.object {
        Object::User(_) => USER_LINK,
        Object::Group(_) => GROUP_LINK,
    }
}

#[async_trait]
impl LinkStore for DynamoLinkStore {
    async fn link(&self, key: &LinkKey) -> StoreResult<Option<Link>> {
        self.get(&keys::link(key)).await?.map(|item| decode(WHAT, item)).transpose()
    }

    async fn links_of(&self, user: &UserId) -> StoreResult<Vec<Link>> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::user(user)))
            .expression_attribute_values(":prefix", AttributeValue::S(keys::LINK_PREFIX.into()));
        all(WHAT, query).await?.into_iter().map(|item| decode(WHAT, item)).collect()
    }

    async fn links_among(
        &self,
        application: &ApplicationId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, Link>> {
        let keys: BTreeSet<_> =
            users.iter().map(|user| keys::link(&LinkKey::user(application, user))).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let links = items.into_iter().map(|item| decode::<Link>(WHAT, item));
        let by_user = links.filter_map(|link| match link {
            Ok(link) => match link.key.object.clone() {
                Object::User(user) => Some(Ok((user, link))),
                Object::Group(_) => None,
            },
            Err(error) => Some(Err(error)),
        });
        by_user.collect()
    }

    async fn mark(&self, key: &LinkKey, mark: &Mark) -> StoreResult<u64> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let number = |number: u64| AttributeValue::N(number.to_string());
        let mut set = vec![
            ("due_at", millis(mark.due_at)),
            ("due_shard", text(&keys::due_shard(&key.application, keys::object_id(key)))),
            ("application_version", number(mark.application_version)),
            ("key", text(&key.to_string())),
            ("item", text(kind_of(key))),
            ("app_shard", text(&keys::application_shard(key))),
            ("object_id", text(keys::object_id(key))),
        ];
        let mut remove = vec!["outcome", "presence_changed"];
        match mark.by_sweep {
            true => set.push(("by_sweep", AttributeValue::Bool(true))),
            false => remove.push("by_sweep"),
        }
        if mark.compare {
            set.push(("compare", AttributeValue::Bool(true)));
        }
        // What a link that is only now made has from its beginning.
        let born =
            [("state", value(WHAT, &State::New)?), ("attempts", number(0)), ("target_generation", number(0))];
        let mut update = self.client.update_item().table_name(&self.table);
        update = update.set_key(Some(key_item(&keys::link(key)))).return_values(ReturnValue::UpdatedNew);
        let mut sets = Vec::new();
        for (attribute, value) in set {
            sets.push(format!("#{attribute} = :{attribute}"));
            update = update.expression_attribute_names(format!("#{attribute}"), attribute);
            update = update.expression_attribute_values(format!(":{attribute}"), value);
        }
        for (attribute, value) in born {
            sets.push(format!("#{attribute} = if_not_exists(#{attribute}, :{attribute})"));
            update = update.expression_attribute_names(format!("#{attribute}"), attribute);
            update = update.expression_attribute_values(format!(":{attribute}"), value);
        }
        for attribute in &remove {
            update = update.expression_attribute_names(format!("#{attribute}"), *attribute);
        }
        let remove: Vec<_> = remove.iter().map(|attribute| format!("#{attribute}")).collect();
        let update = update
            .update_expression(format!(
                "ADD #generation :one SET {} REMOVE {}",
                sets.join(", "),
                remove.join(", ")
            ))
            .expression_attribute_names("#generation", "generation")
            .expression_attribute_values(":one", number(1));
        let answer = patiently(|| update.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        let raised =
            answer.attributes.as_ref().and_then(|item| item.get("generation")?.as_n().ok()?.parse().ok());
        raised.ok_or_else(|| StoreError::Corrupt { what: WHAT, detail: "a mark has no generation".into() })
    }

    async fn write(
        &self,
        before: &Link,
        after: &Link,
        ownership: Option<&Ownership>,
    ) -> StoreResult<Written> {
        match ownership {
            None => self.write_alone(before, after).await,
            Some(ownership) => self.write_owning(before, after, ownership).await,
        }
    }

    async fn forget(&self, link: &Link) -> StoreResult<()> {
        self.take_away(link).await
    }

    async fn postpone(&self, item: &DueItem, until: Timestamp) -> StoreResult<bool> {
        let key = match &item.key {
            DueKey::Link(key) => keys::link(key),
            DueKey::Job(application, job) => keys::job(application, job),
            DueKey::DirectoryJob(job) => keys::directory_job(job),
        };
        let condition = Condition::new().equal("due_at", millis(item.due_at)).into_parts();
        // What the last settlement told was told: this write must not show it to the stream once more.
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_item(&key)))
            .update_expression("SET #due_at = :due_at REMOVE #outcome, #presence_changed")
            .set_condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .expression_attribute_names("#outcome", "outcome")
            .expression_attribute_names("#presence_changed", "presence_changed")
            .expression_attribute_values(":due_at", millis(until));
        match patiently(|| update.clone().send()).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failure(&error) => Ok(false),
            Err(error) => Err(unavailable(WHAT, &error)),
        }
    }

    async fn propose_due(
        &self,
        application: &ApplicationId,
        until: Timestamp,
        limit: usize,
    ) -> StoreResult<Vec<DueItem>> {
        proposals::due(&self.client, &self.table, application.as_str(), until, limit).await
    }

    async fn propose_pending(
        &self,
        application: &ApplicationId,
        kind: Kind,
        sweep_only: bool,
        cap: usize,
    ) -> StoreResult<usize> {
        self.pending(application, kind, sweep_only, cap).await
    }

    async fn propose_trouble(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage> {
        let number = |shard| keys::trouble_shard_number(application, trouble, shard);
        self.page(application, TROUBLE, number, cursor, limit).await
    }

    async fn propose_trouble_count(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cap: usize,
    ) -> StoreResult<usize> {
        self.troubled(application, trouble, cap).await
    }

    async fn propose_links(
        &self,
        application: &ApplicationId,
        kind: Kind,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage> {
        let number = |shard| keys::application_shard_number(application, kind, shard);
        self.page(application, BY_APPLICATION, number, cursor, limit).await
    }

    async fn owner(
        &self,
        application: &ApplicationId,
        target_generation: u64,
        kind: Kind,
        remote_id: &RemoteId,
    ) -> StoreResult<Option<LinkKey>> {
        let guard = self.get(&keys::owner(application, target_generation, kind, remote_id)).await?;
        guard.map(|guard| owner_of(&guard)).transpose()
    }
}

/// The link that a guard names.
fn owner_of(guard: &Item) -> StoreResult<LinkKey> {
    let key = text(guard, "key").and_then(|key| key.parse().ok());
    key.ok_or_else(|| StoreError::Corrupt { what: WHAT, detail: "an owner guard names no link".into() })
}
