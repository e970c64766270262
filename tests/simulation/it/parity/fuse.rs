//! Runs under the fuse's own numbers, with nothing allowed beforehand: where a preview says that it would hold what is taken away,
//! that is what is not written until a person allows it, and all else is; where it does not, everything is.

use std::time::Duration;

use provisioning::preview::PreviewRow;

use super::write_log::{about, names, unlike, written};
use super::{HOUR, SEEDS, about_to_be_enabled, preview, rows, run_with};
use crate::history::{Act, USERS};
use crate::seeds::simulated;

const DAY: Duration = Duration::from_secs(86_400);

/// Whether a row takes something away.
fn takes_away(row: &PreviewRow) -> bool {
    use provisioning::preview::RowAction::{Deactivate, Delete, Release};
    matches!(row.action, Deactivate | Delete | Release)
        || row.removed.count > 0
        || row.changes.iter().any(provisioning::target::Change::takes_away)
}

#[test]
fn what_the_fuse_is_said_to_hold_is_held_and_all_else_is_written() {
    let (mut free, mut held) = (0, 0);
    for seed in (0..3 * SEEDS).step_by(3) {
        simulated(async {
            let (world, mut oracle, course) = about_to_be_enabled(seed).await;
            if course.chance.hits(7_000) {
                for user in (0..USERS).filter(|_| course.chance.hits(7_000)) {
                    let act =
                        if course.chance.hits(5_000) { Act::Disable { user } } else { Act::Delete { user } };
                    world.act(&act, &mut oracle).await;
                }
            }
            preview(&world, "p1").await;
            let rows = rows(&world, "p1").await;
            let id = "p1".parse().unwrap();
            let job = world.setup.tables.previews.preview(&world.application, &id).await.unwrap().unwrap();
            let why = job.held;
            let before = world.service.contents().effects.len();
            run_with(&world, None).await;
            let first = unlike(&rows, &written(&world, before), &names(&world));
            let losing: Vec<String> = rows.iter().filter(|row| takes_away(row)).map(about).collect();
            match &why {
                None => assert!(first.is_empty(), "seed {seed}: {first:#?}"),
                Some(why) => {
                    assert!(!first.is_empty(), "seed {seed}: nothing is held, and said was: {why}");
                    let others: Vec<_> =
                        first.iter().filter(|(object, _)| !losing.contains(object)).collect();
                    assert!(others.is_empty(), "seed {seed}: {why}; {others:#?}");
                }
            }
            for _ in 0..4 {
                if !world.allow_what_is_held().await {
                    break;
                }
                tokio::time::sleep(HOUR).await;
            }
            tokio::time::sleep(DAY).await;
            let wrong = unlike(&rows, &written(&world, before), &names(&world));
            assert!(wrong.is_empty(), "seed {seed}: once it was allowed, {wrong:#?}");
            *(if why.is_some() { &mut held } else { &mut free }) += 1;
        });
    }
    assert!(free > 50 && held > 5, "{free} runs were free and {held} were held");
}
