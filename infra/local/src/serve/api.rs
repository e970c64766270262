//! The API upon the engine.

use std::sync::Arc;

use axum::Router;
use config_api::Api;
use config_api::caller::Authenticator;
use rollcall::engine::Engine;

use super::access_log::{AccessLog, logged};
use super::gateway::behind_gateway;

/// The API that `config-api` serves on AWS, behind the limits it has there, with an access log in front.
pub fn api(engine: &Engine, authenticator: impl Authenticator + 'static) -> Router {
    let tables = engine.tables().clone();
    let log = AccessLog { clock: Arc::clone(engine.clock()), randomness: Arc::clone(engine.randomness()) };
    let api = Api {
        directory_jobs: Arc::new(engine.deletions()),
        tables,
        setup: engine.setup(),
        clock: Arc::clone(engine.clock()),
        randomness: Arc::clone(engine.randomness()),
        authenticator: Arc::new(authenticator),
    };
    logged(behind_gateway(config_api::router(api)), log)
}
