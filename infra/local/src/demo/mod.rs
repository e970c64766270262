//! `rollcall demo`: a sample directory and a sample application in one process, provisioned before one's eyes by the same
//! functions that run on AWS.

mod changes;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use provisioning::activity::{Outcome, OutcomeResult};
use provisioning::application::{Configuration, Links, Selection};
use provisioning::directory::file::{Format, parse};
use provisioning::directory::import::{Extent, Namespace, Snapshot, apply, plan};
use provisioning::ids::ApplicationId;
use provisioning::mapping::{Mapping, automatic};
use rollcall::engine::{Engine, EngineConfig};
use scim_client::{AddressPolicy, HttpConnector};
use secrecy::ExposeSecret as _;
use testkit::{StandIn, StandInConfig, sample};

use crate::cli::DemoArguments;
use crate::done::Done;
use crate::ending::{CommandError, Ending};
use crate::output::{Console, counted};
use crate::progress::{Scope, TROUBLE_PASSES, until_in_step};
use crate::serve::{Listener, StopSignal, api, authenticator, new_token};
use crate::traffic::{Traffic, WatchedConnector};

const USERS: usize = 300;
const GROUPS: usize = 12;
/// A token of an application that holds nothing, so it may be shown.
const TOKEN: &str = "sample-token";
/// What a target across a network takes, at the least.
const LATENCY: Duration = Duration::from_millis(10);
/// Where the API is served: the port that is free.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// What of the API a newcomer looks at first.
const SHOWN: &str = "catalog?provisioning=true";
/// Events shown of the activity log.
const EVENTS: usize = 8;

/// The demo's actors.
struct Demo<'a> {
    console: &'a Console,
    engine: &'a Engine,
    target: &'a StandIn,
    traffic: &'a Traffic,
    application: ApplicationId,
}

/// Runs the demo.
///
/// # Errors
///
/// [`CommandError::Failed`].
pub async fn run(arguments: &DemoArguments, console: &Console) -> Result<Ending, CommandError> {
    let config = StandInConfig { token: TOKEN.into(), latency: LATENCY, ..StandInConfig::default() };
    let target = StandIn::start(config).await.map_err(CommandError::failed)?;
    let traffic = Arc::new(Traffic::default());
    let http = Arc::new(HttpConnector::new(AddressPolicy::AllowLocal));
    let connector = WatchedConnector::new(http, Arc::clone(&traffic));
    let config = EngineConfig { connector: Some(Arc::new(connector)), ..EngineConfig::default() };
    let engine = Engine::start(config).await.map_err(CommandError::failed)?;
    let application = "sample-application".parse().map_err(CommandError::failed)?;
    let demo = Demo { console, engine: &engine, target: &target, traffic: &traffic, application };
    let ended = demo.show(arguments).await;
    engine.stop(Duration::from_secs(5)).await;
    ended
}

impl Demo<'_> {
    async fn show(&self, arguments: &DemoArguments) -> Result<Ending, CommandError> {
        self.console.say(
            "Rollcall keeps an application in step with a directory of users and groups, over SCIM 2.0.",
        );
        self.console
            .say("This is a sample of both in one process, in memory; nothing leaves this machine.\n");
        let failed = self.provision().await?;
        self.console.say("\nFour changes to the directory, and all that each of them sends:");
        self.make_changes().await?;
        self.console.say("\nThe end of the activity log:");
        for outcome in self.newest(EVENTS).await?.iter().rev() {
            self.console.say(&told(outcome));
        }
        if !arguments.exit {
            self.stay().await?;
        }
        let ending = if failed { Ending::Failed } else { Ending::InStep };
        self.console.say(if failed { "\nNot in step: something failed." } else { "\nIn step." });
        Ok(ending)
    }

    /// Imports the directory, connects, maps, selects all groups, enables, and waits until all is in step.
    async fn provision(&self) -> Result<bool, CommandError> {
        let directory = sample::directory(USERS, GROUPS, 2, 1).map_err(CommandError::failed)?;
        let text = directory.to_csv().map_err(CommandError::failed)?;
        let file = parse(text.as_bytes(), Format::CommaSeparated);
        let started = self.engine.clock().now();
        let snapshot = Snapshot::default();
        let planned = plan(&file, &snapshot, Namespace::of("sample")).map_err(CommandError::failed)?;
        let store = self.engine.tables().directory.as_ref();
        apply(&planned, Extent::Everything, store, &|_| {}).await.map_err(CommandError::failed)?;
        self.console.say(&format!("Directory  {}", planned.counts()));

        let setup = self.engine.setup();
        let id = &self.application;
        setup.create(id, "Sample application", "generic-oidc").await.map_err(CommandError::failed)?;
        let url = self.target.base_url();
        let discovery =
            setup.connect(id, url, &self.target.token(), Links::Keep).await.map_err(CommandError::failed)?;
        let mapping =
            automatic(&file.columns, &discovery.attributes, &discovery.required, &[], &Mapping::default());
        let mapping = mapping.map_err(CommandError::failed)?.mapping;
        self.console.say(&format!(
            "Target     {url}: connected; {} mapped",
            counted(mapping.attributes.len() as u64, "attribute")
        ));
        let groups = planned.groups_after.keys().cloned().collect();
        let selection = Selection { groups, ..Selection::default() };
        let scope = Scope::of(&planned, &selection);
        let configuration =
            Configuration { mapping: Some(mapping), selection: Some(selection), ..Configuration::default() };
        setup.configure(id, configuration).await.map_err(CommandError::failed)?;
        let job = setup.enable(id, None).await.map_err(CommandError::failed)?;
        let rest =
            until_in_step(self.engine, self.console, id, &job, &scope, TROUBLE_PASSES, self.traffic).await?;

        let took = self.engine.clock().now().duration_since(started);
        let done = Done::since(self.engine.tables(), id, started).await.map_err(CommandError::failed)?;
        self.console.say(&done.to_string());
        let requests = self.traffic.counts();
        self.console.say(&format!(
            "Requests   {} reading, {} writing, in {:.1} s (each takes at least {} ms here)",
            requests.reads,
            requests.writes,
            took.as_secs_f64(),
            LATENCY.as_millis(),
        ));
        let later = rest.idle.map(|idle| idle.later.len()).unwrap_or_default();
        Ok(rest.problem.is_some() || later > 0)
    }

    async fn newest(&self, limit: usize) -> Result<Vec<Outcome>, CommandError> {
        let page = self.engine.tables().activity.of_application(&self.application, None, limit).await;
        Ok(page.map_err(CommandError::failed)?.outcomes)
    }

    /// Serves the API until Ctrl-C. From here on Ctrl-C asks to stop, until here it ends the process.
    async fn stay(&self) -> Result<(), CommandError> {
        let stop = StopSignal::of_process().map_err(CommandError::failed)?;
        let listener = Listener::bind(ANY_PORT, false).await?;
        let token = new_token().map_err(CommandError::failed)?;
        let api_token = token.expose_secret();
        let (target, address) = (self.target.base_url(), listener.address());
        self.console.say(&format!(
            "\nThe sample application is a SCIM 2.0 service provider within this process. Look at it:
  curl -H 'Authorization: Bearer {TOKEN}' '{target}/Users?count=2'
Rollcall's own API is here too, described at http://{address}/v1/openapi.json:
  curl -H 'Authorization: Bearer {api_token}' 'http://{address}/v1/{SHOWN}'
Rollcall keeps the application in step until Ctrl-C."
        ));
        let router = api(self.engine, authenticator(token));
        listener.serve(router, &stop).await;
        Ok(())
    }
}

/// One event on one line.
fn told(outcome: &Outcome) -> String {
    let result = match outcome.result {
        OutcomeResult::Success => "SUCCESS",
        OutcomeResult::Failure => "FAILURE",
    };
    let name = outcome.target.as_ref().map_or("", |target| target.name.as_str());
    let event = serde_json::to_value(outcome.event).ok();
    let event = event.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    format!("  {:.3}  {event:<26} {result}  {name}: {}", outcome.at, outcome.reason)
}
