//! Setting an application up: created, connected, configured, enabled, removed. Every write of configuration raises its
//! version and carries the event the activity log tells; what changes an enabled application starts a sweep, in the same
//! transaction, so that no crash loses it.

mod configure;
mod connect;
mod error;
mod groups;
mod steps;
mod turn;

use std::sync::Arc;

pub use configure::Configuration;
pub use connect::Links;
pub use error::SetupError;
pub use steps::{Step, missing_steps};

use super::{Application, Configured, Lifecycle, Policy, Selection};
use crate::activity::{Actor, EventName, Outcome};
use crate::clock::Clock;
use crate::ids::{ApplicationId, JobId};
use crate::mapping::Mapping;
use crate::ports::{Bell, ConfigurationWrite, Connector, SecretStore, Tables};
use crate::randomness::Randomness;
use crate::sweep::{self, SweepJob, SweepRequest};

/// Sets applications up.
#[derive(Clone)]
pub struct Setup {
    /// The tables.
    pub tables: Tables,
    /// Credentials.
    pub secrets: Arc<dyn SecretStore>,
    /// Opens targets.
    pub connector: Arc<dyn Connector>,
    /// Rings for sweeps.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Names of secrets, and ids of jobs.
    pub randomness: Arc<dyn Randomness>,
    /// The version a change is meant for: with another one it is refused. `None` changes whatever is there.
    pub expected_version: Option<u64>,
    /// Who changes it.
    pub actor: Actor,
}

impl Setup {
    /// The same, for changes that are meant for this version.
    pub fn expecting(self, version: u64) -> Self {
        Self { expected_version: Some(version), ..self }
    }

    /// The same, for changes that somebody makes.
    pub fn on_behalf_of(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// Creates an application, or finds it as it is if it was created before.
    ///
    /// # Errors
    ///
    /// [`SetupError::NotInCatalog`], [`SetupError::Store`].
    pub async fn create(
        &self,
        id: &ApplicationId,
        name: &str,
        catalog_key: &str,
    ) -> Result<Configured, SetupError> {
        if let Some(configured) = self.tables.applications.load(id).await? {
            return Ok(configured);
        }
        if catalog::entry(catalog_key).is_none_or(|entry| entry.provisioning.is_none()) {
            return Err(SetupError::NotInCatalog(catalog_key.to_owned()));
        }
        let application = Application {
            id: id.clone(),
            name: name.to_owned(),
            catalog_key: catalog_key.to_owned(),
            version: 1,
            lifecycle: Lifecycle::Setup,
            connection: None,
            target_generation: 1,
            policy: Policy::of_profile(catalog::profile(catalog_key)),
        };
        let outcome =
            self.outcome(&application, EventName::ConfigUpdate, "the application was created".into());
        let write = ConfigurationWrite {
            mapping: Some(Mapping::default()),
            selection: Some(Selection::default()),
            outcome: Some(outcome),
            ..ConfigurationWrite::of(application)
        };
        // Where somebody else created it in between, it is his that counts.
        self.tables.applications.write(&write).await?;
        self.load(id).await
    }

    /// Starts a sweep in place of one under way. With `read_target` it lists the target first; without, each user who has
    /// no link yet costs a look-up.
    ///
    /// # Errors
    ///
    /// [`SetupError::Store`]. Where only the bell failed, the sweep comes due by itself.
    pub async fn start_sweep(
        &self,
        id: &ApplicationId,
        read_target: bool,
        allowed_removals: Option<u64>,
    ) -> Result<JobId, SetupError> {
        self.start_sweep_at(id, None, read_target, allowed_removals).await
    }

    /// The same, if the application is still at this version: another sweep is not replaced by one that knows less.
    async fn start_sweep_at(
        &self,
        id: &ApplicationId,
        version: Option<u64>,
        read_target: bool,
        allowed_removals: Option<u64>,
    ) -> Result<JobId, SetupError> {
        let job: JobId = self.randomness.token().parse()?;
        let request =
            SweepRequest { job: job.clone(), application: id.clone(), read_target, allowed_removals };
        let (bell, clock) = (self.bell.as_ref(), self.clock.as_ref());
        match sweep::start(&self.tables, bell, clock, request, version).await? {
            true => Ok(job),
            false => Err(SetupError::Changed),
        }
    }

    /// The application as it is, if it is at the version that a change is meant for and is not being removed.
    async fn load(&self, id: &ApplicationId) -> Result<Configured, SetupError> {
        let configured = self.tables.applications.load(id).await?;
        let configured = configured.ok_or_else(|| SetupError::Unknown(id.clone()))?;
        if self.expected_version.is_some_and(|version| version != configured.application.version) {
            return Err(SetupError::Changed);
        }
        Ok(configured)
    }

    /// The same, of an application that is not being removed.
    async fn load_kept(&self, id: &ApplicationId) -> Result<Configured, SetupError> {
        let configured = self.load(id).await?;
        match configured.application.lifecycle {
            Lifecycle::Removing => Err(SetupError::Removing(id.clone())),
            _ => Ok(configured),
        }
    }

    /// Writes under the next version, and rings for the sweep that is written with it. `write.application` is the
    /// application as it is to be, still at the version it was read at.
    async fn write(
        &self,
        mut write: ConfigurationWrite,
        event: EventName,
        reason: String,
    ) -> Result<(), SetupError> {
        write.application.version += 1;
        write.outcome = Some(self.outcome(&write.application, event, reason));
        if !self.tables.applications.write(&write).await? {
            return Err(SetupError::Changed);
        }
        if let Some(sweep) = &write.sweep
            && let Err(error) = sweep.ring(self.bell.as_ref()).await
        {
            tracing::warn!(application = %write.application.id, %error, "a sweep was not rung; it comes due by itself");
        }
        Ok(())
    }

    /// A sweep to be written with a change of configuration.
    fn sweep_of(
        &self,
        before: &Configured,
        read_target: bool,
        allowed_removals: Option<u64>,
    ) -> Result<SweepJob, SetupError> {
        // What an unfinished sweep found at the target is found again: without a listing each new user costs a look-up.
        let unfinished = before.condition.sweep.as_ref();
        let listed = unfinished
            .is_some_and(|sweep| sweep.listing.is_some() || sweep.phase == super::SweepPhase::Listing);
        let request = SweepRequest {
            job: self.randomness.token().parse()?,
            application: before.application.id.clone(),
            read_target: read_target || listed,
            allowed_removals,
        };
        Ok(request.into_job(self.clock.now()))
    }

    fn outcome(&self, application: &Application, event: EventName, reason: String) -> Outcome {
        Outcome::of_configuration(application, event, reason, (self.actor.clone(), self.clock.now()))
    }
}
