//! Ids in the path of a request.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Problem, ProblemKind};

/// Most bytes of an id that may become part of a table's key.
const LONGEST: usize = 512;

/// The parameters of the path, read as `T`. What cannot be an id names nothing that is there: 404.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let none = || Problem::new(ProblemKind::NotFound, "the path holds an id that cannot be one");
        let raw = RawPathParams::from_request_parts(parts, state).await.map_err(|_| none())?;
        if raw.iter().any(|(_, id)| id.len() > LONGEST) {
            return Err(none());
        }
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(ids)| Self(ids)).map_err(|_| none())
    }
}
