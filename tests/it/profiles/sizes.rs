//! How much one request holds.

use catalog::Settings;
use provisioning::application::Configuration;
use provisioning::target::Origin;
use serde_json::Value;
use testkit::{LoggedRequest, Quirks};

use crate::pains::{company_of, settled};
use crate::tools::root;
use crate::world::World;

async fn filled(catalog_key: &str, largest: usize, members: usize) -> World {
    let quirks = Quirks { largest_body: Some(largest), ..Quirks::default() };
    let mut world = company_of(catalog_key, quirks).await;
    for n in 0..members {
        world.user(&format!("user{n:03}"), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), members);
    world
}

fn too_large(world: &World) -> usize {
    world.stand_in.writes().iter().filter(|write| write.status == 413).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_larger_than_is_said_of_the_target() {
    let mut world =
        company_of("generic-saml", Quirks { largest_body: Some(3_000), ..Quirks::default() }).await;
    let overrides = Settings { bytes_per_request: Some(3_000), ..Settings::default() };
    let new = Configuration { overrides: Some(overrides), ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    for n in 0..250 {
        world.user(&format!("user{n:03}"), "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), 250);
    for n in 0..250 {
        world.user(&format!("user{n:03}"), "Clerk", &["eng"]).await;
    }
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Sales").len(), 0);
    assert_eq!(world.stand_in.members_of("Engineering").len(), 250);
    assert_eq!(too_large(&world), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_413_shows_is_learned_and_told_and_kept_to_from_then_on() {
    let mut world = filled("generic-saml", 6_000, 400).await;
    assert!(too_large(&world) > 0, "nobody knew");
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let capabilities = configured.application.connection.unwrap().capabilities;
    assert_eq!(capabilities.origin("bytes_per_request"), Origin::Learned);
    assert!((1_500..=6_000).contains(&capabilities.bytes_per_request), "{}", capabilities.bytes_per_request);
    let told = world.tables.activity.of_application(&world.application, None, 1_000).await.unwrap();
    let told = told.outcomes.iter().filter(|told| told.reason.contains("bytes_per_request")).count();
    assert!(told >= 1);
    world.stand_in.clear_log();
    for n in 0..400 {
        world.user(&format!("user{n:03}"), "Clerk", &["sales", "eng"]).await;
    }
    settled(&mut world).await;
    assert_eq!(world.stand_in.members_of("Engineering").len(), 400);
    assert_eq!(too_large(&world), 0, "now it is known");
}

/// The requests of an example in `docs/SCIM.md`: method, path and body of each.
fn example(heading: &str) -> Vec<(String, String, Value)> {
    let document = std::fs::read_to_string(root().join("docs/SCIM.md")).unwrap();
    let section =
        document.split("\n### ").find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n'));
    let section = section.unwrap_or_else(|| panic!("there is no example {heading:?}"));
    let requests = section.split("```http\n").skip(1).map(|text| {
        let (head, body) = text.split_once("```").unwrap().0.split_once("\n\n").unwrap();
        let (method, path) = head.lines().next().unwrap().split_once(' ').unwrap();
        (method.to_owned(), path.to_owned(), serde_json::from_str(body).unwrap())
    });
    requests.collect()
}

/// The ids are the target's own: in the document the group is 9, and who joins is 1 to 4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_shows_how_what_is_too_large_is_halved() {
    let mut world = company_of("generic-saml", Quirks::default()).await;
    let names = ["ada", "bob", "cyd", "dee"];
    for name in names {
        world.user(name, "Clerk", &["eng"]).await;
    }
    world.user("eve", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.stand_in.set_quirks(Quirks { largest_body: Some(170), ..Quirks::default() });
    world.stand_in.clear_log();
    for name in names {
        world.user(name, "Clerk", &["eng", "sales"]).await;
    }
    settled(&mut world).await;
    let group = world.stand_in.group("Sales").unwrap().id().unwrap();
    let ids = names.map(|name| world.stand_in.user(name).unwrap().id().unwrap());
    let told = |text: String| {
        let named = ids.iter().zip(1..).fold(text, |text, (id, n)| text.replace(id, &n.to_string()));
        named.replace(&group, "9")
    };
    let shown = |sent: LoggedRequest| {
        let mut body: Value = serde_json::from_str(&told(sent.body.unwrap().to_string())).unwrap();
        // They stand in the order of their ids, which they came by in any order.
        let members = body["Operations"][0]["value"].as_array_mut().unwrap();
        members.sort_by_key(|member| member["value"].to_string());
        (sent.method, told(sent.path), body)
    };
    let sent: Vec<_> = world.stand_in.writes().into_iter().map(shown).collect();
    assert_eq!(sent, example("be told that a body is too large"));
    assert_eq!(too_large(&world), 1);
}
