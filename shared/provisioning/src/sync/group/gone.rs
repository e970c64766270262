//! A member to be taken out whose account somebody deleted. Some targets refuse a removal that names nobody: he is in no group any
//! more, so there is nothing left to ask for.

use super::super::settlement::{Due, Settled};
use super::super::task::{Task, Told};
use crate::activity::Action;
use crate::ids::GroupId;
use crate::link::Link;
use crate::plan::MemberPlan;
use crate::ports::StoreResult;
use crate::target::{Kind, RequestNote, TargetError};

impl Task<'_> {
    /// Whether a refused request was to take out one member, and the target has no account of him.
    pub(super) async fn takes_out_nobody(&self, chunk: &MemberPlan, requests: &mut Vec<RequestNote>) -> bool {
        let mut removed = chunk.remove.values();
        let (Some(remote_id), None, true) = (removed.next(), removed.next(), chunk.add.is_empty()) else {
            return false;
        };
        let read = self.target().get(Kind::User, remote_id).await;
        requests.extend(read.requests);
        if !matches!(read.result, Err(TargetError::NotFound(_))) {
            return false;
        }
        // A target that answers 404 to everything says nothing about him.
        let control = self.target().control().await;
        requests.extend(control.requests);
        control.result.is_ok()
    }

    /// Settles that he is in no group. The link as it is then; `None` where it is somebody else's by now.
    pub(super) async fn was_no_member(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        gone: &MemberPlan,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Option<Link>> {
        let users: Vec<_> = gone.remove.keys().cloned().collect();
        self.tables().memberships.forget_pushed(&self.key.application, group, &users).await?;
        let reason =
            "whoever was to be taken out is not at the target any more, so he is in none of its groups";
        let told = Told::success(Action::Update, reason, requests);
        let outcome = self.outcome_with_members(link, told, gone).await?;
        let settled = self
            .settle(link, seen, Due::Goes, None, Some(outcome), |link| {
                for user in &users {
                    link.members_in_doubt.remove(user);
                    link.observed.members.gone.remove(user);
                    link.observed.members.added.remove(user);
                }
            })
            .await?;
        Ok(match settled {
            Settled::Done(link) | Settled::Marked(link) => Some(*link),
            Settled::Lost | Settled::Owned(_) => None,
        })
    }
}
