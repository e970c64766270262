//! One object at one application: what its two kinds share.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Worker;
use super::batch::Opened;
use super::paced::{Haste, Paced, Turn};
use super::references::Named;
use crate::activity::{Action, Actor, EventName, Outcome, OutcomeResult, TargetNote};
use crate::application::Configured;
use crate::clock::after;
use crate::link::{Link, LinkKey};
use crate::matching::Candidate;
use crate::ports::{DueItem, DueKey, StoreResult, Tables, Target};
use crate::target::{Change, Kind, RequestNote};

/// How often one doorbell re-plans, because marks came while it worked, before it leaves the rest to the next.
pub(super) const ROUNDS: usize = 8;

/// How long a claim outlives the deadline of the task that holds it: the skew of two machines' clocks, and more.
const CLAIM_MARGIN: Duration = Duration::from_secs(10);

/// One object at one application, being worked on.
pub(super) struct Task<'a> {
    pub(super) worker: &'a Worker,
    pub(super) opened: Arc<Opened>,
    pub(super) key: LinkKey,
    /// The token of every claim this task makes.
    pub(super) token: String,
    /// Whom the user's attributes name, as this round found it.
    pub(super) named: Option<Named>,
    /// The target, at the application's pace.
    paced: Paced,
}

/// Whether a task waited so long that what it read may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    No,
    Long,
}

/// Whether to plan again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing more to do now.
    Stop,
    /// Something changed meanwhile, or a first step is done.
    Again,
}

/// Whether a task still plans by the newest configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Current {
    /// It does.
    Yes,
    /// It does from now on: plan again.
    Reopened,
    /// Nothing may be sent any more.
    Closed,
}

/// A target's wish for so short a rest is waited out by the task itself.
const SHORT_REST: Duration = Duration::from_secs(5);

impl<'a> Task<'a> {
    pub(super) fn new(worker: &'a Worker, opened: Arc<Opened>, key: LinkKey, token: String) -> Self {
        let paced = opened.paced(worker, Haste::Live);
        Self { worker, opened, key, token, named: None, paced }
    }
}

impl Task<'_> {
    pub(super) fn tables(&self) -> &Tables {
        &self.worker.tables
    }

    pub(super) fn configured(&self) -> &Configured {
        &self.opened.configured
    }

    pub(super) fn target(&self) -> &dyn Target {
        &self.paced
    }

    pub(super) fn generation(&self) -> u64 {
        self.configured().application.target_generation
    }

    pub(super) fn now(&self) -> Timestamp {
        self.worker.clock.now()
    }

    pub(super) fn claim_lasts(&self) -> Duration {
        self.worker.task_deadline + CLAIM_MARGIN
    }

    /// The link, if there is work on it now and nobody else does it, once it is its turn at the target's pace. A mark made
    /// under a newer configuration than the batch read makes it read again, and so does a long wait.
    pub(super) async fn next_link(&mut self) -> StoreResult<Option<Link>> {
        let mut waited = Waited::No;
        loop {
            let Some(link) = self.marked_link().await? else { return Ok(None) };
            let stale = waited == Waited::Long
                || link.work.application_version > self.configured().application.version;
            if stale && !self.reopen().await? {
                return Ok(None);
            }
            if let Some(until) = self.configured().condition.not_before {
                let rest = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
                if rest > SHORT_REST {
                    return self.put_off(&link, until).await;
                }
                if !rest.is_zero() {
                    self.worker.clock.sleep(rest).await;
                    waited = Waited::Long;
                    continue;
                }
            }
            let haste = if link.work.by_sweep { Haste::Sweep } else { Haste::Live };
            if waited == Waited::No || self.paced.haste() != haste {
                self.paced = self.opened.paced(self.worker, haste).instead_of(&self.paced);
            }
            match self.paced.turn().await? {
                Turn::Now => return Ok(Some(link)),
                Turn::Stale => waited = Waited::Long,
                Turn::Later(wait) => return self.put_off(&link, after(self.now(), wait)).await,
            }
        }
    }

    /// The link, if it is marked and nobody else works on it: who holds the claim sees the newer mark when he settles.
    async fn marked_link(&self) -> StoreResult<Option<Link>> {
        let link = self.tables().links.link(&self.key).await?;
        let now = self.now();
        let is_free = |link: &Link| self.claims(link) || !link.work.is_claimed(now);
        Ok(link.filter(|link| link.work.due_at.is_some() && is_free(link)))
    }

    /// Whether this task has claimed the link.
    pub(super) fn claims(&self, link: &Link) -> bool {
        link.work.claim.as_ref().is_some_and(|claim| claim.token == self.token)
    }

    /// Makes sure that nothing is taken away by an older configuration than the directory was read under: what ends in one way
    /// by the policy of a moment ago is not to be had back by the one of now.
    pub(super) async fn before_removal(&mut self) -> StoreResult<Current> {
        Ok(match self.is_superseded().await? {
            false => Current::Yes,
            true if self.reopen().await? => Current::Reopened,
            true => Current::Closed,
        })
    }

    /// Reads the application again; `false` where nothing may be sent to it any more.
    async fn reopen(&mut self) -> StoreResult<bool> {
        let Some(opened) = self.worker.open(&self.key.application).await? else { return Ok(false) };
        let paced = opened.paced(self.worker, self.paced.haste());
        self.paced = paced.instead_of(&self.paced).with_credit_of(&self.paced);
        self.opened = opened;
        Ok(true)
    }

    async fn put_off(&self, link: &Link, until: Timestamp) -> StoreResult<Option<Link>> {
        if let Some(due_at) = link.work.due_at {
            let key = DueKey::Link(self.key.clone());
            let item =
                DueItem { key, generation: link.work.generation, due_at, by_sweep: link.work.by_sweep };
            self.tables().links.postpone(&item, until).await?;
        }
        Ok(None)
    }

    /// An outcome about this object; its id is given when it is settled.
    pub(super) fn outcome(&self, link: &Link, told: Told) -> Outcome {
        let application = &self.configured().application;
        let kind = self.key.kind();
        let key = match &self.key.object {
            crate::link::Object::User(user) => user.to_string(),
            crate::link::Object::Group(group) => group.to_string(),
        };
        let name = told.name.or_else(|| link.shown_name()).unwrap_or_else(|| key.clone());
        Outcome {
            id: String::new(),
            at: self.now(),
            actor: Actor::System,
            event: match kind {
                Kind::User => EventName::UserSync,
                Kind::Group => EventName::GroupSync,
            },
            result: told.result,
            action: told.action,
            reason: told.reason,
            security: false,
            application: application.id.clone(),
            application_name: application.name.clone(),
            target: Some(TargetNote { key, kind, name, remote_id: link.remote_id.clone() }),
            changes: told.changes,
            added: Vec::new(),
            removed: Vec::new(),
            added_count: 0,
            removed_count: 0,
            requests: told.requests,
        }
    }
}

/// What an outcome tells beside whom it is about.
pub(super) struct Told {
    pub(super) action: Action,
    pub(super) result: OutcomeResult,
    pub(super) reason: String,
    pub(super) name: Option<String>,
    pub(super) changes: Vec<Change>,
    pub(super) requests: Vec<RequestNote>,
    /// A create may have been sent, and what is told does not settle it.
    pub(super) create_open: bool,
    /// Between whom a person must decide.
    pub(super) candidates: Vec<Candidate>,
}

impl Told {
    pub(super) fn success(action: Action, reason: impl Into<String>, requests: Vec<RequestNote>) -> Self {
        let result = OutcomeResult::Success;
        Self {
            action,
            result,
            reason: reason.into(),
            name: None,
            changes: Vec::new(),
            requests,
            create_open: false,
            candidates: Vec::new(),
        }
    }

    pub(super) fn failure(action: Action, reason: impl Into<String>, requests: Vec<RequestNote>) -> Self {
        Self { result: OutcomeResult::Failure, ..Self::success(action, reason, requests) }
    }

    pub(super) fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    pub(super) fn with_create_open(self, create_open: bool) -> Self {
        Self { create_open, ..self }
    }

    pub(super) fn between(self, candidates: Vec<Candidate>) -> Self {
        Self { candidates, ..self }
    }

    pub(super) fn with_changes(self, changes: &[Change]) -> Self {
        Self { changes: changes.to_vec(), ..self }
    }
}
