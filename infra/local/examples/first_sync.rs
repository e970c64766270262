//! Measures a first sync: 1,000 users and 50 groups of 100 into an empty target that answers in 20 ms, from *enable* until
//! everything is in step; beside it a bare client that only sends the same creates, 32 in flight.
//!
//! `cargo run --release -p rollcall --example first_sync [-- --users N] [--file]`

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it prints what it measured")]

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _};
use provisioning::application::{Configuration, Links, Selection};
use provisioning::ids::ApplicationId;
use provisioning::mapping::{Mapping, automatic, default_attributes};
use provisioning::ports::{GroupWrite, UserWrite};
use rollcall::database::Usage;
use rollcall::engine::{Engine, EngineConfig};
use scim_client::AddressPolicy;
use testkit::sample::{self, Directory};
use testkit::{StandIn, StandInConfig, bare_client};

const LATENCY: Duration = Duration::from_millis(20);
const USERS_PER_GROUP: usize = 100;
const MEMBERSHIPS_PER_USER: usize = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let value =
        |name: &str| arguments.iter().position(|given| given == name).and_then(|at| arguments.get(at + 1));
    let users: usize = value("--users").map_or(Ok(1_000), |given| given.parse())?;
    let on_file = arguments.iter().any(|given| given == "--file");
    let groups = users * MEMBERSHIPS_PER_USER / USERS_PER_GROUP;
    let directory = sample::directory(users, groups, MEMBERSHIPS_PER_USER, 1)?;
    println!(
        "{users} users, {groups} groups, {} memberships; the target answers in {LATENCY:?}",
        directory.memberships.len()
    );

    let bare = bare(&directory).await?;
    println!("bare client, 32 in flight: {:.2} s", bare.as_secs_f64());

    let data = on_file.then(tempfile::tempdir).transpose()?;
    let config = EngineConfig {
        address_policy: AddressPolicy::AllowLocal,
        data: data.as_ref().map(|directory| directory.path().to_owned()),
        ..EngineConfig::default()
    };
    let engine = Engine::start(config).await?;
    let target = StandIn::start(StandInConfig { latency: LATENCY, ..StandInConfig::default() }).await?;
    let started = Instant::now();
    load(&engine, &directory).await?;
    println!("directory written: {:.2} s", started.elapsed().as_secs_f64());
    let application = set_up(&engine, &target, &directory).await?;
    engine.until_idle(Duration::from_secs(1)).await?;

    let (usage, requests, cpu, started) = (engine.usage(), target.request_count(), cpu()?, Instant::now());
    engine.setup().enable(&application, None).await?;
    let idle = tokio::select! {
        idle = engine.until_idle(Duration::from_secs(30)) => idle?,
        never = phases(&engine, &application, started) => return never,
    };
    let wall = started.elapsed();
    println!(
        "enabled until in step: {:.2} s wall, {:.2} s CPU (target included)",
        wall.as_secs_f64(),
        cpu_since(cpu)?
    );
    println!("  {} requests; {} left for later", target.request_count() - requests, idle.later.len());
    tell(&engine.usage().since(&usage));
    println!("  {:.1} times the bare client", wall.as_secs_f64() / bare.as_secs_f64());
    println!("  at the target: {:?}", target.counts());

    let (usage, cpu, started) = (engine.usage(), self::cpu()?, Instant::now());
    target.clear_log();
    engine.setup().start_sweep(&application, false, None).await?;
    engine.until_idle(Duration::from_secs(30)).await?;
    println!(
        "sweep without changes: {:.2} s wall, {:.2} s CPU",
        started.elapsed().as_secs_f64(),
        cpu_since(cpu)?
    );
    println!("  {} requests", target.requests().len());
    tell(&engine.usage().since(&usage));
    engine.stop(Duration::from_secs(5)).await;
    Ok(())
}

/// Says when the sweep enters which phase, and what it cost until then.
async fn phases(engine: &Engine, application: &ApplicationId, started: Instant) -> Outcome<()> {
    let mut last = None;
    let mut usage = engine.usage();
    loop {
        let sweep = engine.tables().applications.condition(application).await?.sweep;
        let phase = sweep.map(|sweep| sweep.phase);
        if phase != last {
            let spent = engine.usage().since(&usage);
            println!(
                "  {:.2} s: {phase:?} (until then {} reads, {} writes)",
                started.elapsed().as_secs_f64(),
                spent.reads(),
                spent.writes()
            );
            (last, usage) = (phase, engine.usage());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn tell(usage: &Usage) {
    let Usage { calls, busy } = usage;
    println!(
        "  tables: {} reads, {} writes, busy {:.2} s: {calls:?}",
        usage.reads(),
        usage.writes(),
        busy.as_secs_f64()
    );
}

async fn bare(directory: &Directory) -> Outcome<Duration> {
    let target = StandIn::start(StandInConfig { latency: LATENCY, ..StandInConfig::default() }).await?;
    Ok(bare_client::create_all(target.base_url(), &target.token(), directory).await?)
}

async fn load(engine: &Engine, directory: &Directory) -> Outcome<()> {
    let store = &engine.tables().directory;
    for group in &directory.groups {
        store.write_group(&GroupWrite { old: None, new: group.clone() }).await?;
    }
    let users = futures::stream::iter(&directory.users).map(|user| async {
        let own = directory.memberships.iter().filter(|(_, member)| *member == user.id);
        let join = own.map(|(group, _)| group.clone()).collect();
        store.write_user(&UserWrite { old: None, new: user.clone(), join, leave: BTreeSet::new() }).await
    });
    Ok(users.buffer_unordered(16).try_collect::<()>().await?)
}

async fn set_up(engine: &Engine, target: &StandIn, directory: &Directory) -> Outcome<ApplicationId> {
    let application: ApplicationId = "crm".parse()?;
    let setup = engine.setup();
    setup.create(&application, "CRM", "generic-saml").await?;
    setup.connect(&application, target.base_url(), &target.token(), Links::Keep).await?;
    let columns: Vec<_> = sample::COLUMNS.iter().map(|&column| column.to_owned()).collect();
    let mapping = automatic(&columns, &default_attributes(), &[], &[], &Mapping::default())?.mapping;
    let groups = directory.groups.iter().map(|group| group.id.clone()).collect();
    let selection = Selection { groups, ..Selection::default() };
    let new =
        Configuration { mapping: Some(mapping), selection: Some(selection), ..Configuration::default() };
    setup.configure(&application, new).await?;
    Ok(application)
}

/// The process's CPU time so far, in seconds (Linux: user and system time in hundredths).
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks(11) + ticks(12)) / 100.0)
}

fn cpu_since(earlier: f64) -> Outcome<f64> {
    Ok(cpu()? - earlier)
}
