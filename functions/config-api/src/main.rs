//! Wiring.

use std::sync::Arc;

use aws::clock::SystemClock;
use aws::config::{ConfigApiConfig, Environment};
use aws::lambda::{Clients, Error, start_logging};
use aws::randomness::UuidTokens;
use config_api::Api;
use config_api::caller::GatewayClaims;
use provisioning::application::Setup;
use provisioning::directory::job::Deletions;
use scim_client::{AddressPolicy, HttpConnector};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = ConfigApiConfig::read(&Environment::of_process())?;
    start_logging(&config.log_filter)?;
    let clients = Clients::of_environment().await;
    let tables = aws::stores::tables(clients.dynamodb(), config.tables);
    let setup = Setup {
        tables: tables.clone(),
        secrets: clients.secrets(&config.secret_prefix),
        connector: Arc::new(HttpConnector::new(AddressPolicy::PublicOnly)),
        bell: clients.bell(&config.bell),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(UuidTokens),
        expected_version: None,
        actor: provisioning::activity::Actor::System,
    };
    let api = Api {
        directory_jobs: Arc::new(Deletions {
            jobs: tables.directory_jobs.clone(),
            bell: setup.bell.clone(),
            clock: Arc::new(SystemClock),
        }),
        tables,
        setup,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(UuidTokens),
        authenticator: Arc::new(GatewayClaims::new(config.role_claim)),
    };
    aws::lambda::http::serve(config_api::router(api)).await
}
