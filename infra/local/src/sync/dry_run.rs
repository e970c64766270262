//! `--dry-run`: the same plans, with nothing carried out. Nothing is written to the target nor to the data directory,
//! and no function runs.

mod references;

use std::collections::HashSet;
use std::sync::Arc;

use provisioning::activity::Action;
use provisioning::application::{
    Application, Condition, Configured, Connection, Lifecycle, Policy, SecretName, Selection, TargetSchema,
};
use provisioning::directory::import::{ImportPlan, Snapshot};
use provisioning::folding::folded;
use provisioning::fuse::Verdict;
use provisioning::link::{Link, LinkKey};
use provisioning::mapping::{Mapping, prefilled};
use provisioning::plan::{GroupPlan, UserPlan, plan_group, plan_user};
use provisioning::ports::{Connector, Tables};
use provisioning::target::{Capabilities, Discovery, Kind};
use rollcall::engine::{AtRest, EngineConfig};
use scim_client::HttpConnector;

use super::report::{Failure, Report};
use super::{Request, connection, removals};
use crate::ending::CommandError;
use crate::output::counted;

/// What a run would do.
///
/// # Errors
///
/// [`CommandError`], as the run itself.
pub(super) async fn run(request: &Request<'_>, config: &EngineConfig) -> Result<Report, CommandError> {
    let fallback = || -> Arc<dyn Connector> { Arc::new(HttpConnector::new(config.address_policy)) };
    let connector = config.connector.clone().unwrap_or_else(fallback);
    let connection = Connection {
        lifetime: provisioning::application::Lifetime::default(),
        base_url: request.base_url.clone(),
        secret: SecretName(String::new()),
        capabilities: Capabilities::default(),
    };
    let discovered = connector.discover(&connection, &request.token).await;
    let discovery = discovered.result.map_err(|error| connection::explained(&error, request))?;

    let at_rest = request
        .arguments
        .data
        .as_deref()
        .map(AtRest::open)
        .transpose()
        .map_err(CommandError::failed)?
        .flatten();
    let tables = at_rest.as_ref().map(AtRest::tables);
    let (snapshot, known) = remembered(request, tables).await?;
    let mut before = known.clone().unwrap_or_else(|| unknown(request));
    before.mapping = prefilled(&before.mapping, &TargetSchema::of(&discovery, before.application.profile()));
    let plan = request.plan(&snapshot)?;
    let mapping = request.mapping(&discovery, &before.mapping, &snapshot)?;
    let selection = request.selection(&plan, &before.selection)?;
    request.tell_plan(&plan, &mapping);

    let removals = match (tables, &known) {
        (Some(tables), Some(known)) => removals::count(tables, known, &plan, &selection).await?,
        _ => removals::Removals::default(),
    };
    let verdict = removals.verdict(request.file.users.is_empty(), request.arguments.allow_removals);
    let counts = if verdict.is_held() { plan.counts().additions() } else { plan.counts() };
    let mut report = Report::new(request, &mapping, counts);
    report.hold(verdict, &removals, &plan);
    report.refuse(&plan);
    for name in &plan.circular {
        report.fail(Failure::of_directory(
            name,
            "two exchange their names; give one of them a third name first",
        ));
    }
    let configured = hypothetical(before, &discovery, mapping.mapping, selection);
    let there = Listing::read(connector.as_ref(), &connection, request, &discovery).await?;
    let look = Look {
        request,
        tables,
        configured: &configured,
        there: &there,
        held: matches!(verdict, Verdict::Held(_)),
    };
    look.at_users(&plan, &mut report).await?;
    look.at_groups(&plan, &mut report).await?;
    report.notes.push("the target's accounts were listed by name and externalId; their other attributes and the members of its groups were not compared".into());
    if request.arguments.data.is_some() && known.is_none() {
        report.notes.push("the data directory remembers nothing of this target yet".into());
    }
    Ok(report)
}

async fn remembered(
    request: &Request<'_>,
    tables: Option<&Tables>,
) -> Result<(Snapshot, Option<Configured>), CommandError> {
    let Some(tables) = tables else { return Ok((Snapshot::default(), None)) };
    let snapshot = super::snapshot(tables).await?;
    let known = tables.applications.load(&request.application).await.map_err(CommandError::failed)?;
    Ok((snapshot, known))
}

/// An application nothing is known of.
fn unknown(request: &Request<'_>) -> Configured {
    let application = Application {
        id: request.application.clone(),
        name: request.base_url.host_str().unwrap_or_default().to_owned(),
        catalog_key: super::CATALOG_KEY.into(),
        version: 1,
        lifecycle: Lifecycle::Setup,
        connection: None,
        target_generation: 1,
        policy: Policy::default(),
    };
    Configured {
        application,
        schema: None,
        mapping: Mapping::default(),
        selection: Selection::default(),
        condition: Condition::default(),
        pace: None,
    }
}

/// The application as the run would configure it.
fn hypothetical(
    before: Configured,
    discovery: &Discovery,
    mapping: Mapping,
    selection: Selection,
) -> Configured {
    let mut configured = Configured { mapping, selection, ..before };
    configured.application.policy.grace_seconds = 0;
    if let Some(connection) = &mut configured.application.connection {
        connection.capabilities = discovery.capabilities.clone();
    }
    configured
}

/// What the target has, by folded name and by externalId.
#[derive(Default)]
struct Listing {
    users: HashSet<String>,
    groups: HashSet<String>,
}

impl Listing {
    async fn read(
        connector: &dyn Connector,
        connection: &Connection,
        request: &Request<'_>,
        discovery: &Discovery,
    ) -> Result<Self, CommandError> {
        let target = connector.open(connection, &request.token);
        let mut listing = Self::default();
        for kind in [Kind::User, Kind::Group] {
            if kind == Kind::Group
                && (!discovery.capabilities.groups || request.arguments.exclude_group_information)
            {
                continue;
            }
            let mut start = Some(1);
            while let Some(from) = start {
                let page = target.list(kind, from).await.result;
                let page = page.map_err(|error| connection::explained(&error, request))?;
                let keys = match kind {
                    Kind::User => &mut listing.users,
                    Kind::Group => &mut listing.groups,
                };
                for found in page.found {
                    keys.insert(folded(&found.name));
                    keys.extend(found.external_id);
                }
                start = page.next;
            }
        }
        Ok(listing)
    }
}

struct Look<'a> {
    request: &'a Request<'a>,
    tables: Option<&'a Tables>,
    configured: &'a Configured,
    there: &'a Listing,
    held: bool,
}

impl Look<'_> {
    async fn link(&self, key: LinkKey) -> Result<Link, CommandError> {
        let link = match self.tables {
            Some(tables) => tables.links.link(&key).await.map_err(CommandError::failed)?,
            None => None,
        };
        Ok(link.unwrap_or_else(|| Link::new(key)))
    }

    async fn at_users(&self, plan: &ImportPlan, report: &mut Report) -> Result<(), CommandError> {
        let now = self.request.started;
        let mut users: Vec<_> =
            plan.users_after.iter().map(|(id, record)| (id.clone(), Some(record))).collect();
        users.extend(plan.deleted_users.iter().map(|user| (user.id.clone(), None)));
        let mut follow = 0;
        for (id, record) in users {
            let link = self.link(LinkKey::user(&self.request.application, &id)).await?;
            let seen = match record {
                Some(record) => Some(self.seen_in_the_end(plan, record.clone()).await?),
                None => None,
            };
            let record = seen.as_ref().map(|seen| &seen.record);
            let action = match plan_user(self.configured, record, &link, now) {
                UserPlan::Nothing | UserPlan::WaitForGrace { .. } | UserPlan::Resolve => continue,
                UserPlan::Block { reason } => {
                    let name =
                        record.and_then(|record| record.user.as_ref()).map(|user| user.username.clone());
                    report.fail(Failure::of_object(Kind::User, &name.unwrap_or_default(), &reason));
                    continue;
                }
                UserPlan::Match { .. } => {
                    let name =
                        record.and_then(|record| record.user.as_ref()).map(|user| folded(&user.username));
                    let there = name.is_some_and(|name| self.there.users.contains(&name))
                        || self.there.users.contains(id.as_str());
                    follow += u64::from(seen.as_ref().is_some_and(|seen| seen.names_newcomers));
                    if there { Action::Adopt } else { Action::Create }
                }
                UserPlan::Change { action, .. } => action,
                UserPlan::Delete { .. } => Action::Delete,
                UserPlan::Release => Action::Release,
            };
            let removes = matches!(action, Action::Deactivate | Action::Delete | Action::Release);
            if !(removes && self.held) {
                report.done.users.count(action);
            }
        }
        if follow > 0 {
            let who = counted(follow, "new account");
            report
                .notes
                .push(format!("{who} may be sent once more, for naming users whose accounts are new too"));
        }
        Ok(())
    }

    async fn at_groups(&self, plan: &ImportPlan, report: &mut Report) -> Result<(), CommandError> {
        let mut groups: Vec<_> =
            plan.groups_after.values().map(|group| (group.id.clone(), Some(group))).collect();
        groups.extend(plan.deleted_groups.iter().map(|group| (group.id.clone(), None)));
        for (id, group) in groups {
            let link = self.link(LinkKey::group(&self.request.application, &id)).await?;
            let action = match plan_group(self.configured, group, &link) {
                GroupPlan::Nothing | GroupPlan::Resolve => continue,
                GroupPlan::Keep { changes } if changes.is_empty() => continue,
                GroupPlan::Keep { .. } => Action::Update,
                GroupPlan::Match { .. } => {
                    let name = group.map(|group| folded(&group.name)).unwrap_or_default();
                    if self.there.groups.contains(&name) { Action::Adopt } else { Action::Create }
                }
                GroupPlan::Empty | GroupPlan::Release => Action::Release,
                GroupPlan::Delete => Action::Delete,
            };
            let removes = matches!(action, Action::Delete | Action::Release);
            if !(removes && self.held) {
                report.done.groups.count(action);
            }
        }
        Ok(())
    }
}
