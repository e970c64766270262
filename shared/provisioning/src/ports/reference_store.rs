//! Who names whom: the rows by which the users who name one another are found when an account comes, changes or goes.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::StoreResult;
use crate::ids::{ApplicationId, UserId};

/// Keeps a row for each user whom a mapped attribute of another names, per application. It waits for the account of whom it
/// names, and stays as long as he is named. Every read is consistent.
#[async_trait]
pub trait ReferenceStore: Send + Sync {
    /// Records that `referrer` names these users. A row that is there gets a new token.
    async fn record_references(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        referenced: &BTreeSet<UserId>,
    ) -> StoreResult<()>;
    /// The rows of `referrer` at these users, as far as they are there.
    async fn references_to(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        referenced: &BTreeSet<UserId>,
    ) -> StoreResult<Vec<Reference>>;
    /// Takes each row of `referrer` away unless it got a new token since it was read.
    async fn forget_references(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        rows: &[Reference],
    ) -> StoreResult<()>;
    /// Who names `referenced`, in the order of their ids, `limit` at most, behind `after`.
    async fn referrers_page(
        &self,
        application: &ApplicationId,
        referenced: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<UserId>>;
}

/// That somebody names a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Whom.
    pub referenced: UserId,
    /// Renewed by every record.
    pub token: String,
}
