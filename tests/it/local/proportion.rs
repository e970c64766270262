//! Work in proportion to the change: the same requests and the same calls of the tables, however large the rest is.

use std::collections::BTreeMap;
use std::time::Duration;

use provisioning::directory::Status;
use testkit::sample;

use crate::real_time::now;

use super::system::{System, lines};

/// How much larger the larger directory is. `ROLLCALL_LARGE_DIRECTORY` names another number of users.
const LARGE: usize = 600;
/// Nothing is asked of the tables for so long once a change is done with.
const QUIET: Duration = Duration::from_millis(700);

#[expect(clippy::disallowed_methods, reason = "a size for runs by hand")]
fn large() -> usize {
    std::env::var("ROLLCALL_LARGE_DIRECTORY").ok().and_then(|users| users.parse().ok()).unwrap_or(LARGE)
}

/// What a change came to: the requests, and the calls of the tables by operation.
type Cost = (Vec<String>, BTreeMap<String, u64>);

/// Makes a change and waits until nothing more is asked of the tables for it.
async fn cost_of(system: &System, change: impl Future<Output = ()>) -> Cost {
    system.target.clear_log();
    let before = system.engine.usage();
    change.await;
    let (mut last, mut since) = (system.engine.usage(), now());
    while since.elapsed() < QUIET {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let usage = system.engine.usage();
        if usage.calls != last.calls {
            (last, since) = (usage, now());
        }
    }
    (lines(&system.target.requests()), last.since(&before).calls)
}

/// What two changes cost in a directory of so many users in one group, all of them in step: a new title, and a
/// member more.
async fn costs(users: usize) -> [Cost; 2] {
    let mut directory = sample::directory(users, 2, 1, 7).unwrap();
    // One group holds everybody but the newcomer, so its size is the directory's.
    let (all, other) = (directory.groups[0].clone(), directory.groups[1].clone());
    let newcomer = directory.users.iter().find(|user| user.status == Status::Active).unwrap().clone();
    let group_of = |id| if id == newcomer.id { other.id.clone() } else { all.id.clone() };
    directory.memberships =
        directory.users.iter().map(|user| (group_of(user.id.clone()), user.id.clone())).collect();
    let system = System::quiet(directory).await;
    system.rest().await;
    let mut promoted = newcomer.clone();
    promoted.custom.insert("title".into(), "Head of Numbers".into());
    let title = cost_of(&system, system.put_user(&newcomer, promoted.clone(), &[], &[])).await;
    let member = cost_of(&system, system.put_user(&promoted, promoted.clone(), &[&all], &[])).await;
    assert!(system.target.members_of(&all.name).contains(&newcomer.username));
    [title, member]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_costs_the_same_in_a_large_directory_and_in_a_small_one() {
    let small = costs(20).await;
    let large = costs(large()).await;
    let [(title, _), (member, _)] = &small;
    assert_eq!(
        (title.as_slice(), member.as_slice()),
        (&["PATCH Users".into()][..], &["PATCH Groups".into()][..])
    );
    assert_eq!(small, large);
}
