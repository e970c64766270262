//! What the catalog says of one application.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Profile;

/// One application of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CatalogEntry, example = json!({"key": "generic-saml", "name": "Generic SAML Service Provider",
    "single_sign_on": "saml", "provisioning": {"label": "generic", "authentication": ["bearer"],
    "guide": "Ask the vendor whether the application has a SCIM 2.0 endpoint."}}))]
pub struct Entry {
    /// Names it for good.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// How people sign in to it.
    pub single_sign_on: SingleSignOn,
    /// How it is provisioned; absent where it cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning: Option<Provisioning>,
}

/// How people sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SingleSignOn {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
}

/// How an application is provisioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CatalogProvisioning)]
pub struct Provisioning {
    /// How well it is known.
    pub label: Label,
    /// The ways to authenticate it takes.
    pub authentication: Vec<Authentication>,
    /// What an administrator should know first.
    pub guide: String,
    /// What is known of its SCIM endpoint; absent where that is nothing beyond the RFCs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub profile: Option<Box<Profile>>,
}

/// How well a profile is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Run against the vendor's own service.
    Verified,
    /// Every rule has a vendor's source.
    Documented,
    /// SCIM 2.0 as the RFCs have it; what the target says and shows decides.
    Generic,
}

/// A way to authenticate to a SCIM endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// A bearer token (RFC 6750).
    Bearer,
}
