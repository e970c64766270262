//! The conditional write of a whole link: intents and settlements.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use provisioning::link::{Link, Trouble};
use provisioning::ports::{Ownership, StoreError, StoreResult, Written, shard};

use super::{DynamoLinkStore, WHAT, kind_of, owner_of};
use crate::dynamodb::{
    Condition, Item, decode, delete, encode, patiently, put, transact, unavailable, value,
};
use crate::tables::item::{ITEM, OWNER};
use crate::tables::keys::{self, SHARDS};

/// What must be as it was read, beside the claim. Generation and claim alone would let through who read before somebody
/// else claimed, settled and let go within one generation. The revision alone would do; the rest stands for writes that
/// were made before there was one.
const UNCHANGED: [&str; 9] = [
    "generation",
    "revision",
    "target_generation",
    "state",
    "remote_id",
    "external_id",
    "sent",
    "settlements",
    "attempts",
];

impl DynamoLinkStore {
    /// The write of a link whose remote id is nobody else's concern.
    pub(super) async fn write_alone(&self, before: &Link, after: &Link) -> StoreResult<Written> {
        let condition = as_read(before)?.into_parts();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(after)?))
            .set_condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match patiently(|| put.clone().send()).await {
            Ok(_) => return Ok(Written::Yes),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failure)) => {
                self.lost(before, after, failure.item().cloned()).await
            }
            _ => Err(unavailable(WHAT, &error)),
        }
    }

    /// The write of a link as a part of a transaction with something else.
    pub(crate) fn part(&self, before: &Link, after: &Link) -> StoreResult<TransactWriteItem> {
        Ok(put(&self.table, item(after)?, as_read(before)?))
    }

    /// Whether the link is kept as this.
    pub(crate) async fn is_as(&self, link: &Link) -> StoreResult<bool> {
        let Some(current) = self.get(&keys::link(&link.key)).await? else { return Ok(false) };
        Ok(decode::<Link>(WHAT, current)? == decode::<Link>(WHAT, item(link)?)?)
    }

    /// The write of a link together with the guard of its remote id.
    pub(super) async fn write_owning(
        &self,
        before: &Link,
        after: &Link,
        ownership: &Ownership,
    ) -> StoreResult<Written> {
        let key = &after.key;
        let ours = AttributeValue::S(key.to_string());
        let unless_anothers = Condition::no_item_or("key", ours.clone());
        let guard = match ownership {
            Ownership::Take(remote_id) => {
                let guard = keys::owner(&key.application, after.target_generation, key.kind(), remote_id);
                let mut item = crate::dynamodb::key_item(&guard);
                item.insert(ITEM.into(), AttributeValue::S(OWNER.into()));
                item.insert("key".into(), ours);
                put(&self.table, item, unless_anothers)
            }
            Ownership::Give(remote_id) => {
                let guard = keys::owner(&key.application, before.target_generation, key.kind(), remote_id);
                delete(&self.table, &guard, unless_anothers)
            }
        };
        let link = put(&self.table, item(after)?, as_read(before)?);
        let mut refused = match transact(&self.client, WHAT, vec![link, guard]).await? {
            Ok(()) => return Ok(Written::Yes),
            Err(refused) => refused,
        };
        if refused.at(0) {
            let current = refused.item(0);
            return self.lost(before, after, current).await;
        }
        match ownership {
            // The guard is another's, so there is nothing of ours to give.
            Ownership::Give(_) => self.write_alone(before, after).await,
            Ownership::Take(remote_id) => {
                let owner = match refused.item(1) {
                    Some(guard) => owner_of(&guard)?,
                    None => self.current_owner(after, remote_id).await?,
                };
                Ok(Written::Owned(owner))
            }
        }
    }

    /// Takes the link away with the guard of its remote id, each whatever the other is.
    pub(super) async fn take_away(&self, link: &Link) -> StoreResult<()> {
        let mut parts = vec![delete(&self.table, &keys::link(&link.key), Condition::new())];
        if let Some(remote_id) = &link.remote_id {
            let key = &link.key;
            let guard = keys::owner(&key.application, link.target_generation, key.kind(), remote_id);
            parts.push(delete(
                &self.table,
                &guard,
                Condition::no_item_or("key", AttributeValue::S(key.to_string())),
            ));
        }
        if transact(&self.client, WHAT, parts).await?.is_err() {
            // The guard is another's and stays.
            let alone = vec![delete(&self.table, &keys::link(&link.key), Condition::new())];
            let _ = transact(&self.client, WHAT, alone).await?;
        }
        Ok(())
    }

    async fn current_owner(
        &self,
        link: &Link,
        remote_id: &provisioning::ids::RemoteId,
    ) -> StoreResult<provisioning::link::LinkKey> {
        let key = &link.key;
        let guard = keys::owner(&key.application, link.target_generation, key.kind(), remote_id);
        match self.get(&guard).await? {
            Some(guard) => owner_of(&guard),
            None => {
                Err(StoreError::Unavailable { what: WHAT, detail: "an owner guard went meanwhile".into() })
            }
        }
    }

    /// What a refused write comes to: the link as it is now. It is as it was to be where the SDK sent a write again whose
    /// answer was lost.
    async fn lost(&self, before: &Link, after: &Link, current: Option<Item>) -> StoreResult<Written> {
        let current = match current.filter(|item| !item.is_empty()) {
            Some(current) => Some(current),
            None => self.get(&keys::link(&after.key)).await?,
        };
        let Some(current) = current else {
            return Ok(Written::Lost(Box::new(Link::new(after.key.clone()))));
        };
        let mut current: Link = decode(WHAT, current)?;
        let wanted: Link = decode(WHAT, item(after)?)?;
        if current == wanted {
            return Ok(Written::Yes);
        }
        // The table keeps milliseconds. Whoever compares the claim with his own must find it the same.
        if let (Some(kept), Some(held)) = (&mut current.work.claim, &before.work.claim)
            && kept.token == held.token
            && kept.until.as_millisecond() == held.until.as_millisecond()
        {
            kept.until = held.until;
        }
        Ok(Written::Lost(Box::new(current)))
    }
}

/// The item of a link, with what the indexes go by.
fn item(link: &Link) -> StoreResult<Item> {
    let key = &link.key;
    let mut item = encode(WHAT, kind_of(key), &keys::link(key), link)?;
    let mut insert = |attribute: &str, text: String| item.insert(attribute.into(), AttributeValue::S(text));
    insert("app_shard", keys::application_shard(key));
    insert("object_id", keys::object_id(key).to_owned());
    if link.work.due_at.is_some() {
        insert("due_shard", keys::due_shard(&key.application, keys::object_id(key)));
    }
    if let Some(trouble) = Trouble::of(link) {
        let number = shard(keys::object_id(key), SHARDS);
        insert("trouble_shard", keys::trouble_shard_number(&key.application, trouble, number));
    }
    Ok(item)
}

/// The condition that the link is as it was read.
fn as_read(before: &Link) -> StoreResult<Condition> {
    if *before == Link::new(before.key.clone()) {
        return Ok(Condition::no_item());
    }
    let (stored, born) = (item(before)?, item(&Link::new(before.key.clone()))?);
    // What is as in a link that was never anything need not be there: a mark writes little, and did so before there was
    // such an attribute.
    let mut condition =
        UNCHANGED.iter().fold(Condition::some_item(), |condition, attribute| match stored.get(*attribute) {
            Some(value) if born.get(*attribute) == Some(value) => {
                condition.absent_or_equal(attribute, value.clone())
            }
            value => condition.same(attribute, value.cloned()),
        });
    // Whether it is due, not when: `postpone` may move that under the feet of who works.
    condition = match before.work.due_at {
        Some(_) => condition.present("due_at"),
        None => condition.absent("due_at"),
    };
    Ok(match &before.work.claim {
        Some(claim) => condition.equal("claim.token", value(WHAT, &claim.token)?),
        None => condition.absent("claim"),
    })
}
