//! Accounts are looked for by what a target has a filter for, and by nothing else.

use provisioning::link::LinkKey;
use testkit::{Fault, Quirks};

use crate::pains::{company_of, settled};
use crate::world::World;

fn look_ups(world: &World) -> Vec<String> {
    let asked = world.stand_in.requests().into_iter().filter(|request| request.method == "GET");
    asked.map(|request| request.path).filter(|path| path.starts_with("/Users")).collect()
}

async fn hired(world: &mut World, name: &str) {
    world.user(name, "Clerk", &["sales"]).await;
    settled(world).await;
}

async fn enabled(catalog_key: &str, quirks: Quirks) -> World {
    let mut world = company_of(catalog_key, quirks).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.clear_log();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_a_filter_for_names_only_the_name_is_asked_for() {
    let mut world = enabled("slack", Quirks::default()).await;
    hired(&mut world, "ada").await;
    let asked = look_ups(&world);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("userName") && !asked[0].contains("externalId"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_filter_the_list_is_read_once() {
    let mut world = enabled("gitlab-group", Quirks { no_filter: true, ..Quirks::default() }).await;
    hired(&mut world, "ada").await;
    let asked = look_ups(&world);
    assert_eq!(asked.len(), 1, "the account's id is its externalId: {asked:?}");
    assert!(asked[0].starts_with("/Users/"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_create_answer_is_found_in_the_list_under_another_name_where_no_filter_knows_our_id() {
    let quirks = Quirks { external_id_filter_finds_nothing: true, ..Quirks::default() };
    let mut world = enabled("slack", quirks).await;
    world.stand_in.fail(Fault::next(1).method("POST").path("/Users").after_applying().cut());
    // Renamed as soon as the create was sent: by his new name nobody is found.
    world.user("ada", "Clerk", &["sales"]).await;
    world.step().await;
    world.write_user("ada", &["sales"], |ada| ada.username = "lovelace".into()).await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.counts().0, 1, "no second account");
    let account = world.stand_in.user("lovelace").expect("it was renamed").id();
    let link = LinkKey::user(&world.application, &"ada".parse().unwrap());
    let link = world.tables.links.link(&link).await.unwrap().unwrap();
    assert_eq!(link.remote_id.map(|id| id.to_string()), account);
    assert!(look_ups(&world).iter().all(|path| !path.contains("externalId")), "{:?}", look_ups(&world));
}
