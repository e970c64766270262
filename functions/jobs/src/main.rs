//! Wiring.

use std::sync::Arc;

use aws::clock::SystemClock;
use aws::config::{Environment, WorkerConfig};
use aws::lambda::{Clients, Error, SqsEvent, run, start_logging};
use jobs::Jobs;
use provisioning::directory::job::DirectoryWorker;
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
    let Sweeper { tables, bell, clock, .. } = sweeper.clone();
    let previewer = sweeper.clone().into();
    let jobs = Jobs { sweeper, previewer, directory: DirectoryWorker { tables, bell, clock } };
    run(async |event: SqsEvent| Ok(jobs::handle(event, &jobs).await)).await
}
