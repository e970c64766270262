//! What imports do.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use provisioning::directory::attribute::{AttributeDefinition, AttributeType};
use provisioning::directory::file::Format;
use provisioning::directory::import_job::{CommitError, ImportState, PartError, Request};
use provisioning::value::Value;

use super::{COMPLETE, PARTIAL, Written};
use crate::world::{Run, World};

async fn world() -> World {
    World::new(&["eng"]).await
}

fn names(people: impl IntoIterator<Item = Written>) -> Vec<String> {
    people.into_iter().map(|(name, ..)| name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_import_creates_everybody_and_the_same_again_changes_nothing() {
    let mut world = world().await;
    let file = "username,email,groups,status,title\nada,a@x.org,Eng;Leads,,Countess\nbob,,eng,disabled,\n";
    let first = world.imported(file, COMPLETE).await;
    assert_eq!(first.state, ImportState::Finished, "{first:?}");
    let tally = first.tally;
    assert_eq!((tally.created, tally.groups_created, tally.memberships_added, tally.problems), (2, 2, 3, 0));
    let expected: Vec<Written> = vec![
        (
            "ada".into(),
            Some("a@x.org".into()),
            true,
            Some("Countess".into()),
            vec!["Eng".into(), "Leads".into()],
        ),
        ("bob".into(), None, false, None, vec!["Eng".into()]),
    ];
    assert_eq!(world.people().await.into_iter().collect::<Vec<_>>(), expected);

    let second = world.imported(file, COMPLETE).await.tally;
    assert_eq!((second.unchanged, second.created, second.updated, second.users_deleted), (2, 0, 0, 0));
    assert_eq!((second.groups_created, second.memberships_added, second.groups_deleted), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lines_take_is_taken_at_the_end_and_who_is_not_named_stays_unless_the_file_is_complete() {
    let mut world = world().await;
    world.imported("username,title,groups,status\nada,x,Eng,\nbob,,Eng,\ncy,,Ops,\n", COMPLETE).await;
    let change = "username,title,groups,status\nada,,Leads,\nbob,,Eng,disabled\n";
    let partial = world.imported(change, PARTIAL).await;
    let tally = partial.tally;
    assert_eq!((tally.updated, tally.disabled, tally.memberships_removed), (1, 1, 1), "{partial:?}");
    let people = world.people().await;
    assert!(people.contains(&("ada".into(), None, true, None, vec!["Leads".into()])), "{people:?}");
    assert!(people.contains(&("bob".into(), None, false, None, vec!["Eng".into()])));
    assert_eq!(names(people), ["ada", "bob", "cy"]);

    let complete = world.imported(change, COMPLETE).await;
    assert_eq!((complete.tally.users_deleted, complete.tally.groups_deleted), (1, 1));
    assert_eq!(names(world.people().await), ["ada", "bob"]);
    assert_eq!(world.groups().await, ["Eng", "Leads"].map(String::from).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_lines_are_told_and_the_rest_is_taken_and_whom_they_name_stays() {
    let mut world = world().await;
    world.imported("username,id,groups,status\nada,1,Eng,\nbob,2,Ops,\ncy,3,Eng,\n", COMPLETE).await;
    let file = "username,id,groups,status\nada,1,Eng,gone\n,2,Ops,\ndan,4,Eng,\nDAN,5,Eng,\neve,4,Eng,\n";
    let id = world.upload(Format::CommaSeparated, file, 7).await;
    let import = world.committed(&id, COMPLETE).await;
    assert_eq!((import.state, import.tally.problems), (ImportState::Finished, 4), "{import:?}");
    assert_eq!(names(world.people().await), ["ada", "bob", "dan"], "cy alone is named nowhere");
    assert!(world.groups().await.contains("Ops"), "bob's line is broken, and his group stays");
    let lines = world.lines(&id).await;
    let told: Vec<_> =
        lines.iter().map(|(line, name, result, _)| (*line, name.as_str(), result.as_str())).collect();
    assert_eq!(
        told,
        [
            (2, "ada", "Problem"),
            (3, "", "Problem"),
            (4, "dan", "Created"),
            (5, "DAN", "Problem"),
            (6, "eve", "Problem")
        ]
    );
    assert!(lines[3].3.contains("is on line 4 too"), "{lines:?}");
    assert!(lines[0].3.contains("allowed are active and disabled"));
    let problems =
        world.imports.lines(&id, Some(provisioning::directory::import_job::EntryResult::Problem), None, 3);
    let problems = problems.await.unwrap();
    assert_eq!((problems.entries.len(), problems.next), (3, Some((0, 5))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complete_file_of_which_a_line_cannot_be_attributed_deletes_nobody_and_says_so() {
    let mut world = world().await;
    world.imported("username,id\nada,1\nbob,2\n", COMPLETE).await;
    let import = world.imported("username,id\nada,1\nbob\n", COMPLETE).await;
    assert_eq!(import.state, ImportState::Finished);
    assert!(import.note.unwrap().contains("line 3"));
    assert_eq!(names(world.people().await), ["ada", "bob"]);
    let import = world.imported("username,id\n", COMPLETE).await;
    assert!(import.note.unwrap().contains("names nobody"));
    assert_eq!(names(world.people().await), ["ada", "bob"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file_takes_nobody_from_an_application_that_is_in_step() {
    let mut world = World::new(&["sales"]).await;
    world.group("sales", "Sales").await;
    let people: String = (0..12).map(|number| format!("user{number:02},Sales\n")).collect();
    world.imported(&format!("username,groups\n{people}"), COMPLETE).await;
    world.enable().await;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    let before = world.accounts();
    assert_eq!((before.len(), world.stand_in.members_of("Sales").len()), (12, 12));
    world.stand_in.clear_log();
    for (file, allow_removals) in [
        ("username,groups\n", None),
        ("username,groups\n", Some(1_000)),
        ("username\n", None),
        ("username,groups\n\n\n", None),
    ] {
        let import = world.imported(file, Request { allow_removals, ..COMPLETE }).await;
        assert!(import.note.is_some(), "{file:?} is told of: {import:?}");
        let taken =
            (import.tally.users_deleted, import.tally.groups_deleted, import.tally.memberships_removed);
        assert_eq!(taken, (0, 0, 0), "{file:?}");
        world.setup.sync(&world.application, None).await.unwrap();
        assert!(matches!(world.run(None).await, Run::Quiet { .. }));
        assert_eq!((world.accounts(), world.stand_in.members_of("Sales").len()), (before.clone(), 12));
        assert_eq!(world.writes(), Vec::<String>::new(), "{file:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_removals_are_held_until_that_many_are_allowed() {
    let mut world = world().await;
    let all: String = (0..20).map(|number| format!("user{number:02},Eng\n")).collect();
    world.imported(&format!("username,groups\n{all}"), COMPLETE).await;
    let asked = Request { allow_removals: None, ..COMPLETE };
    // Two disabled, three in no group any more, and four who are not named.
    let fewer: String = (0..16)
        .map(|number| match number {
            0 | 1 => format!("user{number:02},Eng,disabled\n"),
            2..=4 => format!("user{number:02},,\n"),
            _ => format!("user{number:02},Eng,\n"),
        })
        .collect();
    let id = world
        .upload(Format::CommaSeparated, &format!("username,groups,status\n{fewer}new,Eng,\n"), 100)
        .await;
    let held = world.committed(&id, asked).await;
    assert_eq!((held.state, held.removals(), held.users_counted), (ImportState::Held, 9, 21), "{held:?}");
    let people = world.people().await;
    assert_eq!(people.len(), 21, "what adds was done");
    assert!(
        people.iter().all(|(_, _, active, _, groups)| *active && !groups.is_empty()),
        "and nothing was taken"
    );

    let still = world.committed(&id, Request { allow_removals: Some(8), ..asked }).await;
    assert_eq!(still.state, ImportState::Held);
    let done = world.committed(&id, Request { allow_removals: Some(9), ..asked }).await;
    assert_eq!(done.state, ImportState::Finished, "{done:?}");
    assert_eq!((done.tally.created, done.tally.disabled, done.tally.users_deleted), (1, 2, 4), "{done:?}");
    let people = world.people().await;
    assert_eq!((people.len(), people.iter().filter(|(_, _, active, ..)| !active).count()), (17, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_what_would_become_of_every_line_and_writes_nothing() {
    let mut world = world().await;
    world.imported("username,id,groups,status\nada,1,Eng,\nbob,2,Ops,\n", COMPLETE).await;
    let before = (world.people().await, world.groups().await);
    let file = "username,id,groups,status\nada,1,Eng,disabled\nbob,3,New,\ncy,4,New,\ncy,5,,\n";
    let id = world.upload(Format::CommaSeparated, file, 1_000).await;
    let dry = world.committed(&id, Request { dry_run: true, ..COMPLETE }).await;
    assert_eq!((world.people().await, world.groups().await), before);
    let foreseen = world.lines(&id).await;
    let wet = world.committed(&id, COMPLETE).await;
    assert_eq!(dry.tally, wet.tally, "{dry:?}");
    assert_eq!(foreseen, world.lines(&id).await);
    assert_eq!((wet.tally.users_deleted, wet.tally.groups_deleted), (1, 1));
    assert_eq!(names(world.people().await), ["ada", "bob", "cy"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_handed_on_and_an_exchange_of_names_is_a_problem_of_its_lines() {
    let mut world = world().await;
    world.imported("username,id\na,1\nb,2\nc,3\nx,8\ny,9\n", COMPLETE).await;
    let file = "username,id,title\nb,1,\nc,2,\nd,3,\na,4,\ny,8,new\nx,9,new\n";
    let id = world.upload(Format::CommaSeparated, file, 1_000).await;
    let import = world.committed(&id, COMPLETE).await;
    assert_eq!((import.tally.problems, import.tally.created, import.tally.updated), (2, 1, 3), "{import:?}");
    let lines = world.lines(&id).await;
    assert!(lines[4].3.contains("borne by another") && lines[5].2 == "Problem", "{lines:?}");
    for (name, source_id) in [("a", "4"), ("b", "1"), ("c", "2"), ("d", "3"), ("x", "8"), ("y", "9")] {
        let user = world.record(name).await.unwrap().user.unwrap();
        assert_eq!(user.source_id.unwrap().0, source_id);
        if source_id > "7" {
            assert!(user.custom.contains_key("title"), "everything but the name was taken");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_of_ndjson_are_declared_before_or_after_their_users() {
    let mut world = world().await;
    let lines = |name: &str| {
        format!(
            "{{\"username\": \"ada\", \"groups\": [{{\"id\": \"g1\"}}, \"Leads\"]}}\n\
             {{\"group\": {{\"id\": \"g1\", \"name\": \"{name}\"}}}}\n\
             {{\"username\": \"bob\", \"groups\": [{{\"id\": \"g9\"}}]}}\n\
             {{\"group\": {{\"id\": \"g1\", \"name\": \"Other\"}}}}\n"
        )
    };
    for (name, created) in [("Eng", 2), ("Engineering", 0)] {
        let id = world.upload(Format::JsonLines, &lines(name), 11).await;
        let import = world.committed(&id, COMPLETE).await;
        assert_eq!((import.tally.created, import.tally.problems), (created, 2), "{import:?}");
        assert!(world.groups().await.contains(name));
        let told = world.lines(&id).await;
        assert!(told[2].3.contains("no line of the file is the group"), "{told:?}");
        assert!(told[3].3.contains("is on line 2 too"), "{told:?}");
    }
    assert_eq!(world.groups().await, ["Engineering", "Leads"].map(String::from).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_read_fails_and_changes_nobody() {
    let mut world = world().await;
    world.imported("username\nada\n", COMPLETE).await;
    let import = world.imported("username,firstName\nbob,B\n", COMPLETE).await;
    assert_eq!(import.state, ImportState::Failed);
    assert!(import.note.unwrap().contains("it is written 'first_name'"));
    assert_eq!(names(world.people().await), ["ada"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_are_missing_are_named_and_one_import_runs_at_a_time() {
    let world = world().await;
    let id = world.upload(Format::CommaSeparated, "username\nada\n", 1_000).await;
    world.imports.put_part(&id, 4, b"bob\n").await.unwrap();
    assert_eq!(world.imports.commit(&id, PARTIAL).await.unwrap_err(), CommitError::Missing(vec![2, 3]));
    for number in [2, 3] {
        world.imports.put_part(&id, number, b"\n").await.unwrap();
    }
    assert_eq!(world.imports.put_part(&id, 0, b"x").await.unwrap_err(), PartError::Number(0));
    assert_eq!(world.imports.put_part(&id, 1, b"").await.unwrap_err(), PartError::Length(0));
    world.imports.commit(&id, PARTIAL).await.unwrap();
    assert_eq!(
        world.imports.put_part(&id, 1, b"username\n").await.unwrap_err(),
        PartError::NotOpen(ImportState::Running)
    );
    let other = world.upload(Format::CommaSeparated, "username\neve\n", 1_000).await;
    assert_eq!(world.imports.commit(&other, PARTIAL).await.unwrap_err(), CommitError::Other(id.clone()));
    world.imports.cancel(&id).await.unwrap();
    world.imports.commit(&other, PARTIAL).await.unwrap();
    let mut world = world;
    assert!(matches!(world.run(None).await, Run::Quiet { .. }));
    assert_eq!(world.import(&id).await.state, ImportState::Cancelled);
    assert_eq!(names(world.people().await), ["eve"]);
    let (listed, _) = world.imports.list(None, 10).await.unwrap();
    assert_eq!(
        listed.into_iter().map(|(job, _)| job.id).collect::<Vec<_>>(),
        [other, id],
        "the newest first"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_was_replaced_after_the_commit_fails_the_import() {
    let mut world = world().await;
    let id = world.upload(Format::CommaSeparated, "username\nada\n", 1_000).await;
    world.imports.commit(&id, COMPLETE).await.unwrap();
    world.tables.imports.put_part(&id, 1, b"username\nbob\n").await.unwrap();
    world.run(None).await;
    let import = world.import(&id).await;
    assert_eq!(import.state, ImportState::Failed);
    assert!(import.note.unwrap().contains("replaced"));
    assert!(world.people().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_users_are_imported_page_by_page_and_duplicates_are_found_across_pages() {
    let mut world = world().await;
    let mut file = String::from("username,id,groups\n");
    for number in 0..2_000 {
        file.push_str(&format!("user{number},{number},Everyone;Team {}\n", number % 20));
    }
    file.push_str("USER7,9007,\nother,9,\n");
    for (created, unchanged) in [(2_000, 0), (0, 2_000)] {
        let import = world.imported(&file, COMPLETE).await;
        let tally = import.tally;
        assert_eq!((import.state, import.pages), (ImportState::Finished, 11), "{import:?}");
        assert_eq!((tally.created, tally.unchanged, tally.problems), (created, unchanged, 2), "{import:?}");
    }
    let id = world.upload(Format::CommaSeparated, &file, 10_000).await;
    world.committed(&id, Request { dry_run: true, ..COMPLETE }).await;
    let told = world.lines(&id).await;
    assert_eq!(told.len(), 2_002);
    assert!(told[2_000].3.contains("is on line 9 too") && told[2_001].3.contains("is on line 11 too"));
    assert_eq!((world.people().await.len(), world.groups().await.len()), (2_000, 21));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_a_refused_line_is_about_is_not_deleted_for_it() {
    let mut world = world().await;
    world.imported("id,username,groups\n1,ada,Everyone\n2,grace,Poets\n", COMPLETE).await;
    // Grace's line bears Ada's name by mistake.
    let import = world.imported("id,username,groups\n1,ada,Everyone\n2,ada,Everyone\n", COMPLETE).await;
    assert_eq!((import.tally.problems, import.tally.users_deleted, import.tally.groups_deleted), (1, 0, 0));
    assert_eq!((world.people().await.len(), world.groups().await.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_import_that_is_allowed_deletes_only_whom_its_count_saw() {
    let mut world = world().await;
    let all: String = (0..20).map(|number| format!("user{number:02},Eng\n")).collect();
    world.imported(&format!("username,groups\n{all}"), COMPLETE).await;
    let half: String = (0..10).map(|number| format!("user{number:02},Eng\n")).collect();
    let id = world.upload(Format::CommaSeparated, &format!("username,groups\n{half}"), 100).await;
    let asked = Request { allow_removals: None, ..COMPLETE };
    let held = world.committed(&id, asked).await;
    assert_eq!((held.state, held.unnamed_users), (ImportState::Held, 10), "{held:?}");

    // Three people and a group come while a person thinks about it.
    let newcomers = "username,groups\nada,Night shift\nbob,Eng\ncy,\n";
    assert_eq!(world.imported(newcomers, PARTIAL).await.tally.created, 3);

    let done = world.committed(&id, Request { allow_removals: Some(1_000), ..asked }).await;
    assert_eq!(done.state, ImportState::Finished, "{done:?}");
    assert_eq!((done.tally.users_deleted, done.tally.groups_deleted), (10, 0), "{done:?}");
    let people = names(world.people().await);
    assert_eq!(people.len(), 13);
    assert!(["ada", "bob", "cy"].iter().all(|name| people.contains(&(*name).to_owned())), "{people:?}");
    assert!(world.groups().await.contains("Night shift"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_lose_one_of_several_groups_are_held() {
    let mut world = world().await;
    let file = |groups: &str| {
        let lines: String = (0..20).map(|number| format!("user{number},{groups}\n")).collect();
        format!("username,groups\n{lines}")
    };
    world.imported(&file("Everyone;CRM"), COMPLETE).await;
    let asked = Request { allow_removals: None, ..COMPLETE };
    let import = world.imported(&file("Everyone"), asked).await;
    assert_eq!(import.state, ImportState::Held, "{import:?}");
    assert_eq!(world.groups().await.len(), 2, "nothing is taken from anybody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_finds_duplicates_across_pages_before_anybody_is_there() {
    let mut world = world().await;
    let lines: String = (0..500).map(|number| format!("user{number},Team\n")).collect();
    let file = format!("username,groups\n{lines}USER7,Team\n");
    let id = world.upload(Format::CommaSeparated, &file, 10_000).await;
    let dry = world.committed(&id, Request { dry_run: true, ..COMPLETE }).await;
    let wet = world.committed(&id, COMPLETE).await;
    assert_eq!((dry.tally.created, dry.tally.problems, dry.tally.groups_created), (500, 1, 1));
    assert_eq!(dry.tally, wet.tally);
}

fn anybody() -> impl Strategy<Value = Written> {
    let name = prop::sample::select(vec!["ada", "bob", "cy", "dan", "eve", "fay"]).prop_map(str::to_owned);
    let email = prop::option::of(Just("x@example.org".to_owned()));
    let title = prop::option::of(prop::sample::select(vec!["t1", "t2"]).prop_map(str::to_owned));
    let groups = prop::sample::subsequence(vec!["Eng", "Leads", "Ops"], 0..=3);
    let groups = groups.prop_map(|groups| groups.into_iter().map(str::to_owned).collect());
    (name, email, any::<bool>(), title, groups)
}

/// A file of users, each with one of few ids or none, so that files rename, recycle, exchange and drop.
fn any_file() -> impl Strategy<Value = (Vec<Written>, String)> {
    let ids = Just((1..=7).map(|id| id.to_string()).collect::<Vec<_>>()).prop_shuffle();
    (prop::collection::btree_map(0..6_u8, anybody(), 1..6), ids, any::<bool>()).prop_map(
        |(users, ids, with_ids)| {
            let mut names = std::collections::BTreeSet::new();
            let users: Vec<_> = users.into_values().filter(|(name, ..)| names.insert(name.clone())).collect();
            let mut text = String::from("username,email,status,title,groups,id\n");
            for ((name, email, active, title, groups), id) in users.iter().zip(ids) {
                let status = if *active { "active" } else { "disabled" };
                let id = if with_ids { id } else { String::new() };
                let [email, title] = [email, title].map(|value| value.as_deref().unwrap_or_default());
                text.push_str(&format!("{name},{email},{status},{title},{},{id}\n", groups.join(";")));
            }
            (users, text)
        },
    )
}

/// Whatever the directory was, a complete import makes it what the file says, but for exchanges of names.
#[test]
fn a_complete_import_reaches_the_state_of_the_file() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut checked = 0;
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 40, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let strategy = (any_file(), any_file(), 1..40_usize);
    let checked_cell = std::cell::RefCell::new(&mut checked);
    runner
        .run(&strategy, |((_, before), (users, text), part)| {
            runtime.block_on(async {
                let mut world = world().await;
                world.imported(&before, COMPLETE).await;
                let id = world.upload(Format::CommaSeparated, &text, part).await;
                let import = world.committed(&id, COMPLETE).await;
                assert_eq!(import.state, ImportState::Finished, "{import:?}");
                if import.tally.problems == 0 {
                    let expected = users.into_iter().collect();
                    assert_eq!(world.people().await, expected, "{before}\n{text}\n{import:?}");
                    let again = world.imported(&text, COMPLETE).await.tally;
                    assert_eq!((again.unchanged, again.users_deleted), (import.attributed, 0), "{text}");
                    **checked_cell.borrow_mut() += 1;
                }
            });
            Ok(())
        })
        .unwrap();
    assert!(checked > 30, "only {checked} files had no exchange of names");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_are_found_whoever_comes_first_in_the_file_and_one_who_never_comes_is_told() {
    for dry_run in [true, false] {
        let mut world = world().await;
        let kind = AttributeType::UserReference;
        let manager = AttributeDefinition { name: "manager".into(), kind, description: None };
        world.tables.attributes.define(&manager).await.unwrap();
        // Bob is named before he is there, Ada by her source id, Cy is his own manager, and nobody knows Zoe.
        let file = "username,id,manager\nada,1,bob\nbob,2,1\ncy,3,cy\ndee,4,zoe\n";
        let id = world.upload(Format::CommaSeparated, file, 1_000).await;
        let import = world.committed(&id, Request { dry_run, ..COMPLETE }).await;
        assert_eq!(import.state, ImportState::Finished, "{import:?}");
        let lines = world.lines(&id).await;
        let told: Vec<_> =
            lines.iter().map(|(_, name, result, _)| (name.as_str(), result.as_str())).collect();
        let expected = [("ada", "Created"), ("bob", "Created"), ("cy", "Created"), ("dee", "Problem")];
        assert_eq!(told, expected, "dry run: {dry_run}");
        assert!(lines[3].3.contains("names no user of the directory"), "{lines:?}");
        if dry_run {
            assert!(world.people().await.is_empty());
            continue;
        }
        let bob = world.record("bob").await.unwrap().user.unwrap();
        let manager = async |world: &World, name: &str| {
            world.record(name).await.unwrap().user.unwrap().custom.get("manager").cloned()
        };
        assert_eq!(manager(&world, "ada").await, Some(Value::reference(&bob.id)));
        for name in ["bob", "cy", "dee"] {
            let named = world.record(match name {
                "bob" => "ada",
                other => other,
            });
            let named = Value::reference(&named.await.unwrap().user.unwrap().id);
            assert_eq!(manager(&world, name).await, Some(named).filter(|_| name != "dee"), "{name}");
        }
        let again = world.imported("username,id,manager\nada,1,bob\nbob,2,ada\ncy,3,3\n", PARTIAL).await;
        assert_eq!((again.tally.unchanged, again.tally.problems), (3, 0), "{again:?}");
        let cleared = world.imported("username,id,manager\nada,1,\n", PARTIAL).await;
        assert_eq!((cleared.tally.updated, manager(&world, "ada").await), (1, None));
    }
}
