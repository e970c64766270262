//! The last phases: links whose user or group is no longer wanted are counted, judged by the fuse, and marked.

use futures::stream::{self, StreamExt, TryStreamExt};
use tracing::warn;

use super::{Page, Position, Step};
use crate::application::{Lifecycle, SweepPhase};
use crate::desired::Desired;
use crate::fuse::{Counted, Fuse, Linked, Verdict};
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey, MemberRemoval, Object, Removal, RemovalKind, State};
use crate::plan::{GroupPlan, UserPlan, plan_group, plan_user};
use crate::ports::{Pushed, StoreResult, Written};
use crate::target::Kind;

/// How many links are read at a time, and how many of them are looked at together.
const LINKS: usize = 200;
const CONCURRENT: usize = 16;
/// Members counted at a time.
const MEMBERS: usize = 500;

/// What a link of a user is to the fuse.
enum Standing {
    /// Its account is in use and wanted, or on its way.
    Stays,
    /// Its account is in use and wanted no more.
    Goes,
    /// It has no account in use.
    Elsewhere,
}

/// What a linked group is to the fuse.
struct GroupStanding {
    /// It is wanted no more.
    goes: bool,
    /// Members it has through us.
    members: u64,
}

impl Page<'_> {
    /// Counts the accounts and groups in use and those wanted no more, over all links; then the fuse judges.
    pub(super) async fn count(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let counting =
            |kind, cursor| Some(Position { phase: SweepPhase::Counting, step: Step::Cursor(kind, cursor) });
        let cursor = match step {
            Step::Cursor(Kind::Group, cursor) => {
                if let Some(next) = self.count_groups(cursor).await? {
                    return Ok(counting(Kind::Group, Some(next)));
                }
                return self.judged().await;
            }
            Step::Cursor(Kind::User, cursor) => cursor,
            _ => {
                self.job.counts.linked = 0;
                self.job.counts.removals = 0;
                self.job.counts.linked_groups = 0;
                self.job.counts.group_removals = 0;
                self.job.counts.memberships = 0;
                None
            }
        };
        let page = self.tables().links.propose_links(self.application(), Kind::User, cursor, LINKS).await?;
        let standings = page.keys.iter().map(|key| self.standing(key));
        let standings: Vec<Standing> = stream::iter(standings).buffered(CONCURRENT).try_collect().await?;
        for standing in standings {
            match standing {
                Standing::Stays => self.job.counts.linked += 1,
                Standing::Goes => {
                    self.job.counts.linked += 1;
                    self.job.counts.removals += 1;
                }
                Standing::Elsewhere => {}
            }
        }
        Ok(match page.next {
            Some(next) => counting(Kind::User, Some(next)),
            None => counting(Kind::Group, None),
        })
    }

    async fn count_groups(&mut self, cursor: Option<String>) -> StoreResult<Option<String>> {
        let page = self.tables().links.propose_links(self.application(), Kind::Group, cursor, LINKS).await?;
        let reads = page.keys.iter().map(|key| self.group_standing(key));
        let found: Vec<Option<GroupStanding>> =
            stream::iter(reads).buffered(CONCURRENT).try_collect().await?;
        for standing in found.into_iter().flatten() {
            self.job.counts.linked_groups += 1;
            self.job.counts.group_removals += u64::from(standing.goes);
            self.job.counts.memberships += standing.members;
        }
        Ok(page.next)
    }

    /// What a linked group is to the fuse; `None` where it is not linked.
    async fn group_standing(&self, key: &LinkKey) -> StoreResult<Option<GroupStanding>> {
        let Object::Group(group) = &key.object else { return Ok(None) };
        let link = self.tables().links.link(key).await?;
        let generation = self.configured.application.target_generation;
        let Some(link) = link.filter(|link| link.usable_remote(generation).is_some()) else {
            return Ok(None);
        };
        let found = self.tables().directory.group(group).await?;
        let plan = plan_group(self.configured, found.as_ref(), &link);
        // What is let go as it is loses nobody, and what is marked already asks for itself.
        let goes = matches!(plan, GroupPlan::Empty | GroupPlan::Delete);
        let goes = goes && !link.work.is_fresh_under(self.configured.application.version);
        Ok(Some(GroupStanding { goes, members: self.pushed_in(group).await? }))
    }

    /// How many members a group has through us.
    async fn pushed_in(&self, group: &GroupId) -> StoreResult<u64> {
        let generation = self.configured.application.target_generation;
        let mut count = 0;
        let mut after: Option<UserId> = None;
        loop {
            let memberships = &self.tables().memberships;
            let page = memberships.pushed_page(self.application(), group, after.as_ref(), MEMBERS).await?;
            count += page.iter().filter(|member| member.target_generation == generation).count() as u64;
            after = page.last().filter(|_| page.len() == MEMBERS).map(|last| last.user.clone());
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    async fn judged(&mut self) -> StoreResult<Option<Position>> {
        if self.is_held().await? {
            let counts = &self.job.counts;
            self.job.held = if counts.removals > 0 { counts.removals } else { counts.group_removals };
            // An application that is being removed is asked for again, with as many as there are.
            if self.configured.application.lifecycle == Lifecycle::Removing {
                return Ok(None);
            }
        }
        Ok(Some(Position { phase: SweepPhase::Removals, step: Step::Cursor(Kind::User, None) }))
    }

    /// The fuse judges what was counted, with what went of late. Over too much it blows: all that is marked then is held, one
    /// by one, until a person decided. What a person allowed beforehand goes, and the fuse counts anew.
    async fn is_held(&self) -> StoreResult<bool> {
        let (counts, now) = (&self.job.counts, self.sweeper.clock.now());
        let fuse = self.fuse();
        let window = self.tables().fuse.window(self.application()).await?;
        let recent = window.counted(now).accounts;
        let linked =
            Linked { accounts: counts.linked, groups: counts.linked_groups, memberships: counts.memberships };
        let groups = Counted { groups: counts.group_removals, ..Counted::default() };
        let verdict = fuse.limits.guard().verdict(counts.removals + recent, counts.linked + recent);
        let verdict = if counts.removals == 0 { Verdict::Allowed } else { verdict };
        match verdict.unless_allowed(self.job.allowed_removals.map(|allowed| allowed.saturating_add(recent)))
        {
            Verdict::Held(hold) => {
                warn!(application = %self.application(), removals = counts.removals, linked = counts.linked, "removals are held");
                fuse.change(|window| window.with_linked(linked).blow(hold.to_string(), now)).await?;
                Ok(true)
            }
            Verdict::Allowed if self.removals_are_allowed() => {
                fuse.change(|window| window.with_linked(linked).renewed()).await?;
                Ok(false)
            }
            Verdict::Allowed => {
                let foreseen = window.foresees(groups, linked, &fuse.limits, now);
                fuse.change(|window| match &foreseen {
                    Some(why) => window.with_linked(linked).blow(why.clone(), now),
                    None => window.with_linked(linked),
                })
                .await?;
                let some = counts.removals + counts.group_removals > 0;
                Ok(some && (foreseen.is_some() || window.blown.is_some()))
            }
        }
    }

    pub(super) fn fuse(&self) -> Fuse<'_> {
        let limits = self.configured.application.policy.fuse;
        Fuse { tables: self.tables(), application: self.application(), limits }
    }

    /// A person allowed at least as many removals as there are.
    fn removals_are_allowed(&self) -> bool {
        let counts = &self.job.counts;
        let removals = counts.removals + counts.memberships_lost;
        self.job.allowed_removals.is_some_and(|allowed| allowed >= removals)
    }

    /// Stamps a link that a person let go beforehand. Who works on it meanwhile asks again.
    async fn permit(&self, key: &LinkKey) -> StoreResult<()> {
        let now = self.sweeper.clock.now();
        let mut link = self.tables().links.link(key).await?;
        while let Some(before) = link {
            let kind = self.removal_kind(key, &before).await?;
            if before.may_lose(kind, now) {
                return Ok(());
            }
            let removal = Some(Removal::Permitted { kind, at: now });
            let permitted = Link { removal, ..before.rewritten() };
            link = match self.tables().links.write(&before, &permitted, None).await? {
                Written::Lost(current) => Some(*current),
                Written::Yes | Written::Owned(_) => None,
            };
        }
        Ok(())
    }

    /// What is taken of a counterpart that is wanted no more.
    async fn removal_kind(&self, key: &LinkKey, link: &Link) -> StoreResult<RemovalKind> {
        let Object::User(user) = &key.object else { return Ok(self.configured.group_removal_kind(link)) };
        let record = self.tables().directory.user(user).await?;
        Ok(self.configured.removal_kind(Desired::of(record.as_ref(), &self.configured.selection)))
    }

    /// Stamps the members that a group holds, whom a person let go beforehand; the group, if there are some.
    async fn permit_members(&self, key: &LinkKey) -> StoreResult<Option<LinkKey>> {
        let Object::Group(group) = &key.object else { return Ok(None) };
        let Some(link) = self.tables().links.link(key).await?.filter(|link| link.holds_members) else {
            return Ok(None);
        };
        let memberships = &self.tables().memberships;
        let removal = Some(MemberRemoval::Permitted(self.sweeper.clock.now()));
        let mut after: Option<UserId> = None;
        loop {
            let page = memberships.pushed_page(&link.key.application, group, after.as_ref(), LINKS).await?;
            after = page.last().filter(|_| page.len() == LINKS).map(|last| last.user.clone());
            let mut stamps = Vec::new();
            let generation = self.configured.application.target_generation;
            for member in page.into_iter().filter(|member| member.target_generation == generation) {
                if member.removal.is_some_and(MemberRemoval::is_held) {
                    stamps.push((member.clone(), Pushed { removal, ..member }));
                }
            }
            let users: Vec<_> = stamps.iter().map(|(member, _)| member.user.clone()).collect();
            memberships.restamp(&link.key.application, group, &stamps).await?;
            memberships.put_todo(&link.key.application, group, &users).await?;
            if after.is_none() {
                return Ok(Some(key.clone()));
            }
        }
    }

    async fn standing(&self, key: &LinkKey) -> StoreResult<Standing> {
        let Object::User(user) = &key.object else { return Ok(Standing::Elsewhere) };
        let Some(link) = self.tables().links.link(key).await? else { return Ok(Standing::Elsewhere) };
        let generation = self.configured.application.target_generation;
        if link.usable_remote(generation).is_none() && !link.create_is_open(generation) {
            return Ok(Standing::Elsewhere);
        }
        let record = self.tables().directory.user(user).await?;
        let desired = Desired::of(record.as_ref(), &self.configured.selection);
        let stays = desired == Desired::Active || self.configured.keeps(&link, desired);
        // What is marked already asks for itself.
        Ok(if stays || link.work.is_fresh_under(self.configured.application.version) {
            Standing::Stays
        } else {
            Standing::Goes
        })
    }

    /// Marks the links that are wanted no more: users, then groups.
    pub(super) async fn remove(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let (kind, cursor) = match step {
            Step::Cursor(kind, cursor) => (kind, cursor),
            _ => (Kind::User, None),
        };
        self.room(kind).await?;
        let page = self.tables().links.propose_links(self.application(), kind, cursor, LINKS).await?;
        let looks = page.keys.iter().map(|key| self.goes(key));
        let found: Vec<Option<LinkKey>> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        let mut keys: Vec<LinkKey> = found.into_iter().flatten().collect();
        if self.removals_are_allowed() {
            let holding = page.keys.iter().map(|key| self.permit_members(key));
            let let_go: Vec<Option<LinkKey>> =
                stream::iter(holding).buffered(CONCURRENT).try_collect().await?;
            keys.extend(let_go.into_iter().flatten());
            let permits = keys.iter().map(|key| self.permit(key));
            stream::iter(permits).buffered(CONCURRENT).try_collect::<()>().await?;
        }
        self.mark(&keys, false).await?;
        Ok(match (kind, page.next) {
            (kind, Some(next)) => {
                Some(Position { phase: SweepPhase::Removals, step: Step::Cursor(kind, Some(next)) })
            }
            (Kind::User, None) => {
                Some(Position { phase: SweepPhase::Removals, step: Step::Cursor(Kind::Group, None) })
            }
            (Kind::Group, None) => self.after_removals(),
        })
    }

    /// An application that is removed is forgotten once all of it is worked off.
    fn after_removals(&self) -> Option<Position> {
        let removing = self.configured.application.lifecycle == Lifecycle::Removing;
        removing.then_some(Position { phase: SweepPhase::Purging, step: Step::Draining })
    }

    pub(super) async fn goes(&self, key: &LinkKey) -> StoreResult<Option<LinkKey>> {
        let Some(link) = self.tables().links.link(key).await? else { return Ok(None) };
        if link.work.is_fresh_under(self.configured.application.version) {
            return Ok(None);
        }
        let goes = match &key.object {
            Object::User(user) => self.user_goes(user, &link).await?,
            Object::Group(group) => {
                let group = self.tables().directory.group(group).await?;
                let wanted = Desired::of_group(group.as_ref(), &self.configured.selection) == Desired::Active;
                let plan = plan_group(self.configured, group.as_ref(), &link);
                plan == GroupPlan::Resolve
                    || plan.lets_go()
                    || (plan == GroupPlan::Nothing && !wanted && self.is_stuck(&link))
            }
        };
        Ok(goes.then(|| key.clone()))
    }

    async fn user_goes(&self, user: &UserId, link: &Link) -> StoreResult<bool> {
        let record = self.tables().directory.user(user).await?;
        let wanted = Desired::of(record.as_ref(), &self.configured.selection) == Desired::Active;
        let plan = plan_user(self.configured, record.as_ref(), link, self.sweeper.clock.now());
        Ok(!wanted && (plan != UserPlan::Nothing || self.is_stuck(link)))
    }

    /// Whether it waits for a person or a value, or stands missing, which is over once it is not wanted any more. It may have come
    /// to that while nobody looked, or at another tenant.
    fn is_stuck(&self, link: &Link) -> bool {
        let elsewhere = link.target_generation != self.configured.application.target_generation;
        matches!(link.state, State::Conflict | State::Blocked | State::Missing) || (elsewhere && link.waits())
    }
}
