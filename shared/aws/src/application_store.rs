//! Applications in the provisioning table: configuration in items of its own, and what workers note in another, whose
//! attributes are set one by one so that no note overwrites another.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::application::{Condition as Noted, Configured, Lifecycle, SweepNote};
use provisioning::ids::ApplicationId;
use provisioning::mapping::Mapping;
use provisioning::ports::{ApplicationStore, ApplicationSummary, ConfigurationWrite, StoreResult};
use serde::{Deserialize, Serialize};

use crate::dynamodb::{
    Condition, Item, all, decode, encode, key_item, key_of, millis, patiently, put, transact, unavailable,
    update, value,
};
use crate::tables::item::{
    APPLICATION, APPLICATION_CONDITION, APPLICATION_CONFIG, APPLICATION_MAPPING, APPLICATION_SELECTION,
};
use crate::tables::keys::{self, CONDITION, CONFIG, MAPPING, SELECTION};

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
        let key = keys::configuration(id, CONDITION);
        let item = ("item", Some(AttributeValue::S(APPLICATION_CONDITION.into())));
        let note = update(&self.table, &key, &[item, change], condition);
        Ok(transact(&self.client, WHAT, vec![note]).await?.is_ok())
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
            let Summary { application: id, lifecycle, version } = decode(WHAT, item)?;
            Ok(ApplicationSummary { id, lifecycle, version })
        });
        summaries.collect()
    }

    async fn load(&self, id: &ApplicationId) -> StoreResult<Option<Configured>> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::application(id)))
            .expression_attribute_values(":prefix", AttributeValue::S(keys::CONFIGURATION_PREFIX.into()));
        let (mut application, mut mapping, mut selection, mut condition) = (None, None, None, None);
        for item in all(WHAT, query).await? {
            match key_of(WHAT, &item)?.sk.as_str() {
                CONFIG => application = Some(decode(WHAT, item)?),
                MAPPING => mapping = Some(decode::<Mapping>(WHAT, item)?),
                SELECTION => selection = Some(decode(WHAT, item)?),
                CONDITION => condition = Some(decode(WHAT, item)?),
                _ => {}
            }
        }
        Ok(application.map(|application| Configured {
            application,
            mapping: mapping.unwrap_or_default(),
            selection: selection.unwrap_or_default(),
            condition: condition.unwrap_or_default(),
        }))
    }

    async fn write(&self, write: &ConfigurationWrite) -> StoreResult<bool> {
        let ConfigurationWrite { application, mapping, selection, outcome } = write;
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
        };
        let summary = encode(WHAT, APPLICATION, &keys::application_summary(&application.id), &summary)?;
        let mut parts =
            vec![put(&self.table, config, condition), put(&self.table, summary, Condition::new())];
        if let Some(mapping) = mapping {
            let item = encode(WHAT, APPLICATION_MAPPING, &key(MAPPING), mapping)?;
            parts.push(put(&self.table, item, Condition::new()));
        }
        if let Some(selection) = selection {
            let item = encode(WHAT, APPLICATION_SELECTION, &key(SELECTION), selection)?;
            parts.push(put(&self.table, item, Condition::new()));
        }
        Ok(transact(&self.client, WHAT, parts).await?.is_ok())
    }

    async fn hold_off(&self, id: &ApplicationId, until: Timestamp) -> StoreResult<()> {
        let later = Condition::new().absent_or_below("not_before", millis(until));
        self.note(id, ("not_before", Some(millis(until))), later).await.map(|_| ())
    }

    async fn pause(&self, id: &ApplicationId, reason: Option<&str>) -> StoreResult<()> {
        let reason = reason.map(|reason| AttributeValue::S(reason.to_owned()));
        self.note(id, ("paused", reason), Condition::new()).await.map(|_| ())
    }

    async fn note_sweep(&self, id: &ApplicationId, sweep: Option<&SweepNote>) -> StoreResult<()> {
        let sweep = sweep.map(|sweep| value(WHAT, sweep)).transpose()?;
        self.note(id, ("sweep", sweep), Condition::new()).await.map(|_| ())
    }

    async fn condition(&self, id: &ApplicationId) -> StoreResult<Noted> {
        let item = self.get(id, CONDITION).await?;
        Ok(item.map(|item| decode(WHAT, item)).transpose()?.unwrap_or_default())
    }
}
