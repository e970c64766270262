//! A first sync into a target that takes 50 requests a second: what is urgent is not kept waiting by what is much, a disabled
//! application is left alone, and the time left is told truly.
//!
//! The full size is 10,000 users and takes minutes: `cargo nextest run -p tests throttled --run-ignored only --no-capture`.

mod classes;
mod slow;

use std::time::Duration;

use provisioning::application::{Status, status};
use provisioning::directory::{Status as Account, User};
use testkit::{Arrivals, RateLimit, sample};
use tokio::time::{Instant, sleep};

use crate::local::system::System;

/// Requests a second that the target takes.
const LIMIT: u32 = 50;
/// How long a leaver may stay active, however much else is to be done.
const URGENT: Duration = Duration::from_secs(10);
/// How long after its end requests may still come from a disabled application: those that were being sent.
const LAST_REQUEST: Duration = Duration::from_secs(5);
/// How much of the time it takes the estimate may be off.
const OFF: f64 = 0.25;
const LOOK: Duration = Duration::from_millis(100);

/// A system whose target has a limit, not yet enabled.
async fn throttled(users: usize, groups: usize) -> System {
    let system = System::new(sample::directory(users, groups, 2, 7).unwrap()).await;
    system.target.set_rate_limit(Some(RateLimit::SlidingWindow(LIMIT)));
    system
}

async fn enable(system: &System) {
    system.engine.setup().enable(&system.application, None).await.unwrap();
}

/// The application as an administrator sees it.
async fn look(system: &System) -> Status {
    let tables = system.engine.tables();
    let configured = tables.applications.load(&system.application).await.unwrap().unwrap();
    status(tables, &configured, system.engine.clock().now()).await.unwrap()
}

/// Waits until so many users are at the target.
async fn until_there_are(system: &System, users: usize) {
    while system.target.counts().0 < users {
        sleep(LOOK).await;
    }
}

/// An active user who has been at the target for some time.
fn somebody_provisioned(system: &System) -> User {
    let active = system.directory.users.iter().filter(|user| user.status == Account::Active);
    let mut there = active.filter(|user| system.target.user(&user.username).is_some());
    there.next().expect("somebody").clone()
}

/// How long he stays active at the target after he is disabled in the directory.
async fn disabled_at_the_target_after(system: &System, user: &User) -> Duration {
    let disabled = User { status: Account::Disabled, ..user.clone() };
    let changed = system.target.uptime();
    system.put_user(user, disabled, &[], &[]).await;
    loop {
        let history = system.target.activations(&user.username);
        if let Some(last) = history.last().filter(|last| !last.active) {
            return last.at - changed;
        }
        assert!(system.target.uptime() - changed < 6 * URGENT, "he is active still: {history:?}");
        sleep(LOOK).await;
    }
}

#[expect(clippy::print_stderr, reason = "what was measured is told")]
fn tell(what: &str, arrivals: &Arrivals) {
    let (all, refused) = (arrivals.count(), arrivals.refused());
    let share = 100.0 * refused as f64 / all.max(1) as f64;
    let most = arrivals.most_within(Duration::from_secs(10));
    eprintln!("{what}; {refused} of {all} requests were refused ({share:.1} %), at most {most} came in 10 s");
    if std::env::var_os("THROTTLED_BY_SECOND").is_some() {
        eprintln!("{:?}", arrivals.by_second());
    }
}

/// Somebody is disabled while a first sync of so many is under way, and then the application is.
async fn what_is_urgent_comes_first(users: usize, groups: usize) {
    let system = throttled(users, groups).await;
    enable(&system).await;
    until_there_are(&system, users / 3).await;
    let user = somebody_provisioned(&system);
    let took = disabled_at_the_target_after(&system, &user).await;
    assert!(system.target.counts().0 < users * 9 / 10, "the sync was still under way");

    system.engine.setup().disable(&system.application).await.unwrap();
    let disabled = system.target.uptime();
    sleep(2 * LAST_REQUEST).await;
    let arrivals = system.target.arrivals();
    let last = arrivals.last().unwrap().saturating_sub(disabled);
    tell(
        &format!(
            "{users} users: a leaver was inactive after {:.1} s; the last request came {:.1} s after the end",
            took.as_secs_f64(),
            last.as_secs_f64()
        ),
        &arrivals,
    );
    assert!(took <= URGENT, "he stayed active for {took:?}");
    assert!(last <= LAST_REQUEST, "a request came {last:?} after the application was disabled");
}

/// The estimate once a share of all is done, and how long it then took.
async fn estimate_and_truth(users: usize, groups: usize, share: f64) -> (f64, f64) {
    let system = throttled(users, groups).await;
    enable(&system).await;
    let began = Instant::now();
    let estimate = loop {
        let sweep = look(&system).await.sweep.expect("it is under way");
        match (sweep.total, sweep.eta_seconds) {
            (Some(total), Some(eta)) if sweep.done as f64 >= share * total as f64 => break eta as f64,
            _ => sleep(LOOK).await,
        }
    };
    let estimated = began.elapsed();
    while look(&system).await.sweep.is_some() {
        sleep(LOOK).await;
    }
    let whole = began.elapsed();
    let took = (whole - estimated).as_secs_f64();
    tell(
        &format!(
            "{users} users took {:.1} s; after {:.1} s {estimate:.0} s more were promised, and it took {took:.1} s",
            whole.as_secs_f64(),
            estimated.as_secs_f64()
        ),
        &system.target.arrivals(),
    );
    let active = system.directory.users.iter().filter(|user| user.status == Account::Active).count();
    assert_eq!(system.target.counts(), (active, groups));
    (estimate, took)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_is_turned_off_in_seconds_and_a_disabled_application_left_alone() {
    what_is_urgent_comes_first(600, 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes"]
async fn a_leaver_among_10_000_is_turned_off_in_seconds_and_a_disabled_application_left_alone() {
    what_is_urgent_comes_first(10_000, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_left_is_told_nearly_truly_while_the_pace_is_still_learned() {
    let (estimate, took) = estimate_and_truth(600, 6, 0.5).await;
    // So short a sync ends before the pace has settled; the full size below holds the promise itself.
    assert!((estimate - took).abs() <= 2.0 * OFF * took, "{estimate} s were promised, {took} s it took");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes"]
async fn the_time_left_of_10_000_is_told_truly_after_the_first_tenth() {
    let (estimate, took) = estimate_and_truth(10_000, 50, 0.1).await;
    assert!((estimate - took).abs() <= OFF * took, "{estimate} s were promised, {took} s it took");
}
