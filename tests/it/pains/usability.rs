//! Pains 20 to 23: it is told what was done and why not, it is done when it is asked for, and for whom.

use provisioning::application::{Configuration, Selection};
use provisioning::directory::file::Format;
use provisioning::directory::import_job::{EntryResult, Request};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use scim::AttributePath;
use testkit::{Fault, Quirks};

use super::{company, failures, settled};

/// Pain 20: a failure without a reason, or none told at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_without_a_word_is_told_with_what_was_asked_and_answered() {
    let mut world = company(Quirks::default()).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("bob", "Clerk", &["sales"]).await;
    world.stand_in.fail(Fault::always().method("POST").about("ada").status(400).body(""));
    world.enable().await;
    settled(&mut world).await;
    let told = failures(&world).await;
    assert!(!told.is_empty() && told.iter().all(|reason| reason.contains("400")), "{told:?}");
    let links = &world.tables.links;
    let key = provisioning::link::LinkKey::user(&world.application, &"ada".parse().unwrap());
    let problem = links.link(&key).await.unwrap().unwrap().work.problem.unwrap_or_default();
    assert!(problem.contains("400"), "{problem}");
}

/// Pain 21: who is assigned waits for the next run of a schedule.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_assigned_and_who_is_let_go_waits_for_no_schedule() {
    let mut world = company(Quirks::default()).await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.enable().await;
    settled(&mut world).await;
    let began = world.setup.clock.now();
    world.user("bob", "Clerk", &["sales"]).await;
    world.step().await;
    assert_eq!(world.accounts().get("bob"), Some(&Some("Clerk".into())));
    assert!(world.memberships()["Sales"].contains("bob"));
    world.delete("bob").await;
    world.step().await;
    assert_eq!(world.accounts()["bob"], None);
    assert!(!world.memberships()["Sales"].contains("bob"));
    let took = world.setup.clock.now().duration_since(began);
    assert!(took.as_secs() < 10, "nothing was waited for: {took}");
}

/// Pain 22: more people are sent than were asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_no_selected_group_is_never_spoken_of() {
    let mut world = company(Quirks::default()).await;
    world.group("board", "Board").await;
    world.user("ada", "Clerk", &["sales"]).await;
    world.user("eve", "Chair", &["board"]).await;
    world.enable().await;
    settled(&mut world).await;
    world.user("eve", "President", &["board"]).await;
    settled(&mut world).await;
    let log = format!("{:?}", world.stand_in.requests());
    assert!(log.contains("ada") && !log.contains("eve") && !log.contains("Board"), "{log}");
    let groups = ["sales".parse().unwrap(), "board".parse().unwrap()].into();
    let selection = Some(Selection { groups, ..Selection::default() });
    let new = Configuration { selection, ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    settled(&mut world).await;
    assert_eq!(world.accounts()["eve"], Some("President".into()), "now she is asked for");
}

/// Pain 22: an attribute of a vendor's own schema cannot be sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attribute_of_a_vendors_own_schema_is_sent_and_cleared() {
    let mut world = company(Quirks::default()).await;
    let badge: AttributePath = "urn:example:params:scim:schemas:acme:2.0:User:badge".parse().unwrap();
    let mapped = |target: AttributePath, source, required| MappedAttribute { target, source, required };
    let username = Source::Directory(DirectoryAttribute::Username);
    let attributes = vec![
        mapped("userName".parse().unwrap(), username, true),
        mapped(badge.clone(), Source::Custom("badge".into()), false),
    ];
    let new = Configuration { mapping: Some(Mapping { attributes }), ..Configuration::default() };
    Box::pin(world.setup.configure(&world.application, new)).await.unwrap();
    world
        .write_user("ada", &["sales"], |ada| {
            ada.custom.insert("badge".into(), "A-1".into());
        })
        .await;
    world.enable().await;
    settled(&mut world).await;
    let shown = |world: &crate::world::World| world.stand_in.user("ada").unwrap().read(&badge).cloned();
    assert_eq!(shown(&world), Some("A-1".into()));
    world
        .write_user("ada", &["sales"], |ada| {
            ada.custom.remove("badge");
        })
        .await;
    settled(&mut world).await;
    assert_eq!(shown(&world), None);
}

/// Pain 22: a group in a group is left out without a word. Groups hold users only, and each line that says otherwise is told with
/// what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nested_group_is_refused_by_its_line_with_what_to_do_instead() {
    let mut world = company(Quirks::default()).await;
    let file = [
        r#"{"username": "ada", "groups": ["Sales"]}"#,
        r#"{"group": {"id": "all", "name": "Everybody", "members": ["Sales"]}}"#,
        r#"{"group": {"id": "most", "name": "Most", "groups": [{"id": "all"}]}}"#,
    ];
    let import = world.imports.create(Format::JsonLines).await.unwrap().id;
    world.imports.put_part(&import, 1, file.join("\n").as_bytes()).await.unwrap();
    let request = Request { complete: false, dry_run: false, allow_removals: None };
    world.imports.commit(&import, request).await.unwrap();
    world.enable().await;
    settled(&mut world).await;
    let lines = world.imports.lines(&import, Some(EntryResult::Problem), None, 10).await.unwrap().entries;
    assert_eq!(lines.iter().map(|line| line.line).collect::<Vec<_>>(), [2, 3]);
    for line in &lines {
        let told = &line.problems[0].detail;
        assert!(told.contains("groups hold users only; list each user's groups on his own line"), "{told}");
    }
    // What can be done of it is done.
    assert_eq!(world.memberships()["Sales"], ["ada"].map(String::from).into());
    assert!(!world.memberships().contains_key("Everybody"));
}
