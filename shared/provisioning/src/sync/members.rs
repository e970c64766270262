//! The facts about a group's members, from consistent reads made right before each request.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use super::task::Task;
use crate::application::Departure;
use crate::desired::Desired;
use crate::directory::Status;
use crate::fuse::Loss;
use crate::ids::{ApplicationId, GroupId, UserId};
use crate::link::{Link, State};
use crate::plan::MemberFacts;
use crate::ports::{StoreResult, Tables};

/// How many users are looked at together.
pub(super) const PAGE: usize = 500;

impl Task<'_> {
    /// What is true of each of these users and the group.
    pub(super) async fn facts(
        &self,
        group: &GroupId,
        link: &Link,
        users: &[UserId],
    ) -> StoreResult<Vec<MemberFacts>> {
        let tables = self.tables();
        let application = &self.key.application;
        let (members, profiles, links, pushed) = tokio::try_join!(
            tables.directory.members_among(group, users),
            tables.directory.users(users),
            tables.links.links_among(application, users),
            tables.memberships.pushed_among(application, group, users),
        )?;
        let generation = self.generation();
        let mut facts = Vec::with_capacity(users.len());
        for user in users {
            let active =
                profiles.get(user).is_some_and(|user| user.status == Status::Active && !user.deleting);
            let theirs = links.get(user);
            facts.push(MemberFacts {
                user: user.clone(),
                belongs: active && members.contains(user),
                remote_id: theirs.and_then(|link| link.usable_remote(generation)).cloned(),
                lacking: theirs.is_some_and(|link| link.observed.lacking),
                pushed: pushed.get(user).filter(|pushed| pushed.target_generation == generation).cloned(),
                in_doubt: link.members_in_doubt.get(user).cloned(),
                leaves_first: false,
                stays: false,
                loss: None,
            });
        }
        self.note_leavers(group, &mut facts, &links).await?;
        Ok(facts)
    }

    /// Marks those whose account is about to be turned off (a link in use, its first attempt still to come, of a user
    /// who is wanted no more) and those whose account stays, because its removal is held, was rejected, or was not asked for
    /// yet. Of those who keep their accounts it says what they got for the membership they lose. Only the few who are to be removed
    /// are looked at.
    async fn note_leavers(
        &self,
        group: &GroupId,
        facts: &mut [MemberFacts],
        links: &std::collections::HashMap<UserId, Link>,
    ) -> StoreResult<()> {
        let pending = facts
            .iter_mut()
            .filter(|facts| facts.pushed.is_some() && (!facts.belongs || facts.remote_id.is_none()));
        let pending =
            pending.filter(|facts| links.get(&facts.user).is_some_and(|link| link.state == State::Linked));
        try_join_all(pending.map(|facts| async {
            let record = self.tables().directory.user(&facts.user).await?;
            let desired = Desired::of(record.as_ref(), &self.configured().selection);
            let Some(link) = links.get(&facts.user) else { return Ok(()) };
            let kind = self.configured().removal_kind(desired);
            let asks = self.is_removed(desired) && !link.may_lose(kind, self.now());
            facts.leaves_first = link.work.is_fresh() && (asks || self.turned_off_first(desired));
            facts.stays = asks && !facts.leaves_first;
            facts.loss = match (&facts.pushed, &record) {
                _ if self.is_removed(desired) || facts.remote_id.is_none() => None,
                (Some(pushed), Some(record)) => {
                    let within = (&self.key.application, &self.configured().selection);
                    Some(Loss::of(self.tables(), within, record, (group, pushed), self.now()).await?)
                }
                _ => None,
            };
            Ok(())
        }))
        .await?;
        Ok(())
    }

    /// Whether the account of somebody so desired is taken out of use, for which the fuse is asked.
    fn is_removed(&self, desired: Desired) -> bool {
        match desired {
            Desired::Active => false,
            Desired::Suspended => self.configured().departure(desired) != Departure::Leave,
            Desired::Unassigned | Desired::Deleted => true,
        }
    }

    /// Whether somebody so desired is turned off before he loses his memberships. Under deletion they go first, and under
    /// `leave` nothing is turned off.
    fn turned_off_first(&self, desired: Desired) -> bool {
        self.configured().departure(desired) == Departure::Deactivate
    }

    /// [`everybody`] of a group of this task's application.
    pub(super) async fn everybody(
        &self,
        group: &GroupId,
        after: Option<&UserId>,
    ) -> StoreResult<(Vec<UserId>, Option<UserId>)> {
        everybody(self.tables(), &self.key.application, group, after).await
    }

    /// The names of users, for the activity log; at most as many as it shows.
    pub(super) async fn names(&self, users: &[UserId]) -> StoreResult<Vec<String>> {
        let shown = &users[..users.len().min(crate::activity::MEMBERS_SHOWN)];
        let found = self.tables().directory.users(shown).await?;
        let name =
            |user: &UserId| found.get(user).map_or_else(|| user.to_string(), |user| user.username.clone());
        Ok(shown.iter().map(name).collect())
    }
}

/// A page of everybody who is a member in the directory or at the target, behind `after`, and where the next page begins.
pub(crate) async fn everybody(
    tables: &Tables,
    application: &ApplicationId,
    group: &GroupId,
    after: Option<&UserId>,
) -> StoreResult<(Vec<UserId>, Option<UserId>)> {
    let (members, pushed) = tokio::try_join!(
        tables.directory.members_page(group, after, PAGE),
        tables.memberships.pushed_page(application, group, after, PAGE),
    )?;
    let pushed: Vec<_> = pushed.into_iter().map(|pushed| pushed.user).collect();
    // Both pages are in the order of ids. Beyond the end of a full one there may be more of its kind, so the
    // union is only complete up to the smaller of their last ids.
    let last = |page: &[UserId]| page.last().filter(|_| page.len() == PAGE).cloned();
    let end = [last(&members), last(&pushed)].into_iter().flatten().min();
    let all: BTreeSet<UserId> = members.into_iter().chain(pushed).collect();
    let page = all.into_iter().take_while(|user| end.as_ref().is_none_or(|end| user <= end)).collect();
    Ok((page, end))
}
