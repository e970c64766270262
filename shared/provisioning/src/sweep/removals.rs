//! The last phases: links whose user or group is no longer wanted are counted, judged by the fuse, and marked.

use futures::stream::{self, StreamExt, TryStreamExt};
use tracing::warn;

use super::{Page, Position, Step};
use crate::application::{Lifecycle, SweepPhase};
use crate::desired::Desired;
use crate::fuse::RemovalGuard;
use crate::link::{Link, LinkKey, Object, State};
use crate::plan::{GroupPlan, UserPlan, plan_group, plan_user};
use crate::ports::StoreResult;
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
        let counts = &self.job.counts;
        let verdict = RemovalGuard::default().verdict(counts.removals, counts.linked);
        if verdict.unless_allowed(self.job.allowed_removals).is_held() {
            warn!(application = %self.application(), removals = counts.removals, linked = counts.linked, "removals are held");
            self.job.held = counts.removals;
            return Ok(None);
        }
        Ok(Some(Position { phase: SweepPhase::Removals, step: Step::Cursor(Kind::User, None) }))
    }

    async fn standing(&self, key: &LinkKey) -> StoreResult<Standing> {
        let Object::User(user) = &key.object else { return Ok(Standing::Elsewhere) };
        let Some(link) = self.tables().links.link(key).await? else { return Ok(Standing::Elsewhere) };
        if link.usable_remote(self.configured.application.target_generation).is_none()
            && link.state != State::Creating
        {
            return Ok(Standing::Elsewhere);
        }
        let record = self.tables().directory.user(user).await?;
        let wanted = Desired::of(record.as_ref(), &self.configured.selection) == Desired::Active;
        // What is marked already was let through where it was marked.
        Ok(if wanted || link.work.is_fresh_under(self.configured.application.version) {
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
                matches!(plan, GroupPlan::Resolve | GroupPlan::Empty | GroupPlan::Delete | GroupPlan::Release)
            }
        };
        Ok(goes.then(|| key.clone()))
    }

    async fn user_goes(&self, user: &crate::ids::UserId, link: &Link) -> StoreResult<bool> {
        let record = self.tables().directory.user(user).await?;
        let wanted = Desired::of(record.as_ref(), &self.configured.selection) == Desired::Active;
        let plan = plan_user(self.configured, record.as_ref(), link, self.sweeper.clock.now());
        Ok(!wanted && plan != UserPlan::Nothing)
    }
}
