//! An application on the wire.

use provisioning::application::{Configured, Lifecycle};
use provisioning::ids::ApplicationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::merge_patch;
use crate::text::Name;

/// A new application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"catalog_key": "generic-saml", "name": "CRM"}))]
pub struct NewApplication {
    /// Its entry in the catalog.
    pub catalog_key: Name,
    /// What people call it.
    pub name: Name,
}

/// What is to change of an application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "CRM, Europe"}))]
pub struct ApplicationPatch {
    /// What people call it.
    #[serde(default, deserialize_with = "merge_patch::kept")]
    #[schema(nullable = false)]
    pub name: Option<Name>,
}

/// An application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "name": "CRM", "catalog_key": "generic-saml",
    "lifecycle": "enabled", "base_url": "https://scim.example.org/v2", "version": 6}))]
pub struct ShownApplication {
    /// Ours; it never changes.
    #[schema(value_type = String)]
    pub id: ApplicationId,
    /// What people call it.
    pub name: String,
    /// Its entry in the catalog.
    pub catalog_key: String,
    /// Whether it is provisioned.
    pub lifecycle: ShownLifecycle,
    /// The SCIM base URL of its target; absent until it was connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base_url: Option<String>,
    /// Raised by every change of its configuration; its ETag.
    pub version: u64,
}

/// Whether an application is provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShownLifecycle {
    /// Never enabled yet.
    Setup,
    /// Kept in step.
    Enabled,
    /// Left alone.
    Disabled,
    /// Being removed.
    Removing,
}

impl From<Lifecycle> for ShownLifecycle {
    fn from(lifecycle: Lifecycle) -> Self {
        match lifecycle {
            Lifecycle::Setup => Self::Setup,
            Lifecycle::Enabled => Self::Enabled,
            Lifecycle::Disabled => Self::Disabled,
            Lifecycle::Removing => Self::Removing,
        }
    }
}

impl From<&Configured> for ShownApplication {
    fn from(configured: &Configured) -> Self {
        let application = &configured.application;
        Self {
            id: application.id.clone(),
            name: application.name.clone(),
            catalog_key: application.catalog_key.clone(),
            lifecycle: application.lifecycle.into(),
            base_url: application.connection.as_ref().map(|connection| connection.base_url.to_string()),
            version: application.version,
        }
    }
}
