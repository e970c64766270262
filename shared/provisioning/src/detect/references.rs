//! Who names a user whose account came, went or became another one, or who was deleted.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::Detector;
use super::fold::Folded;
use super::marks::{CONCURRENT, Concerned};
use crate::application::Configured;
use crate::ids::{ApplicationId, UserId};
use crate::link::LinkKey;
use crate::ports::StoreResult;

/// How many of those who name one user are read at a time.
const PAGE: usize = 1_000;

impl Detector {
    /// Those who name them are found by their rows, and each is to be looked at. A name or another attribute of whom they
    /// name is none of their business.
    pub(super) async fn changed_references(
        &self,
        folded: &Folded,
        applications: &[Configured],
        concerned: &mut Concerned,
    ) -> StoreResult<()> {
        let referring = applications.iter().filter(|configured| configured.mapping.refers());
        let referring: BTreeSet<&ApplicationId> =
            referring.map(|configured| &configured.application.id).collect();
        let deleted = folded.users.iter().filter(|(_, changes)| {
            changes.iter().any(|(_, new)| new.as_ref().is_none_or(|user| user.deleting))
        });
        let deleted =
            deleted.flat_map(|(user, _)| referring.iter().map(move |application| (*application, user)));
        let accounts = folded.accounts.iter().filter(|(application, _)| referring.contains(application));
        let accounts = accounts.map(|(application, user)| (application, user));
        let named: BTreeSet<(&ApplicationId, &UserId)> = deleted.chain(accounts).collect();
        let found = named.into_iter().map(|(application, user)| self.referrers(application, user));
        let found: Vec<Vec<LinkKey>> = stream::iter(found).buffered(CONCURRENT).try_collect().await?;
        concerned.users.extend(found.into_iter().flatten());
        Ok(())
    }

    async fn referrers(&self, application: &ApplicationId, user: &UserId) -> StoreResult<Vec<LinkKey>> {
        let mut keys = Vec::new();
        let mut behind: Option<UserId> = None;
        loop {
            let references = &self.tables.references;
            let page = references.referrers_page(application, user, behind.as_ref(), PAGE).await?;
            keys.extend(page.iter().map(|referrer| LinkKey::user(application, referrer)));
            behind = page.last().filter(|_| page.len() == PAGE).cloned();
            if behind.is_none() {
                return Ok(keys);
            }
        }
    }
}
