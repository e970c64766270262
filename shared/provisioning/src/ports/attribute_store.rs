//! The definitions of custom attributes.

use async_trait::async_trait;

use super::StoreResult;
use crate::directory::attribute::{AttributeDefinition, AttributeType};

/// Keeps what custom attributes there are. Every read is consistent.
#[async_trait]
pub trait AttributeStore: Send + Sync {
    /// Every definition, by name.
    async fn list(&self) -> StoreResult<Vec<AttributeDefinition>>;
    /// The definition of this name.
    async fn attribute(&self, name: &str) -> StoreResult<Option<AttributeDefinition>>;
    /// Defines an attribute, or describes it anew. Its type does not change.
    async fn define(&self, definition: &AttributeDefinition) -> StoreResult<Defined>;
    /// Defines those of these names that are not defined yet, as strings: what a file brings is taken as it is.
    async fn define_unknown(&self, names: &[String]) -> StoreResult<()>;
    /// Takes a definition away; the values stay where they are. `false`: there was none.
    async fn delete(&self, name: &str) -> StoreResult<bool>;
}

/// What became of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// It is new.
    Created,
    /// It was there and has the new description.
    Replaced,
    /// It is there with this other type, and stays as it is.
    OfType(AttributeType),
}
