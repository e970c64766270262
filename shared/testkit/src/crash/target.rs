//! A target, and a connector, that die by plan.

use std::sync::Arc;

use async_trait::async_trait;
use provisioning::application::Connection;
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{Discovery, Exchange, Found, FoundPage, Kind, MatchKey, Write};
use secrecy::SecretString;

use super::{Crashing, unknown};

#[async_trait]
impl Target for Crashing<dyn Target> {
    async fn write(&self, write: &Write) -> Exchange<Option<Found>> {
        self.plan.run("Target::write", self.inner.write(write), unknown).await
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        self.plan.run("Target::find", self.inner.find(kind, key), unknown).await
    }

    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found> {
        self.plan.run("Target::get", self.inner.get(kind, remote_id), unknown).await
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        self.plan.run("Target::list", self.inner.list(kind, start), unknown).await
    }

    async fn control(&self) -> Exchange<()> {
        self.plan.run("Target::control", self.inner.control(), unknown).await
    }
}

#[async_trait]
impl Connector for Crashing<dyn Connector> {
    fn open(&self, connection: &Connection, token: &SecretString) -> Arc<dyn Target> {
        Arc::new(Crashing::new(self.inner.open(connection, token), &self.plan))
    }

    async fn discover(&self, connection: &Connection, token: &SecretString) -> Exchange<Discovery> {
        self.plan.run("Connector::discover", self.inner.discover(connection, token), unknown).await
    }
}
