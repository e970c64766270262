//! What somebody deleted at the target.

use provisioning::application::{Configuration, OnDeletion, Selection, Stage, status};
use provisioning::clock::Clock as _;
use provisioning::link::State;
use provisioning::target::Kind;
use testkit::Fault;

use super::{
    REPAIR, REPORT, a_week_later, group_key, in_step, key, link, missing, remote, repair, requests, settled,
    told,
};
use crate::world::World;

async fn erase(world: &World, user: &str) {
    let id = remote(world, &key(world, user)).await;
    assert!(world.stand_in.erase(Kind::User, &id));
}

async fn stage(world: &World) -> (Stage, String) {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let seen = status(&world.tables, &configured, world.clock.now()).await.unwrap();
    (seen.stage, seen.reason.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_deleted_at_the_target_is_confirmed_told_once_and_not_made_again() {
    let mut world = in_step(REPORT).await;
    erase(&world, "ada").await;
    a_week_later(&mut world).await;
    // Behind the two lists, each with a look behind its end.
    let asked: Vec<_> = requests(&world).into_iter().skip(4).take(2).collect();
    let id = remote(&world, &key(&world, "ada")).await;
    assert_eq!(asked[0], format!("GET /Users/{id}"), "it is looked for before it is believed");
    assert!(asked[1].starts_with("GET /Users?"), "and the target answers us otherwise");
    a_week_later(&mut world).await;
    let told = told(&world.events().await);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("deleted at the target by somebody else; it is not made again"), "{told:?}");
    let about_him: Vec<_> = world.writes().into_iter().filter(|write| write.contains("/Users")).collect();
    assert_eq!((missing(&world).await, about_him), (1, Vec::new()));
    // A person has it made anew.
    repair(&world, &key(&world, "ada")).await.unwrap();
    settled(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), missing(&world).await), (Some("Clerk"), 0));
    assert!(world.memberships()["Sales"].contains("ada"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_deleted_at_the_target_is_made_anew_with_its_memberships_where_the_policy_says_so() {
    let mut world = in_step(REPAIR).await;
    erase(&world, "ada").await;
    a_week_later(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), missing(&world).await), (Some("Clerk"), 0));
    assert_eq!(world.memberships()["Sales"], ["ada", "bob", "cy"].map(String::from).into());
    assert_eq!(told(&world.events().await).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_answered_404_makes_the_account_anew_where_the_policy_says_so() {
    let mut world = in_step(REPAIR).await;
    erase(&world, "ada").await;
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"].as_deref(), Some("Countess"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_listing_lacks_and_is_there_all_the_same_is_kept_as_it_is() {
    let mut world = in_step(REPAIR).await;
    // A listing that leaves everybody out; reading one of them still finds him.
    let empty = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}"#;
    world.stand_in.fail(Fault::next(1).method("GET").path("/Users?startIndex").status(200).body(empty));
    a_week_later(&mut world).await;
    assert_eq!((world.writes(), missing(&world).await), (Vec::new(), 0));
    assert_eq!(told(&world.events().await), Vec::<String>::new());
    assert!(!link(&world, &key(&world, "ada")).await.observed.lacking);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_at_the_target_again_is_kept_again() {
    let mut world = in_step(REPORT).await;
    let before = world.stand_in.user("ada").unwrap().into_json();
    erase(&world, "ada").await;
    a_week_later(&mut world).await;
    assert_eq!(link(&world, &key(&world, "ada")).await.state, State::Missing);
    world.stand_in.restore(&before).unwrap();
    a_week_later(&mut world).await;
    assert_eq!((link(&world, &key(&world, "ada")).await.state, missing(&world).await), (State::Linked, 0));
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"].as_deref(), Some("Countess"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_deleted_at_the_target_is_told_or_made_anew_with_its_members() {
    for (drift, there) in [(REPORT, false), (REPAIR, true)] {
        let mut world = in_step(drift).await;
        let id = remote(&world, &group_key(&world, "sales")).await;
        assert!(world.stand_in.erase(Kind::Group, &id));
        a_week_later(&mut world).await;
        assert_eq!(world.memberships().contains_key("Sales"), there);
        assert_eq!(missing(&world).await, usize::from(!there));
        assert_eq!(told(&world.events().await).len(), 1);
        if there {
            assert_eq!(world.memberships()["Sales"], ["ada", "bob", "cy"].map(String::from).into());
        }
    }
}

/// Twelve more in sales, so that six of sixteen are more than go unasked.
async fn a_larger_company(drift: provisioning::application::DriftPolicy) -> World {
    let mut world = in_step(drift).await;
    for n in 0..12 {
        world.user(&format!("clerk{n}"), "Clerk", &["sales"]).await;
    }
    settled(&mut world).await;
    a_week_later(&mut world).await;
    world.stand_in.clear_log();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_missing_than_goes_unasked_holds_the_application_and_nobody_is_made_anew() {
    let mut world = a_larger_company(REPAIR).await;
    for n in 0..6 {
        erase(&world, &format!("clerk{n}")).await;
    }
    a_week_later(&mut world).await;
    let (stage_now, reason) = stage(&world).await;
    assert_eq!(stage_now, Stage::Quarantined);
    assert!(reason.starts_with("target-changed: 6 of 16 accounts"), "{reason}");
    assert_eq!((world.writes(), world.accounts().len(), missing(&world).await), (Vec::new(), 10, 0));
    a_week_later(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "however long it takes");
    // A person says that it is the same target, and they were deleted there.
    world.setup.resume(&world.application).await.unwrap();
    settled(&mut world).await;
    assert_eq!((stage(&world).await.0, world.accounts().len()), (Stage::Enabled, 16));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_answered_404_one_by_one_hold_the_application_like_a_sweep_that_finds_them() {
    let mut world = a_larger_company(REPAIR).await;
    for n in 0..12 {
        erase(&world, &format!("clerk{n}")).await;
    }
    for n in 0..12 {
        world.user(&format!("clerk{n}"), "Manager", &["sales"]).await;
        settled(&mut world).await;
    }
    let (stage_now, reason) = stage(&world).await;
    assert_eq!(stage_now, Stage::Quarantined);
    assert!(reason.starts_with("target-changed: 5 accounts"), "{reason}");
    assert!(world.accounts().len() < 10, "{:?}", world.accounts());
    world.setup.resume(&world.application).await.unwrap();
    assert_eq!(world.tables.fuse.window(&world.application).await.unwrap().missing(world.clock.now()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_already_is_made_anew_once_the_policy_says_so() {
    let mut world = in_step(REPORT).await;
    erase(&world, "ada").await;
    a_week_later(&mut world).await;
    assert_eq!(missing(&world).await, 1);
    let mut drift = REPORT;
    drift.deleted_at_target = OnDeletion::Recreate;
    world.set_policy(super::policy(drift)).await;
    settled(&mut world).await;
    assert_eq!((world.accounts()["ada"].as_deref(), missing(&world).await), (Some("Clerk"), 0));
}

async fn select(world: &World, groups: &[&str]) {
    let groups = groups.iter().map(|group| group.parse().unwrap()).collect();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
}

/// Sales is deleted at the target, and nobody needs it any more: everybody is in eng too.
async fn sales_is_erased() -> World {
    let mut world = in_step(REPORT).await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales", "eng"]).await;
    }
    settled(&mut world).await;
    let id = remote(&world, &group_key(&world, "sales")).await;
    assert!(world.stand_in.erase(Kind::Group, &id));
    world
}

/// It is over: nothing stands missing, and that it was gone is told once.
async fn it_was_gone_already(world: &World) {
    assert_eq!(missing(world).await, 0);
    assert_eq!(link(world, &group_key(world, "sales")).await.state, State::Tombstone);
    let events = world.events().await;
    let gone: Vec<_> = events.iter().filter(|event| event.reason.contains("gone already")).collect();
    assert_eq!(gone.len(), 1, "{events:#?}");
    let sales = "sales".parse().unwrap();
    let pushed = world.tables.memberships.pushed_page(&world.application, &sales, None, 9).await.unwrap();
    assert_eq!(pushed, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deselected_group_whose_emptying_is_answered_404_was_gone_already() {
    let mut world = sales_is_erased().await;
    select(&world, &["eng"]).await;
    settled(&mut world).await;
    it_was_gone_already(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deselected_group_that_a_listing_lacks_was_gone_already() {
    let mut world = sales_is_erased().await;
    world.clock.advance(std::time::Duration::from_secs(3_600));
    world.setup.disable(&world.application).await.unwrap();
    select(&world, &["eng"]).await;
    world.enable().await;
    settled(&mut world).await;
    it_was_gone_already(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_stood_missing_is_over_once_it_is_deselected() {
    let mut world = sales_is_erased().await;
    a_week_later(&mut world).await;
    assert_eq!(missing(&world).await, 1);
    select(&world, &["eng"]).await;
    settled(&mut world).await;
    it_was_gone_already(&world).await;
    // Selected again it is made again.
    select(&world, &["sales", "eng"]).await;
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"], ["ada", "bob", "cy"].map(String::from).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_stood_missing_is_over_once_its_user_leaves() {
    for live in [true, false] {
        let mut world = in_step(REPORT).await;
        erase(&world, "ada").await;
        a_week_later(&mut world).await;
        assert_eq!(missing(&world).await, 1);
        if !live {
            world.setup.disable(&world.application).await.unwrap();
        }
        world.user("ada", "Clerk", &[]).await;
        settled(&mut world).await;
        if !live {
            world.enable().await;
            settled(&mut world).await;
        }
        assert_eq!(
            (missing(&world).await, link(&world, &key(&world, "ada")).await.state),
            (0, State::Tombstone)
        );
        world.user("ada", "Clerk", &["sales"]).await;
        settled(&mut world).await;
        assert_eq!(world.accounts()["ada"].as_deref(), Some("Clerk"), "who comes back is made again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_stood_missing_and_was_brought_back_is_turned_off_once_its_user_leaves() {
    let mut world = in_step(REPORT).await;
    let ada = world.stand_in.user("ada").unwrap().to_json();
    erase(&world, "ada").await;
    a_week_later(&mut world).await;
    assert_eq!(missing(&world).await, 1);
    world.stand_in.restore(&ada).expect("her account is back");
    world.user("ada", "Clerk", &[]).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None);
    assert_eq!(
        (missing(&world).await, link(&world, &key(&world, "ada")).await.state),
        (0, State::Deactivated)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_somebody_made_in_place_of_ours_gets_its_members() {
    let mut world = sales_is_erased().await;
    a_week_later(&mut world).await;
    assert_eq!(missing(&world).await, 1);
    world.stand_in.seed(Kind::Group, &serde_json::json!({"displayName": "Sales"})).unwrap();
    let mut drift = REPORT;
    drift.deleted_at_target = OnDeletion::Recreate;
    world.set_policy(super::policy(drift)).await;
    settled(&mut world).await;
    assert_eq!(world.memberships()["Sales"], ["ada", "bob", "cy"].map(String::from).into());
}
