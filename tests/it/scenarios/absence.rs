//! What was away for a while: a column of the file, an application.

use std::time::Duration;

use provisioning::application::{Configuration, Stage, status};
use provisioning::clock::Clock as _;
use provisioning::directory::file::Format;
use provisioning::directory::import_job::{ImportState, Request};
use provisioning::link::Trouble;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use scim::AttributePath;

use crate::world::{Run, World};

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

async fn settled(world: &mut World) {
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
}

/// Imports a complete file and provisions what it says.
async fn imported(world: &mut World, text: &str) {
    let id = world.imports.create(Format::CommaSeparated).await.unwrap().id;
    world.imports.put_part(&id, 1, text.as_bytes()).await.unwrap();
    let complete = Request { complete: true, dry_run: false, allow_removals: None };
    world.imports.commit(&id, complete).await.unwrap();
    settled(world).await;
    let (_, import) = world.imports.import(&id).await.unwrap().expect("the import");
    assert_eq!(import.state, ImportState::Finished, "{import:?}");
}

/// How many accounts show a department.
fn departments(world: &World) -> usize {
    let path: AttributePath = DEPARTMENT.parse().unwrap();
    world.stand_in.users().iter().filter(|user| user.read(&path).is_some()).count()
}

/// Sixty people with a department, provisioned from a file.
async fn sixty() -> World {
    let mut world = World::new(&[]).await;
    let file = file("username,id,groups,department", |n| format!("user{n},{n},Staff,Numbers"));
    imported(&mut world, &file).await;
    let mapped = |target: &str, source, required| MappedAttribute {
        target: target.parse().unwrap(),
        source,
        required,
    };
    let attributes = vec![
        mapped("userName", Source::Directory(DirectoryAttribute::Username), true),
        mapped(DEPARTMENT, Source::Custom("department".into()), false),
    ];
    let staff = world.tables.directory.group_named("Staff").await.unwrap().expect("the group");
    let selection = provisioning::application::Selection { groups: [staff].into(), ..Default::default() };
    let new = Configuration {
        mapping: Some(Mapping { attributes }),
        selection: Some(selection),
        ..Configuration::default()
    };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    world.enable().await;
    settled(&mut world).await;
    assert_eq!((world.stand_in.counts().0, departments(&world)), (60, 60));
    world.stand_in.clear_log();
    world
}

fn file(header: &str, line: impl Fn(usize) -> String) -> String {
    let lines = (0..60).map(line).collect::<Vec<_>>().join("\n");
    format!("{header}\n{lines}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_lost_its_department_column_clears_nothing() {
    let mut world = sixty().await;
    imported(&mut world, &file("username,id,groups", |n| format!("user{n},{n},Staff"))).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(departments(&world), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_department_column_is_empty_is_held_whole() {
    let mut world = sixty().await;
    let empty = file("username,id,groups,department", |n| format!("user{n},{n},Staff,"));
    imported(&mut world, &empty).await;
    assert_eq!(
        world.writes(),
        Vec::<String>::new(),
        "not even the first of sixty went before a person was asked"
    );
    assert_eq!(departments(&world), 60);
    let links = &world.tables.links;
    assert_eq!(links.propose_trouble_count(&world.application, Trouble::Held, 1_000).await.unwrap(), 60);
    // The next file has it again, and nobody is held.
    let again = file("username,id,groups,department", |n| format!("user{n},{n},Staff,Numbers"));
    imported(&mut world, &again).await;
    assert_eq!(departments(&world), 60);
    let links = &world.tables.links;
    assert_eq!(links.propose_trouble_count(&world.application, Trouble::Held, 1_000).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_enabled_again_after_90_days_catches_up_on_all_it_missed() {
    let mut world = World::new(&["sales"]).await;
    world.group("sales", "Sales").await;
    for name in ["ada", "bob", "cy"] {
        world.user(name, "Clerk", &["sales"]).await;
    }
    world.enable().await;
    settled(&mut world).await;
    world.setup.disable(&world.application).await.unwrap();
    settled(&mut world).await;
    world.stand_in.clear_log();
    world.user("ada", "Countess", &["sales"]).await;
    world.delete("bob").await;
    world.user("dan", "Clerk", &["sales"]).await;
    world.group("sales", "Sales and more").await;
    settled(&mut world).await;
    world.clock.advance(Duration::from_secs(90 * 86_400));
    settled(&mut world).await;
    assert_eq!(world.stand_in.request_count(), 0, "it is left alone while it is disabled");
    world.enable().await;
    settled(&mut world).await;
    let accounts = world.accounts();
    assert_eq!((&accounts["ada"], &accounts["bob"]), (&Some("Countess".into()), &None));
    assert_eq!(accounts["dan"], Some("Clerk".into()));
    assert_eq!(world.memberships()["Sales and more"], ["ada", "cy", "dan"].map(String::from).into());
    let configured = world.tables.applications.load(&world.application).await.unwrap().unwrap();
    let seen = status(&world.tables, &configured, world.clock.now()).await.unwrap();
    assert_eq!((seen.stage, seen.in_step), (Stage::Enabled, true));
}
