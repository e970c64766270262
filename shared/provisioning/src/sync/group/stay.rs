//! Who stays in a group while others come and go: what is to be known where a target takes the whole list of members only.

use std::collections::BTreeSet;

use catalog::{GroupUpdate, MemberRemove};

use super::super::members::PAGE;
use super::super::task::Task;
use crate::ids::{GroupId, RemoteId};
use crate::link::Link;
use crate::plan::MemberPlan;
use crate::ports::StoreResult;

impl Task<'_> {
    /// Whether the target is known to take the whole list for such a change. One of which that is not known says so.
    pub(super) fn takes_whole_lists(&self, chunk: &MemberPlan) -> bool {
        let connection = self.configured().application.connection.as_ref();
        connection.is_some_and(|connection| {
            let capabilities = &connection.capabilities;
            let replaces = capabilities.member_remove == MemberRemove::Replace && !chunk.remove.is_empty();
            capabilities.group_update == GroupUpdate::Put || replaces
        })
    }

    /// Whoever was put in and neither goes nor is in doubt. Who is known to have been taken out there is not among them.
    pub(super) async fn who_stays(
        &self,
        group: &GroupId,
        link: &Link,
        chunk: &MemberPlan,
    ) -> StoreResult<BTreeSet<RemoteId>> {
        let memberships = &self.tables().memberships;
        let mut stay = BTreeSet::new();
        let mut behind = None;
        loop {
            let page = memberships.pushed_page(&self.key.application, group, behind.as_ref(), PAGE).await?;
            behind = page.last().map(|pushed| pushed.user.clone());
            let full = page.len() == PAGE;
            stay.extend(page.into_iter().filter_map(|pushed| {
                let user = &pushed.user;
                let settled = pushed.target_generation == self.generation()
                    && !chunk.add.contains_key(user)
                    && !chunk.remove.contains_key(user)
                    && !link.members_in_doubt.contains_key(user)
                    && !link.parked.contains_key(user)
                    && !link.observed.members.gone.contains(user);
                settled.then_some(pushed.remote_id)
            }));
            if !full {
                return Ok(stay);
            }
        }
    }
}
