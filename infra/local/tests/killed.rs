//! The program killed in the middle of its work, again and again: what it recorded is enough to go on, and nothing is
//! done or told twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::directory::Status;
use provisioning::target::Kind;
use rollcall::engine::{Engine, EngineConfig};
use tempfile::TempDir;
use testkit::sample::{self, Directory};
use testkit::{StandIn, StandInConfig};

/// Runs the program, and kills it after a while; `None` where that came first.
async fn run(data: &Path, file: &Path, target: &StandIn, kill_after: Option<Duration>) -> Option<ExitStatus> {
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .arg("sync")
        .args([
            "--target",
            target.base_url().as_str(),
            "--allow-local-target",
            "--allow-removals",
            "1000",
            "--json",
        ])
        .arg("--directory")
        .arg(file)
        .arg("--data")
        .arg(data)
        .env("ROLLCALL_TOKEN", StandInConfig::default().token)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the program");
    let patience = kill_after.unwrap_or(Duration::from_secs(180));
    let ended = tokio::time::timeout(patience, child.wait()).await;
    if ended.is_err() {
        assert!(kill_after.is_some(), "it never ends");
        // SIGKILL: no handler of ours runs.
        child.kill().await.expect("killed");
    }
    ended.ok().map(|status| status.expect("a status"))
}

/// Runs it until it once ends by itself, each time given a little longer; returns how often it was killed.
async fn run_until_done(data: &Path, file: &Path, target: &StandIn) -> u32 {
    for kills in 0..60_u32 {
        // Uneven steps, so that the kills fall on different moments.
        let life = Duration::from_millis(u64::from(120 + 170 * kills + 37 * (kills % 5)));
        if let Some(status) = run(data, file, target, Some(life)).await {
            assert_eq!(status.code(), Some(0), "after {kills} kills");
            return kills;
        }
    }
    panic!("it never came to its end");
}

fn write_file(files: &TempDir, directory: &Directory) -> std::path::PathBuf {
    let path = files.path().join("people.csv");
    std::fs::write(&path, directory.to_csv().expect("a file")).expect("written");
    path
}

fn assert_in_step(target: &StandIn, directory: &Directory) {
    let wanted: BTreeMap<_, _> = directory
        .users
        .iter()
        .filter(|user| user.status == Status::Active)
        .map(|user| (&user.id, user.username.clone()))
        .collect();
    let active = target.users().into_iter().filter(|user| user.active() != Some(false));
    let active: BTreeSet<_> = active.filter_map(|user| user.text("userName").map(str::to_owned)).collect();
    assert_eq!(active, wanted.values().cloned().collect());
    for group in &directory.groups {
        let members = directory.memberships.iter().filter(|(of, _)| *of == group.id);
        let members: BTreeSet<_> = members.filter_map(|(_, user)| wanted.get(user).cloned()).collect();
        assert_eq!(target.members_of(&group.name), members, "{}", group.name);
    }
}

async fn events(data: &Path) -> Vec<Outcome> {
    let engine = Engine::start(EngineConfig { data: Some(data.to_owned()), ..EngineConfig::default() });
    let engine = engine.await.expect("the data opens");
    engine.until_idle(Duration::ZERO).await.expect("idle");
    let applications = engine.tables().applications.list().await.expect("applications");
    let mut events = Vec::new();
    let mut cursor = None;
    loop {
        let page =
            engine.tables().activity.of_application(&applications[0].id, cursor, 500).await.expect("a page");
        events.extend(page.outcomes);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    engine.stop(Duration::from_secs(5)).await;
    events
}

/// How often each object was told to have been made or taken over.
fn told(events: &[Outcome], kind: Kind) -> BTreeMap<String, usize> {
    let made = events.iter().filter(|event| event.result == OutcomeResult::Success);
    let made = made.filter(|event| matches!(event.action, Action::Create | Action::Adopt));
    let objects = made.filter_map(|event| event.target.as_ref()).filter(|target| target.kind == kind);
    objects.fold(BTreeMap::new(), |mut told, target| {
        *told.entry(target.name.clone()).or_default() += 1;
        told
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_is_finished_by_the_next_without_doing_or_telling_anything_twice() {
    let (files, data) = (TempDir::new().expect("a directory"), TempDir::new().expect("a directory"));
    let config = StandInConfig { latency: Duration::from_millis(5), ..StandInConfig::default() };
    let target = StandIn::start(config).await.expect("a target");
    let mut directory = sample::directory(40, 5, 2, 3).expect("a directory");
    let file = write_file(&files, &directory);

    let kills = run_until_done(data.path(), &file, &target).await;
    assert!(kills > 2, "it was killed in the middle: {kills}");
    assert_in_step(&target, &directory);
    let active = directory.users.iter().filter(|user| user.status == Status::Active).count();
    assert_eq!(target.counts(), (active, directory.groups.len()), "nobody was made twice");

    // A smaller second round: the first ten leave, the others get a new title, one group changes hands.
    directory.users.drain(..10);
    let left: BTreeSet<_> = directory.users.iter().map(|user| user.id.clone()).collect();
    directory.memberships.retain(|(_, user)| left.contains(user));
    for user in &mut directory.users {
        user.custom.insert("title".into(), "Reader".into());
    }
    let file = write_file(&files, &directory);
    run_until_done(data.path(), &file, &target).await;
    assert_in_step(&target, &directory);
    assert_eq!(target.counts(), (active, directory.groups.len()), "leavers are deactivated, not deleted");

    target.clear_log();
    let status = run(data.path(), &file, &target, None).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert!(target.writes().is_empty(), "what is in step is left alone: {:?}", target.writes());

    let events = events(data.path()).await;
    let ids: BTreeSet<_> = events.iter().map(|event| &event.id).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events.iter().all(|event| !event.reason.is_empty()));
    let made = told(&events, Kind::User);
    assert_eq!(
        (made.len(), made.values().sum::<usize>()),
        (active, active),
        "each account is told once: {made:?}"
    );
    let made = told(&events, Kind::Group);
    assert_eq!((made.len(), made.values().sum::<usize>()), (5, 5), "each group is told once: {made:?}");
}
