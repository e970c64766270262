//! Work in proportion to the change: the same requests and the same calls of the tables, however large the rest is.

use std::collections::BTreeMap;
use std::time::Duration;

use provisioning::directory::{Status, User};
use testkit::sample;

use crate::real_time::now;

use super::system::{System, lines};

/// How much larger the larger directory is. `ROLLCALL_LARGE_DIRECTORY` names another number of users.
const LARGE: usize = 600;
/// No more than so many of them are in the selected group; the others are in a group that is not selected.
const MOST_MEMBERS: usize = 20_000;
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

/// What two changes cost in a directory of so many users, as many of them as may be in one group, and in step: a new
/// title, and a member more.
async fn costs(users: usize) -> [Cost; 2] {
    let mut directory = sample::directory(users, 3, 1, 7).unwrap();
    let [all, other, unselected] = [0, 1, 2].map(|number: usize| directory.groups[number].clone());
    let newcomer = directory.users.iter().find(|user| user.status == Status::Active).unwrap().clone();
    let group_of = |(number, user): (usize, &User)| match number {
        _ if user.id == newcomer.id => &other,
        0..MOST_MEMBERS => &all,
        _ => &unselected,
    };
    let users = directory.users.iter().enumerate();
    directory.memberships =
        users.map(|numbered| (group_of(numbered).id.clone(), numbered.1.id.clone())).collect();
    let selected = [all.id.clone(), other.id.clone()].into();
    let system = System::quiet(directory, selected).await;
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
