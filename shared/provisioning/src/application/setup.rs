//! Setting an application up: created, connected, configured, enabled. Every write of configuration raises its version
//! and carries the event the activity log tells; what changes an enabled application starts a sweep.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Application, Configured, Connection, Lifecycle, Policy, SecretName, Selection};
use crate::activity::{Action, Actor, EventName, Outcome, OutcomeResult};
use crate::clock::Clock;
use crate::ids::{ApplicationId, IdError, JobId};
use crate::mapping::Mapping;
use crate::ports::{Bell, ConfigurationWrite, Connector, SecretStore, StoreError, Tables};
use crate::randomness::Randomness;
use crate::sweep::{self, SweepRequest};
use crate::target::{Discovery, RequestNote, TargetError};

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
}

/// Why something was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no such application.
    #[error("there is no application '{0}'")]
    Unknown(ApplicationId),
    /// The catalog has no such entry, or nothing is provisioned there.
    #[error("the catalog has no entry '{0}' that can be provisioned")]
    NotInCatalog(String),
    /// The target did not answer as one; nothing was kept.
    #[error("{error}")]
    Target {
        /// What it said.
        error: TargetError,
        /// The requests that were tried.
        requests: Vec<RequestNote>,
    },
    /// Steps that come first.
    #[error("the application cannot be enabled yet: {}", .0.join("; "))]
    Unready(Vec<&'static str>),
    /// Somebody else changed the configuration at the same time: read it again.
    #[error("the configuration was changed at the same time")]
    Changed,
    /// A table or the secret store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source of randomness made an id that is none.
    #[error(transparent)]
    Id(#[from] IdError),
}

/// Whose the accounts at a target are when the connection changes to another base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// It is the same tenant under another address.
    Keep,
    /// It is another tenant: the links made so far are not used there (the target generation is raised).
    Relink,
}

/// Configuration that is to change; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What is sent of a user.
    pub mapping: Option<Mapping>,
    /// Which groups are provisioned.
    pub selection: Option<Selection>,
    /// What happens to accounts that are no longer wanted.
    pub policy: Option<Policy>,
}

impl Setup {
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
        if catalog::entry(catalog_key).and_then(|entry| entry.provisioning).is_none() {
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
            policy: Policy::default(),
        };
        let outcome =
            self.outcome(&application, EventName::ConfigUpdate, "the application was created".into());
        let write = ConfigurationWrite {
            application,
            mapping: Some(Mapping::default()),
            selection: Some(Selection::default()),
            outcome: Some(outcome),
        };
        // Where somebody else created it in between, it is his that counts.
        self.tables.applications.write(&write).await?;
        self.load(id).await
    }

    /// Tries a connection and keeps it if the target answers. Nothing is written where nothing differs.
    ///
    /// # Errors
    ///
    /// [`SetupError::Target`] with what the target said; the others as they say.
    pub async fn connect(
        &self,
        id: &ApplicationId,
        base_url: &Url,
        token: &SecretString,
        links: Links,
    ) -> Result<Discovery, SetupError> {
        let configured = self.load(id).await?;
        let secret = SecretName(self.randomness.token());
        let tried = Connection { base_url: base_url.clone(), secret, capabilities: Default::default() };
        let exchange = self.connector.discover(&tried, token).await;
        let discovery =
            exchange.result.map_err(|error| SetupError::Target { error, requests: exchange.requests })?;
        let connection = Connection { capabilities: discovery.capabilities.clone(), ..tried };
        let old = configured.application.connection.clone();
        if let Some(old) = &old
            && old.base_url == connection.base_url
            && old.capabilities == connection.capabilities
            && self.holds(&old.secret, token).await?
        {
            self.tables.applications.pause(id, None).await?;
            return Ok(discovery);
        }
        self.secrets.put(&connection.secret, token).await?;
        let mut application = configured.application.clone();
        let moved = old.as_ref().is_some_and(|old| old.base_url != connection.base_url);
        if moved && links == Links::Relink {
            application.target_generation += 1;
        }
        let secret = connection.secret.clone();
        application.connection = Some(connection);
        let written = self.write(&configured, application, Configuration::default(), "connection").await;
        if let Err(error) = written {
            // Refused, the configuration does not name the new secret, and nobody else does. After any other error it may.
            if matches!(error, SetupError::Changed) {
                let _ = self.secrets.delete(&secret).await;
            }
            return Err(error);
        }
        // A target that refused the old credentials may take these.
        self.tables.applications.pause(id, None).await?;
        if let Some(old) = old {
            self.secrets.delete(&old.secret).await?;
        }
        Ok(discovery)
    }

    /// Changes mapping, selection or policy in one write. Nothing is written where nothing differs; what differs at an
    /// enabled application starts a sweep.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn configure(&self, id: &ApplicationId, new: Configuration) -> Result<Configured, SetupError> {
        let configured = self.load(id).await?;
        let Configuration { mapping, selection, policy } = new;
        let changed = Configuration {
            mapping: mapping.filter(|mapping| *mapping != configured.mapping),
            selection: selection.filter(|selection| *selection != configured.selection),
            policy: policy.filter(|policy| *policy != configured.application.policy),
        };
        let named = [
            ("mapping", changed.mapping.is_some()),
            ("group selection", changed.selection.is_some()),
            ("policy", changed.policy.is_some()),
        ];
        let named: Vec<_> = named.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect();
        if named.is_empty() {
            return Ok(configured);
        }
        let mut application = configured.application.clone();
        if let Some(policy) = &changed.policy {
            application.policy = policy.clone();
        }
        self.write(&configured, application, changed, &named.join(", ")).await?;
        self.load(id).await
    }

    /// Enables the application, which starts a sweep; one that is enabled is swept once more.
    ///
    /// # Errors
    ///
    /// [`SetupError::Unready`] with the steps that come first.
    pub async fn enable(
        &self,
        id: &ApplicationId,
        allowed_removals: Option<u64>,
    ) -> Result<JobId, SetupError> {
        let configured = self.load(id).await?;
        let missing = missing_steps(&configured);
        if !missing.is_empty() {
            return Err(SetupError::Unready(missing));
        }
        let first = configured.application.lifecycle != Lifecycle::Enabled;
        if first {
            self.turn(&configured, Lifecycle::Enabled, EventName::Enable, "provisioning was enabled").await?;
        }
        self.start_sweep(id, first, allowed_removals).await
    }

    /// Leaves the application alone until it is enabled again; its accounts stay as they are.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn disable(&self, id: &ApplicationId) -> Result<(), SetupError> {
        let configured = self.load(id).await?;
        if configured.application.lifecycle != Lifecycle::Enabled {
            return Ok(());
        }
        self.turn(&configured, Lifecycle::Disabled, EventName::Disable, "provisioning was disabled").await
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
        let job: JobId = self.randomness.token().parse()?;
        let request =
            SweepRequest { job: job.clone(), application: id.clone(), read_target, allowed_removals };
        sweep::start(&self.tables, self.bell.as_ref(), self.clock.as_ref(), request).await?;
        Ok(job)
    }

    async fn load(&self, id: &ApplicationId) -> Result<Configured, SetupError> {
        self.tables.applications.load(id).await?.ok_or_else(|| SetupError::Unknown(id.clone()))
    }

    /// Whether the secret is there and is this one.
    async fn holds(&self, name: &SecretName, token: &SecretString) -> Result<bool, SetupError> {
        let kept = self.secrets.secret(name).await?;
        Ok(kept.is_some_and(|kept| kept.expose_secret() == token.expose_secret()))
    }

    async fn write(
        &self,
        before: &Configured,
        mut application: Application,
        changed: Configuration,
        what: &str,
    ) -> Result<(), SetupError> {
        application.version = before.application.version + 1;
        let enabled = application.lifecycle == Lifecycle::Enabled;
        // Nothing is known of another tenant's accounts until they were listed.
        let read_target = application.target_generation != before.application.target_generation;
        let id = application.id.clone();
        let outcome = self.outcome(&application, EventName::ConfigUpdate, format!("changed: {what}"));
        let Configuration { mapping, selection, .. } = changed;
        let write = ConfigurationWrite { application, mapping, selection, outcome: Some(outcome) };
        if !self.tables.applications.write(&write).await? {
            return Err(SetupError::Changed);
        }
        if enabled {
            self.start_sweep(&id, read_target, None).await?;
        }
        Ok(())
    }

    async fn turn(
        &self,
        before: &Configured,
        lifecycle: Lifecycle,
        event: EventName,
        reason: &str,
    ) -> Result<(), SetupError> {
        let version = before.application.version + 1;
        let application = Application { lifecycle, version, ..before.application.clone() };
        let outcome = Some(self.outcome(&application, event, reason.to_owned()));
        let write = ConfigurationWrite { application, mapping: None, selection: None, outcome };
        if self.tables.applications.write(&write).await? { Ok(()) } else { Err(SetupError::Changed) }
    }

    /// The event of a configuration write. A version is written once, so its id is unique.
    fn outcome(&self, application: &Application, event: EventName, reason: String) -> Outcome {
        Outcome {
            id: format!("{}#configuration#{}", application.id, application.version),
            at: self.clock.now(),
            actor: Actor::System,
            event,
            result: OutcomeResult::Success,
            action: Action::Configure,
            reason,
            application: application.id.clone(),
            application_name: application.name.clone(),
            target: None,
            changes: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            added_count: 0,
            removed_count: 0,
            requests: Vec::new(),
        }
    }
}

/// What is to be done before an application can be enabled, in order.
pub fn missing_steps(configured: &Configured) -> Vec<&'static str> {
    let maps_username = configured
        .mapping
        .attributes
        .iter()
        .any(|mapped| mapped.target.to_string().eq_ignore_ascii_case("userName"));
    let steps = [
        (configured.application.connection.is_some(), "connect it to its SCIM endpoint"),
        (maps_username, "map userName"),
        (!configured.selection.groups.is_empty(), "select at least one group"),
    ];
    steps.iter().filter(|(done, _)| !done).map(|(_, step)| *step).collect()
}
