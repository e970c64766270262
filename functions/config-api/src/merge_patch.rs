//! JSON merge patches (RFC 7396): what is absent stays, null clears, anything else replaces.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::body;
use crate::problem::Problem;

/// The media types of a patch: RFC 7396's own, and plain JSON.
const TAKEN: [&str; 2] = ["application/merge-patch+json", "application/json"];

/// A body that is a merge patch of `T`'s fields.
#[derive(Debug, Clone)]
pub struct MergePatch<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for MergePatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        body::json(request, state, &TAKEN).await.map(Self)
    }
}

/// What a patch says of one field; the field is `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patched<T> {
    /// Absent: it stays.
    #[default]
    Stays,
    /// Null: it goes.
    Cleared,
    /// Its new value.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patched<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(deserializer)? {
            None => Self::Cleared,
            Some(value) => Self::Set(value),
        })
    }
}

/// Reads a field that a patch may leave out but not clear; it is `#[serde(default)]` too.
///
/// # Errors
///
/// It is null, or no `T`.
pub fn kept<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<T> Patched<T> {
    /// Lays the patch over an optional field.
    pub fn over<U: From<T>>(self, field: &mut Option<U>) {
        match self {
            Self::Stays => {}
            Self::Cleared => *field = None,
            Self::Set(value) => *field = Some(value.into()),
        }
    }
}
