//! Users of whom nothing can be sent: said once and beforehand, never tried, and let go all the same.

use provisioning::activity::OutcomeResult;
use provisioning::application::Configuration;
use provisioning::directory::Status;
use provisioning::link::LinkKey;
use provisioning::mapping::Mapping;
use testkit::Quirks;

use crate::world::{Run, World};

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

/// What was told of failures.
async fn failures(world: &World) -> Vec<String> {
    let events = world.events().await;
    events.into_iter().filter(|told| told.result == OutcomeResult::Failure).map(|told| told.reason).collect()
}

/// A target that requires a title.
async fn title_is_required() -> World {
    let world = World::new(&["sales"]).await;
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let mut attributes = configured.mapping.attributes;
    attributes.iter_mut().for_each(|mapped| mapped.required = true);
    let new = Configuration { mapping: Some(Mapping { attributes }), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    world.group("sales", "Sales").await;
    world
}

async fn title(world: &World, title: Option<&str>, status: Status) {
    world
        .write_user("ada", &["sales"], |ada| {
            ada.status = status;
            match title {
                Some(title) => ada.custom.insert("title".into(), title.into()),
                None => ada.custom.remove("title"),
            };
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_a_required_value_waits_for_it_and_is_let_go_without_it() {
    let mut world = title_is_required().await;
    title(&world, None, Status::Active).await;
    world.enable().await;
    settled(&mut world).await;
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    settled(&mut world).await;
    let why = "title is required by the target and this user has no value for it";
    assert_eq!(failures(&world).await, [why], "told once, however often he is looked at");
    assert_eq!(world.writes(), ["POST /Groups"], "nothing is sent of him");

    title(&world, Some("Countess"), Status::Active).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], Some("Countess".into()), "the value came");

    world.stand_in.clear_log();
    title(&world, None, Status::Active).await;
    settled(&mut world).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(failures(&world).await, [why, why]);
    let key = LinkKey::user(&world.application, &"ada".parse().unwrap());
    let link = world.tables.links.link(&key).await.unwrap().unwrap();
    assert_eq!(link.work.problem.as_deref(), Some(why));

    title(&world, None, Status::Disabled).await;
    settled(&mut world).await;
    assert_eq!(world.accounts()["ada"], None, "who may not sign in is turned off, whatever he lacks");
    let link = world.tables.links.link(&key).await.unwrap().unwrap();
    assert_eq!(link.work.problem, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_the_target_does_not_take_is_told_once_and_tried_once_it_is_another() {
    // Slack takes 20 characters.
    let mut world = World::of("slack", &["sales"]).await;
    world.stand_in.set_quirks(Quirks { user_name_length: Some(20), ..Quirks::default() });
    world.group("sales", "Sales").await;
    let named = async |world: &World, name: &str| {
        let name = name.to_owned();
        world.write_user("ada", &["sales"], |ada| ada.username = name).await;
    };
    named(&world, "augusta.ada.king.lovelace").await;
    world.enable().await;
    settled(&mut world).await;
    Box::pin(world.setup.sync(&world.application, None)).await.unwrap();
    settled(&mut world).await;
    assert_eq!(failures(&world).await, ["the user name has 25 characters and the target takes 20"]);
    let users = |world: &World| world.writes().iter().filter(|write| write.contains("/Users")).count();
    assert_eq!(users(&world), 0, "it was not tried");
    named(&world, "ada.lovelace").await;
    settled(&mut world).await;
    assert_eq!((world.accounts().len(), users(&world)), (1, 1));
}
