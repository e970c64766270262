//! A SCIM target, in the domain's words.

use std::sync::Arc;

use async_trait::async_trait;
use catalog::Settings;
use secrecy::SecretString;
use url::Url;

use crate::application::{BaseUrlProblem, Connection};
use crate::ids::RemoteId;
use crate::target::{Discovery, Exchange, Found, FoundPage, Kind, MatchKey, Write};

/// One connected target. Every request has a deadline that ends before the claim it is made under.
#[async_trait]
pub trait Target: Send + Sync {
    /// Carries out one planned write. A create answers with what was made (also when the target answered 200 with
    /// something that was there before: the caller checks); the others with nothing.
    async fn write(&self, write: &Write) -> Exchange<Option<Found>>;
    /// Looks for resources by a key. Only those that truly bear it are returned.
    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>>;
    /// One resource by id; `NotFound` where it is gone.
    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found>;
    /// A page of all resources of a kind, from a 1-based start.
    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage>;
    /// The control read: whether the target answers us at all (`GET /Users?count=1`).
    async fn control(&self) -> Exchange<()>;
    /// What its answers showed since it was opened of how it wants to be spoken to.
    fn learned(&self) -> Settings {
        Settings::default()
    }
}

/// Opens targets.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Reads a base URL as somebody typed it, and says where it must not lead (rule 11).
    fn base_url(&self, typed: &str) -> Result<Url, BaseUrlProblem>;
    /// A client for the connection. Opens nothing yet; refuses an address that must not be used on its first request.
    fn open(&self, connection: &Connection, token: &SecretString) -> Arc<dyn Target>;
    /// Tries the connection (control read) and asks what the target can do and takes.
    async fn discover(&self, connection: &Connection, token: &SecretString) -> Exchange<Discovery>;
}
