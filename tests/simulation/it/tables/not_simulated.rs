//! What no function of the pipeline asks for: imports, lists for people, definitions. Whoever asks is told that there is none.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::directory::attribute::AttributeDefinition;
use provisioning::directory::import_job::{LinePage, Named, Part};
use provisioning::directory::{Group, User};
use provisioning::ids::{GroupId, JobId, UserId};
use provisioning::ports::{
    ActivityFilter, ActivityLog, ActivityOf, ActivityPosition, AttributeStore, Defined, DirectoryListing,
    EventPage, ImportList, ImportStore, ListingPage, ListingPosition, OffboardingStore, StoreError,
    StoreResult,
};

use super::Store;

pub(super) fn not_simulated(what: &'static str) -> StoreError {
    StoreError::Unavailable { what, detail: "not simulated".into() }
}

#[async_trait]
impl DirectoryListing for Store {
    async fn users(&self, _: &str, _: Option<&ListingPosition>, _: usize) -> StoreResult<ListingPage<User>> {
        Err(not_simulated("the listing"))
    }

    async fn groups(
        &self,
        _: &str,
        _: Option<&ListingPosition>,
        _: usize,
    ) -> StoreResult<ListingPage<Group>> {
        Err(not_simulated("the listing"))
    }

    async fn groups_among(&self, _: &[GroupId]) -> StoreResult<HashMap<GroupId, Group>> {
        Err(not_simulated("the listing"))
    }
}

#[async_trait]
impl AttributeStore for Store {
    async fn list(&self) -> StoreResult<Vec<AttributeDefinition>> {
        Err(not_simulated("definitions"))
    }

    async fn attribute(&self, _: &str) -> StoreResult<Option<AttributeDefinition>> {
        Err(not_simulated("definitions"))
    }

    async fn define(&self, _: &AttributeDefinition) -> StoreResult<Defined> {
        Err(not_simulated("definitions"))
    }

    async fn define_unknown(&self, _: &[String]) -> StoreResult<()> {
        Err(not_simulated("definitions"))
    }

    async fn delete(&self, _: &str) -> StoreResult<bool> {
        Err(not_simulated("definitions"))
    }
}

#[async_trait]
impl OffboardingStore for Store {
    async fn note(&self, _: &UserId, _: Timestamp) -> StoreResult<()> {
        Err(not_simulated("offboardings"))
    }

    async fn noted(&self, _: &UserId) -> StoreResult<Option<Timestamp>> {
        Err(not_simulated("offboardings"))
    }
}

#[async_trait]
impl ImportStore for Store {
    async fn enlist(&self, _: &JobId, _: Timestamp) -> StoreResult<()> {
        Err(not_simulated("imports"))
    }

    async fn list(&self, _: Option<String>, _: usize) -> StoreResult<ImportList> {
        Err(not_simulated("imports"))
    }

    async fn put_part(&self, _: &JobId, _: u16, _: &[u8]) -> StoreResult<()> {
        Err(not_simulated("imports"))
    }

    async fn parts(&self, _: &JobId) -> StoreResult<Vec<Part>> {
        Err(not_simulated("imports"))
    }

    async fn piece(&self, _: &JobId, _: &Part, _: u32) -> StoreResult<Option<Vec<u8>>> {
        Err(not_simulated("imports"))
    }

    async fn put_lines(&self, _: &JobId, _: u32, _: &LinePage) -> StoreResult<()> {
        Err(not_simulated("imports"))
    }

    async fn lines(&self, _: &JobId, _: u32, _: u32) -> StoreResult<Option<LinePage>> {
        Err(not_simulated("imports"))
    }

    async fn put_named(&self, _: &JobId, _: u32, _: &HashMap<String, Named>) -> StoreResult<()> {
        Err(not_simulated("imports"))
    }

    async fn named(&self, _: &JobId, _: u32, _: &BTreeSet<String>) -> StoreResult<HashMap<String, Named>> {
        Err(not_simulated("imports"))
    }
}

#[async_trait]
impl ActivityLog for Store {
    async fn page(
        &self,
        _: &ActivityOf,
        _: &ActivityFilter,
        _: Option<&ActivityPosition>,
        _: usize,
    ) -> StoreResult<EventPage> {
        Err(not_simulated("the activity log as people read it"))
    }
}
