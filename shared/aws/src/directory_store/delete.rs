//! Deletions: at once where it fits a transaction, else marked first and taken down in pages.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use provisioning::ids::SourceId;
use provisioning::ports::{StoreError, StoreResult};
use provisioning::target::Kind;

use super::{DynamoDirectoryStore, WHAT, fields, is_deleting, name_field};
use crate::dynamodb::{Condition, Item, delete, key_of, text, transact, update};
use crate::tables::keys::{self, Key, MEMBERSHIP_PREFIX};

/// Most memberships that go in one transaction with the object itself: two rows each, and the object's own three.
const AT_ONCE: usize = 40;
/// Memberships that go in one transaction by themselves.
const PAGE: usize = 50;
/// Membership rows read at a time.
const READ: usize = 1_000;
/// How often a deletion may find the object changed under its hands.
const SURPRISES: u32 = 10;

impl DynamoDirectoryStore {
    /// Deletes the object under `own` with its guards and memberships, page after page.
    pub(super) async fn delete(&self, kind: Kind, id: &str, own: &Key) -> StoreResult<()> {
        while !self.take_down(kind, id, own).await? {}
        Ok(())
    }

    /// Takes down a page; `true` once nothing was found, so that a membership written between read and deletion goes too.
    /// None can be written after it.
    pub(super) async fn take_down(&self, kind: Kind, id: &str, own: &Key) -> StoreResult<bool> {
        for _ in 0..SURPRISES {
            let item = self.get(own).await?;
            let rows = self.memberships(&own.pk, None, READ).await?;
            let rows: Vec<Key> = rows.iter().map(|row| key_of(WHAT, row)).collect::<StoreResult<_>>()?;
            let written = match item {
                None if rows.is_empty() => return Ok(true),
                None => true,
                Some(item) if rows.len() <= AT_ONCE => {
                    let mut parts = self.own_parts(kind, id, own, &item);
                    parts.extend(rows.iter().flat_map(|row| self.both(kind, id, row)));
                    if transact(&self.client, WHAT, parts).await?.is_ok() {
                        return Ok(false);
                    }
                    false
                }
                Some(item) if is_deleting(&item) => true,
                Some(_) => {
                    let deleting = [("deleting", Some(AttributeValue::Bool(true)))];
                    let mark = update(&self.table, own, &deleting, Condition::some_item());
                    transact(&self.client, WHAT, vec![mark]).await?.is_ok()
                }
            };
            if written {
                self.remove(kind, id, &rows).await?;
                return Ok(false);
            }
        }
        Err(StoreError::Unavailable {
            what: WHAT,
            detail: "others kept changing what is to be deleted".into(),
        })
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

    /// Removes memberships, both rows of each together, so that a crash leaves no half.
    async fn remove(&self, kind: Kind, id: &str, rows: &[Key]) -> StoreResult<()> {
        for page in rows.chunks(PAGE) {
            let parts = page.iter().flat_map(|row| self.both(kind, id, row)).collect();
            // Without conditions there is nothing to be refused for.
            let _ = transact(&self.client, WHAT, parts).await?;
        }
        Ok(())
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
