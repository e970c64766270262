//! Wiring.

use std::sync::Arc;

use aws::clock::SystemClock;
use aws::config::{DetectionConfig, Environment};
use aws::lambda::{Clients, DetectionEvent, Error, run, start_logging};
use change_detection::{ChangeDetection, handle};
use provisioning::clock::Clock;
use provisioning::detect::Detector;
use provisioning::due::Poller;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = DetectionConfig::read(&Environment::of_process())?;
    start_logging(&config.log_filter)?;
    let clients = Clients::of_environment().await;
    let tables = aws::stores::tables(clients.dynamodb(), config.tables);
    let bell = clients.bell(&config.bell);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let detection = ChangeDetection {
        detector: Detector { tables: tables.clone(), bell: bell.clone(), clock: clock.clone() },
        poller: Poller { tables, bell, clock },
    };
    run(async |event: DetectionEvent| handle(event, &detection).await).await
}
