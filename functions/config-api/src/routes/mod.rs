//! The routes, a module a subject.

mod activity;
mod applications;
mod attributes;
mod catalog;
mod groups;
mod imports;
mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// Every route that asks who calls.
pub fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(catalog::routes())
        .merge(users::routes())
        .merge(groups::routes())
        .merge(attributes::routes())
        .merge(applications::routes())
        .merge(activity::routes())
        .merge(imports::routes())
}
