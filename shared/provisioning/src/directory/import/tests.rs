use std::collections::BTreeSet;

use proptest::prelude::*;

use super::model::ModelDirectory;
use super::*;
use crate::directory::Status;
use crate::directory::file::{DirectoryFile, Format, parse};

/// One user as people would write him down: name, email, whether he is active, title, groups.
type Written = (String, Option<String>, bool, Option<String>, Vec<String>);

fn csv(text: &str) -> DirectoryFile {
    let file = parse(text.as_bytes(), Format::CommaSeparated);
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    file
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn namespace() -> Namespace {
    Namespace::of("people")
}

async fn planned(directory: &ModelDirectory, file: &DirectoryFile) -> ImportPlan {
    let snapshot = Snapshot::read(directory).await.expect("a snapshot");
    plan(file, &snapshot, namespace()).expect("a plan")
}

/// Imports as the command line does: what waits for the removals is planned again after them.
async fn import(directory: &ModelDirectory, file: &DirectoryFile) -> ImportPlan {
    let first = planned(directory, file).await;
    let applied = apply(&first, Extent::Everything, directory, &|_| {}).await.expect("applied");
    assert_eq!(applied.failures, []);
    if !first.waiting.is_empty() {
        let second = planned(directory, file).await;
        let applied = apply(&second, Extent::Everything, directory, &|_| {}).await.expect("applied");
        assert_eq!((applied.failures, second.waiting), (Vec::new(), Vec::new()));
    }
    first
}

async fn state(directory: &ModelDirectory) -> BTreeSet<Written> {
    let snapshot = Snapshot::read(directory).await.expect("a snapshot");
    let written = snapshot.users.values().map(|user| {
        let groups = snapshot.memberships.get(&user.id).into_iter().flatten();
        let mut groups: Vec<_> = groups.map(|id| snapshot.groups[id].name.clone()).collect();
        groups.sort();
        let title = user.custom.get("title").map(|value| match value {
            crate::value::Value::Text(text) => text.clone(),
            other => panic!("{other:?} is no title"),
        });
        (user.username.clone(), user.email.clone(), user.status == Status::Active, title, groups)
    });
    written.collect()
}

#[test]
fn values_are_brought_to_what_their_attributes_hold_and_others_stay_out() {
    use crate::directory::attribute::AttributeType;
    use crate::value::Value;
    let attributes = [("manager", AttributeType::UserReference), ("level", AttributeType::Integer)];
    let attributes = attributes.map(|(name, kind)| (name.to_owned(), kind)).into();
    let snapshot = Snapshot { attributes, ..Snapshot::default() };
    let text = "username,id,manager,level,shoe\nann,E1,BOSS,7,7\nbob,E2,E3,high,8\nboss,E3,nobody,9,9\n";
    let plan = plan(&csv(text), &snapshot, namespace()).expect("a plan");
    let custom = |username: &str| {
        let mut users = plan.users_after.values().filter_map(|record| record.user.as_ref());
        let user = users.find(|user| user.username == username).expect("him");
        (user.id.clone(), ["manager", "level", "shoe"].map(|name| user.custom.get(name).cloned()))
    };
    let boss = Some(Value::reference(&custom("boss").0));
    assert_eq!(custom("ann").1, [boss.clone(), Some(Value::Integer(7)), Some("7".into())]);
    assert_eq!(custom("bob").1, [boss, None, Some("8".into())]);
    assert_eq!(custom("boss").1, [None, Some(Value::Integer(9)), Some("9".into())]);
    let refused: Vec<_> = plan.refused.iter().map(|one| format!("{}, {one}", one.username)).collect();
    assert_eq!(
        refused,
        [
            "bob, level: 'high' is not a whole number; the attribute stays as it was",
            "boss, manager: 'nobody' is not a user of the directory, by username, id or source id; the attribute \
             stays as it was"
        ]
    );
}

#[test]
fn the_first_import_creates_everything_and_the_same_again_nothing() {
    block_on(async {
        let directory = ModelDirectory::new();
        let file = csv("username,groups,status\nada,Eng;Leads,\nbob,Eng,disabled\n");
        let first = import(&directory, &file).await;
        assert_eq!(first.counts().to_string(), "2 users created, 2 groups created, 3 memberships added");
        assert!(planned(&directory, &file).await.is_empty());
    });
}

#[test]
fn additions_stand_apart_from_removals_also_for_one_user() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,title,groups,status\nada,x,Eng,\nbob,,Eng,\n")).await;
        let next = planned(&directory, &csv("username,title,groups,status\nada,y,Leads,disabled\n")).await;
        let [wave] = next.users.as_slice() else { panic!("{next:?}") };
        assert_eq!(wave[0].new.status, Status::Active, "the additions take nothing");
        assert_eq!((wave[0].join.len(), wave[0].leave.len()), (1, 0));
        assert_eq!(next.departures[0].new.status, Status::Disabled);
        assert_eq!((next.departures[0].join.len(), next.departures[0].leave.len()), (0, 1));
        assert_eq!(
            next.counts().to_string(),
            "1 user changed, 1 user disabled, 1 user deleted, 1 group created, 1 group deleted, 1 membership added, 1 membership removed"
        );
        apply(&next, Extent::Additions, &directory, &|_| {}).await.expect("applied");
        let held = state(&directory).await;
        let groups: Vec<_> = held.iter().map(|(name, .., groups)| (name.as_str(), groups.len())).collect();
        assert_eq!(groups, [("ada", 2), ("bob", 1)], "held removals leave everything in place");
        assert!(
            !planned(&directory, &csv("username,title,groups,status\nada,y,Leads,disabled\n"))
                .await
                .departures
                .is_empty()
        );
    });
}

#[test]
fn an_absent_column_keeps_what_the_directory_has() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,email,title,groups,status\nada,a@x.org,Boss,Eng,disabled\n")).await;
        assert!(planned(&directory, &csv("username\nADA\n")).await.departures.is_empty());
        import(&directory, &csv("username,title\nada,\n")).await;
        let expected = ("ada".to_owned(), Some("a@x.org".to_owned()), false, None, vec!["Eng".to_owned()]);
        assert_eq!(state(&directory).await, [expected].into());
    });
}

#[test]
fn with_an_id_a_rename_is_a_rename_and_without_one_a_leaver_and_a_joiner() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,id\nada,e1\n")).await;
        let renamed = import(&directory, &csv("username,id\ncountess,e1\n")).await;
        assert_eq!(renamed.counts().to_string(), "1 user changed");
        let other = import(&directory, &csv("username\nada\n")).await;
        assert_eq!(other.counts().to_string(), "1 user created, 1 user deleted");
    });
}

#[test]
fn a_group_with_an_id_is_renamed() {
    block_on(async {
        let directory = ModelDirectory::new();
        let lines = |name: &str| {
            let text = format!(
                "{{\"group\":{{\"id\":\"g1\",\"name\":\"{name}\"}}}}\n{{\"username\":\"ada\",\"groups\":[{{\"id\":\"g1\"}}]}}"
            );
            parse(text.as_bytes(), Format::JsonLines)
        };
        import(&directory, &lines("Eng")).await;
        assert_eq!(import(&directory, &lines("Engineering")).await.counts().to_string(), "1 group changed");
    });
}

#[test]
fn names_that_are_handed_on_are_taken_in_the_order_in_which_they_become_free() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,id\na,1\nb,2\nc,3\n")).await;
        let file = csv("username,id\nb,1\nc,2\nd,3\na,4\n");
        let plan = import(&directory, &file).await;
        assert_eq!(plan.users.len(), 4, "four waves");
        assert_eq!(state(&directory).await.len(), 4);
    });
}

#[test]
fn a_recycled_name_belongs_to_another_person_who_comes_once_the_first_is_gone() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,id,groups\nada,1,Eng\n")).await;
        let file = csv("username,id,groups\nada,2,Eng\n");
        let plan = planned(&directory, &file).await;
        assert_eq!(plan.waiting, [Waiting { name: "ada".into(), is_group: false }]);
        assert_eq!((plan.users.len(), plan.deleted_users.len()), (0, 1));
        import(&directory, &file).await;
        let snapshot = Snapshot::read(&directory).await.expect("a snapshot");
        assert_eq!(
            snapshot.users.values().next().and_then(|user| user.source_id.clone()).expect("an id").0,
            "2"
        );
    });
}

#[test]
fn an_exchange_of_names_is_said_and_everything_else_done() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,id,title\na,1,\nb,2,\n")).await;
        let plan = import(&directory, &csv("username,id,title\nb,1,x\na,2,y\n")).await;
        assert_eq!(plan.circular.len(), 2);
        assert!(state(&directory).await.iter().all(|(.., title, _)| title.is_some()));
    });
}

#[test]
fn ids_are_the_same_in_every_empty_directory_and_never_given_to_two() {
    block_on(async {
        let ids = async |directory: &ModelDirectory| {
            let snapshot = Snapshot::read(directory).await.expect("a snapshot");
            snapshot
                .users
                .values()
                .map(|user| (user.username.clone(), user.id.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let (one, two) = (ModelDirectory::new(), ModelDirectory::new());
        import(&one, &csv("username\nAda\n")).await;
        import(&two, &csv("username\nada\nbob\n")).await;
        assert_eq!(ids(&one).await["Ada"], ids(&two).await["ada"]);

        import(&one, &csv("username,id\nada,e1\n")).await;
        import(&one, &csv("username,id\ngrace,e1\nada,\n")).await;
        let ids = ids(&one).await;
        assert_ne!(ids["grace"], ids["ada"]);
    });
}

#[test]
fn who_could_not_be_given_something_loses_nothing() {
    block_on(async {
        let directory = ModelDirectory::new();
        import(&directory, &csv("username,groups\nada,Eng\nbob,Eng\n")).await;
        let plan = planned(&directory, &csv("username,groups\nada,Leads\n")).await;
        // Somebody else changes him between the plan and its application.
        let other = planned(&directory, &csv("username,groups,title\nada,Eng,x\nbob,Eng,\n")).await;
        apply(&other, Extent::Everything, &directory, &|_| {}).await.expect("applied");
        let applied = apply(&plan, Extent::Everything, &directory, &|_| {}).await.expect("applied");
        assert_eq!(applied.failures[0].to_string(), "ada: it was changed at the same time");
        let left: Vec<_> =
            state(&directory).await.into_iter().map(|(name, .., groups)| (name, groups)).collect();
        assert_eq!(left, [("ada".to_owned(), vec!["Eng".to_owned()])]);
    });
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
    (prop::collection::btree_map(0..6_u8, anybody(), 0..6), ids, any::<bool>()).prop_map(
        |(users, ids, with_ids)| {
            let mut names = BTreeSet::new();
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

proptest! {
    /// Whatever the directory was, however often the import is broken off: in the end it is what the file says.
    #[test]
    fn an_import_reaches_the_state_of_the_file((_, before) in any_file(), (users, text) in any_file(), crash in 0..12_usize) {
        block_on(async {
            let directory = ModelDirectory::new();
            import(&directory, &csv(&before)).await;
            let file = csv(&text);
            if !planned(&directory, &file).await.circular.is_empty() {
                return;
            }
            directory.fail_after(crash);
            let broken = planned(&directory, &file).await;
            let _ = apply(&broken, Extent::Everything, &directory, &|_| {}).await;
            directory.fail_after(usize::MAX);
            import(&directory, &file).await;
            assert_eq!(state(&directory).await, users.into_iter().collect());
            assert!(planned(&directory, &file).await.is_empty());
        });
    }

    /// Before anything is removed, everybody has all he had.
    #[test]
    fn additions_take_nothing((_, before) in any_file(), (_, text) in any_file()) {
        block_on(async {
            let directory = ModelDirectory::new();
            import(&directory, &csv(&before)).await;
            let old = Snapshot::read(&directory).await.expect("a snapshot");
            let plan = planned(&directory, &csv(&text)).await;
            apply(&plan, Extent::Additions, &directory, &|_| {}).await.expect("applied");
            let new = Snapshot::read(&directory).await.expect("a snapshot");
            for (id, user) in &old.users {
                assert!(user.status == Status::Disabled || new.users[id].status == Status::Active);
                let groups = |snapshot: &Snapshot| snapshot.memberships.get(id).cloned().unwrap_or_default();
                assert!(groups(&old).is_subset(&groups(&new)));
            }
        });
    }
}
