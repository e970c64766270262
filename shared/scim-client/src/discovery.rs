//! What a target can do and which attributes it takes (RFC 7644 section 4). Only the control read decides whether it is
//! connected: each discovery document may be missing, and what it does not say is as usual.

use catalog::{Discovery as Documents, GroupUpdate, Paging, Settings, UserUpdate};
use provisioning::mapping::default_attributes;
use provisioning::target::{Capabilities, Discovery, Kind, RequestNote, TargetError};
use scim::message::{ListResponse, Schema, ServiceProviderConfig};
use scim::{AttributePath, Resource, USER_SCHEMA};
use serde_json::Value;

use crate::schema_paths::{Offered, offered};
use crate::target::HttpTarget;
use crate::wire::Request;

/// A target that gives larger pages is not asked for them: an answer is bounded.
const LARGEST_PAGE: u32 = 1_000;

impl HttpTarget {
    pub(crate) async fn discover(&self, notes: &mut Vec<RequestNote>) -> Result<Discovery, TargetError> {
        self.control_read(notes).await?;
        let configuration = self.configuration(notes).await?;
        let resource_types = self.documents("/ResourceTypes", notes).await?;
        let mut layers = self.capabilities.layers.clone();
        layers.advertised = advertised(&configuration);
        match resource_types.is_empty() {
            false => layers.advertised.groups = Some(resource_types.iter().any(is_group_type)),
            true => layers.learned.groups = self.has_groups(notes).await?,
        }
        let capabilities = Capabilities::resolved(layers);
        let schemas = self.documents("/Schemas", notes).await?;
        let schemas: Vec<Schema> = schemas
            .into_iter()
            .filter_map(|schema| serde_json::from_value(without_nulls(schema.into_json())).ok())
            .collect();
        let extensions = extensions(&resource_types, &schemas);
        Ok(match offered(&schemas, &extensions) {
            Some(Offered { attributes, required }) => {
                Discovery { capabilities, attributes, required, from_schemas: true }
            }
            None => Discovery {
                capabilities,
                attributes: default_attributes(),
                required: required(),
                from_schemas: false,
            },
        })
    }

    /// What the target says of itself.
    async fn configuration(
        &self,
        notes: &mut Vec<RequestNote>,
    ) -> Result<ServiceProviderConfig, TargetError> {
        let path = match self.capabilities.discovery {
            Documents::Standard | Documents::Skip => "/ServiceProviderConfig",
            Documents::PluralConfig => "/ServiceProviderConfigs",
        };
        let json = self.document(path, notes).await?;
        Ok(json.and_then(|json| serde_json::from_value(without_nulls(json)).ok()).unwrap_or_default())
    }

    /// A discovery document, or `None` where there is none that can be read. Only a target that asks to wait stops
    /// discovery, since asking again later tells more.
    async fn document(&self, path: &str, notes: &mut Vec<RequestNote>) -> Result<Option<Value>, TargetError> {
        if self.capabilities.discovery == Documents::Skip {
            return Ok(None);
        }
        let answer = match self.send(Request::get(path, ""), notes).await {
            Ok(answer) => answer.json(),
            Err(error) => Err(error),
        };
        match answer {
            Ok(json) => Ok(Some(json)),
            Err(throttled @ TargetError::Throttled(_)) => Err(throttled),
            Err(error) => {
                tracing::info!(path, %error, "the target has no such discovery document");
                Ok(None)
            }
        }
    }

    async fn documents(
        &self,
        path: &str,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Vec<Resource>, TargetError> {
        let json = self.document(path, notes).await?;
        Ok(json.and_then(ListResponse::from_json).map(|list| list.resources).unwrap_or_default())
    }

    /// Whether there are groups, as an answer shows; `None` where it does not tell.
    async fn has_groups(&self, notes: &mut Vec<RequestNote>) -> Result<Option<bool>, TargetError> {
        if self.capabilities.layers.settings().groups.is_some() {
            return Ok(None);
        }
        let endpoint = crate::wire::endpoint(Kind::Group);
        match self.rows(Request::get(endpoint, "count=1&excludedAttributes=members"), notes).await {
            Ok(_) => Ok(Some(true)),
            Err(throttled @ TargetError::Throttled(_)) => Err(throttled),
            Err(TargetError::NotFound(_) | TargetError::Unsupported(_)) => Ok(Some(false)),
            Err(_) => Ok(None),
        }
    }
}

/// What a configuration says, in the words of a profile. Without PATCH everything is PUT.
fn advertised(configuration: &ServiceProviderConfig) -> Settings {
    let patch = configuration.patch.as_ref().map(|patch| patch.supported);
    let paging = configuration.pagination.as_ref();
    Settings {
        user_update: patch.map(|patch| if patch { UserUpdate::PatchPath } else { UserUpdate::Put }),
        group_update: patch.map(|patch| if patch { GroupUpdate::Patch } else { GroupUpdate::Put }),
        filter: configuration.filter.as_ref().map(|filter| filter.supported),
        paging: paging.map(|paging| match (paging.index, paging.cursor) {
            (false, true) => Paging::Cursor,
            _ => Paging::Index,
        }),
        page_size: paging.and_then(|paging| paging.max_page_size).map(|most| most.clamp(1, LARGEST_PAGE)),
        ..Settings::default()
    }
}

fn required() -> Vec<AttributePath> {
    "userName".parse().into_iter().collect()
}

fn is_group_type(resource_type: &Resource) -> bool {
    let endpoint =
        resource_type.text("endpoint").unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    endpoint.ends_with("/groups") || endpoint == "groups"
}

/// The extensions of User: those its resource type names, or every schema that is called an extension of it.
fn extensions(resource_types: &[Resource], schemas: &[Schema]) -> Vec<String> {
    let user_type = resource_types
        .iter()
        .find(|found| found.text("schema").is_some_and(|schema| schema.eq_ignore_ascii_case(USER_SCHEMA)));
    let Some(user_type) = user_type else {
        let of_user = |id: &str| id.to_ascii_lowercase().contains(":extension:") && !id.ends_with(":Group");
        return schemas.iter().map(|schema| schema.id.clone()).filter(|id| of_user(id)).collect();
    };
    let named = user_type.as_json().get("schemaExtensions").and_then(Value::as_array).into_iter().flatten();
    named.filter_map(|extension| extension.get("schema")?.as_str().map(str::to_owned)).collect()
}

/// Null is the same as absent (RFC 7643 section 2.5).
fn without_nulls(json: Value) -> Value {
    match json {
        Value::Object(object) => {
            let present = object.into_iter().filter(|(_, value)| !value.is_null());
            present.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(values) => {
            values.into_iter().filter(|value| !value.is_null()).map(without_nulls).collect()
        }
        scalar => scalar,
    }
}
