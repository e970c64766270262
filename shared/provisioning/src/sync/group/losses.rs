//! Before members who keep their accounts are taken out: the fuse is asked, and whom it holds waits for a person.

use std::time::Duration;

use super::super::members::PAGE;
use super::super::settlement::{Due, Settled};
use super::super::task::{Next, Task, Told};
use crate::activity::Action;
use crate::clock::after;
use crate::directory::Group;
use crate::directory::job::is_weighed_still;
use crate::fuse::{Fuse, Loss, MemberPermits, Removes};
use crate::ids::{GroupId, UserId};
use crate::link::{Link, MemberRemoval, RemovalKind};
use crate::plan::MemberFacts;
use crate::ports::{Pushed, StoreResult};

/// When it is asked again whether a deletion is weighed.
const WEIGHED_FOR: Duration = Duration::from_secs(5);

/// The facts about members once the fuse was asked.
pub(super) struct Asked {
    /// The link as it is now.
    pub link: Link,
    /// The facts: whoever waits stays.
    pub facts: Vec<MemberFacts>,
    /// Some of them wait.
    pub holds: bool,
}

impl Task<'_> {
    /// A permit for a whole group, which is counted with the members who keep their accounts. While it is still counted who goes
    /// with a group that is deleted, it waits.
    pub(super) async fn group_permitted(
        &self,
        group: &GroupId,
        found: Option<&Group>,
        link: &Link,
    ) -> StoreResult<Result<Link, Next>> {
        let deleting = found.is_some_and(|found| found.deleting);
        if deleting && is_weighed_still(self.tables().directory_jobs.as_ref(), group).await? {
            let (seen, later) = (link.work.generation, after(self.now(), WEIGHED_FOR));
            return Ok(Err(self.settle(link, seen, Due::At(later), None, None, |_| {}).await?.next()));
        }
        let kind = self.configured().group_removal_kind(link);
        let members = match link.may_lose(kind, self.now()) {
            true => 0,
            false => self.members_with_accounts(group).await?,
        };
        self.permitted(link, kind, Removes::Group { members }).await
    }

    /// How many of the members that we pushed have an account in use that was not let go itself.
    async fn members_with_accounts(&self, group: &GroupId) -> StoreResult<u64> {
        let mut count = 0;
        let mut after: Option<UserId> = None;
        loop {
            let memberships = &self.tables().memberships;
            let page = memberships.pushed_page(&self.key.application, group, after.as_ref(), PAGE).await?;
            let users: Vec<_> = page
                .iter()
                .filter(|member| member.target_generation == self.generation())
                .map(|member| member.user.clone())
                .collect();
            let links = self.tables().links.links_among(&self.key.application, &users).await?;
            for link in links.values() {
                let goes = link.may_lose(RemovalKind::Removal, self.now());
                let stays = link.usable_remote(self.generation()).is_some() && !goes;
                count += u64::from(stays);
            }
            after = page.last().filter(|_| page.len() == PAGE).map(|last| last.user.clone());
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// Asks for all of these who would lose their membership and keep their account. Who is a member again is free of what was
    /// said before.
    pub(super) async fn ask_for_members(
        &self,
        group: &GroupId,
        link: &Link,
        mut facts: Vec<MemberFacts>,
    ) -> StoreResult<Result<Asked, Next>> {
        self.forget_what_was_said(group, &facts).await?;
        let now = self.now();
        let mut asked = Vec::new();
        for facts in facts.iter_mut() {
            let (Some(loss), Some(pushed)) = (facts.loss, &facts.pushed) else { continue };
            match pushed.removal {
                Some(removal) if removal.is_permitted(now) => {}
                Some(MemberRemoval::Kept) => facts.stays = true,
                _ => asked.push((pushed.clone(), loss)),
            }
        }
        let link = link.clone();
        if asked.is_empty() {
            return Ok(Ok(Asked { link, facts, holds: false }));
        }
        let fuse = Fuse {
            tables: self.tables(),
            application: &self.key.application,
            limits: self.configured().application.policy.fuse,
        };
        let (granted, why) = match fuse.ask_members(group, &asked, now).await? {
            MemberPermits::Answered { granted, held } => (granted, held),
            MemberPermits::Changed => return Ok(Err(Next::Again)),
        };
        let Some(why) = why else { return Ok(Ok(Asked { link, facts, holds: false })) };
        let waiting: Vec<_> =
            asked.into_iter().filter(|(member, _)| !granted.contains(&member.user)).collect();
        for facts in facts.iter_mut() {
            facts.stays |= waiting.iter().any(|(member, _)| member.user == facts.user);
        }
        let Some(link) = self.hold_members(group, link, &waiting, &why).await? else {
            return Ok(Err(Next::Again));
        };
        Ok(Ok(Asked { link, facts, holds: true }))
    }

    async fn forget_what_was_said(&self, group: &GroupId, facts: &[MemberFacts]) -> StoreResult<()> {
        let mut stamps = Vec::new();
        for facts in facts.iter().filter(|facts| facts.belongs && facts.remote_id.is_some()) {
            if let Some(member) = facts.pushed.as_ref().filter(|member| member.removal.is_some()) {
                stamps.push((member.clone(), Pushed { removal: None, ..member.clone() }));
            }
        }
        self.tables().memberships.restamp(&self.key.application, group, &stamps).await.map(|_| ())
    }

    /// Tells it once, and notes that the group holds members before they are stamped: so they are found. `None`: the link or one of
    /// the members is not as it was read; a person may have let him go meanwhile.
    async fn hold_members(
        &self,
        group: &GroupId,
        link: Link,
        waiting: &[(Pushed, Loss)],
        why: &str,
    ) -> StoreResult<Option<Link>> {
        let held = |member: &Pushed| member.removal.is_some_and(MemberRemoval::is_held);
        let new: Vec<_> = waiting.iter().map(|(member, _)| member).filter(|member| !held(member)).collect();
        if new.is_empty() && link.holds_members {
            return Ok(Some(link));
        }
        let users: Vec<_> = new.iter().map(|member| member.user.clone()).collect();
        let names = self.names(&users).await?.join(", ");
        let many = new.len();
        let reason = format!("the removal of {many} members ({names}) is held: {why}");
        let told = (many > 0).then(|| self.outcome(&link, Told::failure(Action::Hold, reason, Vec::new())));
        let seen = link.work.generation;
        let settled =
            self.settle(&link, seen, Due::Goes, None, told, |link| link.holds_members = true).await?;
        // Nobody is stamped of whom it could not be told.
        let (Settled::Done(link) | Settled::Marked(link)) = settled else { return Ok(None) };
        let now = self.now();
        let stamps: Vec<_> = new
            .into_iter()
            .map(|member| {
                (member.clone(), Pushed { removal: Some(MemberRemoval::Held(now)), ..member.clone() })
            })
            .collect();
        let as_read = self.tables().memberships.restamp(&self.key.application, group, &stamps).await?;
        Ok(as_read.then_some(*link))
    }

    /// Whether the group holds members still, once a round is done.
    pub(super) async fn holds_members_still(&self, group: &GroupId, link: &Link) -> StoreResult<bool> {
        if !link.holds_members {
            return Ok(false);
        }
        let mut after: Option<UserId> = None;
        loop {
            let memberships = &self.tables().memberships;
            let page = memberships.pushed_page(&self.key.application, group, after.as_ref(), PAGE).await?;
            let here = page.iter().filter(|member| member.target_generation == self.generation());
            if here.filter_map(|member| member.removal).any(MemberRemoval::is_held) {
                return Ok(true);
            }
            after = page.last().filter(|_| page.len() == PAGE).map(|last| last.user.clone());
            if after.is_none() {
                return Ok(false);
            }
        }
    }
}
