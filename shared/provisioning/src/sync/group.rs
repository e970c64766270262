//! Synchronising one group and its memberships at one application.

mod adopt;
mod create;
mod gone;
mod halves;
mod leave;
mod losses;
mod rounds;
mod shown;
mod stay;

pub(crate) use adopt::shown_members;

use super::settlement::Due;
use super::task::{Current, Next, ROUNDS, Task};
use crate::desired::Desired;
use crate::drift::Subject;
use crate::ids::GroupId;
use crate::link::{Link, State};
use crate::plan::{GroupPlan, kept_name, plan_group};
use crate::ports::StoreResult;

impl Task<'_> {
    /// Brings the group into step, re-planning as long as marks come in meanwhile.
    pub(super) async fn group(&mut self, group: &GroupId) -> StoreResult<()> {
        for _ in 0..ROUNDS {
            let Some(link) = self.next_link().await? else { return Ok(()) };
            let found = self.tables().directory.group(group).await?;
            let desired = Desired::of_group(found.as_ref(), &self.configured().selection);
            let Some(link) = self.kept_no_more(link, desired).await? else { continue };
            if link.observed.lacking {
                match self.look_for(&link, Subject::Group(found.as_ref())).await? {
                    Next::Again => continue,
                    Next::Stop => return Ok(()),
                }
            }
            let plan = match self.has_groups() {
                true => plan_group(self.configured(), found.as_ref(), &link),
                false => GroupPlan::Nothing,
            };
            if plan.lets_go() {
                match self.before_removal().await? {
                    Current::Yes => {}
                    Current::Reopened => continue,
                    Current::Closed => return Ok(()),
                }
            }
            let next = match plan {
                GroupPlan::Nothing if self.is_missing_in_vain(&link, desired) => {
                    self.is_over_or_back(&link).await?
                }
                GroupPlan::Nothing => self.no_group(group, &link).await?,
                GroupPlan::Match { attributes } => {
                    let source_id = found.as_ref().and_then(|group| group.source_id.clone());
                    self.match_or_create_group(group, source_id.as_ref(), &link, &attributes).await?
                }
                GroupPlan::Keep { changes } => {
                    let kept_name = kept_name(self.configured(), found.as_ref(), &link);
                    self.keep(group, &link, &changes, kept_name.as_ref()).await?
                }
                GroupPlan::Resolve => self.resolve_group(group, &link).await?,
                GroupPlan::Empty => match self.group_permitted(group, found.as_ref(), &link).await? {
                    Ok(link) => self.empty(group, &link).await?,
                    Err(next) => next,
                },
                GroupPlan::Delete => match self.group_permitted(group, found.as_ref(), &link).await? {
                    Ok(link) => self.delete_group(group, &link).await?,
                    Err(next) => next,
                },
                GroupPlan::Release => self.release_group(group, &link).await?,
            };
            if next == Next::Stop {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) fn has_groups(&self) -> bool {
        let connection = self.configured().application.connection.as_ref();
        connection.is_some_and(|connection| connection.capabilities.groups)
    }

    /// It is not kept at the target: what was to be looked at is done with.
    async fn no_group(&self, group: &GroupId, link: &Link) -> StoreResult<Next> {
        let rows = self.tables().memberships.todo(&self.key.application, group, super::members::PAGE).await?;
        let more = rows.len() == super::members::PAGE;
        let due = if more { Due::At(self.now()) } else { Due::Done };
        let here = link.target_generation == self.generation();
        let settled = self
            .settle(link, link.work.generation, due, None, None, |link| {
                link.leave_behind(self.generation());
                // At another target, that is: nobody wants it here.
                if !here && link.state == State::Missing {
                    link.state = State::Tombstone;
                    link.work.problem = None;
                }
                link.compare = false;
                link.work.attempts = 0;
                if link.state == State::Conflict {
                    link.state = State::New;
                    link.work.problem = None;
                }
            })
            .await?;
        if settled.is_written() {
            self.tables().memberships.finish_todo(&self.key.application, group, &rows).await?;
        }
        Ok(if more { Next::Again } else { settled.next() })
    }
}
