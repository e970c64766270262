//! The AWS clients of a function, and the domain's ports on them.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use provisioning::ports::{Bell, SecretStore};

use crate::config::BellConfig;
use crate::queue::SqsBell;
use crate::secrets::AwsSecretStore;

/// What opens AWS clients, with credentials, region and endpoints as the environment gives them.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// Of the process's environment. A request that hangs is given up after 5 s, with its repetitions after 20 s, so that a
    /// function of 60 s can still answer which messages it did not reach.
    pub async fn of_environment() -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(5))
            .operation_timeout(Duration::from_secs(20))
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard())
            .load()
            .await;
        Self { config }
    }

    /// The DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// The bell on SQS.
    pub fn bell(&self, config: &BellConfig) -> Arc<dyn Bell> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Arc::new(SqsBell::new(client, config.queues.clone(), config.lanes))
    }

    /// The secrets below a prefix.
    pub fn secrets(&self, prefix: &str) -> Arc<dyn SecretStore> {
        Arc::new(AwsSecretStore::new(aws_sdk_secretsmanager::Client::new(&self.config), prefix))
    }
}
