//! Names that change hands, and accounts that a target gives in answer to a create.

use std::collections::BTreeSet;

use provisioning::activity::OutcomeResult;
use provisioning::application::{Departure, Policy};
use provisioning::directory::Status;
use provisioning::link::{Link, LinkKey, Origin, State};
use provisioning::target::Kind;
use serde_json::json;
use testkit::{Fault, Quirks};

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

async fn link(world: &World, user: &str) -> Link {
    let key = LinkKey::user(&world.application, &user.parse().unwrap());
    world.tables.links.link(&key).await.unwrap().expect("a link")
}

/// Bob is in step, at a target that answers the creation of a taken name with the account that has it.
async fn with_bob() -> World {
    let mut world = World::new(&["sales"]).await;
    world.stand_in.set_quirks(Quirks { post_answers_existing: true, ..Quirks::default() });
    world.group("sales", "Sales").await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world
}

/// Ada comes while look-ups find nobody yet, so that her create is answered with what is there.
async fn ada_comes(world: &mut World) {
    let nobody = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0, "Resources": []});
    let empty = Fault::always().method("GET").path("/Users?filter").status(200).body(&nobody.to_string());
    world.stand_in.fail(empty);
    world.user("ada", "Countess", &["sales"]).await;
    settled(world).await;
    let answered: Vec<_> =
        world.stand_in.writes().into_iter().filter(|write| write.path == "/Users").collect();
    assert_eq!(answered.last().map(|write| write.status), Some(200), "the create met who is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_answered_with_an_account_of_another_user_leaves_it_to_him() {
    let mut world = with_bob().await;
    let bobs = link(&world, "bob").await.remote_id.unwrap();
    // The target's administrator gave Bob's account the name that Ada is to have.
    let renamed = json!([{"op": "replace", "path": "userName", "value": "ada"}]);
    assert!(world.stand_in.alter(Kind::User, &bobs.to_string(), &renamed));
    ada_comes(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.remote_id), (State::Conflict, None));
    assert_eq!(link(&world, "bob").await.remote_id, Some(bobs));
    assert_eq!(world.accounts()["ada"], Some("Clerk".into()), "Bob's account, as he left it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_answered_with_an_account_of_another_source_leaves_it_to_a_person() {
    let mut world = with_bob().await;
    // It is not older than our request by what it shows.
    let theirs =
        json!({"schemas": [scim::USER_SCHEMA], "userName": "ada", "externalId": "okta-7", "title": "Theirs"});
    world.stand_in.seed(Kind::User, &theirs).unwrap();
    ada_comes(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.remote_id), (State::Conflict, None));
    assert!(ada.work.problem.is_some_and(|why| why.contains("okta-7")));
    assert_eq!(world.accounts()["ada"], Some("Theirs".into()), "as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_answered_with_an_account_of_nobody_else_adopts_it_and_sends_what_differs() {
    let mut world = with_bob().await;
    let theirs = json!({"schemas": [scim::USER_SCHEMA], "userName": "ada", "title": "Old", "active": true});
    let id = world.stand_in.seed(Kind::User, &theirs).unwrap();
    // What it shows of its age is what tells it from one that was just made.
    world.agree_on_the_time();
    world.clock.advance(std::time::Duration::from_secs(600));
    ada_comes(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.origin), (State::Linked, Some(Origin::Adopted)));
    assert_eq!(ada.remote_id.map(|id| id.to_string()), Some(id));
    assert_eq!(world.accounts()["ada"], Some("Countess".into()));
    assert_eq!(world.stand_in.counts().0, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_create_answer_where_external_ids_are_never_found_makes_no_second_account() {
    let mut world = with_bob().await;
    world.stand_in.set_quirks(Quirks { external_id_filter_finds_nothing: true, ..Quirks::default() });
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").after_applying().cut());
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    let ada = link(&world, "ada").await;
    assert_eq!((ada.state, ada.origin), (State::Linked, Some(Origin::Created)));
    assert_eq!(world.stand_in.counts().0, 2);
    assert!(world.memberships()["Sales"].contains("ada"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_somebody_makes_long_after_a_create_was_lost_is_left_alone() {
    let mut world = with_bob().await;
    world.set_policy(Policy { on_unassign: Departure::Delete, grace_seconds: 0, ..Policy::default() }).await;
    settled(&mut world).await;
    // The create does not arrive, and the target is not to be reached for hours.
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").cut());
    world.user("ada", "Countess", &["sales"]).await;
    world.step().await;
    world.stand_in.fail(Fault::always().cut());
    settled(&mut world).await;
    assert_eq!(link(&world, "ada").await.state, State::Creating);
    world.user("ada", "Countess", &[]).await;
    settled(&mut world).await;
    // Meanwhile its administrator has made an account of that name, by the target's own time days later.
    let theirs =
        json!({"schemas": [scim::USER_SCHEMA], "userName": "ada", "title": "Theirs", "active": true});
    world.stand_in.seed(Kind::User, &theirs).unwrap();
    world.stand_in.clear_faults();
    world.clock.advance(std::time::Duration::from_secs(25 * 3_600));
    settled(&mut world).await;
    assert_eq!(world.accounts().get("ada"), Some(&Some("Theirs".to_owned())), "on, and as it was");
    assert_eq!(link(&world, "ada").await.remote_id, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_users_who_swap_names_keep_their_own_accounts() {
    let mut world = with_bob().await;
    world.stand_in.set_quirks(Quirks::default());
    world.user("ada", "Countess", &["sales"]).await;
    settled(&mut world).await;
    let (adas, bobs) = (link(&world, "ada").await.remote_id, link(&world, "bob").await.remote_id);
    // Nothing is sent in between: the target sees an exchange, which no single request can do.
    for (user, name) in [("ada", "between"), ("bob", "ada"), ("ada", "bob")] {
        world.write_user(user, &["sales"], |user| user.username = name.into()).await;
    }
    settled(&mut world).await;
    assert_eq!(link(&world, "ada").await.remote_id, adas);
    assert_eq!(link(&world, "bob").await.remote_id, bobs);
    assert_eq!(world.stand_in.counts().0, 2, "nobody was made anew");
    // Neither name is free before the other one goes, so each keeps his until a person helps. That is told, and it keeps nothing
    // else of them back.
    let told = world.events().await;
    let told = told.iter().filter(|told| told.result == OutcomeResult::Failure && told.changes.len() == 1);
    let named: BTreeSet<_> = told.filter_map(|told| Some(told.target.as_ref()?.key.clone())).collect();
    assert_eq!(named, ["ada", "bob"].map(str::to_owned).into());
    world.user("ada", "Duchess", &["sales"]).await;
    settled(&mut world).await;
    let titled = |(name, title): (&str, &str)| (name.to_owned(), Some(title.to_owned()));
    assert_eq!(world.accounts(), [("ada", "Duchess"), ("bob", "Clerk")].map(titled).into());
    // He takes another name, and both have theirs.
    world.write_user("bob", &["sales"], |bob| bob.username = "bobby".into()).await;
    settled(&mut world).await;
    world.clock.advance(std::time::Duration::from_secs(25 * 3_600));
    settled(&mut world).await;
    assert_eq!(world.accounts(), [("bob", "Duchess"), ("bobby", "Clerk")].map(titled).into());
    // Whose access ends is not mixed up, whatever the accounts are called.
    world.write_user("ada", &["sales"], |ada| ada.status = Status::Disabled).await;
    settled(&mut world).await;
    let shown = |id: &Option<provisioning::ids::RemoteId>| {
        let id = id.as_ref().unwrap().to_string();
        let account = world.stand_in.users().into_iter().find(|user| user.id() == Some(id.clone())).unwrap();
        (account.active() != Some(false), account.text("title").map(str::to_owned))
    };
    assert_eq!(shown(&adas), (false, Some("Duchess".into())));
    assert_eq!(shown(&bobs), (true, Some("Clerk".into())));
}
