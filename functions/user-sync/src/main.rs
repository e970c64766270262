//! Wiring.

use std::sync::Arc;
use std::time::Duration;

use aws::clock::SystemClock;
use aws::config::{Environment, WorkerConfig};
use aws::lambda::{Clients, Error, SqsEvent, run, start_logging};
use aws::randomness::UuidTokens;
use provisioning::sync::Worker;
use scim_client::{AddressPolicy, HttpConnector};

/// Ends a task before Lambda ends the function, which has 60 s.
const TASK_DEADLINE: Duration = Duration::from_secs(45);

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
    let worker = Worker {
        tables: aws::stores::tables(clients.dynamodb(), config.tables),
        secrets: clients.secrets(&config.secret_prefix),
        connector: Arc::new(HttpConnector::new(policy)),
        bell: clients.bell(&config.bell),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(UuidTokens),
        task_deadline: TASK_DEADLINE,
    };
    run(async |event: SqsEvent| Ok(user_sync::handle(event, &worker).await)).await
}
