//! The members of groups: whom each would gain and lose, once the rows of the users are done.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::groups::Standing;
use super::{Members, Page, PreviewRow, RowAction};
use crate::directory::Status;
use crate::fuse::Loss;
use crate::ids::{GroupId, RemoteId, UserId};
use crate::link::{Link, MemberRemoval, Object, Removal};
use crate::plan::{MemberFacts, plan_members};
use crate::ports::{Pushed, StoreResult, Target as _};
use crate::sync::{everybody, shown_members};
use crate::target::{Found, Kind};

/// How many accounts are looked up together.
const CONCURRENT: usize = 16;

impl Page<'_> {
    /// Takes down a page of the members that we pushed and that would be taken out.
    pub(super) async fn taken_out(
        &self,
        group: &GroupId,
        behind: Option<&UserId>,
        mut row: PreviewRow,
    ) -> StoreResult<(PreviewRow, Option<UserId>)> {
        const PAGE: usize = 500;
        let generation = self.configured.application.target_generation;
        let memberships = &self.previewer.tables.memberships;
        let pushed = memberships.pushed_page(&self.job.application, group, behind, PAGE).await?;
        let next = pushed.last().filter(|_| pushed.len() == PAGE).map(|last| last.user.clone());
        let ours = pushed.into_iter().filter(|member| member.target_generation == generation);
        let users: Vec<_> = ours.map(|member| member.user).collect();
        row.weight.pushed += users.len() as u64;
        row.weight.taken += self.with_accounts(&users).await?;
        if row.action != RowAction::Delete {
            self.note(&mut row.removed, &users).await?;
        }
        Ok((row, next))
    }

    /// How many of these keep an account in use.
    async fn with_accounts(&self, users: &[UserId]) -> StoreResult<u64> {
        let tables = &self.previewer.tables;
        let (application, generation) =
            (&self.job.application, self.configured.application.target_generation);
        let (links, rows) = tokio::try_join!(
            tables.links.links_among(application, users),
            tables.previews.rows_among(application, &self.job.id, users),
        )?;
        let mut count = 0;
        for (user, link) in &links {
            let account = match rows.get(user) {
                Some(row) => row.account(Some(link), generation),
                None => link.usable_remote(generation).cloned(),
            };
            count += u64::from(account.is_some());
        }
        Ok(count)
    }

    /// Compares a page of everybody who is a member in the directory or at the target.
    pub(super) async fn compared(
        &self,
        group: &GroupId,
        link: &Link,
        standing: Standing,
        behind: Option<&UserId>,
        mut row: PreviewRow,
    ) -> StoreResult<(PreviewRow, Option<UserId>)> {
        let tables = &self.previewer.tables;
        let (mut users, next) = everybody(tables, &self.job.application, group, behind).await?;
        // What a group shows that was there before becomes ours to keep, as far as it is accounts of ours.
        let there = match row.action {
            RowAction::Adopt | RowAction::Create => self.members_there(&row).await?,
            _ => BTreeMap::new(),
        };
        if behind.is_none() {
            let known: BTreeSet<_> = users.iter().cloned().collect();
            users.extend(there.keys().filter(|user| !known.contains(*user)).cloned());
        }
        let facts = self.facts(group, link, standing, &there, &users).await?;
        let plan = plan_members(&facts);
        row.weight.pushed += facts.iter().filter(|facts| facts.pushed.is_some()).count() as u64;
        for facts in facts.iter().filter(|facts| plan.remove.contains_key(&facts.user)) {
            row.weight.taken += u64::from(facts.loss.is_some());
            row.weight.lost += u64::from(facts.loss == Some(Loss::Lost));
        }
        self.note(&mut row.added, &plan.add.keys().cloned().collect::<Vec<_>>()).await?;
        self.note(&mut row.removed, &plan.remove.keys().cloned().collect::<Vec<_>>()).await?;
        Ok((row, next))
    }

    /// The members that the group which is to be linked shows, as far as they are users of ours or would be.
    async fn members_there(&self, row: &PreviewRow) -> StoreResult<BTreeMap<UserId, RemoteId>> {
        let Some(remote_id) = &row.remote_id else { return Ok(BTreeMap::new()) };
        let Some(target) = self.target().await? else { return Ok(BTreeMap::new()) };
        let shown: Vec<RemoteId> = target
            .get(Kind::Group, remote_id)
            .await
            .result
            .map(|group: Found| shown_members(&group))
            .unwrap_or_default();
        let owners: Vec<_> = shown.into_iter().map(|remote_id| self.user_of(remote_id)).collect();
        let owned: Vec<Option<(UserId, RemoteId)>> =
            stream::iter(owners).buffered(CONCURRENT).try_collect().await?;
        Ok(owned.into_iter().flatten().collect())
    }

    async fn user_of(&self, remote_id: RemoteId) -> StoreResult<Option<(UserId, RemoteId)>> {
        let tables = &self.previewer.tables;
        let (application, generation) =
            (&self.job.application, self.configured.application.target_generation);
        let owner = tables.links.owner(application, generation, Kind::User, &remote_id).await?;
        let object = match owner {
            Some(owner) => Some(owner.object),
            None => tables.previews.taken_by(application, &self.job.id, Kind::User, &remote_id).await?,
        };
        Ok(match object {
            Some(Object::User(user)) => Some((user, remote_id)),
            _ => None,
        })
    }

    /// What is true of each of these users and the group once their own rows are done.
    async fn facts(
        &self,
        group: &GroupId,
        link: &Link,
        standing: Standing,
        there: &BTreeMap<UserId, RemoteId>,
        users: &[UserId],
    ) -> StoreResult<Vec<MemberFacts>> {
        let tables = &self.previewer.tables;
        let application = &self.job.application;
        let generation = self.configured.application.target_generation;
        let (members, profiles, links, pushed, rows) = tokio::try_join!(
            tables.directory.members_among(group, users),
            tables.directory.users(users),
            tables.links.links_among(application, users),
            tables.memberships.pushed_among(application, group, users),
            tables.previews.rows_among(application, &self.job.id, users),
        )?;
        let recorded = standing == Standing::Recorded;
        let facts = users.iter().map(|user| {
            let active =
                profiles.get(user).is_some_and(|user| user.status == Status::Active && !user.deleting);
            let theirs = links.get(user);
            let remote_id = match rows.get(user) {
                Some(row) => row.account(theirs, generation),
                None => theirs.and_then(|link| link.usable_remote(generation)).cloned(),
            };
            let pushed = pushed.get(user).filter(|pushed| pushed.target_generation == generation).cloned();
            let shown = there.get(user).map(|remote_id| Pushed {
                user: user.clone(),
                remote_id: remote_id.clone(),
                target_generation: generation,
                since: None,
                removal: None,
            });
            MemberFacts {
                user: user.clone(),
                belongs: active && members.contains(user),
                remote_id,
                lacking: false,
                pushed: shown.or(pushed).filter(|_| recorded),
                in_doubt: link.members_in_doubt.get(user).filter(|_| recorded).cloned(),
                leaves_first: false,
                stays: !rows.contains_key(user)
                    && theirs.is_some_and(|link| matches!(link.removal, Some(Removal::Kept(_)))),
                loss: None,
            }
        });
        let mut facts: Vec<_> = facts.collect();
        for facts in facts.iter_mut().filter(|facts| !facts.belongs && facts.remote_id.is_some()) {
            self.note_loss(group, facts).await?;
        }
        Ok(facts)
    }

    /// What somebody gets for the membership that he would lose, unless a person said that it stays.
    async fn note_loss(&self, group: &GroupId, facts: &mut MemberFacts) -> StoreResult<()> {
        let Some(pushed) = &facts.pushed else { return Ok(()) };
        let tables = &self.previewer.tables;
        let Some(record) = tables.directory.user(&facts.user).await? else { return Ok(()) };
        let within = (&self.job.application, &self.configured.selection);
        let now = self.previewer.clock.now();
        facts.loss = Some(Loss::of(tables, within, &record, (group, pushed), now).await?);
        facts.stays |= pushed.removal == Some(MemberRemoval::Kept);
        Ok(())
    }

    /// Counts members, and names them while there is room.
    async fn note(&self, members: &mut Members, users: &[UserId]) -> StoreResult<()> {
        members.count += users.len() as u64;
        let named = &users[..users.len().min(members.room())];
        let found = self.previewer.tables.directory.users(named).await?;
        let name =
            |user: &UserId| found.get(user).map_or_else(|| user.to_string(), |user| user.username.clone());
        members.names.extend(named.iter().map(name));
        Ok(())
    }
}
