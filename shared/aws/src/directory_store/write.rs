//! Writes of users, groups and memberships, each a transaction.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use provisioning::directory::{Group, User};
use provisioning::folding::folded;
use provisioning::ids::{GroupId, SourceId, UserId};
use provisioning::ports::{DirectoryWriteError, GroupWrite, StoreResult, UserWrite};
use provisioning::target::Kind;
use serde::Serialize;

use super::{DynamoDirectoryStore, WHAT, fields};
use crate::dynamodb::{Condition, Item, Refused, check, delete, encode, key_item, put, transact};
use crate::tables::item::{
    GROUP_MEMBERSHIP, GROUP_META, ITEM, NAME_GUARD, SOURCE_GUARD, USER_MEMBERSHIP, USER_PROFILE,
};
use crate::tables::keys::{self, Key};

/// Most parts of a transaction.
const PARTS: usize = 100;
/// Parts of a join: both rows, and the check that the group is there.
const JOIN: usize = 3;
/// Parts of a leave: both rows.
const LEAVE: usize = 2;

/// What it means that a part's condition did not hold.
enum Meaning {
    /// The object is not as it was read, or a group is not there.
    Changed,
    /// The name is another's.
    Name,
    /// The source id is another's.
    SourceId,
}

/// A transaction in the making.
#[derive(Default)]
struct Transaction {
    parts: Vec<TransactWriteItem>,
    meanings: Vec<Meaning>,
}

impl Transaction {
    fn push(&mut self, part: TransactWriteItem, meaning: Meaning) {
        self.parts.push(part);
        self.meanings.push(meaning);
    }

    fn has_room_for(&self, parts: usize) -> bool {
        self.parts.len() + parts <= PARTS
    }
}

/// An object as the guards need it.
struct Guarded<'a> {
    name: &'a str,
    source_id: Option<&'a SourceId>,
}

impl<'a> From<&'a User> for Guarded<'a> {
    fn from(user: &'a User) -> Self {
        Self { name: &user.username, source_id: user.source_id.as_ref() }
    }
}

impl<'a> From<&'a Group> for Guarded<'a> {
    fn from(group: &'a Group) -> Self {
        Self { name: &group.name, source_id: group.source_id.as_ref() }
    }
}

impl DynamoDirectoryStore {
    /// The profile, its guards and as many memberships as a transaction takes (31 joins, say) go together; what is left
    /// follows in further ones, joins first.
    pub(super) async fn put_user(&self, write: &UserWrite) -> Result<(), DirectoryWriteError> {
        let UserWrite { old, new, join, leave } = write;
        let mut transaction = Transaction::default();
        let key = keys::profile(&new.id);
        self.object(&mut transaction, Kind::User, &key, USER_PROFILE, &new.id, old.as_ref(), new)?;
        self.guards(
            &mut transaction,
            Kind::User,
            new.id.as_str(),
            old.as_ref().map(Guarded::from),
            &new.into(),
        );
        let mut joins = join.iter().peekable();
        let mut leaves = leave.difference(join).peekable();
        loop {
            while let Some(group) = joins.next_if(|_| transaction.has_room_for(JOIN)) {
                self.join(&mut transaction, group, &new.id);
            }
            // A leave before the last join would be a removal before an addition.
            while joins.peek().is_none()
                && let Some(group) = leaves.next_if(|_| transaction.has_room_for(LEAVE))
            {
                self.leave(&mut transaction, group, &new.id);
            }
            self.commit(std::mem::take(&mut transaction), &new.into()).await?;
            if joins.peek().is_none() && leaves.peek().is_none() {
                return Ok(());
            }
            let there = Condition::some_item().absent("deleting");
            transaction.push(check(&self.table, &key, there), Meaning::Changed);
        }
    }

    pub(super) async fn put_group(&self, write: &GroupWrite) -> Result<(), DirectoryWriteError> {
        let GroupWrite { old, new } = write;
        let mut transaction = Transaction::default();
        let key = keys::meta(&new.id);
        self.object(&mut transaction, Kind::Group, &key, GROUP_META, &new.id, old.as_ref(), new)?;
        self.guards(
            &mut transaction,
            Kind::Group,
            new.id.as_str(),
            old.as_ref().map(Guarded::from),
            &new.into(),
        );
        self.commit(transaction, &new.into()).await
    }

    async fn commit(&self, transaction: Transaction, new: &Guarded<'_>) -> Result<(), DirectoryWriteError> {
        let Transaction { parts, meanings } = transaction;
        match transact(&self.client, WHAT, parts).await? {
            Ok(()) => Ok(()),
            Err(refused) => Err(meant(&refused, &meanings, new)),
        }
    }

    /// The object's own item: new, or in the place of the one that was read.
    #[expect(clippy::too_many_arguments, reason = "one call each for users and groups, whose types differ")]
    fn object<Id: ToString, T: Serialize>(
        &self,
        transaction: &mut Transaction,
        kind: Kind,
        key: &Key,
        item_kind: &str,
        id: &Id,
        old: Option<&T>,
        new: &T,
    ) -> StoreResult<()> {
        let condition = match old {
            None => Condition::no_item(),
            Some(old) => {
                let old = encode(WHAT, item_kind, key, old)?;
                // One whose deletion is under way is not written any more.
                Condition::some_item().unchanged(&old, fields(kind)).absent("deleting")
            }
        };
        let mut item = encode(WHAT, item_kind, key, new)?;
        let name = crate::dynamodb::text(&item, super::name_field(kind)).map(keys::listing_name);
        item.insert("listing_name".into(), AttributeValue::S(name.unwrap_or_default()));
        item.insert("listing_shard".into(), AttributeValue::S(keys::listing_shard(kind, &id.to_string())));
        transaction.push(put(&self.table, item, condition), Meaning::Changed);
        Ok(())
    }

    /// Moves the guards of the name and the source id where these change.
    fn guards(
        &self,
        transaction: &mut Transaction,
        kind: Kind,
        id: &str,
        old: Option<Guarded<'_>>,
        new: &Guarded<'_>,
    ) {
        let old_name = old.as_ref().map(|old| old.name);
        if old_name.map(folded) != Some(folded(new.name)) {
            let guard = keys::name_guard(kind, new.name);
            transaction.push(self.take(NAME_GUARD, &guard, id), Meaning::Name);
            if let Some(name) = old_name {
                transaction.push(self.give(&keys::name_guard(kind, name), id), Meaning::Changed);
            }
        }
        let old_source_id = old.and_then(|old| old.source_id);
        if old_source_id != new.source_id {
            if let Some(source_id) = new.source_id {
                let guard = keys::source_guard(kind, source_id);
                transaction.push(self.take(SOURCE_GUARD, &guard, id), Meaning::SourceId);
            }
            if let Some(source_id) = old_source_id {
                transaction.push(self.give(&keys::source_guard(kind, source_id), id), Meaning::Changed);
            }
        }
    }

    fn take(&self, item_kind: &str, guard: &Key, id: &str) -> TransactWriteItem {
        let owner = AttributeValue::S(id.to_owned());
        let mut item = key_item(guard);
        item.insert(ITEM.into(), AttributeValue::S(item_kind.into()));
        item.insert("owner".into(), owner.clone());
        put(&self.table, item, Condition::no_item_or("owner", owner))
    }

    /// Lets a guard go that is ours.
    pub(super) fn give(&self, guard: &Key, id: &str) -> TransactWriteItem {
        delete(&self.table, guard, Condition::no_item_or("owner", AttributeValue::S(id.to_owned())))
    }

    fn join(&self, transaction: &mut Transaction, group: &GroupId, user: &UserId) {
        let there = Condition::some_item().absent("deleting");
        transaction.push(check(&self.table, &keys::meta(group), there), Meaning::Changed);
        let rows = [
            (keys::user_membership(user, group), USER_MEMBERSHIP),
            (keys::group_membership(group, user), GROUP_MEMBERSHIP),
        ];
        for (key, item_kind) in rows {
            let row = membership_row(&key, item_kind, group, user);
            transaction.push(put(&self.table, row, Condition::new()), Meaning::Changed);
        }
    }

    fn leave(&self, transaction: &mut Transaction, group: &GroupId, user: &UserId) {
        for key in [keys::user_membership(user, group), keys::group_membership(group, user)] {
            transaction.push(delete(&self.table, &key, Condition::new()), Meaning::Changed);
        }
    }
}

fn membership_row(key: &Key, item_kind: &str, group: &GroupId, user: &UserId) -> Item {
    let mut row = key_item(key);
    row.insert(ITEM.into(), AttributeValue::S(item_kind.into()));
    row.insert("group".into(), AttributeValue::S(group.to_string()));
    row.insert("user".into(), AttributeValue::S(user.to_string()));
    row
}

/// Why a transaction was refused. That the object itself changed comes before a name that is taken: it may have been
/// taken by this very write.
fn meant(refused: &Refused, meanings: &[Meaning], new: &Guarded<'_>) -> DirectoryWriteError {
    let failed = |wanted: fn(&Meaning) -> bool| {
        meanings.iter().enumerate().any(|(part, meaning)| wanted(meaning) && refused.at(part))
    };
    if failed(|meaning| matches!(meaning, Meaning::Changed)) {
        return DirectoryWriteError::Changed;
    }
    match new.source_id {
        _ if failed(|meaning| matches!(meaning, Meaning::Name)) => {
            DirectoryWriteError::NameTaken(new.name.to_owned())
        }
        Some(source_id) if failed(|meaning| matches!(meaning, Meaning::SourceId)) => {
            DirectoryWriteError::SourceIdTaken(source_id.clone())
        }
        _ => DirectoryWriteError::Changed,
    }
}
