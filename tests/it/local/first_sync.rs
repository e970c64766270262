use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::{EventName, OutcomeResult};
use provisioning::directory::Status;

use super::system::{System, lines};

fn count(lines: &[String]) -> BTreeMap<&str, usize> {
    lines.iter().fold(BTreeMap::new(), |mut counts, line| {
        *counts.entry(line.as_str()).or_default() += 1;
        counts
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_target_costs_one_create_for_each_object_and_one_listing() {
    let system = System::in_step(120, 8, 2).await;
    let requests = lines(&system.target.requests());
    let active: Vec<_> = system.directory.users.iter().filter(|user| user.status == Status::Active).collect();
    let counts = count(&requests);
    assert_eq!(counts.get("POST Users"), Some(&active.len()));
    assert_eq!(counts.get("POST Groups"), Some(&system.directory.groups.len()));
    let writes = system.target.writes();
    let more: Vec<_> = writes.iter().filter(|request| request.method != "POST").collect();
    assert!(more.is_empty(), "{more:?}");
    assert_eq!(counts.get("GET Users"), Some(&1), "one page tells that there is nobody: {counts:?}");
    assert_eq!(counts.get("GET Groups"), Some(&1), "and no group: {counts:?}");

    for group in &system.directory.groups {
        let members = active.iter().filter(|user| system.groups_of(&user.id).contains(&group.id));
        let names: BTreeSet<_> = members.map(|user| user.username.clone()).collect();
        assert_eq!(system.target.members_of(&group.name), names, "{}", group.name);
    }

    let log = system.engine.tables().activity.of_application(&system.application, None, 1_000).await.unwrap();
    let told = |event| log.outcomes.iter().filter(|outcome| outcome.event == event).count();
    assert_eq!(told(EventName::UserSync), active.len());
    assert_eq!(told(EventName::GroupSync), system.directory.groups.len());
    assert!(log.outcomes.iter().all(|outcome| outcome.result == OutcomeResult::Success));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_without_changes_writes_nothing_and_tells_nothing() {
    let system = System::in_step(40, 4, 2).await;
    let events = || system.engine.tables().activity.of_application(&system.application, None, 1_000);
    let before = events().await.unwrap().outcomes.len();
    for read_target in [false, true] {
        let swept = system.requests_of(async {
            system.engine.setup().start_sweep(&system.application, read_target, None).await.unwrap();
        });
        let requests = lines(&swept.await);
        assert!(requests.iter().all(|line| read_target && line.starts_with("GET ")), "{requests:?}");
    }
    assert_eq!(events().await.unwrap().outcomes.len(), before);
}
