//! Mapping, selection, policy and name.

use catalog::Settings;
use scim::AttributePath;

use super::{Setup, SetupError};
use crate::activity::EventName;
use crate::application::{Configured, Lifecycle, Policy, Selection};
use crate::directory::attribute::AttributeDefinition;
use crate::ids::ApplicationId;
use crate::mapping::{Mapping, Source, check};
use crate::ports::ConfigurationWrite;

/// Configuration that is to change; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What people call it.
    pub name: Option<String>,
    /// What is sent of a user.
    pub mapping: Option<Mapping>,
    /// Which groups are provisioned.
    pub selection: Option<Selection>,
    /// What happens to accounts that are no longer wanted.
    pub policy: Option<Policy>,
    /// How its target is spoken to, where that is not left to what is known of it.
    pub overrides: Option<Settings>,
}

impl Configuration {
    /// Without what is so already.
    fn differing_from(self, before: &Configured) -> Self {
        let Self { name, mapping, selection, policy, overrides } = self;
        let overridden =
            before.application.connection.as_ref().map(|known| &known.capabilities.layers.overrides);
        Self {
            name: name.filter(|name| *name != before.application.name),
            mapping: mapping.filter(|mapping| *mapping != before.mapping),
            selection: selection.filter(|selection| *selection != before.selection),
            policy: policy.filter(|policy| *policy != before.application.policy),
            overrides: overrides.filter(|overrides| Some(overrides) != overridden),
        }
    }

    /// Names what changes, for people.
    fn parts(&self) -> Vec<&'static str> {
        let named = [
            ("name", self.name.is_some()),
            ("mapping", self.mapping.is_some()),
            ("group selection", self.selection.is_some()),
            ("policy", self.policy.is_some()),
            ("profile", self.overrides.is_some()),
        ];
        named.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect()
    }
}

impl Setup {
    /// Changes mapping, selection, policy, profile overrides or name in one write. Nothing is written where nothing
    /// differs; what differs at an enabled application starts a sweep, unless it is only the name.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn configure(&self, id: &ApplicationId, new: Configuration) -> Result<Configured, SetupError> {
        let before = self.load_kept(id).await?;
        let changed = new.differing_from(&before);
        let parts = changed.parts();
        if parts.is_empty() {
            return Ok(before);
        }
        let Configuration { name, mapping, selection, policy, overrides } = changed;
        let enabled = before.application.lifecycle == Lifecycle::Enabled;
        if enabled && selection.as_ref().is_some_and(|selection| selection.groups.is_empty()) {
            return Err(SetupError::EmptySelection);
        }
        let deleting = policy.as_ref().map(Policy::deleting).unwrap_or_default();
        if before.application.refuses_deletion() && !deleting.is_empty() {
            return Err(SetupError::DeletionRefused(deleting));
        }
        let only_name = parts == ["name"];
        let sweep = if enabled && !only_name { Some(self.sweep_of(&before, false, None)?) } else { None };
        let mut application = before.application.clone();
        application.name = name.unwrap_or(application.name);
        application.policy = policy.unwrap_or(application.policy);
        if let Some(overrides) = overrides {
            let connection = application.connection.as_mut().ok_or(SetupError::Unconnected)?;
            connection.capabilities = connection.capabilities.overridden(overrides);
        }
        let write = ConfigurationWrite { mapping, selection, sweep, ..ConfigurationWrite::of(application) };
        self.write(write, EventName::ConfigUpdate, format!("changed: {}", parts.join(", "))).await?;
        self.after(id).await
    }

    /// Maps attributes as an administrator typed them, for a directory that has these custom attributes.
    ///
    /// # Errors
    ///
    /// [`SetupError::Unconnected`], [`SetupError::Mapping`]; the others as they say.
    pub async fn map(
        &self,
        id: &ApplicationId,
        wanted: Vec<(AttributePath, Source)>,
        custom: &[AttributeDefinition],
    ) -> Result<Configured, SetupError> {
        let before = self.load_kept(id).await?;
        let schema = before.schema.as_ref().ok_or(SetupError::Unconnected)?;
        let profile = catalog::profile(&before.application.catalog_key);
        let single_values =
            profile.and_then(|profile| profile.single_values.as_ref()).is_some_and(|known| known.value);
        let mapping = check(wanted, schema, custom, single_values).map_err(SetupError::Mapping)?;
        self.configure(id, Configuration { mapping: Some(mapping), ..Configuration::default() }).await
    }

    /// The application after a change that was made.
    pub(super) async fn after(&self, id: &ApplicationId) -> Result<Configured, SetupError> {
        Self { expected_version: None, ..self.clone() }.load(id).await
    }
}
