//! Who names whom. A batch of rows is no transaction: it may be written in part.

use std::collections::BTreeSet;

use async_trait::async_trait;
use provisioning::ids::{ApplicationId, UserId};
use provisioning::ports::{Reference, ReferenceStore, StoreResult};

use super::Store;

#[async_trait]
impl ReferenceStore for Store {
    async fn record_references(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        referenced: &BTreeSet<UserId>,
    ) -> StoreResult<()> {
        let rows = referenced.iter().cloned().collect();
        self.write_rows("references.record", rows, |state, named| {
            state.tokens += 1;
            let token = format!("reference-{}", state.tokens);
            state.references.entry((application.clone(), named)).or_default().insert(referrer.clone(), token);
        })
        .await
    }

    async fn references_to(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        referenced: &BTreeSet<UserId>,
    ) -> StoreResult<Vec<Reference>> {
        self.read("references.to", |state| {
            let row = |named: &UserId| {
                let token = state.references.get(&(application.clone(), named.clone()))?.get(referrer)?;
                Some(Reference { referenced: named.clone(), token: token.clone() })
            };
            referenced.iter().filter_map(row).collect()
        })
        .await
    }

    async fn forget_references(
        &self,
        application: &ApplicationId,
        referrer: &UserId,
        rows: &[Reference],
    ) -> StoreResult<()> {
        self.write_rows("references.forget", rows.to_vec(), |state, row| {
            if let Some(kept) = state.references.get_mut(&(application.clone(), row.referenced))
                && kept.get(referrer) == Some(&row.token)
            {
                kept.remove(referrer);
            }
        })
        .await
    }

    async fn referrers_page(
        &self,
        application: &ApplicationId,
        referenced: &UserId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<UserId>> {
        self.read("references.referrers_page", |state| {
            let rows = state.references.get(&(application.clone(), referenced.clone()));
            let referrers = rows.into_iter().flat_map(|rows| rows.keys());
            referrers.filter(|user| after.is_none_or(|after| *user > after)).take(limit).cloned().collect()
        })
        .await
    }
}
