//! Pushed memberships and todo rows in the provisioning table.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::ports::{MembershipStore, Pushed, StoreError, StoreResult, Todo};
use provisioning::randomness::Randomness;

use crate::dynamodb::{
    Condition, Item, all, batch_delete, batch_get, batch_put, concurrently, decode, encode, first,
    is_condition_failure, key_item, key_of, patiently, put, text, unavailable,
};
use crate::tables::item::{ITEM, PUSHED, PUSHED_MIRROR, TODO};
use crate::tables::keys::{self, Key, USER_PREFIX};

const WHAT: &str = "the membership store";

/// Memberships in DynamoDB.
#[derive(Clone)]
pub struct DynamoMembershipStore {
    client: Client,
    table: String,
    randomness: Arc<dyn Randomness>,
}

impl fmt::Debug for DynamoMembershipStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoMembershipStore").field("table", &self.table).finish_non_exhaustive()
    }
}

impl DynamoMembershipStore {
    /// The store in this table; `randomness` makes the tokens of todo rows.
    pub fn new(client: Client, table: String, randomness: Arc<dyn Randomness>) -> Self {
        Self { client, table, randomness }
    }

    /// Rows of a group in the order of the users' ids.
    async fn rows(&self, pk: String, after: Option<&UserId>, limit: usize) -> StoreResult<Vec<Item>> {
        let start = after.map(|user| key_item(&Key::new(&pk, keys::user(user))));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .expression_attribute_values(":prefix", AttributeValue::S(USER_PREFIX.into()))
            .set_exclusive_start_key(start);
        first(WHAT, query, limit).await
    }

    async fn restamp_one(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        before: &Pushed,
        after: &Pushed,
    ) -> StoreResult<bool> {
        let key = keys::pushed(application, group, &before.user);
        let was = row(application, group, &key, PUSHED, before)?;
        let condition = Condition::some_item().unchanged(&was, &AS_READ).into_parts();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row(application, group, &key, PUSHED, after)?))
            .set_condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values);
        match patiently(|| put.clone().send()).await {
            Ok(_) => Ok(true),
            // Somebody else wrote it since.
            Err(error) if is_condition_failure(&error) => Ok(false),
            Err(error) => Err(unavailable(WHAT, &error)),
        }
    }

    async fn finish(&self, key: Key, token: &str) -> StoreResult<()> {
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
impl MembershipStore for DynamoMembershipStore {
    async fn put_todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<()> {
        let rows = users.iter().map(|user| {
            let mut row = key_item(&keys::todo(application, group, user));
            row.insert(ITEM.into(), AttributeValue::S(TODO.into()));
            row.insert("user".into(), AttributeValue::S(user.to_string()));
            row.insert("token".into(), AttributeValue::S(self.randomness.token()));
            row
        });
        let rows = rows.collect();
        batch_put(&self.client, WHAT, &self.table, rows).await
    }

    async fn todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        limit: usize,
    ) -> StoreResult<Vec<Todo>> {
        let rows = self.rows(keys::todo_of(application, group), None, limit).await?;
        let todo = rows.iter().map(|row| {
            let user = text(row, "user").and_then(|user| user.parse().ok());
            let both = user.zip(text(row, "token").map(str::to_owned));
            let (user, token) = both.ok_or_else(|| unreadable("a todo row"))?;
            Ok(Todo { user, token })
        });
        todo.collect()
    }

    async fn finish_todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        rows: &[Todo],
    ) -> StoreResult<()> {
        let deletes: Vec<_> = rows
            .iter()
            .map(|row| self.finish(keys::todo(application, group, &row.user), &row.token))
            .collect();
        concurrently(deletes).await.map(|_| ())
    }

    async fn record_pushed(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        members: &[Pushed],
    ) -> StoreResult<()> {
        // From his own side first: whoever is among a group's rows is found from his side too, wherever this ends.
        for (key_of, kind) in [(keys::pushed_mirror as KeyOf, PUSHED_MIRROR), (keys::pushed, PUSHED)] {
            let mut rows = Vec::with_capacity(members.len());
            for member in members {
                rows.push(row(application, group, &key_of(application, group, &member.user), kind, member)?);
            }
            batch_put(&self.client, WHAT, &self.table, rows).await?;
        }
        Ok(())
    }

    async fn restamp(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        members: &[(Pushed, Pushed)],
    ) -> StoreResult<bool> {
        let writes: Vec<_> = members
            .iter()
            .map(|(before, after)| self.restamp_one(application, group, before, after))
            .collect();
        Ok(concurrently(writes).await?.into_iter().all(|written| written))
    }

    async fn forget_pushed(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<()> {
        for key_of in [keys::pushed as KeyOf, keys::pushed_mirror] {
            let keys: BTreeSet<_> = users.iter().map(|user| key_of(application, group, user)).collect();
            batch_delete(&self.client, WHAT, &self.table, keys).await?;
        }
        Ok(())
    }

    async fn pushed_among(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, Pushed>> {
        let keys: BTreeSet<_> = users.iter().map(|user| keys::pushed(application, group, user)).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let pushed = items.into_iter().map(|item| decode::<Pushed>(WHAT, item));
        pushed.map(|pushed| pushed.map(|pushed| (pushed.user.clone(), pushed))).collect()
    }

    async fn pushed_page(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<Pushed>> {
        let rows = self.rows(keys::pushed_in(application, group), after, limit).await?;
        rows.into_iter().map(|row| decode(WHAT, row)).collect()
    }

    async fn pushed_of(
        &self,
        application: &ApplicationId,
        user: &UserId,
    ) -> StoreResult<Vec<(GroupId, Pushed)>> {
        let prefix = keys::pushed_prefix(application);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::user(user)))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.clone()));
        let groups = all(WHAT, query).await?.into_iter().map(|row| {
            let key = key_of(WHAT, &row)?;
            let group = key.sk.strip_prefix(&prefix).and_then(|group| group.parse().ok());
            Ok((group.ok_or_else(|| unreadable("a pushed membership"))?, decode(WHAT, row)?))
        });
        groups.collect()
    }
}

/// Where a membership is recorded: in its group's rows, or on the user's own side.
type KeyOf = fn(&ApplicationId, &GroupId, &UserId) -> Key;

fn row(
    application: &ApplicationId,
    group: &GroupId,
    key: &Key,
    kind: &'static str,
    member: &Pushed,
) -> StoreResult<Item> {
    let mut row = encode(WHAT, kind, key, member)?;
    row.insert("application".into(), AttributeValue::S(application.to_string()));
    row.insert("group".into(), AttributeValue::S(group.to_string()));
    Ok(row)
}

/// What of a membership must be as it was read.
const AS_READ: [&str; 4] = ["remote_id", "target_generation", "since", "removal"];

/// The write of a member as he is to be, if he is as he was read, as a part of a transaction.
pub(crate) fn stamp(
    table: &str,
    (application, group): (&ApplicationId, &GroupId),
    before: &Pushed,
    after: &Pushed,
) -> StoreResult<TransactWriteItem> {
    let key = keys::pushed(application, group, &before.user);
    let was = row(application, group, &key, PUSHED, before)?;
    let is = row(application, group, &key, PUSHED, after)?;
    Ok(put(table, is, Condition::some_item().unchanged(&was, &AS_READ)))
}

fn unreadable(row: &str) -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: format!("{row} names no user or group") }
}
