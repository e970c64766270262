//! When people were offboarded, in the directory table, apart from the user's own partition: no worker needs it.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::ids::UserId;
use provisioning::ports::{OffboardingStore, StoreResult};

use crate::dynamodb::{key_item, millis, patiently, unavailable};
use crate::tables::item::{ITEM, OFFBOARDING};
use crate::tables::keys;

const WHAT: &str = "the offboarding store";
/// The attribute with the time.
const AT: &str = "at";

/// Offboardings in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoOffboardingStore {
    client: Client,
    table: String,
}

impl DynamoOffboardingStore {
    /// The store in the directory table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

#[async_trait]
impl OffboardingStore for DynamoOffboardingStore {
    async fn note(&self, user: &UserId, at: Timestamp) -> StoreResult<()> {
        let mut item = key_item(&keys::offboarding(user));
        item.insert(ITEM.into(), AttributeValue::S(OFFBOARDING.into()));
        item.insert(AT.into(), millis(at));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        patiently(|| put.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(())
    }

    async fn noted(&self, user: &UserId) -> StoreResult<Option<Timestamp>> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let get = get.set_key(Some(key_item(&keys::offboarding(user))));
        let got = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        let at = got.item.as_ref().and_then(|item| item.get(AT)?.as_n().ok()?.parse().ok());
        Ok(at.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
    }
}
