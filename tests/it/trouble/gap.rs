//! A gap in a stream: what its records told is nowhere else, and nobody is marked for it.

use provisioning::application::Lifecycle;

use super::{ada_in_step, at_once};
use crate::world::Run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_whose_record_was_given_up_unread_loses_access_once_that_is_told() {
    let mut world = ada_in_step(at_once()).await;
    world.delete("ada").await;
    world.user("bob", "Clerk", &["eng"]).await;
    world.lose_records().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()), "nobody was told");

    assert_eq!(world.sweep_after_gap().await, 1);
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], None);
    assert_eq!(world.accounts()["bob"], Some("Clerk".into()));
    assert!(!world.memberships()["Engineering"].contains("ada"), "{:?}", world.memberships());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_is_to_read_the_target_reads_it_also_when_a_gap_makes_it_begin_anew() {
    let mut world = ada_in_step(at_once()).await;
    world.setup.start_sweep(&world.application, true, None).await.unwrap();
    world.stand_in.clear_log();
    world.sweep_after_gap().await;
    world.run(None).await;
    let log = world.stand_in.requests();
    assert!(log.iter().any(|request| request.path.starts_with("/Users?startIndex=1&")), "{log:#?}");
    let condition = world.tables.applications.condition(&world.application).await.unwrap();
    assert_eq!(condition.sweep, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_starts_nothing_at_an_application_that_is_disabled() {
    let mut world = ada_in_step(at_once()).await;
    world.setup.disable(&world.application).await.unwrap();
    world.run(None).await;
    world.delete("ada").await;
    world.lose_records().await;
    assert_eq!(world.sweep_after_gap().await, 0);
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    assert_eq!(configured.application.lifecycle, Lifecycle::Disabled);
    assert_eq!(world.accounts()["ada"], Some("Engineer".into()));
}
