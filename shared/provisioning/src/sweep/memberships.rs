//! Before groups are compared: the memberships that would be lost are counted over all of them, and judged together, so that
//! either all may go or none does.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use tracing::warn;

use super::{Page, Position, Step};
use crate::application::SweepPhase;
use crate::desired::Desired;
use crate::fuse::{Counted, Linked, Loss};
use crate::ids::{GroupId, UserId};
use crate::link::{LinkKey, MemberRemoval};
use crate::ports::{Pushed, StoreResult};

/// Members that are looked at together, and most pages of them that are looked at before progress is kept.
const MEMBERS: usize = 500;
const PAGES: usize = 20;
const CONCURRENT: usize = 16;

impl Page<'_> {
    /// Counts the pushed members of the selected groups, and those who would lose a membership and keep their accounts.
    pub(super) async fn memberships(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let (mut group, mut behind) = match step {
            Step::Behind(group, user) => (Some(group), user),
            _ => {
                let counts = &mut self.job.counts;
                (counts.pushed, counts.memberships_lost, counts.memberships_moved) = (0, 0, 0);
                (self.configured.selection.groups.first().cloned(), None)
            }
        };
        if self.configured.selection.exclude_group_information {
            group = None;
        }
        let mut pages = PAGES;
        while let Some(current) = group.clone() {
            if pages == 0 {
                let step = Step::Behind(current, behind);
                return Ok(Some(Position { phase: SweepPhase::Memberships, step }));
            }
            pages -= 1;
            behind = self.members(&current, behind.as_ref()).await?;
            if behind.is_none() {
                group = self.group_behind(&current);
            }
        }
        self.judge_memberships().await?;
        Ok(Some(Position { phase: SweepPhase::Groups, step: Step::Start }))
    }

    /// Counts a page of a group's members; says behind whom the next begins.
    async fn members(&mut self, group: &GroupId, behind: Option<&UserId>) -> StoreResult<Option<UserId>> {
        let generation = self.configured.application.target_generation;
        let key = LinkKey::group(self.application(), group);
        let link = self.tables().links.link(&key).await?;
        if link.is_none_or(|link| link.usable_remote(generation).is_none()) {
            return Ok(None);
        }
        let memberships = &self.tables().memberships;
        let page = memberships.pushed_page(self.application(), group, behind, MEMBERS).await?;
        let next = page.last().filter(|_| page.len() == MEMBERS).map(|last| last.user.clone());
        let ours: Vec<Pushed> =
            page.into_iter().filter(|member| member.target_generation == generation).collect();
        let users: Vec<UserId> = ours.iter().map(|member| member.user.clone()).collect();
        let there: BTreeSet<UserId> =
            self.tables().directory.members_among(group, &users).await?.into_iter().collect();
        let leaving = ours.iter().filter(|member| !there.contains(&member.user));
        let losses = leaving.map(|member| self.loss(group, member));
        let losses: Vec<Option<Loss>> = stream::iter(losses).buffered(CONCURRENT).try_collect().await?;
        let counts = &mut self.job.counts;
        counts.pushed += ours.len() as u64;
        for loss in losses.into_iter().flatten() {
            match loss {
                Loss::Lost => counts.memberships_lost += 1,
                Loss::Moved => counts.memberships_moved += 1,
            }
        }
        Ok(next)
    }

    /// What somebody gets for a membership that he loses; `None` where his account goes, or the membership stays, or may go.
    async fn loss(&self, group: &GroupId, member: &Pushed) -> StoreResult<Option<Loss>> {
        let now = self.sweeper.clock.now();
        let decided = |removal: MemberRemoval| removal == MemberRemoval::Kept || removal.is_permitted(now);
        if member.removal.is_some_and(decided) {
            return Ok(None);
        }
        let record = self.tables().directory.user(&member.user).await?;
        let selection = &self.configured.selection;
        let Some(record) = record.filter(|record| Desired::of(Some(record), selection) == Desired::Active)
        else {
            return Ok(None);
        };
        let link = self.tables().links.link(&LinkKey::user(self.application(), &member.user)).await?;
        let generation = self.configured.application.target_generation;
        if link.is_none_or(|link| link.usable_remote(generation).is_none()) {
            return Ok(None);
        }
        let within = (self.application(), selection);
        Loss::of(self.tables(), within, &record, (group, member), now).await.map(Some)
    }

    /// Over too much the fuse blows, and whoever compares a group then holds its members.
    async fn judge_memberships(&self) -> StoreResult<()> {
        let (counts, now, fuse) = (&self.job.counts, self.sweeper.clock.now(), self.fuse());
        let (lost, memberships) =
            (counts.memberships_lost, counts.memberships_lost + counts.memberships_moved);
        let more = Counted { memberships, lost, ..Counted::default() };
        let linked = Linked { memberships: counts.pushed, ..Linked::default() };
        let window = self.tables().fuse.window(self.application()).await?;
        let foreseen = window.foresees(more, linked, &fuse.limits, now).filter(|_| window.blown.is_none());
        let Some(why) = foreseen else { return Ok(()) };
        warn!(application = %self.application(), lost, "memberships are held");
        fuse.change(|window| window.blow(why.clone(), now)).await
    }
}
