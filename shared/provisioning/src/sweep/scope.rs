//! The user and group phases: everybody in a selected group, then the selected groups themselves.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Page, Position, Step, WINDOW};
use crate::application::SweepPhase;
use crate::desired::Desired;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey};
use crate::plan::{UserPlan, plan_user};
use crate::ports::StoreResult;
use crate::reference::{named, resolved};
use crate::target::Kind;

/// How many members are read at a time.
const MEMBERS: usize = 200;
/// Most members of one page of the job, so that its progress is kept and it ends in time.
const MEMBERS_OF_A_PAGE: usize = 4_000;
/// How many of them are looked at together.
const CONCURRENT: usize = 16;
/// How many users a page remembers; beyond them a user is read once for each of his groups.
const TAKEN_KEPT: usize = 100_000;

/// How many members are read at a time to be counted.
const COUNTED_AT_ONCE: usize = 1_000;

/// Eight bytes in the place of an id, so that a million of them are counted in little memory. Two that meet make the
/// progress wrong by one, and nothing else.
fn fingerprint(user: &UserId) -> u64 {
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    hasher.finish()
}

/// What a look at one member of one group found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Look {
    /// He is taken from another group, or is gone.
    Elsewhere,
    /// There is nothing to be done about him.
    Nothing,
    /// There is.
    Work(LinkKey),
}

impl Look {
    fn work(self) -> Option<LinkKey> {
        match self {
            Self::Work(key) => Some(key),
            Self::Elsewhere | Self::Nothing => None,
        }
    }
}

impl Page<'_> {
    /// Looks at members of the selected groups, in the order of the groups' ids, until the window is full.
    pub(super) async fn users(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let (mut group, mut behind) = match step {
            Step::Behind(group, user) => (Some(group), user),
            _ => {
                self.job.counts.users_in_scope = self.count_scope().await?;
                (self.configured.selection.groups.first().cloned(), None)
            }
        };
        let mut room = self.room(Kind::User).await?;
        let mut looked_at = 0;
        while let Some(current) = group.clone() {
            if room < MEMBERS.min(WINDOW / 2) || looked_at >= MEMBERS_OF_A_PAGE {
                return Ok(Some(Position { phase: SweepPhase::Users, step: Step::Behind(current, behind) }));
            }
            let members = self.tables().directory.members_page(&current, behind.as_ref(), MEMBERS).await?;
            looked_at += members.len();
            let marked = self.look_at(&current, &members).await?;
            room = room.saturating_sub(marked);
            behind = members.last().filter(|_| members.len() == MEMBERS).cloned();
            if behind.is_none() {
                group = self.group_behind(&current);
            }
        }
        Ok(Some(Position { phase: SweepPhase::Users, step: Step::Draining }))
    }

    /// How many users are in the selected groups, each counted once: what the progress is measured by.
    async fn count_scope(&self) -> StoreResult<u64> {
        let mut seen = HashSet::new();
        for group in &self.configured.selection.groups {
            let mut behind: Option<UserId> = None;
            loop {
                let members =
                    self.tables().directory.members_page(group, behind.as_ref(), COUNTED_AT_ONCE).await?;
                seen.extend(members.iter().map(fingerprint));
                if members.len() < COUNTED_AT_ONCE {
                    break;
                }
                behind = members.last().cloned();
            }
        }
        Ok(seen.len() as u64)
    }

    pub(super) fn group_behind(&self, group: &GroupId) -> Option<GroupId> {
        let beyond = (std::ops::Bound::Excluded(group), std::ops::Bound::Unbounded);
        self.configured.selection.groups.range::<GroupId, _>(beyond).next().cloned()
    }

    async fn look_at(&mut self, group: &GroupId, members: &[UserId]) -> StoreResult<usize> {
        let unseen: Vec<&UserId> = members.iter().filter(|user| !self.taken.contains(user)).collect();
        let looks = unseen.iter().map(|user| self.look(group, user));
        let found: Vec<Look> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        let room = TAKEN_KEPT.saturating_sub(self.taken.len());
        let taken = unseen.iter().zip(&found).filter(|(_, look)| **look != Look::Elsewhere).take(room);
        let taken: Vec<UserId> = taken.map(|(user, _)| (*user).clone()).collect();
        self.taken.extend(taken);
        let looked_at = found.iter().filter(|look| **look != Look::Elsewhere).count();
        let keys: Vec<LinkKey> = found.into_iter().filter_map(Look::work).collect();
        self.mark(&keys, false).await?;
        self.job.counts.users += looked_at as u64;
        self.job.counts.users_marked += keys.len() as u64;
        Ok(keys.len())
    }

    /// Whether the user has work, by the workers' own planner. He is taken from his smallest selected group only, and
    /// who is to be turned off waits for the removals, which are counted first.
    async fn look(&self, group: &GroupId, user: &UserId) -> StoreResult<Look> {
        let Some(record) = self.tables().directory.user(user).await? else { return Ok(Look::Elsewhere) };
        let selection = &self.configured.selection;
        if record.groups.iter().find(|group| selection.includes(group)) != Some(group) {
            return Ok(Look::Elsewhere);
        }
        if Desired::of(Some(&record), selection) != Desired::Active {
            return Ok(Look::Nothing);
        }
        let key = LinkKey::user(self.application(), user);
        let link = self.tables().links.link(&key).await?.unwrap_or_else(|| Link::new(key.clone()));
        if link.work.is_fresh_under(self.configured.application.version) {
            // Marked already, by a change or by this page done twice.
            return Ok(Look::Nothing);
        }
        // Who names others is found by them from the worker's look at him on.
        let recorded = named(self.configured, Some(&record)) == link.references;
        let seen = resolved(self.tables(), self.configured, Some(record)).await?;
        let record = seen.as_ref().map(|seen| &seen.record);
        let plan = plan_user(self.configured, record, &link, self.sweeper.clock.now());
        Ok(if plan == UserPlan::Nothing && recorded { Look::Nothing } else { Look::Work(key) })
    }

    /// Marks every selected group to be compared in full.
    pub(super) async fn groups(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let counting = Some(Position { phase: SweepPhase::Counting, step: Step::Start });
        if self.configured.selection.exclude_group_information {
            return Ok(counting);
        }
        let room = self.room(Kind::Group).await?.max(1);
        let mut next = match step {
            Step::Behind(group, _) => self.group_behind(&group),
            _ => self.configured.selection.groups.first().cloned(),
        };
        let mut keys = Vec::new();
        let mut last = None;
        while let Some(group) = next.filter(|_| keys.len() < room) {
            keys.push(LinkKey::group(self.application(), &group));
            next = self.group_behind(&group);
            last = Some(group);
        }
        self.mark(&keys, true).await?;
        self.job.counts.groups += keys.len() as u64;
        let more = last.filter(|last| self.group_behind(last).is_some());
        let step = more.map_or(Step::Draining, |last| Step::Behind(last, None));
        Ok(Some(Position { phase: SweepPhase::Groups, step }))
    }
}
