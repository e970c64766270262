//! The last phases: links whose user or group is no longer wanted are counted, judged by the fuse, and marked.

use futures::stream::{self, StreamExt, TryStreamExt};
use tracing::warn;

use super::{Page, Position, Step};
use crate::application::{Lifecycle, SweepPhase};
use crate::desired::Desired;
use crate::fuse::{Fuse, Verdict};
use crate::link::{Link, LinkKey, Object, Removal, State};
use crate::plan::{GroupPlan, UserPlan, plan_group, plan_user};
use crate::ports::{StoreResult, Written};
use crate::target::Kind;

/// How many links are read at a time, and how many of them are looked at together.
const LINKS: usize = 200;
const CONCURRENT: usize = 16;

/// What a link of a user is to the fuse.
enum Standing {
    /// Its account is in use and wanted, or on its way.
    Stays,
    /// Its account is in use and wanted no more.
    Goes,
    /// It has no account in use.
    Elsewhere,
}

impl Page<'_> {
    /// Counts the accounts in use and those wanted no more, over all links; then the fuse judges.
    pub(super) async fn count(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let cursor = match step {
            Step::Cursor(_, cursor) => cursor,
            _ => {
                self.job.counts.linked = 0;
                self.job.counts.removals = 0;
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
        if page.next.is_some() {
            return Ok(Some(Position {
                phase: SweepPhase::Counting,
                step: Step::Cursor(Kind::User, page.next),
            }));
        }
        if self.is_held().await? {
            self.job.held = self.job.counts.removals;
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
        let verdict = fuse.limits.guard().verdict(counts.removals + recent, counts.linked + recent);
        let verdict = if counts.removals == 0 { Verdict::Allowed } else { verdict };
        match verdict.unless_allowed(self.job.allowed_removals.map(|allowed| allowed.saturating_add(recent)))
        {
            Verdict::Held(hold) => {
                warn!(application = %self.application(), removals = counts.removals, linked = counts.linked, "removals are held");
                fuse.change(|window| window.with_linked(counts.linked).blow(hold.to_string(), now)).await?;
                Ok(true)
            }
            Verdict::Allowed if self.removals_are_allowed() => {
                fuse.change(|window| window.with_linked(counts.linked).renewed()).await?;
                Ok(false)
            }
            Verdict::Allowed => {
                fuse.change(|window| window.with_linked(counts.linked)).await?;
                Ok(counts.removals > 0 && window.blown.is_some())
            }
        }
    }

    fn fuse(&self) -> Fuse<'_> {
        let limits = self.configured.application.policy.fuse;
        Fuse { tables: self.tables(), application: self.application(), limits }
    }

    /// A person allowed at least as many removals as there are.
    fn removals_are_allowed(&self) -> bool {
        self.job.allowed_removals.is_some_and(|allowed| allowed >= self.job.counts.removals)
    }

    /// Stamps a link that a person let go beforehand. Who works on it meanwhile asks again.
    async fn permit(&self, key: &LinkKey) -> StoreResult<()> {
        let now = self.sweeper.clock.now();
        let mut link = self.tables().links.link(key).await?;
        while let Some(before) = link.filter(|link| !link.may_be_removed(now)) {
            let permitted = Link { removal: Some(Removal::Permitted(now)), ..before.rewritten() };
            link = match self.tables().links.write(&before, &permitted, None).await? {
                Written::Lost(current) => Some(*current),
                Written::Yes | Written::Owned(_) => None,
            };
        }
        Ok(())
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
        let keys: Vec<LinkKey> = found.into_iter().flatten().collect();
        if self.removals_are_allowed() {
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
                let plan = plan_group(self.configured, group.as_ref(), &link);
                let over = plan == GroupPlan::Nothing && link.state == State::Conflict;
                over || matches!(
                    plan,
                    GroupPlan::Resolve | GroupPlan::Empty | GroupPlan::Delete | GroupPlan::Release
                )
            }
        };
        Ok(goes.then(|| key.clone()))
    }

    async fn user_goes(&self, user: &crate::ids::UserId, link: &Link) -> StoreResult<bool> {
        let record = self.tables().directory.user(user).await?;
        let wanted = Desired::of(record.as_ref(), &self.configured.selection) == Desired::Active;
        let plan = plan_user(self.configured, record.as_ref(), link, self.sweeper.clock.now());
        // What stood in the way of somebody who is wanted no more stands no more.
        let over = matches!(link.state, State::Blocked | State::Conflict);
        Ok(!wanted && (over || plan != UserPlan::Nothing))
    }
}
