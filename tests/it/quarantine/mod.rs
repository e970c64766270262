//! Throttling is no failure, refused credentials stop an application, and what is refused for one object fails alone.

use std::time::Duration;

use provisioning::activity::OutcomeResult;
use provisioning::application::{DriftPolicy, OnDeletion, Pace, Policy, Stage, Status, status};
use provisioning::clock::Clock as _;
use provisioning::link::{LinkKey, State, Trouble};
use provisioning::target::Kind;
use testkit::{Fault, Quirks, Throttling};

use crate::world::{Run, World};

async fn two_in_step() -> World {
    let mut world = World::new(&["sales"]).await;
    world.group("sales", "Sales").await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    world.stand_in.clear_log();
    world
}

async fn look(world: &World) -> Status {
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    status(&world.tables, &configured, world.clock.now()).await.unwrap()
}

async fn failures(world: &World) -> Vec<String> {
    let events = world.events().await;
    events.into_iter().filter(|told| told.result == OutcomeResult::Failure).map(|told| told.reason).collect()
}

/// One change is throttled: nothing is sent until the time has come, nothing is told, and then it is done.
async fn is_waited_for(way: Throttling, at_least: Duration, at_most: Duration) {
    let mut world = two_in_step().await;
    world.stand_in.fail(Fault::next(1).method("PATCH").throttled(way));
    world.user("ada", "Countess", &["sales"]).await;
    let began = world.clock.now();
    world.step().await;
    let until = look(&world).await.not_before.expect("a time before which nothing is sent");
    let wait = Duration::try_from(until.duration_since(began)).unwrap();
    assert!((at_least..=at_most).contains(&wait), "{way:?}: {wait:?}");
    assert_eq!(look(&world).await.failed, 0);
    // Another's change waits for the same time.
    world.user("bob", "Director", &["sales"]).await;
    world.step().await;
    assert_eq!(world.stand_in.requests().len(), 1, "{way:?}");
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    assert_eq!(world.accounts()["bob"], Some("Director".into()));
    assert_eq!(failures(&world).await, Vec::<String>::new(), "{way:?}");
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_429_with_seconds_is_waited_for_and_is_no_failure() {
    is_waited_for(Throttling::Seconds(90), seconds(90), seconds(95)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a date of the target's is compared with real time")]
async fn a_503_with_a_date_is_waited_for_and_is_no_failure() {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(300);
    is_waited_for(Throttling::Date(until), seconds(200), seconds(305)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_429_with_the_time_in_a_vendors_body_is_waited_for_and_is_no_failure() {
    is_waited_for(Throttling::Body(120), seconds(120), seconds(125)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_429_disguised_as_500_is_waited_for_and_is_no_failure() {
    is_waited_for(Throttling::Disguised, seconds(30), seconds(35)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_503_without_a_time_is_told_and_tried_again() {
    let mut world = two_in_step().await;
    world.stand_in.fail(Fault::next(1).method("PATCH").status(503));
    world.user("ada", "Countess", &["sales"]).await;
    world.run(None).await;
    assert_eq!(failures(&world).await.len(), 1);
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    assert_eq!(look(&world).await.failed, 0);
}

/// The application is quarantined with a reason and a next step, and nothing more is sent.
async fn is_quarantined(world: &mut World) {
    world.user("ada", "Countess", &["sales"]).await;
    world.run(None).await;
    let seen = look(world).await;
    assert_eq!(seen.stage, Stage::Quarantined);
    assert!(!seen.reason.unwrap_or_default().is_empty() && !seen.next_step.unwrap_or_default().is_empty());
    let sent = world.stand_in.request_count();
    world.user("bob", "Director", &["sales"]).await;
    world.run(None).await;
    assert_eq!(world.stand_in.request_count(), sent, "it is left alone");
}

/// Somebody resumes it, and all that waited is done.
async fn is_resumed(world: &mut World) {
    world.setup.resume(&world.application).await.unwrap();
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    assert_eq!(world.accounts()["bob"], Some("Director".into()));
    assert!(look(world).await.in_step);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_401_pauses_the_application_until_somebody_resumes_it() {
    use secrecy::ExposeSecret as _;
    let mut world = two_in_step().await;
    let token = world.stand_in.token();
    world.stand_in.set_token("another");
    is_quarantined(&mut world).await;
    world.stand_in.set_token(token.expose_secret());
    is_resumed(&mut world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_application_whose_token_is_still_refused_is_paused_again() {
    let mut world = two_in_step().await;
    world.stand_in.set_token("another");
    is_quarantined(&mut world).await;
    world.setup.resume(&world.application).await.unwrap();
    world.run(None).await;
    assert_eq!(look(&world).await.stage, Stage::Quarantined);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_403_whose_control_read_is_refused_too_pauses_the_application() {
    let mut world = two_in_step().await;
    world.stand_in.fail(Fault::always().status(403));
    is_quarantined(&mut world).await;
    world.stand_in.clear_faults();
    is_resumed(&mut world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_targets_only_owner_answers_403_and_fails_alone() {
    let mut world = World::new(&["sales"]).await;
    world.stand_in.set_quirks(Quirks { protects_owner: true, ..Quirks::default() });
    let owner = serde_json::json!({"userName": "ada", "userType": "owner", "active": true});
    world.stand_in.seed(Kind::User, &owner).unwrap();
    world.group("sales", "Sales").await;
    world.user("ada", "Engineer", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    world.run(None).await;
    world.delete("ada").await;
    world.run(None).await;
    world.user("bob", "Director", &["sales"]).await;
    world.run(None).await;
    assert_eq!(world.accounts()["bob"], Some("Director".into()), "others go on");
    let seen = look(&world).await;
    assert_eq!((seen.stage, seen.failed), (Stage::Enabled, 1));
    assert!(failures(&world).await.iter().all(|reason| reason.contains("protects this object")));
    // Her account is still on, and whoever looks for what failed finds her.
    assert!(world.accounts()["ada"].is_some());
    let links = &world.tables.links;
    let page = links.propose_trouble(&world.application, Trouble::Failed, None, 10).await.unwrap();
    let ada = LinkKey::user(&world.application, &"ada".parse().unwrap());
    assert_eq!(page.keys, std::slice::from_ref(&ada));
    let link = links.link(&ada).await.unwrap().expect("her link");
    assert_eq!((link.state, link.remote_id.is_some()), (State::Linked, true));
    assert!(link.work.problem.is_some_and(|problem| problem.contains("protects this object")));
    // Once she owns it no more, the next try ends her access, and nobody has to ask for it.
    world.stand_in.set_quirks(Quirks::default());
    world.clock.advance(Duration::from_secs(25 * 3_600));
    world.run(None).await;
    assert_eq!((world.accounts()["ada"].clone(), look(&world).await.failed), (None, 0));
}

/// No change is taken, and nobody is made anew.
async fn changes_are_answered_404(deleted_at_target: OnDeletion) {
    let mut world = two_in_step().await;
    let drift = DriftPolicy { deleted_at_target, ..DriftPolicy::default() };
    world.set_policy(Policy { drift, ..Policy::default() }).await;
    world.run(None).await;
    world.stand_in.clear_log();
    world.stand_in.set_quirks(Quirks { no_patch: true, put_answers_404: true, ..Quirks::default() });
    world.user("ada", "Countess", &["sales"]).await;
    world.run(None).await;
    assert_eq!(world.writes(), Vec::<String>::new(), "nothing was accepted, nobody created");
    assert_eq!(world.stand_in.counts().0, 2);
    assert!(failures(&world).await.iter().any(|reason| reason.contains("answers 404 to a change")));
    assert_eq!(look(&world).await.failed, 1);
    world.stand_in.set_quirks(Quirks::default());
    world.user("ada", "Duchess", &["sales"]).await;
    world.run(None).await;
    assert_eq!(world.accounts()["ada"], Some("Duchess".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_404_for_every_put_fails_the_change_and_makes_nobody_anew() {
    changes_are_answered_404(OnDeletion::Report).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_404_for_every_put_makes_nobody_anew_even_where_who_is_deleted_there_is() {
    changes_are_answered_404(OnDeletion::Recreate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_that_comes_while_a_look_up_is_throttled_does_not_end_the_rest() {
    let mut world = two_in_step().await;
    let mut marked = 0;
    for step in 1..=4 {
        let user = format!("cy{step}");
        world.user(&user, "Clerk", &["sales"]).await;
        while world.read_streams().await {}
        world.stand_in.fail(Fault::next(1).method("GET").throttled(Throttling::Seconds(30)));
        let key = LinkKey::user(&world.application, &user.parse().unwrap());
        world.interrupt(step, world.mark(&key));
        world.step().await;
        marked += usize::from(world.is_interrupted());
        assert_eq!(world.stand_in.requests().len(), 1, "before step {step}");
        world.run(None).await;
        assert!(world.accounts().contains_key(&user));
        world.stand_in.clear_log();
    }
    assert!(marked >= 3, "the rest, the pace and the link are written: {marked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_at_a_slow_target_ends_in_time_however_often_it_plans_anew() {
    let mut world = two_in_step().await;
    let pace = Some(Pace::declared(0.5, world.clock.now()));
    world.tables.applications.set_pace(&world.application, None, pace).await.unwrap();
    world.user("cy", "Clerk", &["sales"]).await;
    while world.read_streams().await {}
    let cy = LinkKey::user(&world.application, &"cy".parse().unwrap());
    world.mark_before_every_write(&cy);
    let began = world.clock.now();
    world.answer().await;
    let took = world.clock.now().duration_since(began).as_secs();
    let asked = world.stand_in.requests().len();
    assert!(asked > 4, "it plans anew: {asked}");
    assert!(took < 30, "a task may take 45 s, and this one took {took}");
    world.leave_undisturbed();
    world.run(None).await;
    assert!(world.accounts().contains_key("cy"));
}
