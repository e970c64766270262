//! Whom a user's attributes name: recorded before it is relied on, taken away at what was read.

use std::collections::BTreeSet;

use scim::AttributePath;

use super::task::Task;
use crate::directory::UserRecord;
use crate::ids::UserId;
use crate::link::Link;
use crate::ports::{Reference, StoreResult};
use crate::reference::{named, resolved};

/// What a round found out about those whom a user's attributes name.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    /// Those at whom a row lies from now on: what the round's settlement says on the link.
    pub(super) users: BTreeSet<UserId>,
    /// What is left out because whom it names has no account.
    pub(super) left_out: Vec<AttributePath>,
    /// Rows at those who are named no more.
    gone: Vec<Reference>,
}

impl Task<'_> {
    /// The user as this application is to see him. The rows at those he names are written before their links are read: an
    /// account that comes later finds him by them.
    pub(super) async fn seen(
        &mut self,
        user: &UserId,
        link: &Link,
        record: Option<UserRecord>,
    ) -> StoreResult<Option<UserRecord>> {
        let users = named(self.configured(), record.as_ref());
        let (new, gone): (BTreeSet<_>, BTreeSet<_>) = (&users - &link.references, &link.references - &users);
        let store = &self.worker.tables.references;
        let application = &self.key.application;
        if !new.is_empty() {
            store.record_references(application, user, &new).await?;
        }
        // Read before the link says that they are not needed: one that is written after that has another token.
        let gone = match gone.is_empty() {
            true => Vec::new(),
            false => store.references_to(application, user, &gone).await?,
        };
        let resolved = resolved(self.tables(), self.configured(), record).await?;
        let left_out = resolved.iter().flat_map(|resolved| resolved.left_out_paths()).collect();
        self.named = Some(Named { users, left_out, gone });
        Ok(resolved.map(|resolved| resolved.record))
    }

    /// Takes away the rows at those who are named no more, once the link says so. Where this is not reached they stay, and
    /// have the user looked at once more than is needed.
    pub(super) async fn forget_named(&mut self, user: &UserId) -> StoreResult<()> {
        let gone = self.named.as_mut().map(|named| std::mem::take(&mut named.gone)).unwrap_or_default();
        if gone.is_empty() {
            return Ok(());
        }
        let Some(link) = self.tables().links.link(&self.key).await? else { return Ok(()) };
        let gone: Vec<_> =
            gone.into_iter().filter(|row| !link.references.contains(&row.referenced)).collect();
        self.tables().references.forget_references(&self.key.application, user, &gone).await
    }
}
