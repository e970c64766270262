//! Who would lose his account by this run, counted before anything is done.

use provisioning::application::{Configured, Selection};
use provisioning::desired::Desired;
use provisioning::directory::import::ImportPlan;
use provisioning::fuse::{RemovalGuard, Verdict};
use provisioning::link::Object;
use provisioning::ports::{StoreResult, Tables};
use provisioning::target::Kind;

use crate::ending::CommandError;

const PAGE: usize = 500;

/// Accounts in use at the application, and those of them that would not be any more.
#[derive(Debug, Default)]
pub(super) struct Removals {
    /// Accounts in use.
    pub(super) linked: u64,
    /// The names of those that would be deactivated.
    pub(super) accounts: Vec<String>,
}

impl Removals {
    /// What the fuse says of them.
    pub(super) fn verdict(&self, names_nobody: bool, allowed: Option<u64>) -> Verdict {
        let guard = RemovalGuard::default();
        guard.verdict_on_source(names_nobody, self.accounts.len() as u64, self.linked).unless_allowed(allowed)
    }
}

/// Counts over all links of the application, as the directory and the selection will be.
pub(super) async fn count(
    tables: &Tables,
    configured: &Configured,
    plan: &ImportPlan,
    selection: &Selection,
) -> Result<Removals, CommandError> {
    counted(tables, configured, plan, selection).await.map_err(CommandError::failed)
}

async fn counted(
    tables: &Tables,
    configured: &Configured,
    plan: &ImportPlan,
    selection: &Selection,
) -> StoreResult<Removals> {
    let application = &configured.application.id;
    let generation = configured.application.target_generation;
    let mut removals = Removals::default();
    let mut cursor = None;
    loop {
        let page = tables.links.propose_links(application, Kind::User, cursor, PAGE).await?;
        let of_user = |object| match object {
            Object::User(user) => Some(user),
            Object::Group(_) => None,
        };
        let users: Vec<_> = page.keys.into_iter().filter_map(|key| of_user(key.object)).collect();
        for (user, link) in tables.links.links_among(application, &users).await? {
            if link.usable_remote(generation).is_none() {
                continue;
            }
            removals.linked += 1;
            if Desired::of(plan.users_after.get(&user), selection) != Desired::Active {
                removals.accounts.push(link.shown_name().unwrap_or_else(|| user.to_string()));
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            removals.accounts.sort();
            return Ok(removals);
        }
    }
}

/// The selection that takes nothing away from the old one.
pub(super) fn widened(mut wanted: Selection, old: &Selection) -> Selection {
    wanted.exclude_group_information &= old.exclude_group_information;
    wanted.groups.extend(old.groups.iter().cloned());
    wanted
}
