//! The directory as people look through it: by name.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreResult;
use crate::directory::{Group, User};
use crate::ids::GroupId;

/// Lists users and groups. The order comes from an index that may lag; what is listed is read consistently, so that somebody
/// who is gone is not shown, and a new name is.
#[async_trait]
pub trait DirectoryListing: Send + Sync {
    /// Users whose name begins with `prefix`, without regard to case, in the order of their folded names.
    async fn users(
        &self,
        prefix: &str,
        after: Option<&ListingPosition>,
        limit: usize,
    ) -> StoreResult<ListingPage<User>>;
    /// Groups whose name begins with `prefix`, likewise.
    async fn groups(
        &self,
        prefix: &str,
        after: Option<&ListingPosition>,
        limit: usize,
    ) -> StoreResult<ListingPage<Group>>;
    /// Those of these groups that are there.
    async fn groups_among(&self, ids: &[GroupId]) -> StoreResult<HashMap<GroupId, Group>>;
}

/// Where an object stands in the list. Any pair is one: it says where to read on and gives access to nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListingPosition {
    /// The name as the index has it.
    pub name: String,
    /// The object's id, which tells equal names apart.
    pub id: String,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingPage<T> {
    /// What is listed, each with its place. Fewer than were asked for where some are gone.
    pub items: Vec<(ListingPosition, T)>,
    /// Give it back for the next page; `None` after the last.
    pub next: Option<ListingPosition>,
}
