//! Requests that the target refuses because of a member: halved until he stands alone, so that the others get in
//! (DESIGN section 8).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::settlement::{Due, Settled};
use super::super::task::{Next, Task, Told};
use super::rounds::Sent;
use crate::activity::Action;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, Parked};
use crate::plan::{MemberPlan, chunks};
use crate::ports::StoreResult;
use crate::target::{Change, RequestLimit, RequestNote, TargetError};

/// Most members that a group leaves out; a target that refuses more refuses the group.
const MOST_PARKED: usize = 50;
/// So many answers in a row that tell of trouble (5xx) are believed to be about that. Some targets answer so to one member.
pub(super) const PASSING: u32 = 3;
/// Longest reason that is kept of each, in bytes.
const LONGEST_REASON: usize = 300;

/// What is sent in one task of a group, and what became of it so far.
pub(super) struct Round {
    /// Changes of the group itself that go with the next members.
    pub changes: Vec<Change>,
    /// Those that go last and by themselves: they were refused, or were sent before and not accepted.
    pub last: Vec<Change>,
    /// Requests that were accepted.
    accepted: usize,
    /// Requests that were refused since the last that was accepted.
    refused: usize,
    /// Members who stand alone and are refused, and why.
    alone: Vec<(UserId, TargetError, Vec<RequestNote>)>,
    /// Members whom an earlier request named, and may have put in.
    doubted: BTreeSet<UserId>,
    /// Why a member could not be taken out.
    stays: Option<(TargetError, Vec<RequestNote>)>,
    /// What is answered as the target's own trouble is taken for a refusal: it has been answered so again and again.
    doubts_trouble: bool,
}

impl Round {
    /// A round for this group as it stands.
    pub(super) fn of(link: &Link, changes: Vec<Change>, last: Vec<Change>, now: Timestamp) -> Self {
        let again = link.parked_until(now);
        let troubled = |user: &UserId| link.parked.get(user).is_some_and(|parked| parked.trouble);
        Self {
            changes,
            last,
            accepted: 0,
            refused: 0,
            alone: Vec::new(),
            doubted: link.members_in_doubt.keys().cloned().collect(),
            stays: None,
            doubts_trouble: link.work.attempts >= PASSING || again.iter().any(troubled),
        }
    }
}

/// What to do about a chunk that was refused.
enum Refusal {
    /// Send these in its place.
    Instead(Vec<MemberPlan>),
    /// It is noted; go on with the others.
    Noted,
    /// The group itself is refused.
    Whole(TargetError, Vec<RequestNote>),
}

impl Task<'_> {
    /// Sends a chunk, in halves where it is refused.
    pub(super) async fn send_in_halves(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        round: &mut Round,
        chunk: MemberPlan,
    ) -> StoreResult<Sent> {
        let mut link = link.clone();
        let mut waiting = vec![chunk];
        while let Some(chunk) = waiting.pop() {
            let changes = std::mem::take(&mut round.changes);
            match self.send_chunk(group, &link, seen, &changes, &chunk).await? {
                Sent::Well(settled) => {
                    link = *settled;
                    round.accepted += 1;
                    round.refused = 0;
                }
                Sent::Ended(next) => return Ok(Sent::Ended(next)),
                Sent::Refused { claimed, error, mut requests } => {
                    link = *claimed;
                    if matches!(error, TargetError::Failed(_)) && !round.doubts_trouble {
                        let told = Told::failure(Action::Update, "", requests).with_changes(&changes);
                        return self.fail(&link, seen, &error, told).await.map(Sent::Ended);
                    }
                    if changes.is_empty() && self.takes_out_nobody(&chunk, &mut requests).await {
                        match self.was_no_member(group, &link, seen, &chunk, requests).await? {
                            Some(settled) => link = settled,
                            None => return Ok(Sent::Ended(Next::Again)),
                        }
                        round.refused = 0;
                        continue;
                    }
                    match round.refused(&changes, chunk, error, requests) {
                        Refusal::Instead(chunks) => waiting.extend(chunks),
                        Refusal::Noted => {}
                        Refusal::Whole(error, requests) => {
                            let told = Told::failure(Action::Update, "", requests).with_changes(&changes);
                            return self.fail(&link, seen, &error, told).await.map(Sent::Ended);
                        }
                    }
                }
            }
        }
        Ok(Sent::Well(Box::new(link)))
    }

    /// Leaves out whom the target refuses while it takes others, and tells it. Where it took nobody, or refuses too many, the
    /// group has failed.
    pub(super) async fn park(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        round: Round,
    ) -> StoreResult<Sent> {
        let mut link = link.clone();
        // Who was left out before, and is tried again, says nothing about the group.
        let fresh = round.alone.iter().filter(|(user, ..)| !link.parked.contains_key(user)).count();
        let too_many = link.parked.len() + fresh > MOST_PARKED;
        let nobody = round.accepted == 0 && fresh > 1;
        for (user, error, requests) in round.alone {
            // Trouble is a member's only where others had none.
            let again = link.parked.contains_key(&user);
            let is_trouble = round.accepted == 0 && !again && matches!(error, TargetError::Failed(_));
            if too_many || nobody || is_trouble {
                let told = Told::failure(Action::Update, "", requests);
                return self.fail(&link, seen, &error, told).await.map(Sent::Ended);
            }
            let who = (&user, round.doubted.contains(&user));
            match self.park_one(group, &link, seen, who, &error, requests).await? {
                Some(parked) => link = parked,
                None => return Ok(Sent::Ended(Next::Again)),
            }
        }
        match round.stays {
            None => Ok(Sent::Well(Box::new(link))),
            Some((error, requests)) => {
                let told = Told::failure(Action::Update, "", requests);
                self.fail(&link, seen, &error, told).await.map(Sent::Ended)
            }
        }
    }

    async fn park_one(
        &self,
        group: &GroupId,
        link: &Link,
        seen: u64,
        (user, may_be_in): (&UserId, bool),
        error: &TargetError,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Option<Link>> {
        let name = self.names(std::slice::from_ref(user)).await?.pop().unwrap_or_else(|| user.to_string());
        let known = link.parked.contains_key(user);
        let said = format!("the target does not take '{name}' as a member: {error}");
        let outcome =
            (!known).then(|| self.outcome(link, Told::failure(Action::Hold, said.clone(), requests)));
        let mut reason = said;
        reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
        let now = self.now();
        // He is not in it: the refusal says so for certain, unless an earlier request may have put him in, before he was refused.
        // Trouble does not say so. Then he is taken out again should he leave.
        let trouble = matches!(error, TargetError::Failed(_));
        let certain = !may_be_in && !trouble;
        if certain {
            let memberships = &self.tables().memberships;
            memberships.forget_pushed(&self.key.application, group, std::slice::from_ref(user)).await?;
        }
        let settled = self
            .settle(link, seen, Due::Goes, None, outcome, |link| {
                if certain {
                    link.members_in_doubt.remove(user);
                }
                link.parked.insert(user.clone(), Parked { reason: reason.clone(), at: now, trouble });
            })
            .await?;
        Ok(match settled {
            Settled::Done(link) | Settled::Marked(link) => Some(*link),
            Settled::Lost | Settled::Owned(_) => None,
        })
    }
}

impl Round {
    fn refused(
        &mut self,
        changes: &[Change],
        chunk: MemberPlan,
        error: TargetError,
        requests: Vec<RequestNote>,
    ) -> Refusal {
        let members = chunk.add.len() + chunk.remove.len();
        self.refused += 1;
        // Of trouble, and of several operations, some may have been done all the same.
        let in_part = !changes.is_empty() || !chunk.remove.is_empty();
        if in_part || matches!(error, TargetError::Failed(_)) {
            self.doubted.extend(chunk.add.keys().cloned());
        }
        // So many in a row are no matter of single members.
        let most = 3 + (members.max(2).ilog2() as usize) + 10;
        if members == 0 || self.refused > most {
            return Refusal::Whole(error, requests);
        }
        if !changes.is_empty() {
            // What went with them may be what is refused.
            self.last.extend(changes.iter().cloned());
            return Refusal::Instead(vec![chunk]);
        }
        if members > 1 {
            let mut halves = chunks(&chunk, RequestLimit { members: members.div_ceil(2), bytes: usize::MAX });
            halves.reverse();
            return Refusal::Instead(halves);
        }
        match chunk.add.into_keys().next() {
            // What a target answers 404 to, whoever is named, is not about him.
            Some(_) if self.accepted == 0 && matches!(error, TargetError::NotFound(_)) => {
                Refusal::Whole(error, requests)
            }
            Some(user) => {
                self.alone.push((user, error, requests));
                Refusal::Noted
            }
            None => {
                self.stays = Some((error, requests));
                Refusal::Noted
            }
        }
    }
}
