//! Deletions: at once where it fits a transaction, else marked first and taken down in pages.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use provisioning::ids::SourceId;
use provisioning::ports::{StoreError, StoreResult};
use provisioning::target::Kind;

use super::{DynamoDirectoryStore, WHAT, fields, is_deleting, name_field};
use crate::dynamodb::{Condition, Item, check, delete, key_of, text, transact, update};
use crate::tables::keys::{self, Key, MEMBERSHIP_PREFIX};

/// Most memberships that go in one transaction with the object itself: two rows each, and the object's own three.
const AT_ONCE: usize = 40;
/// Memberships that go in one transaction by themselves: two rows each, and the look at the object.
const PAGE: usize = 49;
/// Membership rows read at a time.
const READ: usize = 1_000;
/// How often a deletion may find the object changed under its hands.
const SURPRISES: u32 = 10;

impl DynamoDirectoryStore {
    /// Deletes the object under `own` with its guards and memberships, page after page.
    pub(super) async fn delete(&self, kind: Kind, id: &str, own: &Key) -> StoreResult<()> {
        self.begin_deletion(kind, id, own).await?;
        while !self.take_down(kind, id, own).await? {}
        Ok(())
    }

    /// Deletes a small object at once, and marks a large one, so that it is out of scope and no membership is added.
    pub(super) async fn begin_deletion(&self, kind: Kind, id: &str, own: &Key) -> StoreResult<()> {
        for _ in 0..SURPRISES {
            let Some(item) = self.get(own).await?.filter(|item| !is_deleting(item)) else { return Ok(()) };
            let rows = self.rows(own).await?;
            let parts = match rows.len() <= AT_ONCE {
                true => self.whole(kind, id, own, &item, &rows),
                false => {
                    let deleting = [("deleting", Some(AttributeValue::Bool(true)))];
                    vec![update(&self.table, own, &deleting, Condition::some_item())]
                }
            };
            if transact(&self.client, WHAT, parts).await?.is_ok() {
                return Ok(());
            }
        }
        Err(surprised())
    }

    /// Takes down a page of an object that is being deleted; `true` once nothing was found, so that a membership written
    /// between read and deletion goes too. None can be written after it. Ids that are made from names come back: whoever
    /// bears the id by now and is not being deleted is left alone with all that is his.
    pub(super) async fn take_down(&self, kind: Kind, id: &str, own: &Key) -> StoreResult<bool> {
        for _ in 0..SURPRISES {
            let item = self.get(own).await?;
            let rows = self.rows(own).await?;
            let taken = match item {
                None if rows.is_empty() => return Ok(true),
                Some(item) if !is_deleting(&item) => return Ok(true),
                Some(item) if rows.len() <= AT_ONCE => {
                    let parts = self.whole(kind, id, own, &item, &rows);
                    transact(&self.client, WHAT, parts).await?.is_ok()
                }
                _ => self.remove(kind, id, own, &rows).await?,
            };
            if taken {
                return Ok(false);
            }
        }
        Err(surprised())
    }

    /// Memberships of the object.
    async fn rows(&self, own: &Key) -> StoreResult<Vec<Key>> {
        self.memberships(&own.pk, None, READ).await?.iter().map(|row| key_of(WHAT, row)).collect()
    }

    /// The object with all its memberships.
    fn whole(&self, kind: Kind, id: &str, own: &Key, item: &Item, rows: &[Key]) -> Vec<TransactWriteItem> {
        let mut parts = self.own_parts(kind, id, own, item);
        parts.extend(rows.iter().flat_map(|row| self.both(kind, id, row)));
        parts
    }

    /// The object's item and its guards.
    fn own_parts(&self, kind: Kind, id: &str, own: &Key, item: &Item) -> Vec<TransactWriteItem> {
        let unchanged = Condition::some_item().unchanged(item, fields(kind));
        let mut parts = vec![delete(&self.table, own, unchanged)];
        if let Some(name) = text(item, name_field(kind)) {
            parts.push(self.give(&keys::name_guard(kind, name), id));
        }
        if let Some(source_id) = text(item, "source_id") {
            parts.push(self.give(&keys::source_guard(kind, &SourceId(source_id.to_owned())), id));
        }
        parts
    }

    /// Removes memberships, both rows of each together, so that a crash leaves no half. `false`: somebody new bears the id.
    async fn remove(&self, kind: Kind, id: &str, own: &Key, rows: &[Key]) -> StoreResult<bool> {
        for page in rows.chunks(PAGE) {
            let doomed = Condition::no_item_or("deleting", AttributeValue::Bool(true));
            let mut parts = vec![check(&self.table, own, doomed)];
            parts.extend(page.iter().flat_map(|row| self.both(kind, id, row)));
            if transact(&self.client, WHAT, parts).await?.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A membership's row in the object's own partition, and the one in the other's.
    fn both(&self, kind: Kind, id: &str, row: &Key) -> [TransactWriteItem; 2] {
        let other = row.sk.strip_prefix(MEMBERSHIP_PREFIX).unwrap_or_default();
        let other = match kind {
            Kind::User => format!("G#{other}"),
            Kind::Group => format!("U#{other}"),
        };
        let mirror = Key::new(other, format!("{MEMBERSHIP_PREFIX}{id}"));
        [row, &mirror].map(|key| delete(&self.table, key, Condition::new()))
    }
}

fn surprised() -> StoreError {
    StoreError::Unavailable { what: WHAT, detail: "others kept changing what is to be deleted".into() }
}
