//! `config-api`: the JSON API by which people and programs set Rollcall up and look at what it does (DESIGN section 13).
//!
//! One [`axum`] router over the ports serves on Lambda and in the local runner alike. [`openapi`] describes it from the very
//! annotations that make its routes.
//!
//! Where to look: `routes/` has a module a subject; [`problem`] is every error there is; [`page`], [`etag`], [`body`],
//! [`query`] and [`path`] are what handlers take and give; [`caller`] says who calls and what he may; [`limits`] bounds it all.

pub mod body;
pub mod caller;
pub mod etag;
pub mod limits;
pub mod merge_patch;
pub mod openapi;
pub mod page;
pub mod path;
pub mod problem;
pub mod query;
pub mod removals;
pub mod routes;
pub mod text;
pub mod whole_number;

use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use provisioning::application::Setup;
use provisioning::clock::Clock;
use provisioning::ports::{DirectoryJobs, Tables};
use provisioning::randomness::Randomness;

use crate::caller::Authenticator;
use crate::problem::{Problem, ProblemKind};

/// What the handlers work with.
#[derive(Clone)]
pub struct Api {
    /// The tables.
    pub tables: Tables,
    /// Sets applications up.
    pub setup: Setup,
    /// Takes deleted users and groups down.
    pub directory_jobs: Arc<dyn DirectoryJobs>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The ids of what is made.
    pub randomness: Arc<dyn Randomness>,
    /// Tells who calls.
    pub authenticator: Arc<dyn Authenticator>,
}

impl Api {
    /// A new id.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::Internal`]: the source of randomness made none.
    pub fn new_id<Id: FromStr>(&self) -> Result<Id, Problem> {
        let id = self.randomness.token().parse();
        id.map_err(|_| Problem::new(ProblemKind::Internal, ProblemKind::Internal.example()))
    }
}

/// The whole API: every route below `/v1`, with its limits, and problems for all that is none of them.
pub fn router(api: Api) -> Router {
    let (described, document) = openapi::described().split_for_parts();
    let queries = Arc::new(query::Known::of(&document));
    let document = axum::body::Bytes::from(openapi::text(&document));
    // The layer that is added last acts first.
    described
        .route_layer(from_fn(limits::request_body))
        .route_layer(from_fn_with_state(queries, query::refuse_unknown))
        .route_layer(from_fn_with_state(api.clone(), caller::authenticate))
        .route(openapi::PATH, get(async || openapi::answer(document)))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback(problem::unknown_route)
        .layer(from_fn(limits::answer))
        .with_state(api)
}
