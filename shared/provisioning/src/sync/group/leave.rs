//! Letting a group go: emptied, deleted, or left as it is.

use super::super::members::PAGE;
use super::super::settlement::Due;
use super::super::task::{Next, Task, Told};
use super::halves::Round;
use super::rounds::Sent;
use crate::activity::Action;
use crate::drift::Observed;
use crate::ids::{GroupId, RemoteId};
use crate::link::{Link, State};
use crate::plan::{MemberPlan, chunks, display_name};
use crate::ports::{Ownership, Pushed, StoreResult};
use crate::target::{Kind, TargetError, Write};

/// How a group ends.
struct End {
    state: State,
    ownership: Option<Ownership>,
    due: Due,
}

impl End {
    /// It stays at the target and is kept no more.
    const RELEASED: Self = Self { state: State::Released, ownership: None, due: Due::Done };

    /// It is not there any more.
    fn gone(remote_id: RemoteId, due: Due) -> Self {
        Self { state: State::Tombstone, ownership: Some(Ownership::Give(remote_id)), due }
    }
}

impl Task<'_> {
    /// Takes out the members we pushed, and nothing else, then lets the group go.
    pub(super) async fn empty(&self, group: &GroupId, link: &Link) -> StoreResult<Next> {
        let seen = link.work.generation;
        let mut link = link.clone();
        loop {
            let pushed = self.pushed(group).await?;
            if pushed.is_empty() {
                let reason = "the group is no longer provisioned; the members Rollcall added are out";
                let told = Told::success(Action::Release, reason, Vec::new());
                return self.let_go(group, &link, seen, End::RELEASED, told).await;
            }
            let generation = self.generation();
            let (ours, elsewhere): (Vec<_>, Vec<_>) =
                pushed.into_iter().partition(|member| member.target_generation == generation);
            // What was pushed at another target says nothing about this one.
            let elsewhere: Vec<_> = elsewhere.into_iter().map(|member| member.user).collect();
            self.tables().memberships.forget_pushed(&self.key.application, group, &elsewhere).await?;
            let remove = ours.into_iter().map(|member| (member.user, member.remote_id)).collect();
            let plan = MemberPlan { remove, ..MemberPlan::default() };
            let mut round = Round::of(&link, Vec::new(), Vec::new(), self.now());
            for chunk in chunks(&plan, self.request_limit()) {
                match self.send_in_halves(group, &link, seen, &mut round, chunk).await? {
                    Sent::Well(settled) => link = *settled,
                    other => return self.ended(other, seen, &[]).await,
                }
            }
            match self.park(group, &link, seen, round).await? {
                Sent::Well(settled) => link = *settled,
                other => return self.ended(other, seen, &[]).await,
            }
        }
    }

    async fn pushed(&self, group: &GroupId) -> StoreResult<Vec<Pushed>> {
        self.tables().memberships.pushed_page(&self.key.application, group, None, PAGE).await
    }

    /// Deletes a group that we made.
    pub(super) async fn delete_group(&self, group: &GroupId, link: &Link) -> StoreResult<Next> {
        let seen = link.work.generation;
        let Some(remote_id) = link.remote_id.clone() else { return Ok(Next::Stop) };
        // Whether it is still there is not known from now on, so its name is sent again if it is wanted again.
        let doubt = |link: &mut Link| {
            link.doubt.insert(display_name());
            link.deletion_in_doubt = true;
        };
        let Ok(claimed) = self.intend(link, None, doubt).await? else { return Ok(Next::Again) };
        let write = Write::Delete { kind: Kind::Group, remote_id: remote_id.clone() };
        let answer = self.target().write(&write).await;
        let mut requests = answer.requests;
        let result = match answer.result {
            Err(TargetError::NotFound(detail)) => self.is_gone(&claimed, &detail, &mut requests).await,
            // The one before this may have been done.
            Err(error @ TargetError::Failed(_)) if link.deletion_in_doubt => {
                self.is_gone(&claimed, &error.to_string(), &mut requests).await.map_err(|_| error)
            }
            // The target deletes no groups: nobody stays in this one through us.
            Err(TargetError::Unsupported(_)) => return Box::pin(self.empty(group, &claimed)).await,
            result => result.map(drop),
        };
        if let Err(error) = result {
            let error = self.judge(error, &mut requests).await;
            return self.fail(&claimed, seen, &error, Told::failure(Action::Delete, "", requests)).await;
        }
        let told = Told::success(Action::Delete, "the group is no longer provisioned", requests);
        self.let_go(group, &claimed, seen, End::gone(remote_id, Due::Done), told).await
    }

    /// The group is not there any more.
    pub(in crate::sync) async fn group_gone(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        due: Due,
        told: Told,
    ) -> StoreResult<Next> {
        let Some(remote_id) = link.remote_id.clone() else { return Ok(Next::Stop) };
        self.let_go(group, link, seen, End::gone(remote_id, due), told).await
    }

    /// Leaves the group and its members as they are.
    pub(super) async fn release_group(&self, group: &GroupId, link: &Link) -> StoreResult<Next> {
        let reason = "the group is no longer kept; it stays at the target as it is";
        let told = Told::success(Action::Release, reason, Vec::new());
        self.let_go(group, link, link.work.generation, End::RELEASED, told).await
    }

    /// Forgets what was to be looked at, and for a deleted group what was pushed, then settles.
    async fn let_go(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        end: End,
        told: Told,
    ) -> StoreResult<Next> {
        let End { state, ownership, due } = end;
        let memberships = &self.tables().memberships;
        let application = &self.key.application;
        loop {
            let rows = memberships.todo(application, group, PAGE).await?;
            memberships.finish_todo(application, group, &rows).await?;
            if rows.len() < PAGE {
                break;
            }
        }
        if state == State::Tombstone {
            self.forget_all_pushed(group).await?;
        }
        let outcome = self.outcome(link, told);
        let settled = self
            .settle(link, seen, due, ownership.as_ref(), Some(outcome), |link| {
                link.state = state;
                link.observed = Observed::found(self.now());
                link.compare = false;
                link.doubt.clear();
                link.removal = None;
                link.holds_members = false;
                link.parked.clear();
                // Of a group that stays, who was recorded and may not have been added is still in doubt, and so is whether an
                // earlier deletion was done.
                if state == State::Tombstone {
                    link.members_in_doubt.clear();
                    link.deletion_in_doubt = false;
                }
                link.work.attempts = 0;
                link.work.problem = None;
            })
            .await?;
        Ok(settled.next())
    }

    /// The group is gone, and its memberships with it.
    pub(super) async fn forget_all_pushed(&self, group: &GroupId) -> StoreResult<()> {
        loop {
            let users: Vec<_> = self.pushed(group).await?.into_iter().map(|member| member.user).collect();
            if users.is_empty() {
                return Ok(());
            }
            self.tables().memberships.forget_pushed(&self.key.application, group, &users).await?;
        }
    }
}
