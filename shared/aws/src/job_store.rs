//! Jobs and found rows in the provisioning table.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;
use provisioning::application::SweepNote;
use provisioning::clock::{Clock, after};
use provisioning::folding::folded;
use provisioning::ids::{ApplicationId, JobId, RemoteId};
use provisioning::ports::{JobStore, StoreError, StoreResult};
use provisioning::sweep::SweepJob;
use provisioning::target::{Found, Kind, MatchKey};
use serde::{Deserialize, Serialize};

use crate::dynamodb::{
    Condition, Item, all, batch_put, check, decode, encode, key_item, millis, patiently, put, text, transact,
    unavailable, update, value,
};
use crate::tables::definition::EXPIRES_AT;
use crate::tables::item::{APPLICATION_CONDITION, FOUND, ITEM, JOB};
use crate::tables::keys::{self, CONDITION, CONFIG, Key};

const WHAT: &str = "the job store";

/// How long found rows are kept: longer than any sweep takes.
const FOUND_LASTS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Longest resource that is kept as it is, in bytes of JSON; an item has 400 KB.
const LONGEST_RESOURCE: usize = 200_000;
/// Most e-mail addresses of one account under which it is found.
const MOST_EMAILS: usize = 5;
/// How often a start may find that another sweep was started at the same time.
const SURPRISES: u32 = 10;

/// Jobs in DynamoDB.
#[derive(Clone)]
pub struct DynamoJobStore {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for DynamoJobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoJobStore").field("table", &self.table).finish_non_exhaustive()
    }
}

/// A found row. The resource is text, so that it comes back to the letter: numbers like 1.0 would not.
#[derive(Serialize, Deserialize)]
struct FoundRow {
    remote_id: RemoteId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    resource: String,
}

impl DynamoJobStore {
    /// The store in this table; `clock` says when found rows expire.
    pub fn new(client: Client, table: String, clock: Arc<dyn Clock>) -> Self {
        Self { client, table, clock }
    }

    async fn get(&self, key: &Key) -> StoreResult<Option<Item>> {
        get(&self.client, &self.table, key).await
    }

    /// What the application notes of a job that goes on, or that it is over and how much it held.
    fn note(
        &self,
        job: &SweepJob,
        note: Option<&SweepNote>,
        condition: Condition,
    ) -> StoreResult<TransactWriteItem> {
        let note = note.map(|note| value(WHAT, note)).transpose()?;
        let item = ("item", Some(AttributeValue::S(APPLICATION_CONDITION.into())));
        let held = (job.is_done() && job.held > 0).then(|| AttributeValue::N(job.held.to_string()));
        let key = keys::configuration(&job.application, CONDITION);
        let mut changes = vec![item, ("sweep", note), ("held", held)];
        if job.is_done() && job.read_target {
            changes.push(("read_at", Some(millis(job.started_at))));
        }
        if job.is_done() && job.listed {
            changes.push(("listed_at", Some(millis(job.started_at))));
        }
        Ok(update(&self.table, &key, &changes, condition))
    }
}

async fn get(client: &Client, table: &str, key: &Key) -> StoreResult<Option<Item>> {
    let get = client.get_item().table_name(table).set_key(Some(key_item(key))).consistent_read(true);
    let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
    Ok(answer.item)
}

/// The parts of a transaction that start a sweep in place of the one that the application notes, which is due no more. They
/// are refused if it notes another one by then. With `resume`, why nothing was sent is over too.
pub(crate) async fn starting(
    client: &Client,
    table: &str,
    job: &SweepJob,
    resume: bool,
) -> StoreResult<Vec<TransactWriteItem>> {
    let key = keys::configuration(&job.application, CONDITION);
    let condition = get(client, table, &key).await?;
    let condition = condition.map(|item| decode::<provisioning::application::Condition>(WHAT, item));
    let noted = condition.transpose()?.and_then(|condition| condition.sweep).map(|sweep| sweep.job);
    let note = job.first_note().map(|note| value(WHAT, &note)).transpose()?;
    let kind = ("item", Some(AttributeValue::S(APPLICATION_CONDITION.into())));
    let mut changes = vec![kind, ("sweep", note), ("held", None)];
    if resume {
        changes.push(("paused", None));
    }
    let mut parts =
        vec![put(table, item(job)?, Condition::new()), update(table, &key, &changes, still(noted.as_ref()))];
    if let Some(replaced) = noted.filter(|noted| *noted != job.id) {
        let key = keys::job(&job.application, &replaced);
        if get(client, table, &key).await?.is_some() {
            let never = [("due_at", None), ("due_shard", None)];
            parts.push(update(table, &key, &never, Condition::some_item()));
        }
    }
    Ok(parts)
}

/// The condition that the application notes this sweep.
fn still(job: Option<&JobId>) -> Condition {
    match job {
        Some(job) => Condition::new().equal("sweep.job", AttributeValue::S(job.to_string())),
        None => Condition::new().absent("sweep"),
    }
}

/// The item of a job, in the index of what is due while it is.
fn item(job: &SweepJob) -> StoreResult<Item> {
    let mut item = encode(WHAT, JOB, &keys::job(&job.application, &job.id), job)?;
    if job.due_at.is_some() {
        let shard = keys::due_shard(&job.application, job.id.as_str());
        item.insert("due_shard".into(), AttributeValue::S(shard));
    }
    Ok(item)
}

#[async_trait]
impl JobStore for DynamoJobStore {
    async fn start(&self, job: &SweepJob, version: Option<u64>) -> StoreResult<bool> {
        for _ in 0..SURPRISES {
            let mut parts = starting(&self.client, &self.table, job, false).await?;
            let checked = parts.len();
            if let Some(version) = version {
                let config = keys::configuration(&job.application, CONFIG);
                let unchanged = Condition::new().equal("version", AttributeValue::N(version.to_string()));
                parts.push(check(&self.table, &config, unchanged));
            }
            match transact(&self.client, WHAT, parts).await? {
                Ok(()) => return Ok(true),
                Err(refused) if refused.at(checked) => return Ok(false),
                Err(_) => {}
            }
        }
        Err(StoreError::Unavailable { what: WHAT, detail: "others kept starting sweeps".into() })
    }

    async fn start_unless_read(&self, job: &SweepJob, read_at: Option<Timestamp>) -> StoreResult<bool> {
        let none_since = still(None).same("read_at", read_at.map(millis));
        let note = job.first_note().map(|note| value(WHAT, &note)).transpose()?;
        let kind = ("item", Some(AttributeValue::S(APPLICATION_CONDITION.into())));
        let key = keys::configuration(&job.application, CONDITION);
        let noted = update(&self.table, &key, &[kind, ("sweep", note), ("held", None)], none_since);
        let parts = vec![put(&self.table, item(job)?, Condition::no_item()), noted];
        Ok(transact(&self.client, WHAT, parts).await?.is_ok())
    }

    async fn job(&self, application: &ApplicationId, id: &JobId) -> StoreResult<Option<SweepJob>> {
        // A preview lies among the jobs, too.
        let item = self.get(&keys::job(application, id)).await?;
        item.filter(|item| text(item, ITEM) == Some(JOB)).map(|item| decode(WHAT, item)).transpose()
    }

    /// Without a note, that of a job which goes on stays as it is.
    async fn advance(
        &self,
        before: &SweepJob,
        after: &SweepJob,
        note: Option<&SweepNote>,
    ) -> StoreResult<bool> {
        let step = AttributeValue::N(before.step.to_string());
        let job = put(&self.table, item(after)?, Condition::new().equal("step", step));
        let ours = still(Some(&before.id));
        let noted = match (after.is_done(), note) {
            (true, _) => self.note(after, None, ours)?,
            (false, Some(note)) => self.note(after, Some(note), ours)?,
            (false, None) => check(&self.table, &keys::configuration(&after.application, CONDITION), ours),
        };
        Ok(transact(&self.client, WHAT, vec![job, noted]).await?.is_ok())
    }

    async fn put_found(
        &self,
        application: &ApplicationId,
        listing: &JobId,
        kind: Kind,
        found: &[Found],
    ) -> StoreResult<()> {
        let expires_at = after(self.clock.now(), FOUND_LASTS).as_second().to_string();
        let mut rows = Vec::with_capacity(found.len() * 2);
        for found in found {
            let row = to_row(found);
            let by_external_id = found.external_id.clone().map(MatchKey::ExternalId);
            let by_name = [MatchKey::Name(found.name.clone())];
            let by_email: BTreeSet<_> = found.emails().map(folded).collect();
            let by_email = by_email.into_iter().take(MOST_EMAILS).map(MatchKey::Email);
            for key in by_external_id.into_iter().chain(by_name).chain(by_email) {
                let key = Key::new(keys::found(application, listing, kind, &key), found.remote_id.as_str());
                let mut item = encode(WHAT, FOUND, &key, &row)?;
                item.insert(EXPIRES_AT.into(), AttributeValue::N(expires_at.clone()));
                rows.push(item);
            }
        }
        batch_put(&self.client, WHAT, &self.table, rows).await
    }

    async fn found(
        &self,
        application: &ApplicationId,
        listing: &JobId,
        kind: Kind,
        key: &MatchKey,
    ) -> StoreResult<Vec<Found>> {
        let pk = keys::found(application, listing, kind, key);
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk));
        all(WHAT, query).await?.into_iter().map(from_row).collect()
    }
}

/// A resource too long for an item goes without its members, which are compared by other means anyway.
fn to_row(found: &Found) -> FoundRow {
    let mut resource = serde_json::Value::Object(found.resource.as_json().clone());
    let mut json = resource.to_string();
    if json.len() > LONGEST_RESOURCE {
        if let Some(object) = resource.as_object_mut() {
            object.retain(|name, _| !name.eq_ignore_ascii_case("members"));
        }
        json = resource.to_string();
    }
    FoundRow {
        remote_id: found.remote_id.clone(),
        external_id: found.external_id.clone(),
        name: found.name.clone(),
        active: found.active,
        resource: json,
    }
}

fn from_row(item: Item) -> StoreResult<Found> {
    let FoundRow { remote_id, external_id, name, active, resource } = decode(WHAT, item)?;
    let resource = serde_json::from_str(&resource)
        .map_err(|_| StoreError::Corrupt { what: WHAT, detail: "a found row holds no resource".into() })?;
    Ok(Found { remote_id, external_id, name, active, resource })
}
