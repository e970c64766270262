//! A group without a counterpart: match, adopt or create with its members.

use std::collections::BTreeMap;

use super::super::counterpart::was_there_before;
use super::super::failure::tomorrow;
use super::super::members::PAGE;
use super::super::settlement::{Due, Settled};
use super::super::task::{Next, Task, Told};
use super::halves::PASSING;
use crate::activity::Action;
use crate::desired::Desired;
use crate::drift::Observed;
use crate::ids::{GroupId, SourceId};
use crate::link::{Link, Origin, State};
use crate::matching::{Candidates, MADE_BY_US, Match, Sought, decide};
use crate::plan::{MemberFacts, MemberPlan, chunks, plan_members, refused_group_name};
use crate::ports::{Ownership, StoreResult};
use crate::target::{Change, Found, Kind, RequestNote, TargetError, Write};
use crate::value::{Attributes, Value};

/// What is known while a counterpart is found or made.
struct Wanted<'a> {
    name: &'a str,
    external_id: &'a str,
    attributes: &'a Attributes,
    seen: u64,
    /// A create was open before this attempt.
    open: bool,
    /// Without members: with them it was refused, or answered with trouble more than once.
    bare: bool,
}

impl Task<'_> {
    /// Matches; links what is found and lets the next round compare it, or creates it with as many members as one
    /// request takes and lets the next round add the rest.
    pub(super) async fn match_or_create_group(
        &self,
        group: &GroupId,
        source_id: Option<&SourceId>,
        link: &Link,
        attributes: &Attributes,
    ) -> StoreResult<Next> {
        let given = link.external_id.clone().filter(|_| link.target_generation == self.generation());
        let external_id = given.or(source_id.map(ToString::to_string)).unwrap_or_else(|| group.to_string());
        let name = match attributes.values().next() {
            Some(Value::Text(name)) => name.clone(),
            _ => return Ok(Next::Stop),
        };
        let profile = catalog::profile(&self.configured().application.catalog_key);
        if let Some(reason) = profile.and_then(|profile| refused_group_name(profile, &name)) {
            let told = Told::failure(Action::Hold, reason, Vec::new()).named(&name);
            return self
                .group_conflict(link, told.with_create_open(link.create_is_open(self.generation())))
                .await;
        }
        let mut requests = Vec::new();
        let candidates = match self.candidates(link, &external_id, &name, &mut requests).await? {
            Ok(candidates) => candidates,
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                let told = Told::failure(Action::Create, "", requests).named(&name);
                return self.fail(link, link.work.generation, &error, told).await;
            }
        };
        let seen = link.work.generation;
        let open = link.create_is_open(self.generation());
        let sought = Sought { kind: Kind::Group, external_id: &external_id, name: &name, creating: open };
        match decide(&candidates, &sought, &self.rules()) {
            Match::None => {
                // A target that answers with trouble again and again may do so because of a member.
                let bare = open && link.work.attempts >= PASSING;
                let wanted = Wanted { name: &name, external_id: &external_id, attributes, seen, open, bare };
                self.create_group(group, link, &wanted, requests).await
            }
            Match::Link { found, origin } => {
                self.link_group(group, link, &external_id, &found, origin, requests).await
            }
            Match::Conflict { reason, candidates } => {
                let told = Told::failure(Action::Hold, reason, requests).between(candidates);
                self.group_conflict(link, told.named(&name).with_create_open(open)).await
            }
        }
    }

    /// A person must decide, unless whoever has it gives it up.
    async fn group_conflict(&self, link: &Link, told: Told) -> StoreResult<Next> {
        let again = self.when_to_look_again(link, &told.candidates).await?;
        self.stand(link, link.work.generation, State::Conflict, Some(again), told).await
    }

    async fn create_group(
        &self,
        group: &GroupId,
        link: &Link,
        wanted: &Wanted<'_>,
        mut requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let Wanted { name, external_id, attributes, seen, open, bare } = *wanted;
        let (users, more) = self.everybody(group, None).await?;
        // Nothing is at the target yet, whatever an earlier attempt recorded before it was cut off.
        let facts = self.facts(group, link, &users).await?.into_iter();
        // Who was named at another target bears another id here.
        let here = link.target_generation == self.generation();
        let mut recorded = if here { link.members_in_doubt.clone() } else { BTreeMap::new() };
        recorded.extend(facts.clone().filter_map(|facts| Some((facts.user, facts.pushed?.remote_id))));
        let facts: Vec<_> =
            facts.map(|facts| MemberFacts { pushed: None, in_doubt: None, ..facts }).collect();
        let mut parts = chunks(&plan_members(&facts), self.request_limit()).into_iter();
        let first = parts.next().filter(|_| !bare).unwrap_or_default();
        let complete = more.is_none() && parts.next().is_none() && !bare;
        let asked_at = self.now();
        let intent = self
            .intend(link, None, |link| {
                link.state = State::Creating;
                link.remote_id = None;
                link.origin = None;
                link.deletion_in_doubt = false;
                link.removal = None;
                link.external_id = Some(external_id.to_owned());
                link.asked_name = Some(name.to_owned());
                link.asked_at = Some(asked_at);
                link.sent.clear();
                link.observed = Observed::default();
                link.doubt = attributes.keys().cloned().collect();
                // Should this process die before it forgets whom an earlier attempt recorded, they are looked at again.
                link.members_in_doubt = recorded.clone();
                link.members_in_doubt.extend(first.add.clone());
                link.parked.clear();
                link.holds_members = false;
                link.rejected.clear();
            })
            .await?;
        let Ok(claimed) = intent else { return Ok(Next::Again) };
        if !open {
            // Whoever was pushed was pushed in a group that is no more.
            self.forget_all_pushed(group).await?;
        }
        self.record(group, &first).await?;
        let write = Write::Create {
            kind: Kind::Group,
            external_id: external_id.to_owned(),
            attributes: attributes.clone(),
            members: first.add.values().cloned().collect(),
        };
        let answer = self.target().write(&write).await;
        requests.extend(answer.requests);
        let found = match answer.result {
            // A server that answers a create with what it had: a match, and to be judged as one.
            Ok(Some(found)) if was_there_before(&found, external_id, asked_at) => {
                let candidates = Candidates { by_name: vec![found], ..Candidates::default() };
                let detail = "the target answered with a group that was there before";
                return self.judge_group_match(group, &claimed, wanted, candidates, detail, requests).await;
            }
            Ok(Some(found)) => found,
            Ok(None) => {
                let error =
                    TargetError::Unknown("the target answered a create without saying what it made".into());
                return self
                    .fail(&claimed, seen, &error, Told::failure(Action::Create, "", requests).named(name))
                    .await;
            }
            Err(TargetError::Rejected(_)) if !first.add.is_empty() => {
                // A member may be what is refused: the others are added, and he is found out, once it is there.
                let members: Vec<_> = first.add.into_keys().collect();
                self.tables().memberships.forget_pushed(&self.key.application, group, &members).await?;
                let bare = Wanted { bare: true, ..*wanted };
                return Box::pin(self.create_group(group, &claimed, &bare, requests)).await;
            }
            Err(error) => return self.create_refused(group, &claimed, wanted, error, requests).await,
        };
        // It has the members of this request and no others: what an earlier attempt recorded would be taken out in vain.
        let strangers: Vec<_> = recorded.into_keys().filter(|user| !first.add.contains_key(user)).collect();
        self.tables().memberships.forget_pushed(&self.key.application, group, &strangers).await?;
        let changes: Vec<_> = attributes
            .iter()
            .map(|(path, value)| Change { attribute: path.clone(), old: None, new: Some(value.clone()) })
            .collect();
        let with_id = Link { remote_id: Some(found.remote_id.clone()), ..claimed.clone() };
        let told = Told::success(Action::Create, "the group is selected", requests)
            .named(name)
            .with_changes(&changes);
        let outcome = self.outcome_with_members(&with_id, told, &first).await?;
        let take = Ownership::Take(found.remote_id.clone());
        // With members left, or rows to look at, the next round goes on from a linked group.
        let rows = self.tables().memberships.todo(&self.key.application, group, PAGE).await?;
        let due = if complete && rows.is_empty() { Due::Done } else { Due::At(self.now()) };
        let settled = self
            .settle(&claimed, seen, due, Some(&take), Some(outcome), |link| {
                link.state = State::Linked;
                link.remote_id = Some(found.remote_id.clone());
                link.origin = Some(Origin::Created);
                link.deletion_in_doubt = false;
                link.removal = None;
                link.sent = attributes.clone();
                link.observed = Observed::made(attributes, Some(&found), self.now());
                link.doubt.clear();
                link.members_in_doubt.clear();
                link.compare = !complete;
                link.work.attempts = 0;
                link.work.problem = None;
            })
            .await?;
        match settled {
            Settled::Owned(owner) => {
                let reason =
                    format!("the group at the target belongs to another group of the directory ({owner})");
                let told = Told::failure(Action::Hold, reason, Vec::new());
                self.group_conflict(&claimed, told.named(name)).await
            }
            settled if due == Due::Done => Ok(settled.next()),
            _ => Ok(Next::Again),
        }
    }

    async fn create_refused(
        &self,
        group: &GroupId,
        claimed: &Link,
        wanted: &Wanted<'_>,
        error: TargetError,
        mut requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let Wanted { name, external_id, seen, open, .. } = *wanted;
        let error = self.judge(error, &mut requests).await;
        let TargetError::Conflict(detail) = error else {
            let told = Told::failure(Action::Create, "", requests).named(name);
            return self.fail_create(claimed, seen, &error, open, told).await;
        };
        let candidates = match self.ask(external_id, Some(name), &mut requests).await {
            Ok(candidates) => candidates,
            Err(error) => {
                return self
                    .fail(claimed, seen, &error, Told::failure(Action::Create, "", requests).named(name))
                    .await;
            }
        };
        self.judge_group_match(group, claimed, wanted, candidates, &detail, requests).await
    }

    /// A create was refused because the group exists, or answered with it: the table again, on what the target now shows.
    async fn judge_group_match(
        &self,
        group: &GroupId,
        claimed: &Link,
        wanted: &Wanted<'_>,
        candidates: Candidates,
        detail: &str,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let Wanted { name, external_id, open, .. } = *wanted;
        let candidates = self.with_owners(candidates).await?;
        let sought = Sought { kind: Kind::Group, external_id, name, creating: open };
        match decide(&candidates, &sought, &self.rules()) {
            Match::Link { found, origin } => {
                self.link_group(group, claimed, external_id, &found, origin, requests).await
            }
            Match::Conflict { reason, candidates } => {
                let told = Told::failure(Action::Hold, reason, requests).between(candidates);
                self.group_conflict(claimed, told.named(name).with_create_open(open)).await
            }
            Match::None => {
                let reason = format!(
                    "the target says the group exists ({detail}) but shows none of that name or externalId"
                );
                let told = Told::failure(Action::Hold, reason, requests);
                self.group_conflict(claimed, told.named(name).with_create_open(open)).await
            }
        }
    }

    /// Links a group that was found. It stays due: the next round compares its name and all its members. What a lost create
    /// sent stays in doubt. Its members are recorded under a claim: recorded later than somebody else took them out, they would
    /// be thought to be in it for good.
    async fn link_group(
        &self,
        group: &GroupId,
        link: &Link,
        external_id: &str,
        found: &Found,
        origin: Origin,
        mut requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let seen = link.work.generation;
        let here = link.target_generation == self.generation();
        let another =
            !link.create_is_open(self.generation()) && link.remote_id.as_ref() != Some(&found.remote_id);
        let Ok(link) = self.intend(link, None, |_| {}).await? else { return Ok(Next::Again) };
        if another {
            // Whoever was pushed was pushed in a group that this one is not.
            self.forget_all_pushed(group).await?;
        }
        let baseline = self.baseline(found);
        let take = Ownership::Take(found.remote_id.clone());
        let (action, reason) = match origin {
            Origin::Created => (Action::Create, "found after the answer to its create was lost"),
            Origin::Adopted => {
                (Action::Adopt, "a group of this name or externalId was at the target already")
            }
        };
        let there = self.members_there(group, found, &mut requests).await?;
        let told = Told::success(action, reason, requests).named(&found.name);
        let with_id = Link { remote_id: Some(found.remote_id.clone()), ..link.clone() };
        // What our own lost create put there has not been told yet.
        let ours = there.iter().filter(|(user, _)| here && link.members_in_doubt.contains_key(user));
        let add = ours.map(|(user, remote_id)| (user.clone(), remote_id.clone())).collect();
        let chunk = MemberPlan { add, ..MemberPlan::default() };
        let outcome = self.outcome_with_members(&with_id, told, &chunk).await?;
        let settled = self
            .settle(&link, seen, Due::At(self.now()), Some(&take), Some(outcome), |link| {
                link.members_in_doubt.retain(|user, _| !there.contains_key(user));
                link.state = State::Linked;
                link.remote_id = Some(found.remote_id.clone());
                link.external_id = Some(external_id.to_owned());
                link.origin = Some(origin);
                link.deletion_in_doubt = false;
                link.removal = None;
                link.sent = baseline.clone();
                link.observed = Observed::found(self.now());
                link.compare = true;
                if origin == Origin::Adopted {
                    link.doubt.clear();
                }
                link.work.attempts = 0;
                link.work.problem = None;
            })
            .await?;
        match settled {
            Settled::Owned(owner) => {
                let reason =
                    format!("the group at the target belongs to another group of the directory ({owner})");
                let told = Told::failure(Action::Hold, reason, Vec::new());
                self.group_conflict(&link, told.named(&found.name)).await
            }
            _ => Ok(Next::Again),
        }
    }

    /// A create may have been sent for a group that is wanted no more: if it was, it is linked so that it can be let go.
    pub(super) async fn resolve_group(&self, group: &GroupId, link: &Link) -> StoreResult<Next> {
        let Some(external_id) = link.external_id.clone() else { return Ok(Next::Stop) };
        let mut requests = Vec::new();
        let candidates = match self.made_by_open_create(link, &external_id, &mut requests).await? {
            Ok(candidates) => candidates,
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                let told = Told::failure(Action::Create, "", requests);
                return self.fail(link, link.work.generation, &error, told).await;
            }
        };
        let name = link.asked_name.as_deref().unwrap_or_default();
        let sought = Sought { kind: Kind::Group, external_id: &external_id, name, creating: true };
        match decide(&candidates, &sought, &MADE_BY_US) {
            Match::Link { found, origin } => {
                self.link_group(group, link, &external_id, &found, origin, requests).await
            }
            Match::None => self.unresolved(link, &requests).await,
            Match::Conflict { reason, candidates } => {
                let told =
                    Told::failure(Action::Hold, reason, requests).with_create_open(true).between(candidates);
                self.stand(link, link.work.generation, link.state, Some(tomorrow(self.now())), told).await
            }
        }
    }

    /// A change of the group was answered 404: read it, and the target, before believing it.
    pub(super) async fn group_missing(
        &self,
        group: &GroupId,
        claimed: &Link,
        seen: u64,
        detail: &str,
        mut told: Told,
    ) -> StoreResult<Next> {
        match self.is_gone(claimed, detail, &mut told.requests).await {
            Ok(()) => {
                let found = self.tables().directory.group(group).await?;
                let desired = Desired::of_group(found.as_ref(), &self.configured().selection);
                self.is_missing(claimed, seen, desired, detail, told).await
            }
            Err(error) => self.fail(claimed, seen, &error, told).await,
        }
    }
}
