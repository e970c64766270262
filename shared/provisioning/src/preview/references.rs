//! Whom users name, once all is done: some of their accounts are still to be made, and some are to go.

use std::collections::BTreeMap;

use scim::AttributePath;
use serde::{Deserialize, Serialize};

use super::{Page, PreviewRow, RowAction};
use crate::directory::UserRecord;
use crate::ids::{RemoteId, UserId};
use crate::link::{Link, LinkKey};
use crate::plan::{UserPlan, plan_user};
use crate::ports::StoreResult;
use crate::reference::{Resolved, named, resolve, resolved};

/// An attribute that names a user whose account is still to be made or adopted: it is sent once it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follows {
    /// Which.
    pub attribute: AttributePath,
    /// Whom it names.
    pub user: UserId,
    /// His name.
    pub username: String,
}

/// What becomes of the account of somebody who is named.
enum Account {
    /// It is there, and stays.
    There(RemoteId),
    /// It comes.
    Comes(String),
}

/// A user as the application is to see him once all is done.
pub(super) struct Foreseen {
    /// He, without what follows.
    pub(super) resolved: Resolved,
    /// What follows.
    pub(super) follows: Vec<Follows>,
}

impl Page<'_> {
    /// What is to be sent of a user, by what becomes of those he names.
    pub(super) async fn seen_in_the_end(&self, record: UserRecord) -> StoreResult<Foreseen> {
        let (mut accounts, mut coming) = (BTreeMap::new(), BTreeMap::new());
        for user in named(&self.configured, Some(&record)) {
            match self.account_of(&user).await? {
                Some(Account::There(remote_id)) => {
                    accounts.insert(user, remote_id);
                }
                Some(Account::Comes(username)) => {
                    coming.insert(user, username);
                }
                None => {}
            }
        }
        let resolved = resolve(&self.configured, record, &accounts);
        let follows = resolved.left_out.iter().filter_map(|left| {
            let (user, username) = coming.get_key_value(&left.user)?;
            Some(Follows { attribute: left.target.clone(), user: user.clone(), username: username.clone() })
        });
        Ok(Foreseen { follows: follows.collect(), resolved })
    }

    async fn account_of(&self, user: &UserId) -> StoreResult<Option<Account>> {
        let tables = &self.previewer.tables;
        let key = LinkKey::user(&self.job.application, user);
        let (record, link) = tokio::try_join!(tables.directory.user(user), tables.links.link(&key))?;
        let Some(present) = record.as_ref().and_then(UserRecord::present) else { return Ok(None) };
        let link = link.unwrap_or_else(|| Link::new(key));
        // As a worker sees him: by the accounts that those whom he names have now.
        let seen = resolved(tables, &self.configured, record.clone()).await?;
        let left_out = seen.as_ref().map(Resolved::left_out_paths).unwrap_or_default();
        let seen = seen.as_ref().map(|seen| &seen.record);
        let there = || link.account_at(self.configured.application.target_generation).cloned();
        Ok(match plan_user(&self.configured, seen, &link, self.previewer.clock.now()) {
            UserPlan::Delete { .. } => None,
            UserPlan::Match { attributes } => {
                let row = self.matched(present, &link, &attributes, &left_out).await?;
                match row.action {
                    RowAction::Create | RowAction::Adopt | RowAction::MatchOrCreate => {
                        Some(Account::Comes(present.username.clone()))
                    }
                    _ => None,
                }
            }
            _ => there().map(Account::There),
        })
    }
}

impl PreviewRow {
    /// The row with what follows, which is not among its other changes.
    pub(super) fn followed_by(mut self, follows: Vec<Follows>) -> Self {
        self.changes.retain(|change| !follows.iter().any(|follows| follows.attribute == change.attribute));
        match self.action {
            RowAction::Create
            | RowAction::Adopt
            | RowAction::Update
            | RowAction::Reactivate
            | RowAction::MatchOrCreate => Self { follows, ..self },
            _ => self,
        }
    }
}
