//! Applications and their configuration.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::activity::Outcome;
use crate::application::{
    Application, Charge, Condition, Configured, Lifecycle, Pace, Selection, TargetSchema,
};
use crate::ids::ApplicationId;
use crate::mapping::Mapping;
use crate::sweep::SweepJob;

/// Reads and writes applications. Every read is consistent.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// Every application there is.
    async fn list(&self) -> StoreResult<Vec<ApplicationSummary>>;
    /// One with all its configuration.
    async fn load(&self, id: &ApplicationId) -> StoreResult<Option<Configured>>;
    /// Writes configuration, all or nothing, with the sweep it starts. `false`: the version is not the one before, so
    /// nothing was written.
    async fn write(&self, write: &ConfigurationWrite) -> StoreResult<bool>;
    /// Takes the application away: its configuration and what was noted of it. What it left elsewhere must be gone.
    async fn delete(&self, id: &ApplicationId) -> StoreResult<()>;
    /// The target asked to be left alone until `until`; a later time that is already noted stays.
    async fn hold_off(&self, id: &ApplicationId, until: Timestamp) -> StoreResult<()>;
    /// Notes why nothing is sent any more, unless the application was configured anew since `version`: whoever met the
    /// refusal met it with what was configured then.
    async fn pause(&self, id: &ApplicationId, version: u64, reason: &str) -> StoreResult<()>;
    /// Notes that requests may be sent again.
    async fn resume(&self, id: &ApplicationId) -> StoreResult<()>;
    /// Sets the pace of requests, if it is still `before`.
    async fn set_pace(&self, id: &ApplicationId, before: Option<Pace>, pace: Option<Pace>)
    -> StoreResult<()>;
    /// Reserves the next moment that all these rates leave free, and uses each of them up for its distance: not before `now`,
    /// not after `latest`.
    async fn reserve(
        &self,
        id: &ApplicationId,
        charges: &[Charge],
        now: Timestamp,
        latest: Timestamp,
    ) -> StoreResult<Slot>;
    /// What the workers noted.
    async fn condition(&self, id: &ApplicationId) -> StoreResult<Condition>;
}

/// A moment to send a request at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// This one is reserved.
    At(Timestamp),
    /// None up to the latest one asked for is free; the next one is.
    Full(Timestamp),
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
    /// When it is next to be said that its credentials run out.
    pub warns_at: Option<Timestamp>,
}

/// A write of configuration. `application.version` is the new version, one above the old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationWrite {
    /// The application as it is to be.
    pub application: Application,
    /// What the target takes, where that was asked anew.
    pub schema: Option<TargetSchema>,
    /// Its mapping, where that changes.
    pub mapping: Option<Mapping>,
    /// Its selection, where that changes.
    pub selection: Option<Selection>,
    /// What the activity log tells of it; rides on the application's item.
    pub outcome: Option<Outcome>,
    /// Why nothing was sent any more is over.
    pub resume: bool,
    /// The sweep that brings the application into step with the new configuration, in place of one under way.
    pub sweep: Option<SweepJob>,
}

impl ConfigurationWrite {
    /// A write of the application itself, and nothing else.
    pub fn of(application: Application) -> Self {
        Self {
            application,
            schema: None,
            mapping: None,
            selection: None,
            outcome: None,
            resume: false,
            sweep: None,
        }
    }
}
