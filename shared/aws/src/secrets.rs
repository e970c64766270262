//! Secrets in AWS Secrets Manager, under a common prefix.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use provisioning::application::SecretName;
use provisioning::ports::{SecretStore, StoreError, StoreResult};
use secrecy::{ExposeSecret, SecretString};

use crate::dynamodb::unavailable;

/// Days in which a deleted secret can be restored by hand.
const RECOVERY_DAYS: i64 = 7;

/// Keeps secrets. Names are random ids, since Secrets Manager keeps a deleted name for its recovery window.
#[derive(Debug, Clone)]
pub struct AwsSecretStore {
    client: Client,
    prefix: String,
}

impl AwsSecretStore {
    /// A store of the secrets whose names begin with `prefix`.
    pub fn new(client: Client, prefix: impl Into<String>) -> Self {
        Self { client, prefix: prefix.into() }
    }

    fn id(&self, name: &SecretName) -> String {
        format!("{}{}", self.prefix, name.0)
    }

    /// Puts a new version; `false` where there is no such secret.
    async fn put_version(&self, id: &str, secret: &SecretString) -> StoreResult<bool> {
        let put = self.client.put_secret_value().secret_id(id).secret_string(secret.expose_secret());
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable("the secret store (PutSecretValue)", &error)),
        }
    }
}

#[async_trait]
impl SecretStore for AwsSecretStore {
    async fn secret(&self, name: &SecretName) -> StoreResult<Option<SecretString>> {
        match self.client.get_secret_value().secret_id(self.id(name)).send().await {
            Ok(answer) => {
                answer.secret_string.map(|text| Some(SecretString::from(text))).ok_or(StoreError::Corrupt {
                    what: "the secret store",
                    detail: "the secret is not a text".to_owned(),
                })
            }
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_resource_not_found_exception() || is_being_deleted(error)
                }) =>
            {
                Ok(None)
            }
            Err(error) => Err(unavailable("the secret store (GetSecretValue)", &error)),
        }
    }

    async fn put(&self, name: &SecretName, secret: &SecretString) -> StoreResult<()> {
        let id = self.id(name);
        if self.put_version(&id, secret).await? {
            return Ok(());
        }
        match self.client.create_secret().name(&id).secret_string(secret.expose_secret()).send().await {
            Ok(_) => Ok(()),
            // Somebody made it meanwhile.
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_resource_exists_exception()) =>
            {
                self.put_version(&id, secret).await.map(drop)
            }
            Err(error) => Err(unavailable("the secret store (CreateSecret)", &error)),
        }
    }

    async fn delete(&self, name: &SecretName) -> StoreResult<()> {
        let delete =
            self.client.delete_secret().secret_id(self.id(name)).recovery_window_in_days(RECOVERY_DAYS);
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_resource_not_found_exception() || is_being_deleted(error)
                }) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable("the secret store (DeleteSecret)", &error)),
        }
    }
}

/// Within its recovery window a deleted secret answers `InvalidRequestException`, as other mistakes do; only the message
/// tells them apart ("marked for deletion", "scheduled for deletion").
fn is_being_deleted(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("InvalidRequestException")
        && error.message().is_some_and(|message| message.contains("deletion") || message.contains("deleted"))
}
