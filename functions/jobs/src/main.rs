//! Wiring.

use std::sync::Arc;

use aws::clock::SystemClock;
use aws::config::{Environment, WorkerConfig};
use aws::lambda::{Clients, Error, SqsEvent, run, start_logging};
use provisioning::sweep::Sweeper;
use scim_client::{AddressPolicy, HttpConnector};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = WorkerConfig::read(&Environment::of_process())?;
    start_logging(&config.log_filter)?;
    let clients = Clients::of_environment().await;
    let policy = if cfg!(feature = "loopback-targets") {
        AddressPolicy::AllowLocal
    } else {
        AddressPolicy::PublicOnly
    };
    let sweeper = Sweeper {
        tables: aws::stores::tables(clients.dynamodb(), config.tables),
        secrets: clients.secrets(&config.secret_prefix),
        connector: Arc::new(HttpConnector::new(policy)),
        bell: clients.bell(&config.bell),
        clock: Arc::new(SystemClock),
    };
    run(async |event: SqsEvent| Ok(jobs::handle(event, &sweeper).await)).await
}
