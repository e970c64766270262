//! Before something is taken away: the fuse is asked, and what it holds waits for a person.

use super::settlement::Due;
use super::task::{Next, Task, Told};
use crate::activity::Action;
use crate::fuse::{Fuse, Permit, Removes};
use crate::link::{Link, Removal};
use crate::ports::StoreResult;
use crate::target::Change;

impl Task<'_> {
    /// The link with its permit, or what to do next where it has none.
    pub(super) async fn permitted(&self, link: &Link, removes: Removes) -> StoreResult<Result<Link, Next>> {
        let fuse = Fuse {
            tables: self.tables(),
            application: &self.key.application,
            limits: self.configured().application.policy.fuse,
        };
        match fuse.ask(link, removes, self.now()).await? {
            Permit::Granted(link) => Ok(Ok(*link)),
            Permit::Changed => Ok(Err(Next::Again)),
            Permit::Held(why) => self.hold(link, removes, &why, Due::Done).await.map(Err),
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
        let why = match fuse.ask(link, Removes::Value, self.now()).await? {
            Permit::Granted(link) => return Ok(Ok((*link, changes.to_vec()))),
            Permit::Changed => return Ok(Err(Next::Again)),
            Permit::Held(why) => why,
        };
        let rest: Vec<_> = changes.iter().filter(|change| !change.takes_away()).cloned().collect();
        if rest.is_empty() {
            return self.hold(link, Removes::Value, &why, Due::Done).await.map(Err);
        }
        if link.is_held() {
            return Ok(Ok((link.clone(), rest)));
        }
        self.hold(link, Removes::Value, &why, Due::At(self.now())).await?;
        Ok(Err(Next::Again))
    }

    /// Nothing is sent until a person decided. It is told once.
    async fn hold(&self, link: &Link, removes: Removes, why: &str, due: Due) -> StoreResult<Next> {
        let what = match removes {
            Removes::Value => "change",
            _ => "removal",
        };
        let reason = format!("the {what} is held: {why}");
        let told = Told::failure(Action::Hold, reason, Vec::new());
        let outcome = (!link.is_held()).then(|| self.outcome(link, told));
        let now = self.now();
        let settled = self
            .settle(link, link.work.generation, due, None, outcome, |link| {
                if !link.is_held() {
                    link.removal = Some(Removal::Held(now));
                }
                link.work.attempts = 0;
                link.work.problem = None;
            })
            .await?;
        Ok(settled.next())
    }
}
