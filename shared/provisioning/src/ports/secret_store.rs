//! Where credentials live, and nowhere else (rule 10).

use async_trait::async_trait;
use secrecy::SecretString;

use super::StoreResult;
use crate::application::SecretName;

/// Keeps secrets by name.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The secret, or `None` where there is none of that name.
    async fn secret(&self, name: &SecretName) -> StoreResult<Option<SecretString>>;
    /// Puts the secret, replacing what was there.
    async fn put(&self, name: &SecretName, secret: &SecretString) -> StoreResult<()>;
    /// Takes the secret away; one that is not there is gone already.
    async fn delete(&self, name: &SecretName) -> StoreResult<()>;
}
