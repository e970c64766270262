//! Ports: what the domain needs from outside, in its own words. `aws` implements the tables, queues and secrets;
//! `scim-client` the target.

mod activity_log;
mod activity_store;
mod application_store;
mod attribute_store;
mod bell;
mod directory_job_store;
mod directory_jobs;
mod directory_listing;
mod directory_store;
mod fuse_store;
mod import_store;
mod job_store;
mod link_store;
mod membership_store;
mod offboarding_store;
mod preview_store;
mod reference_store;
mod secret_store;
mod target;

use std::sync::Arc;

pub use activity_log::{ActivityFilter, ActivityLog, ActivityOf, ActivityPosition, EventPage};
pub use activity_store::{ActivityPage, ActivityStore};
pub use application_store::{ApplicationStore, ApplicationSummary, ConfigurationWrite, Slot};
pub use attribute_store::{AttributeStore, Defined};
pub use bell::{Bell, Doorbell, Lane, shard};
pub use directory_job_store::{DirectoryJobStore, ImportRun, Started};
pub use directory_jobs::DirectoryJobs;
pub use directory_listing::{DirectoryListing, ListingPage, ListingPosition};
pub use directory_store::{
    Bearers, DirectoryItem, DirectoryPage, DirectoryStore, DirectoryWriteError, GroupWrite, Proposed,
    UserWrite,
};
pub use fuse_store::{FuseStore, FuseWritten, MOST_STAMPS, Stamps};
pub use import_store::{ImportList, ImportStore};
pub use job_store::JobStore;
pub use link_store::{DueItem, DueKey, LinkPage, LinkStore, Ownership, Written};
pub use membership_store::{MembershipStore, Pushed, Todo};
pub use offboarding_store::OffboardingStore;
pub use preview_store::PreviewStore;
pub use reference_store::{Reference, ReferenceStore};
pub use secret_store::SecretStore;
pub use target::{Connector, Target};

/// Every table, as a worker needs them together.
#[derive(Clone)]
pub struct Tables {
    /// Users, groups, memberships.
    pub directory: Arc<dyn DirectoryStore>,
    /// The same, by name.
    pub listing: Arc<dyn DirectoryListing>,
    /// The definitions of custom attributes.
    pub attributes: Arc<dyn AttributeStore>,
    /// When people were offboarded.
    pub offboardings: Arc<dyn OffboardingStore>,
    /// Applications and their configuration.
    pub applications: Arc<dyn ApplicationStore>,
    /// What was taken away of late.
    pub fuse: Arc<dyn FuseStore>,
    /// Links.
    pub links: Arc<dyn LinkStore>,
    /// Pushed memberships and todo rows.
    pub memberships: Arc<dyn MembershipStore>,
    /// Who names whom, for when an account comes.
    pub references: Arc<dyn ReferenceStore>,
    /// Jobs and found rows.
    pub jobs: Arc<dyn JobStore>,
    /// Previews and their rows.
    pub previews: Arc<dyn PreviewStore>,
    /// Jobs of the directory itself.
    pub directory_jobs: Arc<dyn DirectoryJobStore>,
    /// Files under import, and what became of their lines.
    pub imports: Arc<dyn ImportStore>,
    /// The activity log.
    pub activity: Arc<dyn ActivityStore>,
    /// The same, as people read it.
    pub activity_log: Arc<dyn ActivityLog>,
}

/// A table, queue or secret store did not do what was asked. Nothing is known to have been changed; the caller gives up this
/// attempt, and the mark brings it back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It did not answer, or throttled for longer than its client waits.
    #[error("{what} is unavailable: {detail}")]
    Unavailable {
        /// Which store and operation.
        what: &'static str,
        /// What it said.
        detail: String,
    },
    /// An item cannot be read as what it should be.
    #[error("an item of {what} cannot be read: {detail}")]
    Corrupt {
        /// Which store.
        what: &'static str,
        /// What is wrong with it; never a value.
        detail: String,
    },
}

/// What a store answers.
pub type StoreResult<T> = Result<T, StoreError>;
