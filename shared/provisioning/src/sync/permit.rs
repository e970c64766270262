//! Before something is taken away: the fuse is asked, and what it holds waits for a person.

use jiff::Timestamp;

use super::settlement::Due;
use super::task::{Next, Task, Told};
use crate::activity::Action;
use crate::application::Departure;
use crate::desired::Desired;
use crate::fuse::{Fuse, Permit, Removes};
use crate::link::{Link, Removal, RemovalKind};
use crate::ports::{StoreResult, Written};
use crate::target::Change;

impl Task<'_> {
    /// The link with its permit, or what to do next where it has none.
    pub(super) async fn permitted(
        &self,
        link: &Link,
        kind: RemovalKind,
        removes: Removes,
    ) -> StoreResult<Result<Link, Next>> {
        let fuse = Fuse {
            tables: self.tables(),
            application: &self.key.application,
            limits: self.configured().application.policy.fuse,
        };
        match fuse.ask(link, (kind, removes), self.now()).await? {
            Permit::Granted(link) => Ok(Ok(*link)),
            Permit::Changed => Ok(Err(Next::Again)),
            Permit::Held(why) => self.hold(link, kind, &why, Due::Done).await.map(Err),
        }
    }

    /// The changes that may be sent of these, some of which take something away, with the link that bears the permit; or what to
    /// do next. A change that is held holds nothing but itself.
    pub(super) async fn permitted_changes(
        &self,
        link: &Link,
        changes: &[Change],
    ) -> StoreResult<Result<(Link, Vec<Change>), Next>> {
        let fuse = Fuse {
            tables: self.tables(),
            application: &self.key.application,
            limits: self.configured().application.policy.fuse,
        };
        let why = match fuse.ask(link, (RemovalKind::Change, Removes::Value), self.now()).await? {
            Permit::Granted(link) => return Ok(Ok((*link, changes.to_vec()))),
            Permit::Changed => return Ok(Err(Next::Again)),
            Permit::Held(why) => why,
        };
        let rest: Vec<_> = changes.iter().filter(|change| !change.takes_away()).cloned().collect();
        if rest.is_empty() {
            return self.hold(link, RemovalKind::Change, &why, Due::Done).await.map(Err);
        }
        if link.held() == Some(RemovalKind::Change) {
            return Ok(Ok((link.clone(), rest)));
        }
        self.hold(link, RemovalKind::Change, &why, Due::At(self.now())).await?;
        Ok(Err(Next::Again))
    }

    /// The link, without a person's word that it stays once something else is desired than what he said it of, whatever comes
    /// of that: who leaves once more is judged anew. `None`: the link is not as it was read.
    pub(super) async fn kept_no_more(&self, link: Link, desired: Desired) -> StoreResult<Option<Link>> {
        match link.removal {
            Some(Removal::Kept(of)) if of != desired => {}
            _ => return Ok(Some(link)),
        }
        let released = Link { removal: None, ..link.rewritten() };
        match self.tables().links.write(&link, &released, None).await? {
            Written::Yes => Ok(Some(released)),
            Written::Lost(_) | Written::Owned(_) => Ok(None),
        }
    }

    /// Waits for the end of a grace. Where the fuse has blown meanwhile, who waits is on the list that a person is shown: what he
    /// decides is about everybody who is on his way.
    pub(super) async fn wait_for_grace(
        &self,
        link: &Link,
        kind: RemovalKind,
        (since, until): (Timestamp, Timestamp),
    ) -> StoreResult<Next> {
        let wait = |link: &mut Link| {
            link.unassigned_since = Some(since);
            // No sweep waits for the end of a grace.
            link.work.by_sweep = false;
        };
        let keeps_account = self.configured().departure(Desired::Unassigned) == Departure::Leave;
        let asks = !keeps_account && !link.may_lose(kind, self.now());
        let blown = self.tables().fuse.window(&self.key.application).await?.blown;
        match blown.filter(|_| asks) {
            Some(blown) => self.hold_and(link, kind, &blown.why, Due::At(until), wait).await,
            None => {
                let seen = link.work.generation;
                Ok(self.settle(link, seen, Due::At(until), None, None, wait).await?.next())
            }
        }
    }

    /// Nothing is sent until a person decided. It is told once; what was held as something else is told, and listed, anew.
    async fn hold(&self, link: &Link, kind: RemovalKind, why: &str, due: Due) -> StoreResult<Next> {
        self.hold_and(link, kind, why, due, |_| {}).await
    }

    async fn hold_and(
        &self,
        link: &Link,
        kind: RemovalKind,
        why: &str,
        due: Due,
        change: impl Fn(&mut Link),
    ) -> StoreResult<Next> {
        let reason = format!("the {kind} is held: {why}");
        let told = Told::failure(Action::Hold, reason, Vec::new());
        let outcome = (link.held() != Some(kind)).then(|| self.outcome(link, told));
        let now = self.now();
        let settled = self
            .settle(link, link.work.generation, due, None, outcome, |link| {
                if link.held() != Some(kind) {
                    link.removal = Some(Removal::Held { kind, since: now });
                }
                link.work.attempts = 0;
                link.work.problem = None;
                change(link);
            })
            .await?;
        Ok(settled.next())
    }
}
