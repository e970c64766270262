//! Keeping a linked group: its name and members, in as few requests as the target takes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::members::PAGE;
use super::super::settlement::{Due, Settled};
use super::super::task::{Next, Task, Told};
use super::halves::Round;
use super::shown::ShownMembers;
use crate::activity::{Action, Outcome};
use crate::clock::after;
use crate::ids::{GroupId, RemoteId, UserId};
use crate::link::{Link, State};
use crate::plan::{MemberPlan, chunks, plan_members};
use crate::ports::{Pushed, StoreResult, Todo};
use crate::target::{Change, Kind, RequestLimit, RequestNote, TargetError, Write};

/// How soon a group looks again for members whose accounts are about to be turned off. Their links ring it when they are.
const LEAVERS_FIRST: std::time::Duration = std::time::Duration::from_secs(3);

/// What a task of a group looked at.
struct LookedAt<'a> {
    /// The rows that named members and are not finished yet.
    rows: &'a [Todo],
    /// A full page of rows may not have been all of them.
    full: bool,
    /// Members whose turn has not come.
    deferred: &'a BTreeSet<UserId>,
    /// Members who are left out no more.
    unparked: &'a BTreeSet<UserId>,
    /// Members are held still.
    holds: bool,
    /// What the group shows, where it was compared.
    shown: Option<&'a ShownMembers>,
    /// A rename that the target cannot do.
    kept_name: Option<&'a Change>,
}

/// What came of one request of a round. Who ends with [`Next::Stop`] has settled it.
pub(super) enum Sent {
    /// Settled; the link as it is now.
    Well(Box<Link>),
    /// The target refuses what was sent. The claim stands, with the doubts.
    Refused { claimed: Box<Link>, error: TargetError, requests: Vec<RequestNote> },
    /// Not, and what to do next.
    Ended(Next),
}

impl Task<'_> {
    /// Sends the changes of the group itself and of its members: all of them after a sweep's mark, else those of
    /// its todo rows. What was sent before and not accepted goes last and by itself, so that a rename the target
    /// refuses keeps nobody in the group or out of it. `kept_name` is a rename that the target cannot do: it is told.
    pub(super) async fn keep(
        &self,
        group: &GroupId,
        link: &Link,
        changes: &[Change],
        kept_name: Option<&Change>,
    ) -> StoreResult<Next> {
        let seen = link.work.generation;
        let application = &self.key.application;
        let rows = self.tables().memberships.todo(application, group, PAGE).await?;
        let mut link = link.clone();
        let (last, changes): (Vec<_>, Vec<_>) =
            changes.iter().cloned().partition(|change| link.doubt.contains(&change.attribute));
        let mut round = Round::of(&link, changes, last, self.now());
        let named: BTreeSet<_> = rows.iter().map(|row| row.user.clone()).collect();
        let mut unparked = BTreeSet::new();
        let mut deferred = BTreeSet::new();
        let mut holds = false;
        let compare = link.compare;
        // Whoever a row or an earlier request names, a member or not; after a sweep's mark everybody, page by page.
        let mut users = rows_and_doubts(&rows, &link);
        users.extend(link.parked_until(self.now()));
        let mut behind = None;
        let mut shown = self.members_shown(&link).await?;
        let mut walked = !compare;
        loop {
            if !walked {
                let (page, next) = self.everybody(group, behind.as_ref()).await?;
                users.extend(page);
                walked = next.is_none();
                behind = next;
            }
            let left_out = |user: &UserId| link.is_parked(user, self.now()) && !named.contains(user);
            let looked_at: Vec<_> =
                std::mem::take(&mut users).into_iter().filter(|user| !left_out(user)).collect();
            let facts = self.facts(group, &link, &looked_at).await?;
            if let Some(shown) = &mut shown {
                shown.compare(&facts);
            }
            let facts = match self.ask_for_members(group, &link, facts).await? {
                Ok(asked) => {
                    link = asked.link;
                    holds |= asked.holds;
                    asked.facts
                }
                Err(next) => return Ok(next),
            };
            let plan = plan_members(&facts);
            deferred.extend(plan.deferred.iter().cloned());
            unparked.extend(looked_at.into_iter().filter(|user| !plan.add.contains_key(user)));
            let mut requests = chunks(&plan, self.request_limit());
            if requests.is_empty() && !round.changes.is_empty() {
                requests.push(MemberPlan::default());
            }
            for chunk in requests {
                match self.send_in_halves(group, &link, seen, &mut round, chunk).await? {
                    Sent::Well(settled) => link = *settled,
                    other => return self.ended(other, seen, &[]).await,
                }
            }
            if !walked {
                continue;
            }
            // Whoever else is in the group comes last, if he is one of ours.
            if let Some(shown) = &mut shown {
                users = self.unexplained(shown).await?;
            }
            if users.is_empty() {
                break;
            }
        }
        self.note_deferred(group, &rows, &deferred).await?;
        // A full page of rows may not have been all of them.
        let full = rows.len() == PAGE;
        // Whoever sent something has claimed the group since he read it, so nobody else worked on it meanwhile.
        let mut rows = rows;
        if self.claims(&link) {
            self.work_off(group, &std::mem::take(&mut rows), &deferred).await?;
        }
        let last = std::mem::take(&mut round.last);
        match self.park(group, &link, seen, round).await? {
            Sent::Well(parked) => link = *parked,
            other => return self.ended(other, seen, &[]).await,
        }
        if !full && !last.is_empty() {
            match self.send_chunk(group, &link, seen, &last, &MemberPlan::default()).await? {
                Sent::Well(settled) => link = *settled,
                other => {
                    if matches!(other, Sent::Ended(Next::Stop)) {
                        // It was settled, so the link was as it was read.
                        self.work_off(group, &rows, &deferred).await?;
                    }
                    return self.ended(other, seen, &last).await;
                }
            }
        }
        let holds = holds || self.holds_members_still(group, &link).await?;
        if let Some(shown) = &mut shown {
            self.count_members_out(shown).await?;
        }
        let looked_at = LookedAt {
            rows: &rows,
            full,
            deferred: &deferred,
            unparked: &unparked,
            holds,
            shown: shown.as_ref(),
            kept_name,
        };
        self.finish(group, &link, seen, &looked_at).await
    }

    /// What comes next where a request was not settled well.
    pub(super) async fn ended(&self, sent: Sent, seen: u64, changes: &[Change]) -> StoreResult<Next> {
        match sent {
            Sent::Well(_) => Ok(Next::Again),
            Sent::Ended(next) => Ok(next),
            Sent::Refused { claimed, error, requests } => {
                let told = Told::failure(Action::Update, "", requests).with_changes(changes);
                self.fail(&claimed, seen, &error, told).await
            }
        }
    }

    pub(super) fn request_limit(&self) -> RequestLimit {
        let connection = self.configured().application.connection.as_ref();
        let limit = connection.map(|connection| connection.capabilities.request_limit());
        limit.unwrap_or(RequestLimit { members: 1, bytes: 1 })
    }

    /// Members whose turn has not come are named by a row.
    async fn note_deferred(
        &self,
        group: &GroupId,
        rows: &[Todo],
        deferred: &BTreeSet<UserId>,
    ) -> StoreResult<()> {
        let unrecorded: Vec<_> =
            deferred.iter().filter(|user| !rows.iter().any(|row| row.user == **user)).cloned().collect();
        self.tables().memberships.put_todo(&self.key.application, group, &unrecorded).await
    }

    /// The rows worked off go; those of members whose turn has not come stay. Only once it is certain that nobody else worked on the
    /// group since it was read: what another put in by what he had read before needs its row still.
    async fn work_off(&self, group: &GroupId, rows: &[Todo], deferred: &BTreeSet<UserId>) -> StoreResult<()> {
        let done: Vec<_> = rows.iter().filter(|row| !deferred.contains(&row.user)).cloned().collect();
        self.tables().memberships.finish_todo(&self.key.application, group, &done).await
    }

    /// A rename that the target cannot do is told, once for each name. The link as it is then, or what to do next.
    async fn tell_kept_name(
        &self,
        link: &Link,
        seen: u64,
        kept_name: Option<&Change>,
    ) -> StoreResult<Result<Link, Next>> {
        let unsent: BTreeMap<_, _> =
            kept_name.map(|change| (change.attribute.clone(), change.new.clone())).into_iter().collect();
        if link.rejected == unsent {
            return Ok(Ok(link.clone()));
        }
        let outcome = kept_name.map(|change| {
            let reason = "the target cannot rename a group, so it keeps its name there; rename it at the target, or set \
                 group_rename to rename where it can";
            let told = Told::failure(Action::Hold, reason, Vec::new());
            self.outcome(link, told.with_changes(std::slice::from_ref(change)))
        });
        let settled = self
            .settle(link, seen, Due::Goes, None, outcome, |link| link.rejected.clone_from(&unsent))
            .await?;
        Ok(match settled {
            Settled::Done(link) | Settled::Marked(link) => Ok(*link),
            other => Err(other.next()),
        })
    }

    /// The mark goes, unless there is more to look at, and then the rows do.
    async fn finish(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        looked_at: &LookedAt<'_>,
    ) -> StoreResult<Next> {
        let LookedAt { rows, full, deferred, unparked, holds, shown, kept_name } = *looked_at;
        let link = match self.tell_kept_name(link, seen, kept_name).await? {
            Ok(told) => told,
            Err(next) => return Ok(next),
        };
        let link = &link;
        let mut after_it = link.clone();
        after_it.parked.retain(|user, _| !unparked.contains(user));
        let doubts = shown.and_then(ShownMembers::doubts);
        let goes_on = full || doubts.is_some();
        let due = match (goes_on, deferred.is_empty()) {
            (true, _) => Due::At(self.now()),
            (false, false) => Due::At(after(self.now(), LEAVERS_FIRST)),
            (false, true) => after_it.next_parked().map_or(Due::Done, Due::At),
        };
        let outcome = self.told_of_members(link, shown).await?;
        let settled = self
            .settle(link, seen, due, None, outcome, |link| {
                link.state = State::Linked;
                if let Some(shown) = shown {
                    link.observed.members = shown.noted(&link.observed.members);
                    link.members_in_doubt.extend(
                        doubts
                            .into_iter()
                            .flatten()
                            .map(|(user, remote_id)| (user.clone(), remote_id.clone())),
                    );
                }
                link.compare = link.compare && full;
                link.holds_members = holds;
                link.parked.retain(|user, _| !unparked.contains(user));
                // What is tried again tomorrow is no longer the sweep's, which waits for what is.
                link.work.by_sweep &= goes_on || !deferred.is_empty();
                link.removal = None;
                link.work.attempts = 0;
                link.work.problem = None;
            })
            .await?;
        if settled.is_written() {
            self.work_off(group, rows, deferred).await?;
        }
        Ok(if goes_on { Next::Again } else { settled.next() })
    }

    /// One request: intent with the doubts, the records of those added, the request, the records of those removed, the settlement.
    pub(super) async fn send_chunk(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        changes: &[Change],
        chunk: &MemberPlan,
    ) -> StoreResult<Sent> {
        let Some(remote_id) = link.remote_id.clone() else { return Ok(Sent::Ended(Next::Stop)) };
        let stay = match self.takes_whole_lists(chunk) {
            true => Some(self.who_stays(group, link, chunk).await?),
            false => None,
        };
        let write = |stay| Write::Update {
            kind: Kind::Group,
            remote_id: remote_id.clone(),
            changes: changes.to_vec(),
            add: chunk.add.values().cloned().collect(),
            remove: chunk.remove.values().cloned().collect(),
            stay,
        };
        let doubt = |link: &mut Link| {
            // From now on it is kept again: a group that was let go has what may be in it now taken out when it is let go next.
            link.state = State::Linked;
            link.doubt.extend(changes.iter().map(|change| change.attribute.clone()));
            let named = chunk.add.iter().chain(&chunk.remove);
            link.members_in_doubt.extend(named.map(|(user, remote_id)| (user.clone(), remote_id.clone())));
        };
        let Ok(claimed) = self.intend(link, None, doubt).await? else { return Ok(Sent::Ended(Next::Again)) };
        self.record(group, chunk).await?;
        let mut answer = self.target().write(&write(stay)).await;
        let mut requests = answer.requests;
        if matches!(answer.result, Err(TargetError::WholeList)) {
            let stay = Some(self.who_stays(group, link, chunk).await?);
            answer = self.target().write(&write(stay)).await;
            requests.append(&mut answer.requests);
        }
        if let Err(error) = answer.result {
            let error = self.judge(error, &mut requests).await;
            let told = |requests| Told::failure(Action::Update, "", requests).with_changes(changes);
            let names_members = !chunk.add.is_empty() || !chunk.remove.is_empty();
            return match error {
                error @ (TargetError::Rejected(_) | TargetError::Conflict(_) | TargetError::Failed(_))
                    if names_members =>
                {
                    Ok(Sent::Refused { claimed: Box::new(claimed), error, requests })
                }
                TargetError::NotFound(detail) if names_members => {
                    match self.is_gone(&claimed, &detail, &mut requests).await {
                        Err(TargetError::Rejected(_)) => {
                            let error = TargetError::NotFound(detail);
                            Ok(Sent::Refused { claimed: Box::new(claimed), error, requests })
                        }
                        _ => self
                            .group_missing(group, &claimed, seen, &detail, told(requests))
                            .await
                            .map(Sent::Ended),
                    }
                }
                TargetError::NotFound(detail) => {
                    self.group_missing(group, &claimed, seen, &detail, told(requests)).await.map(Sent::Ended)
                }
                error => self.fail(&claimed, seen, &error, told(requests)).await.map(Sent::Ended),
            };
        }
        let removed: Vec<_> = chunk.remove.keys().cloned().collect();
        self.tables().memberships.forget_pushed(&self.key.application, group, &removed).await?;
        let told =
            Told::success(Action::Update, "its name or members differ from what was last sent", requests);
        let outcome = self.outcome_with_members(&claimed, told.with_changes(changes), chunk).await?;
        let settled = self
            .settle(&claimed, seen, Due::Goes, None, Some(outcome), |link| {
                link.state = State::Linked;
                // A group that gets on does not fail, however many tasks it takes.
                link.work.attempts = 0;
                link.work.problem = None;
                let paths = changes.iter().map(|change| &change.attribute);
                let listed_at = self.configured().condition.listed_at;
                link.observed.accept(paths, &link.sent, listed_at, self.now());
                for change in changes {
                    if let Some(value) = &change.new {
                        link.sent.insert(change.attribute.clone(), value.clone());
                    }
                    link.doubt.remove(&change.attribute);
                }
                link.deletion_in_doubt = false;
                for user in chunk.add.keys().chain(chunk.remove.keys()) {
                    link.members_in_doubt.remove(user);
                    link.observed.members.gone.remove(user);
                    link.observed.members.added.remove(user);
                    link.parked.remove(user);
                }
            })
            .await?;
        Ok(match settled {
            Settled::Done(link) | Settled::Marked(link) => Sent::Well(link),
            Settled::Lost | Settled::Owned(_) => Sent::Ended(Next::Again),
        })
    }

    /// Records those to be added before the request that adds them.
    pub(super) async fn record(&self, group: &GroupId, chunk: &MemberPlan) -> StoreResult<()> {
        self.record_since(group, chunk, Some(self.now())).await
    }

    /// The same, of members who are there since then, or were before us.
    pub(super) async fn record_since(
        &self,
        group: &GroupId,
        chunk: &MemberPlan,
        since: Option<Timestamp>,
    ) -> StoreResult<()> {
        let target_generation = self.generation();
        let pushed = |(user, remote_id): (&UserId, &RemoteId)| Pushed {
            user: user.clone(),
            remote_id: remote_id.clone(),
            target_generation,
            since,
            removal: None,
        };
        let members: Vec<_> = chunk.add.iter().map(pushed).collect();
        self.tables().memberships.record_pushed(&self.key.application, group, &members).await
    }

    pub(super) async fn outcome_with_members(
        &self,
        link: &Link,
        told: Told,
        chunk: &MemberPlan,
    ) -> StoreResult<Outcome> {
        let added: Vec<_> = chunk.add.keys().cloned().collect();
        let removed: Vec<_> = chunk.remove.keys().cloned().collect();
        Ok(Outcome {
            added: self.names(&added).await?,
            removed: self.names(&removed).await?,
            added_count: added.len(),
            removed_count: removed.len(),
            ..self.outcome(link, told)
        })
    }
}

/// Whom to look at without a comparison: the rows, and whoever an earlier request left in doubt.
fn rows_and_doubts(rows: &[Todo], link: &Link) -> BTreeSet<UserId> {
    let users = rows.iter().map(|row| row.user.clone()).chain(link.members_in_doubt.keys().cloned());
    users.collect()
}
