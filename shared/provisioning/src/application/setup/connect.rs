//! Connecting: the target is really asked, and a tenant is not taken for another.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Setup, SetupError};
use crate::activity::EventName;
use crate::application::{
    Application, Call, Configured, Connection, Evidence, Lifecycle, Lifetime, Pace, Rates, SecretName,
    TargetSchema, Verb, beyond,
};
use crate::clock::after;
use crate::ids::ApplicationId;
use crate::mapping::prefilled;
use crate::ports::{ConfigurationWrite, Slot};
use crate::sync::{Haste, Paced};
use crate::target::{Capabilities, Discovery, Exchange, Kind, Layers, TargetError};

/// How long who connects waits for his turn at the target's rates.
const MOST_PATIENT: Duration = Duration::from_secs(10);

/// Whose the accounts at a target are when the connection changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// The accounts tell: where they are not those that were linked, the connection is refused.
    Identify,
    /// It is the same tenant, whatever its accounts look like.
    Keep,
    /// It is another tenant: the links made so far are not used there (the target generation is raised).
    Relink,
}

impl Setup {
    /// Tries a connection and keeps it if the target answers. Nothing is written where nothing differs. The first connection
    /// maps what the target requires.
    ///
    /// # Errors
    ///
    /// [`SetupError::Target`] with what the target said, [`SetupError::TargetChanged`]; the others as they say.
    pub async fn connect(
        &self,
        id: &ApplicationId,
        base_url: &Url,
        token: &SecretString,
        links: Links,
    ) -> Result<Discovery, SetupError> {
        self.connect_until(id, base_url, token, links, None).await
    }

    /// The same with credentials that run out at a time the administrator knows.
    ///
    /// # Errors
    ///
    /// As [`Setup::connect`].
    pub async fn connect_until(
        &self,
        id: &ApplicationId,
        base_url: &Url,
        token: &SecretString,
        links: Links,
        expires_at: Option<Timestamp>,
    ) -> Result<Discovery, SetupError> {
        let before = self.load_kept(id).await?;
        let secret = SecretName(self.randomness.token());
        let capabilities = self.known(&before);
        let lifetime = Lifetime { stored_at: Some(self.clock.now()), expires_at, warned: None };
        let tried = Connection { base_url: base_url.clone(), secret, capabilities, lifetime };
        let exchange = self.discover(&before, &tried, token).await?;
        let discovery =
            exchange.result.map_err(|error| SetupError::Target { error, requests: exchange.requests })?;
        let mut connection = Connection { capabilities: discovery.capabilities.clone(), ..tried };
        let same_place = match &before.application.connection {
            Some(old) => old.base_url == connection.base_url && self.holds(&old.secret, token).await?,
            None => false,
        };
        // The same token is as old as it was, and ends when it was said to unless that is said anew.
        if let Some(old) = before.application.connection.as_ref().filter(|_| same_place) {
            connection.lifetime = match expires_at {
                Some(_) if expires_at != old.lifetime.expires_at => {
                    Lifetime { expires_at, warned: None, ..old.lifetime }
                }
                _ => old.lifetime,
            };
        }
        if !same_place && links == Links::Identify {
            self.identify(&before, &connection, token).await?;
        }
        let relinked = links == Links::Relink && before.application.connection.is_some();
        let write = self.connected(&before, connection, &discovery, relinked)?;
        if same_place && !relinked && is_known(&before, &write) {
            self.tables.applications.resume(id).await?;
            return Ok(discovery);
        }
        self.declare_pace(&before).await?;
        self.keep(&before, write, token).await?;
        Ok(discovery)
    }

    /// Asks the target what it is. What is asked by hand keeps to the target's rates as all else does.
    async fn discover(
        &self,
        before: &Configured,
        tried: &Connection,
        token: &SecretString,
    ) -> Result<Exchange<Discovery>, SetupError> {
        let id = &before.application.id;
        let document = Call { kind: None, verb: Verb::List, assigns: false };
        let expected = [Call::list(Kind::User), document, document, document];
        let rates = Rates::of(before);
        let now = self.clock.now();
        let charges = rates.charges(&expected, 0);
        if !charges.is_empty() {
            match self.tables.applications.reserve(id, &charges, now, after(now, MOST_PATIENT)).await? {
                Slot::At(at) => {
                    self.clock.sleep(Duration::try_from(at.duration_since(now)).unwrap_or_default()).await;
                }
                Slot::Full(_) => {
                    let result = Err(TargetError::Unsent(MOST_PATIENT));
                    return Ok(Exchange { requests: Vec::new(), result });
                }
            }
        }
        let exchange = self.connector.discover(tried, token).await;
        let more = rates.charges(&beyond(&expected, &exchange.requests), 0);
        if !more.is_empty() {
            let now = self.clock.now();
            // What cannot be charged is let go: the next refusal makes up for it.
            let _ = self.tables.applications.reserve(id, &more, now, after(now, MOST_PATIENT)).await?;
        }
        Ok(exchange)
    }

    /// A target whose rate its profile declares is met at it from the first sync on.
    async fn declare_pace(&self, before: &Configured) -> Result<(), SetupError> {
        let Application { id, catalog_key, .. } = &before.application;
        let rate = catalog::profile(catalog_key).and_then(catalog::Profile::requests_per_second);
        if let Some(rate) = rate.filter(|rate| before.pace.and_then(|pace| pace.declared) != Some(*rate)) {
            let pace = Pace::declared(rate, self.clock.now());
            self.tables.applications.set_pace(id, before.pace, Some(pace)).await?;
        }
        Ok(())
    }

    /// What is known of how to speak to the target before it is asked: the application's profile, and what an administrator
    /// set.
    fn known(&self, before: &Configured) -> Capabilities {
        let overrides = before.application.connection.as_ref();
        let overrides =
            overrides.map(|known| known.capabilities.layers.overrides.clone()).unwrap_or_default();
        let profile = catalog::profile(&before.application.catalog_key)
            .map(catalog::Profile::settings)
            .unwrap_or_default();
        Capabilities::resolved(Layers { overrides, profile, ..Layers::default() })
    }

    /// The configuration with the new connection.
    fn connected(
        &self,
        before: &Configured,
        connection: Connection,
        discovery: &Discovery,
        relinked: bool,
    ) -> Result<ConfigurationWrite, SetupError> {
        let schema = TargetSchema::of(discovery, before.application.profile());
        let mapping = prefilled(&before.mapping, &schema);
        let sweep = match before.application.lifecycle {
            // Nothing is known of another tenant's accounts until they were listed.
            Lifecycle::Enabled => Some(self.sweep_of(before, relinked, None)?),
            _ => None,
        };
        let application = Application {
            connection: Some(connection),
            target_generation: before.application.target_generation + u64::from(relinked),
            ..before.application.clone()
        };
        Ok(ConfigurationWrite {
            schema: Some(schema),
            mapping: Some(mapping),
            resume: true,
            sweep,
            ..ConfigurationWrite::of(application)
        })
    }

    /// Keeps a connection: its token first, then what names it, and last the old token goes.
    async fn keep(
        &self,
        before: &Configured,
        write: ConfigurationWrite,
        token: &SecretString,
    ) -> Result<(), SetupError> {
        let Some(connection) = &write.application.connection else { return Ok(()) };
        let secret = connection.secret.clone();
        self.secrets.put(&secret, token).await?;
        if let Err(error) = self.write(write, EventName::ConfigUpdate, "changed: connection".into()).await {
            // Refused, the configuration does not name the new secret, and nobody else does. After any other error it may.
            if matches!(error, SetupError::Changed)
                && let Err(error) = self.secrets.delete(&secret).await
            {
                tracing::warn!(%error, "a secret that nothing names was left behind");
            }
            return Err(error);
        }
        self.count_missing_anew(before).await?;
        if let Some(old) = &before.application.connection {
            self.secrets.delete(&old.secret).await?;
        }
        Ok(())
    }

    /// Refuses a connection under whose ids there are not the accounts that were linked.
    async fn identify(
        &self,
        before: &Configured,
        connection: &Connection,
        token: &SecretString,
    ) -> Result<(), SetupError> {
        let target = Paced::new(
            self.connector.open(connection, token),
            before,
            Arc::clone(&self.tables.applications),
            Arc::clone(&self.clock),
            Haste::Live,
        );
        let evidence = Evidence::gather(&self.tables, before, &target).await?;
        let evidence =
            evidence.map_err(|error: TargetError| SetupError::Target { error, requests: Vec::new() })?;
        if evidence.is_same_tenant() { Ok(()) } else { Err(SetupError::TargetChanged(evidence)) }
    }

    /// Whether the secret is there and is this one.
    async fn holds(&self, name: &SecretName, token: &SecretString) -> Result<bool, SetupError> {
        let kept = self.secrets.secret(name).await?;
        Ok(kept.is_some_and(|kept| kept.expose_secret() == token.expose_secret()))
    }
}

/// Whether all that discovery found is known already.
fn is_known(before: &Configured, write: &ConfigurationWrite) -> bool {
    let capabilities =
        |application: &Application| application.connection.as_ref().map(|known| known.capabilities.clone());
    let lifetime = |application: &Application| application.connection.as_ref().map(|known| known.lifetime);
    capabilities(&before.application) == capabilities(&write.application)
        && lifetime(&before.application) == lifetime(&write.application)
        && before.schema == write.schema
        && Some(&before.mapping) == write.mapping.as_ref()
}
