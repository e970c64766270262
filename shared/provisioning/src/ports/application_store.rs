//! Applications and their configuration.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::activity::Outcome;
use crate::application::{Application, Condition, Configured, Lifecycle, Selection, SweepNote};
use crate::ids::ApplicationId;
use crate::mapping::Mapping;

/// Reads and writes applications. Every read is consistent.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// Every application there is.
    async fn list(&self) -> StoreResult<Vec<ApplicationSummary>>;
    /// One with all its configuration.
    async fn load(&self, id: &ApplicationId) -> StoreResult<Option<Configured>>;
    /// Writes configuration, all or nothing. `false`: the version is not the one before, so nothing was written.
    async fn write(&self, write: &ConfigurationWrite) -> StoreResult<bool>;
    /// The target asked to be left alone until `until`; a later time that is already noted stays.
    async fn hold_off(&self, id: &ApplicationId, until: Timestamp) -> StoreResult<()>;
    /// Notes why nothing is sent any more, or with `None` that it may be again.
    async fn pause(&self, id: &ApplicationId, reason: Option<&str>) -> StoreResult<()>;
    /// Notes the sweep under way, or with `None` that there is none.
    async fn note_sweep(&self, id: &ApplicationId, sweep: Option<&SweepNote>) -> StoreResult<()>;
    /// What the workers noted.
    async fn condition(&self, id: &ApplicationId) -> StoreResult<Condition>;
}

/// An application as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationSummary {
    /// Which.
    pub id: ApplicationId,
    /// Whether it is provisioned.
    pub lifecycle: Lifecycle,
    /// Its version.
    pub version: u64,
}

/// A write of configuration. `application.version` is the new version, one above the old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationWrite {
    /// The application as it is to be.
    pub application: Application,
    /// Its mapping, where that changes.
    pub mapping: Option<Mapping>,
    /// Its selection, where that changes.
    pub selection: Option<Selection>,
    /// What the activity log tells of it; rides on the application's item.
    pub outcome: Option<Outcome>,
}
