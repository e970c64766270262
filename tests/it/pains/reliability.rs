//! Pains 24 and 25: what is missing or wrong in one place stops nothing elsewhere.

use testkit::{Fault, Quirks};

use super::{company, settled};

/// Pain 24: a target without groups ends the whole run with its 404.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_without_groups_gets_its_users_all_the_same() {
    let mut world = company(Quirks { no_groups: true, ..Quirks::default() }).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["sales", "eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.accounts().values().flatten().count(), 2);
    world.user("ada", "Countess", &["sales", "eng"]).await;
    world.delete("bob").await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    assert_eq!(world.accounts()["bob"], None);
}

/// Pain 24: one object that fails for ever ends the run for those behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_user_whom_the_target_cannot_take_ends_nobody_elses_sync() {
    let mut world = company(Quirks::default()).await;
    for n in 0..30 {
        world.user(&format!("user{n:02}"), "Clerk", &["sales"]).await;
    }
    world.stand_in.fail(Fault::always().method("POST").about("user03").status(500));
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.accounts().len(), 29);
    assert_eq!(world.memberships()["Sales"].len(), 29);
    world.stand_in.clear_faults();
    world.clock.advance(std::time::Duration::from_secs(86_400));
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"].len(), 30, "he comes by himself");
}
