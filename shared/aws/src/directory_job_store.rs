//! Jobs of the directory in the provisioning table.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::clock::after;
use provisioning::directory::job::{DirectoryJob, Work};
use provisioning::ids::JobId;
use provisioning::ports::{DirectoryJobStore, DueItem, Started, StoreError, StoreResult};

use crate::dynamodb::{
    Condition, Item, decode, encode, key_item, patiently, put, transact, unavailable, update,
};
use crate::link_store::proposals;
use crate::tables::definition::EXPIRES_AT;
use crate::tables::item::DIRECTORY_JOB;
use crate::tables::keys::{self, DIRECTORY, Key};

const WHAT: &str = "the directory's job store";

/// How long a job is kept after its end.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Jobs of the directory in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDirectoryJobStore {
    client: Client,
    /// The provisioning table, where jobs lie.
    table: String,
    directory: String,
}

impl DynamoDirectoryJobStore {
    /// The store in the provisioning table; deletions are marked in the directory's.
    pub fn new(client: Client, provisioning: String, directory: String) -> Self {
        Self { client, table: provisioning, directory }
    }

    async fn get(&self, table: &str, key: &Key) -> StoreResult<Option<Item>> {
        let get = self.client.get_item().table_name(table).set_key(Some(key_item(key)));
        let get = get.consistent_read(true);
        let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(answer.item)
    }
}

/// The item of a job, in the index of what is due until it is over, and expiring once it is.
fn item(job: &DirectoryJob) -> StoreResult<Item> {
    let mut item = encode(WHAT, DIRECTORY_JOB, &keys::directory_job(&job.id), job)?;
    if job.due_at.is_some() {
        item.insert("due_shard".into(), AttributeValue::S(keys::directory_due_shard(&job.id)));
    }
    if let Some(ended_at) = job.ended_at {
        let expires_at = after(ended_at, KEPT).as_second().to_string();
        item.insert(EXPIRES_AT.into(), AttributeValue::N(expires_at));
    }
    Ok(item)
}

/// The item of what a job deletes.
fn own(work: &Work) -> Key {
    match work {
        Work::DeleteUser(user) => keys::profile(user),
        Work::DeleteGroup(group) => keys::meta(group),
    }
}

#[async_trait]
impl DirectoryJobStore for DynamoDirectoryJobStore {
    /// Where a deletion was begun in another way and left, the job takes it over.
    async fn start_deletion(&self, job: &DirectoryJob) -> StoreResult<Started> {
        let own = own(&job.work);
        // A job of this id that is over was that of an earlier bearer of the id.
        let none_under_way = || Condition::new().absent("due_at");
        let deleting = [("deleting", Some(AttributeValue::Bool(true)))];
        let unmarked = Condition::some_item().absent("deleting");
        let both = vec![
            update(&self.directory, &own, &deleting, unmarked),
            put(&self.table, item(job)?, none_under_way()),
        ];
        if transact(&self.client, WHAT, both).await?.is_ok() {
            return Ok(Started::Yes);
        }
        let Some(found) = self.get(&self.directory, &own).await? else { return Ok(Started::NotThere) };
        if !found.contains_key("deleting") {
            let detail = "others kept changing what is to be deleted".into();
            return Err(StoreError::Unavailable { what: WHAT, detail });
        }
        let alone = vec![put(&self.table, item(job)?, none_under_way())];
        let taken_over = transact(&self.client, WHAT, alone).await?.is_ok();
        Ok(if taken_over { Started::Yes } else { Started::UnderWay })
    }

    async fn job(&self, id: &JobId) -> StoreResult<Option<DirectoryJob>> {
        let item = self.get(&self.table, &keys::directory_job(id)).await?;
        item.map(|item| decode(WHAT, item)).transpose()
    }

    async fn advance(&self, before: &DirectoryJob, after: &DirectoryJob) -> StoreResult<bool> {
        let step = AttributeValue::N(before.step.to_string());
        let still = Condition::new().equal("step", step).present("due_at");
        Ok(transact(&self.client, WHAT, vec![put(&self.table, item(after)?, still)]).await?.is_ok())
    }

    async fn propose_due(&self, until: Timestamp, limit: usize) -> StoreResult<Vec<DueItem>> {
        proposals::due(&self.client, &self.table, DIRECTORY, until, limit).await
    }
}
