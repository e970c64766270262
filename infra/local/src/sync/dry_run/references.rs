//! Whom users name, once the run is done: some of their accounts are still to be made, and some are to go.

use std::collections::BTreeMap;

use provisioning::directory::UserRecord;
use provisioning::directory::import::ImportPlan;
use provisioning::ids::{RemoteId, UserId};
use provisioning::link::LinkKey;
use provisioning::plan::{UserPlan, plan_user};
use provisioning::reference::{named, resolve};

use super::Look;
use crate::ending::CommandError;

/// A user as the target is to see him once all is done.
pub(super) struct Seen {
    /// He, with the accounts of those he names.
    pub(super) record: UserRecord,
    /// An account that he names is still to be made.
    pub(super) names_newcomers: bool,
}

/// What becomes of the account of somebody who is named.
enum Account {
    There(RemoteId),
    Comes,
}

impl Look<'_> {
    /// The user as he will be seen. The id of an account that is still to be made is not known: his own stands for it, which
    /// is as different from what was sent before as the real one.
    pub(super) async fn seen_in_the_end(
        &self,
        plan: &ImportPlan,
        record: UserRecord,
    ) -> Result<Seen, CommandError> {
        let mut accounts = BTreeMap::new();
        let mut names_newcomers = false;
        for user in named(self.configured, Some(&record)) {
            let account = match self.account_of(plan, &user).await? {
                Some(Account::There(account)) => Some(account),
                Some(Account::Comes) => {
                    names_newcomers = true;
                    RemoteId::new(user.as_str())
                }
                None => None,
            };
            accounts.extend(account.map(|account| (user, account)));
        }
        let record = resolve(self.configured, record, &accounts).record;
        Ok(Seen { record, names_newcomers })
    }

    async fn account_of(&self, plan: &ImportPlan, user: &UserId) -> Result<Option<Account>, CommandError> {
        let Some(record) = plan.users_after.get(user) else { return Ok(None) };
        let link = self.link(LinkKey::user(&self.request.application, user)).await?;
        let generation = self.configured.application.target_generation;
        Ok(match plan_user(self.configured, Some(record), &link, self.request.started) {
            UserPlan::Delete { .. } => None,
            UserPlan::Match { .. } => Some(Account::Comes),
            _ => link.account_at(generation).cloned().map(Account::There),
        })
    }
}
