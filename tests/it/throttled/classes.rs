//! A target that takes some requests more often than others (the profile of Miro), in real time: users, groups, the sweep's
//! listing and a look-up of a newcomer share what is declared.

use std::time::Duration;

use provisioning::activity::OutcomeResult;
use testkit::{LoggedRequest, sample};
use tokio::time::sleep;

use super::{LOOK, enable, look};
use crate::local::system::System;

/// Miro takes a hundred writes of users in 30 seconds, and five writes of groups.
const USER_WRITES_IN_TEN_SECONDS: usize = 33;
const BETWEEN_GROUP_WRITES: Duration = Duration::from_secs(6);
/// What a request may take on its way: two that left a distance apart may come nearer to each other.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

fn moments(log: &[LoggedRequest], write: bool, path: &str) -> Vec<Duration> {
    let wanted =
        |request: &&LoggedRequest| (request.method != "GET") == write && request.path.starts_with(path);
    log.iter().filter(wanted).map(|request| request.at).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_request_keeps_to_its_own_rate() {
    let system = System::of("miro", sample::directory(40, 3, 1, 7).unwrap()).await;
    enable(&system).await;
    let mut promised = None;
    while look(&system).await.sweep.is_some() {
        let eta = look(&system).await.sweep.and_then(|sweep| sweep.eta_seconds).filter(|eta| *eta > 0);
        promised = promised.or(eta.map(|eta| (eta, system.target.uptime())));
        sleep(LOOK).await;
    }
    system.rest().await;
    let ended = system.target.uptime();
    let log = system.target.requests();
    let users = moments(&log, true, "/Users");
    let most = users.iter().map(|first| {
        users.iter().filter(|at| (*first..*first + Duration::from_secs(10)).contains(*at)).count()
    });
    let most = most.max().unwrap_or(0);
    assert!(most <= USER_WRITES_IN_TEN_SECONDS + 2, "{most} users were written in ten seconds");
    let groups = moments(&log, true, "/Groups");
    assert!(groups.len() >= 3);
    for two in groups.windows(2) {
        assert!(two[1] - two[0] >= BETWEEN_GROUP_WRITES - ON_ITS_WAY, "{groups:?}");
    }
    let log = system.engine.tables().activity.of_application(&system.application, None, 1_000).await.unwrap();
    let failed: Vec<_> = log.outcomes.iter().filter(|told| told.result != OutcomeResult::Success).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let (eta, at) = promised.expect("a time was told");
    let took = (ended - at).as_secs_f64();
    assert!(
        (eta as f64 - took).abs() <= (took / 2.0).max(5.0),
        "{eta} s were promised, and it took {took:.1} s"
    );
}
