//! What a secret store must do, wherever it runs.

use provisioning::application::SecretName;
use provisioning::ports::SecretStore;
use rollcall::secrets::{SecretFiles, SecretsInMemory};
use secrecy::{ExposeSecret as _, SecretString};

async fn read(store: &dyn SecretStore, name: &SecretName) -> Option<String> {
    let secret = store.secret(name).await.expect("an answer");
    secret.map(|secret| secret.expose_secret().to_owned())
}

/// Every case in turn; `store` must not hold the names used here.
pub async fn holds_for(store: &dyn SecretStore) {
    let (one, other) = (SecretName("contract-one".into()), SecretName("contract-other".into()));
    let token = SecretString::from("tok-\u{e9}\n\"end");
    assert_eq!(read(store, &one).await, None, "what was never put is not there");
    store.put(&one, &token).await.expect("put");
    store.put(&other, &"another".into()).await.expect("put");
    assert_eq!(
        read(store, &one).await.as_deref(),
        Some("tok-\u{e9}\n\"end"),
        "what was put is there, unchanged"
    );
    store.put(&one, &"second".into()).await.expect("put again");
    assert_eq!(read(store, &one).await.as_deref(), Some("second"), "a put replaces");
    store.delete(&one).await.expect("delete");
    assert_eq!(read(store, &one).await, None, "what was deleted is gone");
    store.delete(&one).await.expect("and gone already is no error");
    assert_eq!(read(store, &other).await.as_deref(), Some("another"), "the others stay");
}

#[tokio::test]
async fn secrets_in_memory_keep_the_contract() {
    holds_for(&SecretsInMemory::default()).await;
}

#[tokio::test]
async fn secret_files_keep_the_contract_and_what_was_put_outlives_the_process() {
    let directory = tempfile::tempdir().expect("a directory");
    holds_for(&SecretFiles::in_directory(directory.path()).expect("a store")).await;
    let reopened = SecretFiles::in_directory(directory.path()).expect("a store");
    assert_eq!(read(&reopened, &SecretName("contract-other".into())).await.as_deref(), Some("another"));
}
