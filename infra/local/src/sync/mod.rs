//! `rollcall sync`: one application is brought into step with one directory file, which is read as the whole truth.
//!
//! The order matters. All that the file adds to the directory comes first, then the configuration, then what the file
//! removes (if the fuse lets it), and last a sweep: at no moment does anybody seem to have lost what he still has.

mod connection;
mod dry_run;
mod removals;
mod report;
mod selection;
mod source;
mod target_url;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use provisioning::application::{Configuration, Configured, Policy, Selection};
use provisioning::directory::file::DirectoryFile;
use provisioning::directory::import::{
    Applied, Extent, ImportCounts, ImportPlan, Namespace, Snapshot, apply, plan,
};
use provisioning::fuse::Verdict;
use provisioning::ids::ApplicationId;
use provisioning::mapping::{AutomaticMapping, Mapping, automatic};
use provisioning::ports::Tables;
use provisioning::target::Discovery;
use rollcall::engine::{Engine, EngineConfig};
use scim_client::{AddressPolicy, HttpConnector};
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use crate::cli::SyncArguments;
use crate::ending::{CommandError, Ending};
use crate::output::{Console, counted};
use crate::progress::{Scope, TROUBLE_PASSES, until_in_step};
use crate::traffic::{Traffic, WatchedConnector};
use report::{Failure, Report};

/// How long a run waits for a group of an old name to go before one of the same name comes, lest its members seem to
/// have lost everything in between.
const GRACE_WHILE_NAMES_WAIT: u32 = 60;

/// The catalog's entry for an application of which only the SCIM endpoint is known.
const CATALOG_KEY: &str = "generic-oidc";

/// What was asked for.
struct Request<'a> {
    arguments: &'a SyncArguments,
    console: &'a Console,
    base_url: Url,
    token: SecretString,
    file: DirectoryFile,
    application: ApplicationId,
    started: Timestamp,
}

/// Runs the command.
///
/// # Errors
///
/// [`CommandError`]: nothing was done, or not all of it.
pub async fn run(arguments: &SyncArguments, console: &Console) -> Result<Ending, CommandError> {
    let policy =
        if arguments.allow_local_target { AddressPolicy::AllowLocal } else { AddressPolicy::PublicOnly };
    let base_url = target_url::base_url(&arguments.target, policy)?;
    let token = source::token(&arguments.token_env)?;
    let file = source::read(&arguments.directory, console)?;
    let traffic = Arc::new(Traffic::default());
    let connector = WatchedConnector::new(Arc::new(HttpConnector::new(policy)), Arc::clone(&traffic));
    let config = EngineConfig {
        data: arguments.data.clone(),
        address_policy: policy,
        connector: Some(Arc::new(connector)),
        ..EngineConfig::default()
    };
    let request = Request {
        arguments,
        console,
        application: application_id(&base_url)?,
        base_url,
        token,
        file,
        started: config.clock.now(),
    };
    let report = if arguments.dry_run {
        Box::pin(dry_run::run(&request, &config)).await?
    } else {
        let engine = Engine::start(config.clone()).await.map_err(CommandError::failed)?;
        let report = Box::pin(request.carry_out(&engine, &traffic)).await;
        engine.stop(Duration::from_secs(10)).await;
        report?
    };
    let report = report.finished(traffic.counts(), config.clock.now().duration_since(request.started));
    console.say(&report.to_string());
    console.document(&serde_json::to_value(&report).map_err(CommandError::failed)?);
    Ok(report.ending())
}

/// The same target is the same application, in every run.
fn application_id(base_url: &Url) -> Result<ApplicationId, CommandError> {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, base_url.as_str().as_bytes());
    id.to_string().parse().map_err(CommandError::failed)
}

impl Request<'_> {
    async fn carry_out(&self, engine: &Engine, traffic: &Traffic) -> Result<Report, CommandError> {
        let console = self.console;
        let setup = engine.setup();
        let name = self.base_url.host_str().unwrap_or_default();
        setup.create(&self.application, name, CATALOG_KEY).await.map_err(CommandError::failed)?;
        let discovery = connection::connect(&setup, self).await?;
        let before = self.load(engine.tables()).await?;
        if before.condition.paused.is_some() {
            // It took the token just now, and whoever runs the command is the person who was to act.
            let resumed = engine.tables().applications.resume(&self.application).await;
            resumed.map_err(CommandError::failed)?;
        }

        let snapshot = snapshot(engine.tables()).await?;
        let planned = self.plan(&snapshot)?;
        let mapping = self.mapping(&discovery, &before.mapping, &snapshot)?;
        let wanted = self.selection(&planned, &before.selection)?;
        self.tell_plan(&planned, &mapping);

        let removals = removals::count(engine.tables(), &before, &planned, &wanted).await?;
        let verdict = removals.verdict(self.file.users.is_empty(), self.arguments.allow_removals);
        let (selection, extent) = match verdict {
            Verdict::Allowed => (wanted, Extent::Everything),
            // Whatever the file or the arguments take away stays, also what they take by selecting less.
            Verdict::Held(_) => (removals::widened(wanted, &before.selection), Extent::Additions),
        };

        let scope = Scope::of(&planned, &selection);
        let mut counts =
            if extent == Extent::Everything { planned.counts() } else { planned.counts().additions() };
        let mut applied = self.apply(engine.tables(), &planned, Extent::Additions).await?;
        let patient = planned.waiting.iter().any(|waiting| waiting.is_group);
        let policy = Policy {
            // The file is the whole truth, read at once: who is in no group of it is in none.
            grace_seconds: if patient { GRACE_WHILE_NAMES_WAIT } else { 0 },
            ..before.application.policy.clone()
        };
        let empty = selection.groups.is_empty();
        let configuration = Configuration {
            mapping: Some(mapping.mapping.clone()),
            selection: Some(selection),
            policy: Some(policy),
            name: None,
            overrides: None,
        };
        if !empty {
            setup.configure(&self.application, configuration).await.map_err(CommandError::failed)?;
        }
        let mut remaining = Vec::new();
        if extent == Extent::Everything {
            remaining = self.remove(engine.tables(), &mut applied, &mut counts).await?;
        }

        let mut report = Report::new(self, &mapping, counts);
        report.hold(verdict, &removals, &planned);
        report.refuse(&planned);
        for failure in &applied.failures {
            report.fail(Failure::of_directory(&failure.name, &failure.error.to_string()));
        }
        for name in planned.circular.iter().chain(&remaining) {
            let reason = "the name is borne by another; where two exchange their names, give one of them a third name first";
            report.fail(Failure::of_directory(name, reason));
        }
        if empty {
            console.say("The directory has no group, so there is nobody to provision.");
            return Ok(report);
        }
        let allowed = match verdict {
            Verdict::Allowed => Some(removals.accounts.len() as u64).max(self.arguments.allow_removals),
            Verdict::Held(_) => None,
        };
        engine.until_streams_are_read().await;
        let job = setup.enable(&self.application, allowed).await.map_err(CommandError::failed)?;
        let grace = if patient { Duration::from_secs(GRACE_WHILE_NAMES_WAIT.into()) } else { Duration::ZERO };
        let horizon = grace + TROUBLE_PASSES;
        let rest = until_in_step(engine, console, &self.application, &job, &scope, horizon, traffic).await?;
        report.gather(engine.tables(), self, rest, &job).await?;
        Ok(report)
    }

    async fn load(&self, tables: &Tables) -> Result<Configured, CommandError> {
        let configured = tables.applications.load(&self.application).await.map_err(CommandError::failed)?;
        configured.ok_or_else(|| CommandError::Failed("the application's configuration is gone".into()))
    }

    fn plan(&self, snapshot: &Snapshot) -> Result<ImportPlan, CommandError> {
        // One name for every file: the same people keep their ids when the file is called otherwise tomorrow.
        plan(&self.file, snapshot, Namespace::of("directory")).map_err(CommandError::failed)
    }

    async fn apply(
        &self,
        tables: &Tables,
        plan: &ImportPlan,
        extent: Extent,
    ) -> Result<Applied, CommandError> {
        let bar = self.console.bar("directory", 1_000);
        let progress = |progress: provisioning::directory::import::Progress| {
            bar.at(progress.done * 1_000 / progress.total.max(1), "");
        };
        let applied = apply(plan, extent, tables.directory.as_ref(), &progress).await;
        bar.finish();
        applied.map_err(|error| {
            CommandError::Failed(format!(
                "{error}; what was written stays, and running the command again finishes it"
            ))
        })
    }

    /// Carries the removals out, and what had to wait for them. Answers the names that could not be given.
    async fn remove(
        &self,
        tables: &Tables,
        applied: &mut Applied,
        counts: &mut ImportCounts,
    ) -> Result<Vec<String>, CommandError> {
        let mut remaining = Vec::new();
        for round in 0..2 {
            let mut next = self.plan(&snapshot(tables).await?)?;
            if !applied.failures.is_empty() {
                // Who could not be given something loses nothing; his line is looked at again in the next run.
                let failed: Vec<_> = applied.failures.iter().map(|failure| failure.name.clone()).collect();
                next.departures.retain(|write| !failed.contains(&write.new.username));
                next.deleted_groups.clear();
            }
            if next.is_empty() {
                break;
            }
            if round > 0 {
                *counts += next.counts();
            }
            let again = self.apply(tables, &next, Extent::Everything).await?;
            applied.written += again.written;
            for failure in again.failures {
                if !applied.failures.contains(&failure) {
                    applied.failures.push(failure);
                }
            }
            remaining = next.waiting.into_iter().map(|waiting| waiting.name).collect();
            if remaining.is_empty() {
                break;
            }
            if round == 0 {
                remaining.clear();
            }
        }
        Ok(remaining)
    }

    /// What was mapped before stays, by whomever it was, but where `--map` says otherwise; names suggest the rest.
    fn mapping(
        &self,
        discovery: &Discovery,
        before: &Mapping,
        snapshot: &Snapshot,
    ) -> Result<AutomaticMapping, CommandError> {
        let Discovery { attributes, required, .. } = discovery;
        let found = automatic(&self.file.columns, attributes, required, &self.arguments.map, before);
        let mut found = found.map_err(|error| CommandError::Unusable(format!("--map: {error}")))?;
        for mapped in &mut found.mapping.attributes {
            let kind = mapped.source.custom().and_then(|name| snapshot.attributes.get(name)).copied();
            mapped.source = mapped.source.clone().of_type(kind);
        }
        Ok(found)
    }

    fn selection(&self, plan: &ImportPlan, before: &Selection) -> Result<Selection, CommandError> {
        let exclude = self.arguments.exclude_group_information;
        let selection = selection::selection(&self.arguments.groups, exclude, &plan.groups_after)?;
        if !selection.groups.is_empty() {
            return Ok(selection);
        }
        if !self.file.users.is_empty() && before.groups.is_empty() {
            return Err(CommandError::Unusable(
                "the directory has no group: the members of groups are provisioned, so add the column 'groups'".into(),
            ));
        }
        // Nothing is selected any more; under the old selection those who are gone are found and deactivated.
        Ok(Selection { groups: before.groups.clone(), ..selection })
    }

    fn tell_plan(&self, plan: &ImportPlan, mapping: &AutomaticMapping) {
        let Self { console, file, arguments, .. } = self;
        console.say(&format!(
            "Directory  {}: {} in {}; {}",
            arguments.directory.display(),
            counted(file.users.len() as u64, "user"),
            counted(plan.groups_after.len() as u64, "group"),
            plan.counts(),
        ));
        if !mapping.unmapped.is_empty() {
            console.say(&format!(
                "Not sent   {}: the target has no attribute of that name (--map TARGET=COLUMN sends one)",
                mapping.unmapped.join(", ")
            ));
        }
        if arguments.data.is_none() {
            console.say("Removals   never: without --data nothing is remembered, so nothing is removed");
        }
    }
}

/// The directory as it is, and what its custom attributes hold.
async fn snapshot(tables: &Tables) -> Result<Snapshot, CommandError> {
    let directory = Snapshot::read(tables.directory.as_ref()).await.map_err(CommandError::failed)?;
    Ok(directory.with_attributes(tables.attributes.list().await.map_err(CommandError::failed)?))
}
