//! The directory as it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::directory::attribute::{AttributeDefinition, AttributeType};
use crate::directory::{Group, User};
use crate::ids::{GroupId, UserId};
use crate::ports::{DirectoryItem, DirectoryStore, StoreResult};

/// Everything in the directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The users, those being deleted too.
    pub users: HashMap<UserId, User>,
    /// The groups, those being deleted too.
    pub groups: BTreeMap<GroupId, Group>,
    /// Each user's groups.
    pub memberships: HashMap<UserId, BTreeSet<GroupId>>,
    /// What the custom attributes hold that are defined.
    pub attributes: BTreeMap<String, AttributeType>,
}

impl Snapshot {
    /// Reads all of the directory, page by page. What changes meanwhile is refused when it is written.
    ///
    /// # Errors
    ///
    /// The table did not answer.
    pub async fn read(store: &dyn DirectoryStore) -> StoreResult<Self> {
        let mut snapshot = Self::default();
        let mut cursor = None;
        loop {
            let page = store.everything(cursor).await?;
            for item in page.items {
                snapshot.take(item);
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(snapshot);
            }
        }
    }

    /// The same with the custom attributes that are defined: a file's values are brought to what they hold.
    #[must_use]
    pub fn with_attributes(self, defined: Vec<AttributeDefinition>) -> Self {
        Self { attributes: defined.into_iter().map(|one| (one.name, one.kind)).collect(), ..self }
    }

    fn take(&mut self, item: DirectoryItem) {
        match item {
            DirectoryItem::User(user) => {
                self.users.insert(user.id.clone(), user);
            }
            DirectoryItem::Group(group) => {
                self.groups.insert(group.id.clone(), group);
            }
            DirectoryItem::Membership(group, user) => {
                self.memberships.entry(user).or_default().insert(group);
            }
        }
    }
}
