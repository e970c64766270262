//! The routes, a module a subject.

mod catalog;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// Every route that asks who calls.
pub fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new().merge(catalog::routes())
}
