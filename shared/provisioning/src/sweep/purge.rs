//! The last phase of a removal: all that is known of the application is taken away, page by page, and the application last.
//! What is gone already is passed over, so a page may be done twice.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{Page, Position, Step};
use crate::activity::{Actor, EventName, Outcome};
use crate::application::{Departure, SweepPhase};
use crate::ids::{GroupId, UserId};
use crate::link::{LinkKey, Object};
use crate::ports::{StoreResult, Todo};
use crate::target::Kind;

/// Links of one page, and how many are forgotten at a time.
const LINKS: usize = 200;
const CONCURRENT: usize = 16;
/// Rows of a group that are taken away at a time, and how often before the next page goes on.
const ROWS: usize = 500;
const ROUNDS: usize = 20;

impl Page<'_> {
    /// Waits until nothing is due any more, then forgets users, groups, and the application itself.
    pub(super) async fn purge(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let at = |step| Some(Position { phase: SweepPhase::Purging, step });
        let kind = match step {
            Step::Draining => return self.worked_off().await,
            Step::Cursor(kind, _) => kind,
            _ => Kind::User,
        };
        // What was forgotten is in the list no more, so every page is the first.
        let page = self.tables().links.propose_links(self.application(), kind, None, LINKS).await?;
        if page.keys.is_empty() {
            return match kind {
                Kind::User => Ok(at(Step::Cursor(Kind::Group, None))),
                Kind::Group => self.forget_application().await.map(|()| None),
            };
        }
        if self.left_over(&page.keys).await? {
            return Ok(at(Step::Draining));
        }
        let forgotten = page.keys.iter().map(|key| self.forget(key));
        let whole: Vec<bool> = stream::iter(forgotten).buffer_unordered(CONCURRENT).try_collect().await?;
        if !whole.contains(&true) {
            // An index that lags shows what is gone; it is looked at again a while later.
            self.job.attempts += 1;
        }
        Ok(at(Step::Cursor(kind, None)))
    }

    /// Whether any of these is to be removed still: indexes lag, and only the link itself decides. Where accounts stay, none is.
    async fn left_over(&mut self, keys: &[LinkKey]) -> StoreResult<bool> {
        if self.configured.application.policy.on_unassign == Departure::Leave {
            return Ok(false);
        }
        let looks = keys.iter().map(|key| self.still(key));
        let found: Vec<Option<LinkKey>> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        let left: Vec<LinkKey> = found.into_iter().flatten().collect();
        self.mark(&left, false).await?;
        Ok(!left.is_empty())
    }

    /// The link, where it is marked, worked on, or in use.
    async fn still(&self, key: &LinkKey) -> StoreResult<Option<LinkKey>> {
        let Some(link) = self.tables().links.link(key).await? else { return Ok(None) };
        let under_way = link.work.due_at.is_some() || link.work.is_claimed(self.sweeper.clock.now());
        Ok(if under_way { Some(key.clone()) } else { self.goes(key).await? })
    }

    /// Whether all that was marked is worked off. What fails is tried again at growing distances, and so is this.
    async fn worked_off(&mut self) -> StoreResult<Option<Position>> {
        let mut pending = 0;
        for kind in [Kind::User, Kind::Group] {
            pending += self.tables().links.propose_pending(self.application(), kind, false, LINKS).await?;
        }
        if pending == 0 {
            return Ok(Some(Position { phase: SweepPhase::Purging, step: Step::Start }));
        }
        self.job.attempts += 1;
        self.job.problem = Some(format!("{pending} accounts or groups are not removed yet"));
        Ok(self.job.position.clone())
    }

    /// Forgets a link and the memberships that hang on it; `false` where there was none.
    async fn forget(&self, key: &LinkKey) -> StoreResult<bool> {
        let finished = match &key.object {
            Object::User(user) => self.forget_memberships_of(user).await.map(|()| true)?,
            Object::Group(group) => self.forget_members(group).await?,
        };
        if !finished {
            return Ok(true);
        }
        let Some(link) = self.tables().links.link(key).await? else { return Ok(false) };
        if let Object::User(user) = &key.object {
            self.forget_named_by(user, &link.references).await?;
        }
        self.tables().links.forget(&link).await?;
        Ok(true)
    }

    async fn forget_named_by(&self, user: &UserId, named: &BTreeSet<UserId>) -> StoreResult<()> {
        let references = &self.tables().references;
        let rows = references.references_to(self.application(), user, named).await?;
        references.forget_references(self.application(), user, &rows).await
    }

    async fn forget_memberships_of(&self, user: &UserId) -> StoreResult<()> {
        let memberships = &self.tables().memberships;
        for group in memberships.groups_pushed_in(self.application(), user).await? {
            memberships.forget_pushed(self.application(), &group, std::slice::from_ref(user)).await?;
        }
        Ok(())
    }

    /// Takes a group's rows away; `false` where more are left for the next page.
    async fn forget_members(&self, group: &GroupId) -> StoreResult<bool> {
        let memberships = &self.tables().memberships;
        for _ in 0..ROUNDS {
            let todo: Vec<Todo> = memberships.todo(self.application(), group, ROWS).await?;
            memberships.finish_todo(self.application(), group, &todo).await?;
            let pushed = memberships.pushed_page(self.application(), group, None, ROWS).await?;
            let users: Vec<UserId> = pushed.into_iter().map(|pushed| pushed.user).collect();
            memberships.forget_pushed(self.application(), group, &users).await?;
            if todo.is_empty() && users.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The end is told first, under an id of its own: told twice it is one event.
    async fn forget_application(&mut self) -> StoreResult<()> {
        let application = &self.configured.application;
        let outcome = Outcome::of_application(
            application,
            format!("{}#removed", application.id),
            EventName::ConfigUpdate,
            "the application was removed".into(),
            (Actor::System, self.job.phase_began_at),
        );
        self.tables().activity.put(std::slice::from_ref(&outcome)).await?;
        if let Some(connection) = &application.connection {
            self.sweeper.secrets.delete(&connection.secret).await?;
        }
        self.tables().applications.delete(&application.id).await?;
        self.purged = true;
        Ok(())
    }
}
