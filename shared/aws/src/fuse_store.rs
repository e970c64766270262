//! The fuse's window: one item an application, written together with the link or the members it counts.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use provisioning::fuse::Window;
use provisioning::ids::ApplicationId;
use provisioning::ports::{FuseStore, FuseWritten, Pushed, Stamps, StoreResult};

use crate::dynamodb::{
    Condition, batch_get, decode, encode, key_item, patiently, put, transact, unavailable, value,
};
use crate::link_store::DynamoLinkStore;
use crate::membership_store::stamp;
use crate::tables::item::APPLICATION_FUSE;
use crate::tables::keys::{self, FUSE};

const WHAT: &str = "the fuse store";

/// The fuse's windows in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoFuseStore {
    client: Client,
    table: String,
    links: DynamoLinkStore,
}

impl DynamoFuseStore {
    /// The store in the table that the links are in.
    pub fn new(client: Client, table: String) -> Self {
        Self { links: DynamoLinkStore::new(client.clone(), table.clone()), client, table }
    }
}

#[async_trait]
impl FuseStore for DynamoFuseStore {
    async fn window(&self, application: &ApplicationId) -> StoreResult<Window> {
        let key = keys::configuration(application, FUSE);
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key_item(&key)));
        let get = get.consistent_read(true);
        let answer = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        answer.item.map_or_else(|| Ok(Window::default()), |item| decode(WHAT, item))
    }

    async fn write(
        &self,
        application: &ApplicationId,
        before: &Window,
        after: &Window,
        stamps: Stamps<'_>,
    ) -> StoreResult<FuseWritten> {
        let key = keys::configuration(application, FUSE);
        let unchanged = match before.revision {
            0 => Condition::no_item(),
            revision => Condition::new().equal("revision", value(WHAT, &revision)?),
        };
        let mut parts = vec![put(&self.table, encode(WHAT, APPLICATION_FUSE, &key, after)?, unchanged)];
        match stamps {
            Stamps::None => {}
            Stamps::Link(before, after) => parts.push(self.links.part(before, after)?),
            Stamps::Members(group, members) => {
                for (before, after) in members {
                    parts.push(stamp(&self.table, (application, group), before, after)?);
                }
            }
        }
        let Err(mut refused) = transact(&self.client, WHAT, parts).await? else {
            return Ok(FuseWritten::Yes);
        };
        // The SDK sends again what got no answer: what is there may be what was to be written.
        if refused.at(0) {
            let there = refused.item(0).map(|item| decode::<Window>(WHAT, item)).transpose()?;
            let ours = there.as_ref() == Some(after);
            return Ok(if ours && self.is_written(application, stamps).await? {
                FuseWritten::Yes
            } else {
                FuseWritten::WindowChanged
            });
        }
        Ok(FuseWritten::StampChanged)
    }
}

impl DynamoFuseStore {
    /// Whether what was to be stamped is as it was to be.
    async fn is_written(&self, application: &ApplicationId, stamps: Stamps<'_>) -> StoreResult<bool> {
        let (group, members) = match stamps {
            Stamps::None => return Ok(true),
            Stamps::Link(_, after) => return self.links.is_as(after).await,
            Stamps::Members(group, members) => (group, members),
        };
        let keys = members.iter().map(|(_, after)| keys::pushed(application, group, &after.user)).collect();
        let items = batch_get(&self.client, WHAT, &self.table, keys).await?;
        let there: Vec<Pushed> =
            items.into_iter().map(|item| decode(WHAT, item)).collect::<StoreResult<_>>()?;
        Ok(members.iter().all(|(_, after)| there.contains(after)))
    }
}
