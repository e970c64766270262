//! Jobs of the directory in the provisioning table.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::clock::after;
use provisioning::directory::job::{DirectoryJob, Work};
use provisioning::fuse::GroupWeighing;
use provisioning::ids::JobId;
use provisioning::ports::{DirectoryJobStore, DueItem, ImportRun, Started, StoreError, StoreResult};

use crate::dynamodb::{
    Condition, Item, decode, delete, encode, key_item, patiently, put, text, transact, unavailable, update,
};
use crate::link_store::proposals;
use crate::tables::definition::EXPIRES_AT;
use crate::tables::item::{DIRECTORY_JOB, IMPORT_LOCK, ITEM};
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
    // An import that nobody goes on with goes, too.
    if job.is_over() {
        let expires_at = after(job.ended_at.unwrap_or(job.started_at), KEPT).as_second().to_string();
        item.insert(EXPIRES_AT.into(), AttributeValue::N(expires_at));
    }
    Ok(item)
}

/// The item of what a job deletes.
fn own(work: &Work) -> StoreResult<Key> {
    match work {
        Work::DeleteUser(user) => Ok(keys::profile(user)),
        Work::WeighGroup(GroupWeighing { group, .. }) | Work::DeleteGroup(group) => Ok(keys::meta(group)),
        Work::Import(_) => Err(StoreError::Corrupt { what: WHAT, detail: "an import deletes nobody".into() }),
    }
}

fn at(step: u64) -> Condition {
    Condition::new().equal("step", AttributeValue::N(step.to_string()))
}

#[async_trait]
impl DirectoryJobStore for DynamoDirectoryJobStore {
    /// Where a deletion was begun in another way and left, the job takes it over.
    async fn start_deletion(&self, job: &DirectoryJob) -> StoreResult<Started> {
        let own = own(&job.work)?;
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

    async fn put(&self, job: &DirectoryJob) -> StoreResult<()> {
        let none = put(&self.table, item(job)?, Condition::no_item());
        let _ = transact(&self.client, WHAT, vec![none]).await?;
        Ok(())
    }

    async fn job(&self, id: &JobId) -> StoreResult<Option<DirectoryJob>> {
        let item = self.get(&self.table, &keys::directory_job(id)).await?;
        item.map(|item| decode(WHAT, item)).transpose()
    }

    async fn run_import(&self, before: &DirectoryJob, after: &DirectoryJob) -> StoreResult<ImportRun> {
        let id = AttributeValue::S(after.id.to_string());
        let mut lock = key_item(&keys::import_lock());
        lock.insert(ITEM.into(), AttributeValue::S(IMPORT_LOCK.into()));
        lock.insert("import".into(), id.clone());
        let parts = vec![
            put(&self.table, lock, Condition::no_item_or("import", id)),
            put(&self.table, item(after)?, at(before.step)),
        ];
        match transact(&self.client, WHAT, parts).await? {
            Ok(()) => Ok(ImportRun::Yes),
            Err(mut refused) => {
                let other = refused.item(0).and_then(|lock| text(&lock, "import")?.parse().ok());
                Ok(other.map_or(ImportRun::Changed, ImportRun::Other))
            }
        }
    }

    async fn advance(&self, before: &DirectoryJob, after: &DirectoryJob) -> StoreResult<bool> {
        let mut parts = vec![put(&self.table, item(after)?, at(before.step))];
        if matches!(after.work, Work::Import(_)) && !before.is_over() && after.is_over() {
            let ours = Condition::no_item_or("import", AttributeValue::S(after.id.to_string()));
            parts.push(delete(&self.table, &keys::import_lock(), ours));
        }
        Ok(transact(&self.client, WHAT, parts).await?.is_ok())
    }

    async fn propose_due(&self, until: Timestamp, limit: usize) -> StoreResult<Vec<DueItem>> {
        proposals::due(&self.client, &self.table, DIRECTORY, until, limit).await
    }
}
