//! Applications in the provisioning table: configuration in items of its own, and what workers note in another, whose
//! attributes are set one by one so that no note overwrites another.

mod pace;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;
use provisioning::application::{Charge, Condition as Noted, Configured, Lifecycle, Pace};
use provisioning::ids::ApplicationId;
use provisioning::mapping::Mapping;
use provisioning::ports::{
    ApplicationStore, ApplicationSummary, ConfigurationWrite, Slot, StoreError, StoreResult,
};
use serde::{Deserialize, Serialize};

use crate::dynamodb::{
    Condition, Item, all, check, decode, delete, encode, key_item, key_of, millis, patiently, put, transact,
    unavailable, update, value,
};
use crate::job_store::starting;
use crate::tables::item::{
    APPLICATION, APPLICATION_CONDITION, APPLICATION_CONFIG, APPLICATION_MAPPING, APPLICATION_SCHEMA,
    APPLICATION_SELECTION,
};
use crate::tables::keys::{self, CONDITION, CONFIG, MAPPING, PACE, SCHEMA, SELECTION};

/// How often a write may find that another sweep was started at the same time.
const SURPRISES: u32 = 10;
/// Most parts of a transaction.
const PARTS: usize = 100;

const WHAT: &str = "the application store";

/// Applications in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoApplicationStore {
    client: Client,
    table: String,
}

/// An application in the list of all.
#[derive(Serialize, Deserialize)]
struct Summary {
    application: ApplicationId,
    lifecycle: Lifecycle,
    version: u64,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    warns_at: Option<Timestamp>,
}

impl DynamoApplicationStore {
    /// The store in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Sets or removes one attribute of what is noted, and says whether the condition held.
    async fn note(
        &self,
        id: &ApplicationId,
        change: (&str, Option<AttributeValue>),
        condition: Condition,
    ) -> StoreResult<bool> {
        let note = self.noting(id, change, condition);
        Ok(transact(&self.client, WHAT, vec![note]).await?.is_ok())
    }

    fn noting(
        &self,
        id: &ApplicationId,
        change: (&str, Option<AttributeValue>),
        condition: Condition,
    ) -> TransactWriteItem {
        let key = keys::configuration(id, CONDITION);
        let item = ("item", Some(AttributeValue::S(APPLICATION_CONDITION.into())));
        update(&self.table, &key, &[item, change], condition)
    }

    /// The items of a configuration, the application itself first: its condition is the version.
    fn configuration(&self, write: &ConfigurationWrite) -> StoreResult<Vec<TransactWriteItem>> {
        let ConfigurationWrite { application, schema, mapping, selection, outcome, .. } = write;
        let key = |part| keys::configuration(&application.id, part);
        let mut config = encode(WHAT, APPLICATION_CONFIG, &key(CONFIG), application)?;
        if let Some(outcome) = outcome {
            config.insert("outcome".into(), value(WHAT, outcome)?);
        }
        let before = AttributeValue::N(application.version.saturating_sub(1).to_string());
        let condition = match application.version {
            0 | 1 => Condition::no_item(),
            _ => Condition::new().equal("version", before),
        };
        let summary = Summary {
            application: application.id.clone(),
            lifecycle: application.lifecycle,
            version: application.version,
            warns_at: application.warns_at(),
        };
        let summary = encode(WHAT, APPLICATION, &keys::application_summary(&application.id), &summary)?;
        let mut parts =
            vec![put(&self.table, config, condition), put(&self.table, summary, Condition::new())];
        let mut part = |item| parts.push(put(&self.table, item, Condition::new()));
        if let Some(schema) = schema {
            part(encode(WHAT, APPLICATION_SCHEMA, &key(SCHEMA), schema)?);
        }
        if let Some(mapping) = mapping {
            part(encode(WHAT, APPLICATION_MAPPING, &key(MAPPING), mapping)?);
        }
        if let Some(selection) = selection {
            part(encode(WHAT, APPLICATION_SELECTION, &key(SELECTION), selection)?);
        }
        Ok(parts)
    }

    async fn get(&self, id: &ApplicationId, part: &str) -> StoreResult<Option<Item>> {
        let key = key_item(&keys::configuration(id, part));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(answer.item)
    }
}

#[async_trait]
impl ApplicationStore for DynamoApplicationStore {
    async fn list(&self) -> StoreResult<Vec<ApplicationSummary>> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::APPLICATIONS.into()));
        let summaries = all(WHAT, query).await?.into_iter().map(|item| {
            let Summary { application: id, lifecycle, version, warns_at } = decode(WHAT, item)?;
            Ok(ApplicationSummary { id, lifecycle, version, warns_at })
        });
        summaries.collect()
    }

    async fn load(&self, id: &ApplicationId) -> StoreResult<Option<Configured>> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::application(id)))
            .expression_attribute_values(":prefix", AttributeValue::S(keys::CONFIGURATION_PREFIX.into()));
        let (mut application, mut schema, mut mapping) = (None, None, None);
        let (mut selection, mut condition, mut pace) = (None, None, None);
        for item in all(WHAT, query).await? {
            match key_of(WHAT, &item)?.sk.as_str() {
                CONFIG => application = Some(decode(WHAT, item)?),
                SCHEMA => schema = Some(decode(WHAT, item)?),
                MAPPING => mapping = Some(decode::<Mapping>(WHAT, item)?),
                SELECTION => selection = Some(decode(WHAT, item)?),
                CONDITION => condition = Some(decode(WHAT, item)?),
                PACE => pace = pace::read(item)?,
                _ => {}
            }
        }
        Ok(application.map(|application| Configured {
            application,
            schema,
            mapping: mapping.unwrap_or_default(),
            selection: selection.unwrap_or_default(),
            condition: condition.unwrap_or_default(),
            pace,
        }))
    }

    async fn write(&self, write: &ConfigurationWrite) -> StoreResult<bool> {
        for _ in 0..SURPRISES {
            let mut parts = self.configuration(write)?;
            match &write.sweep {
                Some(sweep) => {
                    parts.extend(starting(&self.client, &self.table, sweep, write.resume).await?);
                }
                None if write.resume => {
                    parts.push(self.noting(&write.application.id, ("paused", None), Condition::new()));
                }
                None => {}
            }
            match transact(&self.client, WHAT, parts).await? {
                Ok(()) => return Ok(true),
                Err(refused) if refused.at(0) => return Ok(false),
                // Another sweep was started meanwhile: this one replaces that.
                Err(_) => {}
            }
        }
        Err(StoreError::Unavailable { what: WHAT, detail: "others kept starting sweeps".into() })
    }

    async fn delete(&self, id: &ApplicationId) -> StoreResult<()> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::application(id)));
        let mut rest: Vec<_> =
            all(WHAT, query).await?.iter().map(|item| key_of(WHAT, item)).collect::<StoreResult<_>>()?;
        // What names it goes last, so that a deletion that was broken off is found and done again.
        let config = keys::configuration(id, CONFIG);
        rest.retain(|key| *key != config);
        for page in rest.chunks(PARTS) {
            let parts = page.iter().map(|key| delete(&self.table, key, Condition::new())).collect();
            let _ = transact(&self.client, WHAT, parts).await?;
        }
        let last = [config, keys::application_summary(id)];
        let parts = last.iter().map(|key| delete(&self.table, key, Condition::new())).collect();
        let _ = transact(&self.client, WHAT, parts).await?;
        Ok(())
    }

    async fn hold_off(&self, id: &ApplicationId, until: Timestamp) -> StoreResult<()> {
        let later = Condition::new().absent_or_below("not_before", millis(until));
        self.note(id, ("not_before", Some(millis(until))), later).await.map(|_| ())
    }

    async fn pause(&self, id: &ApplicationId, version: u64, reason: &str) -> StoreResult<()> {
        let config = keys::configuration(id, CONFIG);
        let unchanged = Condition::new().equal("version", AttributeValue::N(version.to_string()));
        let reason = ("paused", Some(AttributeValue::S(reason.to_owned())));
        let parts = vec![check(&self.table, &config, unchanged), self.noting(id, reason, Condition::new())];
        transact(&self.client, WHAT, parts).await.map(|_| ())
    }

    async fn resume(&self, id: &ApplicationId) -> StoreResult<()> {
        self.note(id, ("paused", None), Condition::new()).await.map(|_| ())
    }

    async fn set_pace(
        &self,
        id: &ApplicationId,
        before: Option<Pace>,
        pace: Option<Pace>,
    ) -> StoreResult<()> {
        self.put_pace(id, before, pace).await
    }

    async fn reserve(
        &self,
        id: &ApplicationId,
        charges: &[Charge],
        now: Timestamp,
        latest: Timestamp,
    ) -> StoreResult<Slot> {
        self.take_slot(id, charges, now, latest).await
    }

    async fn condition(&self, id: &ApplicationId) -> StoreResult<Noted> {
        let item = self.get(id, CONDITION).await?;
        Ok(item.map(|item| decode(WHAT, item)).transpose()?.unwrap_or_default())
    }
}
