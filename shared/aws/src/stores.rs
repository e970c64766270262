//! The stores together, as a worker needs them.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use provisioning::clock::Clock;
use provisioning::ports::Tables;
use provisioning::randomness::Randomness;

pub use crate::activity_store::DynamoActivityStore;
pub use crate::application_store::DynamoApplicationStore;
pub use crate::attribute_store::DynamoAttributeStore;
use crate::clock::SystemClock;
pub use crate::directory_job_store::DynamoDirectoryJobStore;
pub use crate::directory_store::DynamoDirectoryStore;
pub use crate::fuse_store::DynamoFuseStore;
pub use crate::import_store::DynamoImportStore;
pub use crate::job_store::DynamoJobStore;
pub use crate::link_store::DynamoLinkStore;
pub use crate::membership_store::DynamoMembershipStore;
pub use crate::offboarding_store::DynamoOffboardingStore;
pub use crate::preview_store::DynamoPreviewStore;
use crate::randomness::UuidTokens;
pub use crate::reference_store::DynamoReferenceStore;
use crate::tables::TableNames;

/// Every store, on the machine's clock and with random tokens.
pub fn tables(client: Client, names: TableNames) -> Tables {
    tables_with(client, names, Arc::new(SystemClock), Arc::new(UuidTokens))
}

/// Every store. `clock` says when found rows expire, `randomness` makes the tokens of todo rows and references.
pub fn tables_with(
    client: Client,
    names: TableNames,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
) -> Tables {
    let TableNames { directory, provisioning, activity, imports } = names;
    Tables {
        listing: Arc::new(DynamoDirectoryStore::new(client.clone(), directory.clone())),
        attributes: Arc::new(DynamoAttributeStore::new(client.clone(), directory.clone())),
        offboardings: Arc::new(DynamoOffboardingStore::new(client.clone(), directory.clone())),
        directory: Arc::new(DynamoDirectoryStore::new(client.clone(), directory.clone())),
        directory_jobs: Arc::new(DynamoDirectoryJobStore::new(
            client.clone(),
            provisioning.clone(),
            directory,
        )),
        applications: Arc::new(DynamoApplicationStore::new(client.clone(), provisioning.clone())),
        fuse: Arc::new(DynamoFuseStore::new(client.clone(), provisioning.clone())),
        links: Arc::new(DynamoLinkStore::new(client.clone(), provisioning.clone())),
        references: Arc::new(DynamoReferenceStore::new(
            client.clone(),
            provisioning.clone(),
            Arc::clone(&randomness),
        )),
        memberships: Arc::new(DynamoMembershipStore::new(client.clone(), provisioning.clone(), randomness)),
        previews: Arc::new(DynamoPreviewStore::new(client.clone(), provisioning.clone())),
        jobs: Arc::new(DynamoJobStore::new(client.clone(), provisioning, Arc::clone(&clock))),
        imports: Arc::new(DynamoImportStore::new(client.clone(), imports, clock)),
        activity_log: Arc::new(DynamoActivityStore::new(client.clone(), activity.clone())),
        activity: Arc::new(DynamoActivityStore::new(client, activity)),
    }
}
