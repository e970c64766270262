//! A user without a counterpart: match, adopt or create.

use std::collections::BTreeSet;

use super::super::counterpart::{Keys, was_there_before};
use super::super::failure::tomorrow;
use super::super::settlement::Due;
use super::super::task::{Next, Task, Told};
use super::{on, owned, owner_of, settle_well};
use crate::activity::Action;
use crate::directory::UserRecord;
use crate::drift::Observed;
use crate::ids::RemoteId;
use crate::link::{Link, Origin, State};
use crate::matching::{Candidate, Candidates, MADE_BY_US, Match, Sought, decide};
use crate::plan::{CounterpartKeys, active, adoption_changes, creation_changes};
use crate::ports::{Ownership, StoreResult};
use crate::target::{Found, Kind, RequestNote, TargetError, Write};
use crate::value::Attributes;

/// What is known while a counterpart is found or made.
struct Wanted<'a> {
    keys: CounterpartKeys,
    attributes: &'a Attributes,
    seen: u64,
    /// A create was open before this attempt.
    open: bool,
}

impl Wanted<'_> {
    fn keys(&self) -> Keys<'_> {
        let CounterpartKeys { external_id, name, email } = &self.keys;
        Keys { external_id, name: Some(name), email: email.as_deref(), thorough: self.open }
    }

    fn sought(&self) -> Sought<'_> {
        self.keys.sought(Kind::User, self.open)
    }
}

/// What an account that was found is told as, and why.
fn found_as(origin: Origin) -> (Action, &'static str) {
    match origin {
        Origin::Created => (Action::Create, "found after the answer to its create was lost"),
        Origin::Adopted => (Action::Adopt, "an account of this user was at the target already"),
    }
}

impl Task<'_> {
    /// Matches, then adopts or creates.
    pub(super) async fn match_or_create(
        &self,
        record: Option<&UserRecord>,
        link: &Link,
        attributes: &Attributes,
    ) -> StoreResult<Next> {
        let Some(user) = record.and_then(|record| record.user.as_ref()) else { return Ok(Next::Stop) };
        let wanted = Wanted {
            keys: CounterpartKeys::of_user(self.configured(), user, link, attributes),
            attributes,
            seen: link.work.generation,
            open: link.create_is_open(self.generation()),
        };
        let mut requests = Vec::new();
        if let Some(chosen) = link.chosen_at(self.generation()) {
            return self.adopt_chosen(link, &wanted, chosen).await;
        }
        let candidates = match self.candidates_by(link, &wanted.keys(), &mut requests).await? {
            Ok(candidates) => candidates,
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                let told = Told::failure(Action::Create, "", requests).named(&wanted.keys.name);
                return self.fail(link, wanted.seen, &error, told).await;
            }
        };
        match decide(&candidates, &wanted.sought(), &self.rules()) {
            Match::None => self.create(link, &wanted, requests).await,
            Match::Link { found, origin } => self.adopt(link, &wanted, &found, origin, requests).await,
            Match::Conflict { reason, candidates } => {
                self.conflict(link, &wanted, reason, candidates, requests).await
            }
        }
    }

    /// Links the account that a person chose, whatever it bears: he has seen it. It is still nobody else's, or the settlement
    /// says so.
    async fn adopt_chosen(&self, link: &Link, wanted: &Wanted<'_>, chosen: &RemoteId) -> StoreResult<Next> {
        let read = self.target().get(Kind::User, chosen).await;
        let mut requests = read.requests;
        match read.result {
            Ok(found) => self.adopt(link, wanted, &found, Origin::Adopted, requests).await,
            Err(TargetError::NotFound(detail)) => {
                let reason = format!("the account '{chosen}' that was chosen is not at the target: {detail}");
                self.conflict(link, wanted, reason, Vec::new(), requests).await
            }
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                let told = Told::failure(Action::Adopt, "", requests).named(&wanted.keys.name);
                self.fail(link, wanted.seen, &error, told).await
            }
        }
    }

    async fn conflict(
        &self,
        link: &Link,
        wanted: &Wanted<'_>,
        reason: String,
        candidates: Vec<Candidate>,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let again = self.when_to_look_again(link, &candidates).await?;
        let told = Told::failure(Action::Hold, reason, requests)
            .named(&wanted.keys.name)
            .with_create_open(wanted.open)
            .between(candidates);
        self.stand(link, wanted.seen, State::Conflict, Some(again), told).await
    }

    async fn create(
        &self,
        link: &Link,
        wanted: &Wanted<'_>,
        mut requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let asked_at = self.now();
        let intent = self
            .intend(link, None, |link| {
                link.state = State::Creating;
                link.remote_id = None;
                link.origin = None;
                link.deletion_in_doubt = false;
                link.removal = None;
                link.external_id = Some(wanted.keys.external_id.clone());
                link.asked_name = Some(wanted.keys.name.clone());
                link.asked_at = Some(asked_at);
                link.sent.clear();
                link.observed = Observed::default();
                link.doubt = wanted.attributes.keys().cloned().collect();
            })
            .await?;
        let Ok(claimed) = intent else { return Ok(Next::Again) };
        let write = Write::Create {
            kind: Kind::User,
            external_id: wanted.keys.external_id.clone(),
            attributes: wanted.attributes.clone(),
            members: BTreeSet::new(),
        };
        let answer = self.target().write(&write).await;
        requests.extend(answer.requests);
        let error = match answer.result {
            Ok(Some(found)) if !was_there_before(&found, &wanted.keys.external_id, asked_at) => {
                return self.created(&claimed, wanted, &found, requests).await;
            }
            // A server that answers a create with what it had: a match, and to be judged as one.
            Ok(Some(found)) => {
                let candidates = Candidates { by_name: vec![found], ..Candidates::default() };
                let detail = "the target answered with an account that was there before";
                return self.judge_match(&claimed, wanted, candidates, detail, requests).await;
            }
            Ok(None) => {
                TargetError::Unknown("the target answered a create without saying what it made".into())
            }
            Err(error) => self.judge(error, &mut requests).await,
        };
        match error {
            TargetError::Conflict(detail) => {
                let is_first = link.state != State::Conflict;
                match self.taken_by(wanted.keys(), is_first, &mut requests).await {
                    Ok(candidates) => self.judge_match(&claimed, wanted, candidates, &detail, requests).await,
                    Err(error) => {
                        let told = Told::failure(Action::Create, "", requests).named(&wanted.keys.name);
                        self.fail(&claimed, wanted.seen, &error, told).await
                    }
                }
            }
            error => {
                let changes = creation_changes(wanted.attributes);
                let told = Told::failure(Action::Create, "", requests)
                    .named(&wanted.keys.name)
                    .with_changes(&changes);
                self.fail_create(&claimed, wanted.seen, &error, wanted.open, told).await
            }
        }
    }

    /// A create was refused because the account exists: the table again, on what the target now shows. The refusal
    /// says that no create of ours is open.
    async fn judge_match(
        &self,
        claimed: &Link,
        wanted: &Wanted<'_>,
        candidates: Candidates,
        detail: &str,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let candidates = self.with_owners(candidates).await?;
        match decide(&candidates, &wanted.sought(), &self.rules()) {
            Match::Link { found, origin } => self.adopt(claimed, wanted, &found, origin, requests).await,
            Match::Conflict { reason, candidates } => {
                self.conflict(claimed, wanted, reason, candidates, requests).await
            }
            Match::None => {
                let reason = format!(
                    "the target says the account exists ({detail}) but shows none of that name or externalId; \
                     it may be deleted but kept, or belong to another tenant"
                );
                self.conflict(claimed, wanted, reason, Vec::new(), requests).await
            }
        }
    }

    async fn created(
        &self,
        claimed: &Link,
        wanted: &Wanted<'_>,
        found: &Found,
        requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let take = Ownership::Take(found.remote_id.clone());
        let told = Told::success(Action::Create, "the user is in a selected group", requests)
            .named(&wanted.keys.name)
            .with_changes(&creation_changes(wanted.attributes));
        let with_id = Link { remote_id: Some(found.remote_id.clone()), ..claimed.clone() };
        let outcome = self.outcome(&with_id, told);
        let settled = self
            .settle(claimed, wanted.seen, Due::Done, Some(&take), Some(outcome.clone()), |link| {
                link.state = State::Linked;
                link.remote_id = Some(found.remote_id.clone());
                link.origin = Some(Origin::Created);
                link.deletion_in_doubt = false;
                link.sent = wanted.attributes.clone();
                link.observed = Observed::made(wanted.attributes, Some(found), self.now());
                link.doubt.clear();
                link.unassigned_since = None;
                link.presence_changed = true;
                settle_well(link);
            })
            .await?;
        match owned(&settled) {
            Some(owner) => {
                let told = Told::failure(Action::Hold, "", outcome.requests).named(&wanted.keys.name);
                self.owned_by_another(claimed, wanted.seen, owner, told).await
            }
            None => Ok(settled.next()),
        }
    }

    /// Links what was found, and sends what differs from what it shows. What a lost create sent is not known: all of
    /// it is sent again.
    async fn adopt(
        &self,
        link: &Link,
        wanted: &Wanted<'_>,
        found: &Found,
        origin: Origin,
        mut requests: Vec<RequestNote>,
    ) -> StoreResult<Next> {
        let baseline = self.baseline(found);
        let differing = adoption_changes(self.configured(), wanted.attributes, &baseline, origin, link);
        let take = Ownership::Take(found.remote_id.clone());
        let linked = |link: &mut Link| {
            link.chosen = None;
            link.state = State::Linked;
            link.remote_id = Some(found.remote_id.clone());
            link.external_id = Some(wanted.keys.external_id.clone());
            link.origin = Some(origin);
            link.deletion_in_doubt = false;
            link.removal = None;
            link.sent = baseline.clone();
            link.observed = Observed::found(self.now());
            link.doubt = differing.iter().map(|change| change.attribute.clone()).collect();
            link.presence_changed = true;
        };
        let (action, reason) = found_as(origin);
        if differing.is_empty() {
            let told = Told::success(action, reason, requests.clone()).named(&wanted.keys.name);
            let with_id = Link { remote_id: Some(found.remote_id.clone()), ..link.clone() };
            let outcome = self.outcome(&with_id, told);
            let settled = self
                .settle(link, wanted.seen, Due::Done, Some(&take), Some(outcome), |link| {
                    link.enter(self.generation());
                    linked(link);
                    link.sent.insert(active(), on());
                    link.unassigned_since = None;
                    settle_well(link);
                })
                .await?;
            let told = Told::failure(Action::Hold, "", requests).named(&wanted.keys.name);
            return match owned(&settled) {
                Some(owner) => self.owned_by_another(link, wanted.seen, owner, told).await,
                None => Ok(settled.next()),
            };
        }
        let intended = |link: &mut Link| {
            linked(link);
            link.untold = Some(origin);
        };
        let claimed = match self.intend(link, Some(&take), intended).await? {
            Ok(claimed) => claimed,
            Err(lost) => {
                let told = Told::failure(Action::Hold, "", requests).named(&wanted.keys.name);
                return match owner_of(&lost) {
                    Some(owner) => self.owned_by_another(link, wanted.seen, &owner, told).await,
                    None => Ok(Next::Again),
                };
            }
        };
        let write = Write::Update {
            kind: Kind::User,
            remote_id: found.remote_id.clone(),
            changes: differing.clone(),
            add: BTreeSet::new(),
            remove: BTreeSet::new(),
            stay: None,
        };
        let answer = self.target().write(&write).await;
        requests.extend(answer.requests);
        if let Err(error) = answer.result {
            let error = self.judge(error, &mut requests).await;
            let told = Told::failure(action, "", requests).named(&wanted.keys.name).with_changes(&differing);
            return self.fail(&claimed, wanted.seen, &error, told).await;
        }
        let told = Told::success(action, reason, requests).named(&wanted.keys.name).with_changes(&differing);
        let outcome = self.outcome(&claimed, told);
        let settled = self
            .settle(&claimed, wanted.seen, Due::Done, None, Some(outcome), |link| {
                self.accept(link, action, &differing, &claimed);
                link.sent.insert(active(), on());
                link.untold = None;
                link.presence_changed = true;
            })
            .await?;
        Ok(settled.next())
    }

    /// An account was found and linked, and whoever did so could not tell it any more: it is told before anything else is done
    /// with it.
    pub(super) async fn tell_found(&self, link: &Link, origin: Origin) -> StoreResult<()> {
        let (action, reason) = found_as(origin);
        let outcome = self.outcome(link, Told::success(action, reason, Vec::new()));
        let due = Due::At(self.now());
        self.settle(link, link.work.generation, due, None, Some(outcome), |link| link.untold = None).await?;
        Ok(())
    }

    /// A create may have been sent for somebody who is wanted no more: if it was, he is linked so that he can be
    /// turned off.
    pub(super) async fn resolve(&self, link: &Link) -> StoreResult<Next> {
        let seen = link.work.generation;
        let Some(external_id) = link.external_id.clone() else { return Ok(Next::Stop) };
        let mut requests = Vec::new();
        let candidates = match self.made_by_open_create(link, &external_id, &mut requests).await? {
            Ok(candidates) => candidates,
            Err(error) => {
                let error = self.judge(error, &mut requests).await;
                return self.fail(link, seen, &error, Told::failure(Action::Create, "", requests)).await;
            }
        };
        let name = link.asked_name.as_deref().unwrap_or_default();
        let sought = Sought { kind: Kind::User, external_id: &external_id, name, creating: true };
        let (found, origin) = match decide(&candidates, &sought, &MADE_BY_US) {
            Match::Link { found, origin } => (found, origin),
            Match::None => return self.unresolved(link, &requests).await,
            Match::Conflict { reason, candidates } => {
                let told =
                    Told::failure(Action::Hold, reason, requests).with_create_open(true).between(candidates);
                return self.stand(link, seen, link.state, Some(tomorrow(self.now())), told).await;
            }
        };
        let take = Ownership::Take(found.remote_id.clone());
        let reason = "found after the answer to its create was lost";
        let with_id = Link { remote_id: Some(found.remote_id.clone()), ..link.clone() };
        let told = Told::success(Action::Create, reason, requests).named(&found.name);
        let outcome = self.outcome(&with_id, told);
        // Still due: now that he is linked, the next round turns him off.
        let settled = self
            .settle(link, seen, Due::At(self.now()), Some(&take), Some(outcome), |link| {
                link.state = State::Linked;
                link.remote_id = Some(found.remote_id.clone());
                link.origin = Some(origin);
                link.deletion_in_doubt = false;
                link.doubt.insert(active());
                link.presence_changed = true;
                settle_well(link);
            })
            .await?;
        match owned(&settled) {
            Some(owner) => {
                let told = Told::failure(Action::Hold, "", Vec::new()).named(&found.name);
                self.owned_by_another(link, seen, owner, told).await
            }
            None => Ok(Next::Again),
        }
    }
}
