//! A target that is declared to take 3 requests a second, and takes no more: a first sync, with changes and calls on demand during it.

use std::time::Duration;

use provisioning::activity::OutcomeResult;
use provisioning::adoption::Adoptions;
use provisioning::application::{Pace, Setup};
use provisioning::directory::{Status as Account, User};
use provisioning::link::LinkKey;
use testkit::{RateLimit, sample};
use tokio::time::sleep;

use super::{LOOK, enable, look, tell};
use crate::local::system::System;

/// Requests a second.
const RATE: u32 = 3;
/// Most requests in any ten seconds: the rate, and what was on its way.
const IN_TEN_SECONDS: usize = 33;

/// A first sync, a promotion and a leaver meanwhile; the estimate is looked at half way.
async fn first_sync_at_three_a_second(users: usize, groups: usize, memberships: usize) {
    let system = System::new(sample::directory(users, groups, memberships, 7).unwrap()).await;
    // The target was connected at whatever pace: what is looked at begins a window later.
    sleep(Duration::from_secs(1)).await;
    let connected = system.target.uptime();
    system.target.set_rate_limit(Some(RateLimit::FixedWindow(RATE)));
    let pace = Pace::declared(RATE.into(), system.engine.clock().now());
    system.engine.tables().applications.set_pace(&system.application, None, Some(pace)).await.unwrap();
    enable(&system).await;
    while system.target.counts().0 < users / 2 {
        sleep(LOOK).await;
    }
    let began = system.target.uptime();
    let estimate = loop {
        let sweep = look(&system).await.sweep.expect("it is under way");
        match sweep.eta_seconds {
            Some(eta) => break eta as f64,
            None => sleep(LOOK).await,
        }
    };
    change_two(&system).await;
    ask_on_demand(&system).await;
    while look(&system).await.sweep.is_some() {
        sleep(LOOK).await;
    }
    system.rest().await;
    let took = (system.target.uptime() - began).as_secs_f64();
    let arrivals = system.target.arrivals().since(connected);
    tell(
        &format!("{users} users, {groups} groups: {estimate:.0} s more were promised, it took {took:.1} s"),
        &arrivals,
    );
    let most = arrivals.most_within(Duration::from_secs(10));
    assert!(most <= IN_TEN_SECONDS, "{most} requests came in ten seconds: {:?}", arrivals.by_second());
    assert!((estimate - took).abs() <= (took / 2.0).max(5.0), "{estimate} s were promised, {took} s it took");
    let log = system.engine.tables().activity.of_application(&system.application, None, 1_000).await.unwrap();
    let failed: Vec<_> = log.outcomes.iter().filter(|told| told.result != OutcomeResult::Success).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let status = look(&system).await;
    assert!(status.in_step, "{status:?}");
}

/// Promotes one who is there and disables another, and waits until both are seen at the target.
async fn change_two(system: &System) {
    let there = |user: &&User| user.status == Account::Active && system.target.user(&user.username).is_some();
    let mut there = system.directory.users.iter().filter(there);
    let (ada, bob) = (there.next().unwrap().clone(), there.next().unwrap().clone());
    let mut promoted = ada.clone();
    promoted.custom.insert("title".into(), "Head of Numbers".into());
    system.put_user(&ada, promoted, &[], &[]).await;
    system.put_user(&bob, User { status: Account::Disabled, ..bob.clone() }, &[], &[]).await;
    let title = || system.target.user(&ada.username).and_then(|user| user.text("title").map(str::to_owned));
    let is_off = || system.target.user(&bob.username).is_some_and(|user| user.active() == Some(false));
    while title().as_deref() != Some("Head of Numbers") || !is_off() {
        assert!(look(system).await.sweep.is_some(), "they waited for the whole sync");
        sleep(LOOK).await;
    }
}

/// Somebody asks for two who are not there yet and for one group, and has them long before the sync is done.
async fn ask_on_demand(system: &System) {
    let active = system.directory.users.iter().filter(|user| user.status == Account::Active);
    let mut waiting = active.rev().filter(|user| system.target.user(&user.username).is_none());
    let people = [waiting.next().unwrap(), waiting.next().unwrap()];
    let tables = system.engine.tables();
    let configured = tables.applications.load(&system.application).await.unwrap().unwrap();
    let Setup { tables, bell, clock, .. } = system.engine.setup();
    let asked = Adoptions { tables, bell, clock };
    for user in people {
        asked.provision(&configured, &LinkKey::user(&system.application, &user.id)).await.unwrap();
    }
    let group = configured.selection.groups.first().unwrap();
    asked.provision(&configured, &LinkKey::group(&system.application, group)).await.unwrap();
    let name = system.directory.groups.iter().find(|known| known.id == *group).unwrap().name.clone();
    let are_there = || people.iter().all(|user| system.target.user(&user.username).is_some());
    while !are_there() || system.target.group(&name).is_none() {
        assert!(look(system).await.sweep.is_some(), "they waited for the whole sync");
        sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_of_three_requests_a_second_gets_no_more() {
    first_sync_at_three_a_second(75, 6, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes"]
async fn a_target_of_three_requests_a_second_gets_no_more_with_200_users_and_20_groups_of_50() {
    first_sync_at_three_a_second(200, 20, 5).await;
}
