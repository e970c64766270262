//! What a run did, for people and for machines.

use std::fmt;

use jiff::SignedDuration;
use provisioning::directory::import::{ImportCounts, ImportPlan};
use provisioning::fuse::Verdict;
use provisioning::ids::JobId;
use provisioning::link::{Link, Object, State, Trouble};
use provisioning::mapping::AutomaticMapping;
use provisioning::ports::{StoreResult, Tables};
use provisioning::target::Kind;
use serde::Serialize;

use super::Request;
use super::removals::Removals;
use crate::done::Done;
use crate::ending::{CommandError, Ending};
use crate::output::counted;
use crate::progress::Rest;
use crate::traffic::RequestCounts;

/// Most failures shown to people; JSON has all.
const SHOWN: usize = 50;
/// Most names of held removals shown to people.
const NAMES: usize = 20;
/// Held removals are counted up to this.
const HELD_SHOWN: usize = 10_000;
const PAGE: usize = 500;

/// The report of one run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    pub(super) result: Ending,
    pub(super) dry_run: bool,
    target: String,
    application: String,
    /// What changed in the directory.
    directory: ImportCounts,
    /// What changed at the application.
    #[serde(flatten)]
    pub(super) done: Done,
    /// What is not as it should be, each with its reason.
    failures: Vec<Failure>,
    held: Option<Held>,
    columns_not_sent: Vec<String>,
    pub(super) notes: Vec<String>,
    requests: RequestCounts,
    seconds: f64,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Failure {
    /// `user`, `group`, `directory` or `application`.
    what: &'static str,
    name: String,
    reason: String,
}

/// Removals that wait for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Held {
    reason: String,
    removals: u64,
    accounts: Vec<String>,
    /// Names the file gives to others, who come only after the removals.
    waiting_for_names: Vec<String>,
}

impl Failure {
    /// One of the directory's own.
    pub(super) fn of_directory(name: &str, reason: &str) -> Self {
        Self { what: "directory", name: name.to_owned(), reason: reason.to_owned() }
    }

    /// One of the application as a whole.
    pub(super) fn of_application(name: &str, reason: &str) -> Self {
        Self { what: "application", name: name.to_owned(), reason: reason.to_owned() }
    }

    /// One of a user or group.
    pub(super) fn of_object(kind: Kind, name: &str, reason: &str) -> Self {
        let what = match kind {
            Kind::User => "user",
            Kind::Group => "group",
        };
        Self { what, name: name.to_owned(), reason: reason.to_owned() }
    }
}

impl Report {
    pub(super) fn new(request: &Request<'_>, mapping: &AutomaticMapping, directory: ImportCounts) -> Self {
        Self {
            result: Ending::InStep,
            dry_run: request.arguments.dry_run,
            target: request.base_url.to_string(),
            application: request.application.to_string(),
            directory,
            done: Done::default(),
            failures: Vec::new(),
            held: None,
            columns_not_sent: mapping.unmapped.clone(),
            notes: Vec::new(),
            requests: RequestCounts::default(),
            seconds: 0.0,
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Notes what the fuse said before the run.
    pub(super) fn hold(&mut self, verdict: Verdict, removals: &Removals, plan: &ImportPlan) {
        let Verdict::Held(hold) = verdict else { return };
        self.held = Some(Held {
            reason: hold.to_string(),
            removals: hold.removals,
            accounts: removals.accounts.clone(),
            waiting_for_names: plan.waiting.iter().map(|waiting| waiting.name.clone()).collect(),
        });
    }

    /// Notes what the file says that the directory does not hold.
    pub(super) fn refuse(&mut self, plan: &ImportPlan) {
        for refused in &plan.refused {
            self.fail(Failure::of_directory(&refused.username, &refused.to_string()));
        }
    }

    /// Gathers what became of every object: what was done from this run's events, what is wrong from the links as they are.
    pub(super) async fn gather(
        &mut self,
        tables: &Tables,
        request: &Request<'_>,
        rest: Rest,
        job: &JobId,
    ) -> Result<(), CommandError> {
        self.done =
            Done::since(tables, &request.application, request.started).await.map_err(CommandError::failed)?;
        self.read_links(tables, request).await.map_err(CommandError::failed)?;
        let name = request.base_url.as_str();
        if let Some(problem) = rest.problem {
            self.fail(Failure::of_application(name, &problem));
        }
        if let Some(idle) = rest.idle {
            for (application, reason) in
                idle.paused.iter().filter(|(paused, _)| *paused == request.application)
            {
                tracing::debug!(%application, "paused");
                self.fail(Failure::of_application(name, &format!("nothing is sent any more: {reason}")));
            }
            if idle.given_up > 0 {
                let lost =
                    format!("{} given up unread; run the command again", counted(idle.given_up, "message"));
                self.fail(Failure::of_application(name, &lost));
            }
        }
        let sweep = tables.jobs.job(&request.application, job).await.map_err(CommandError::failed)?;
        if let Some(sweep) = sweep.filter(|sweep| sweep.held > 0 && self.held.is_none()) {
            self.held = Some(Held {
                reason: format!("{} of {} linked accounts would be removed", sweep.held, sweep.counts.linked),
                removals: sweep.held,
                accounts: Vec::new(),
                waiting_for_names: Vec::new(),
            });
        }
        self.read_held(tables, request).await.map_err(CommandError::failed)
    }

    /// What is held one by one: groups, memberships, changes.
    async fn read_held(&mut self, tables: &Tables, request: &Request<'_>) -> StoreResult<()> {
        let application = &request.application;
        let held = tables.links.propose_trouble_count(application, Trouble::Held, HELD_SHOWN).await?;
        if held > 0 && self.held.is_none() {
            let window = tables.fuse.window(application).await?;
            let reason =
                window.blown.map_or_else(|| "too much would be taken away".into(), |blown| blown.why);
            let (accounts, waiting_for_names) = (Vec::new(), Vec::new());
            self.held = Some(Held { reason, removals: held as u64, accounts, waiting_for_names });
        }
        Ok(())
    }

    async fn read_links(&mut self, tables: &Tables, request: &Request<'_>) -> StoreResult<()> {
        for kind in [Kind::User, Kind::Group] {
            let mut cursor = None;
            loop {
                let page = tables.links.propose_links(&request.application, kind, cursor, PAGE).await?;
                let mut users = Vec::new();
                for key in page.keys {
                    match &key.object {
                        Object::User(user) => users.push(user.clone()),
                        Object::Group(_) => {
                            let link = tables.links.link(&key).await?;
                            self.read_link(tables, kind, link).await?;
                        }
                    }
                }
                for link in tables.links.links_among(&request.application, &users).await?.into_values() {
                    self.read_link(tables, kind, Some(link)).await?;
                }
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        self.failures.sort_by(|a, b| (a.what, &a.name).cmp(&(b.what, &b.name)));
        Ok(())
    }

    async fn read_link(&mut self, tables: &Tables, kind: Kind, link: Option<Link>) -> StoreResult<()> {
        let Some(link) = link else { return Ok(()) };
        let reason = match (&link.work.problem, link.state) {
            (Some(problem), _) => problem.clone(),
            (None, State::Conflict) => {
                "it is in conflict with another at the target; a person must decide".into()
            }
            (None, State::Blocked) => "a required attribute has no value".into(),
            (None, _) if link.work.due_at.is_some() => {
                "it is not done yet; running the command again goes on".into()
            }
            (None, _) => return Ok(()),
        };
        let name = match (&link.key.object, link.shown_name()) {
            (_, Some(name)) => Some(name),
            (Object::User(user), None) => {
                tables.directory.user(user).await?.and_then(|record| record.user).map(|user| user.username)
            }
            (Object::Group(group), None) => tables.directory.group(group).await?.map(|group| group.name),
        };
        self.fail(Failure::of_object(kind, &name.unwrap_or_else(|| link.key.to_string()), &reason));
        Ok(())
    }

    /// The report with what only the end of the run knows.
    pub(super) fn finished(mut self, requests: RequestCounts, took: SignedDuration) -> Self {
        self.requests = requests;
        self.seconds = (took.as_secs_f64() * 1_000.0).round() / 1_000.0;
        self.result = match (&self.held, self.failures.is_empty()) {
            (_, false) => Ending::Failed,
            (Some(_), true) => Ending::Held,
            (None, true) => Ending::InStep,
        };
        self
    }

    /// How the run ended.
    pub(super) fn ending(&self) -> Ending {
        self.result
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, requests, seconds, .. } = self;
        if self.dry_run {
            writeln!(f, "Users      {} (would be)", done.users)?;
            writeln!(f, "Groups     {} (would be)", done.groups)?;
        } else {
            writeln!(f, "{done}")?;
        }
        if !self.failures.is_empty() {
            writeln!(f, "Failed     {}", self.failures.len())?;
            for Failure { what, name, reason } in self.failures.iter().take(SHOWN) {
                writeln!(f, "  {what} {name}: {reason}")?;
            }
            if self.failures.len() > SHOWN {
                writeln!(f, "  and {} more (--json tells all)", self.failures.len() - SHOWN)?;
            }
        }
        if let Some(held) = &self.held {
            held.fmt(f, self.dry_run)?;
        }
        for note in &self.notes {
            writeln!(f, "Note       {note}")?;
        }
        writeln!(f, "Requests   {} reading, {} writing, in {seconds:.1} s", requests.reads, requests.writes)?;
        match (self.dry_run, self.result) {
            (true, Ending::InStep) => f.write_str("Nothing was written (--dry-run)."),
            (true, _) => f.write_str(
                "Nothing was written (--dry-run). The run itself would end with what is told above.",
            ),
            (false, Ending::InStep) => f.write_str("In step."),
            (false, Ending::Failed) => f.write_str("Not in step: something failed."),
            (false, Ending::Stopped) => f.write_str("Stopped before its end."),
            (false, Ending::Held) => f.write_str("In step but for the removals that are held."),
        }
    }
}

impl Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, dry_run: bool) -> fmt::Result {
        let verb = if dry_run { "would be removed" } else { "was removed" };
        writeln!(f, "Held       {}; nothing {verb}", self.reason)?;
        if !self.accounts.is_empty() {
            let shown = self.accounts.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = self.accounts.len().saturating_sub(NAMES);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            writeln!(f, "           {shown}{more}")?;
        }
        if !self.waiting_for_names.is_empty() {
            writeln!(f, "           wait for their names: {}", self.waiting_for_names.join(", "))?;
        }
        writeln!(f, "           If that is meant, repeat the command with --allow-removals {}", self.removals)
    }
}
