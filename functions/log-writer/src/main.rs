//! Wiring.

use aws::config::{Environment, LogWriterConfig};
use aws::lambda::{Clients, Error, StreamEvent, run, start_logging};
use aws::stores::DynamoActivityStore;
use log_writer::handle;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = LogWriterConfig::read(&Environment::of_process())?;
    start_logging(&config.log_filter)?;
    let clients = Clients::of_environment().await;
    let activity = DynamoActivityStore::new(clients.dynamodb(), config.activity_table);
    run(async |event: StreamEvent| Ok(handle(&event, &activity).await)).await
}
