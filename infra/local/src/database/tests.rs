use std::collections::BTreeSet;

use aws::tables::TableNames;
use provisioning::directory::{Group, Status, User};
use provisioning::ports::{DirectoryWriteError, GroupWrite, Tables, UserWrite};

use super::*;

async fn tables(database: &Database) -> (Tables, TableNames) {
    let names = TableNames::default();
    let client = database.client();
    aws::tables::create(&client, &names).await.unwrap();
    (aws::stores::tables(client, names.clone()), names)
}

fn user(id: &str, title: &str) -> User {
    User {
        id: id.parse().unwrap(),
        source_id: None,
        username: format!("{id}@example.org"),
        email: None,
        first_name: None,
        last_name: None,
        display_name: None,
        status: Status::Active,
        custom: [("title".to_owned(), title.into())].into(),
        deleting: false,
    }
}

async fn write(tables: &Tables, old: Option<User>, new: User) -> Result<(), DirectoryWriteError> {
    let (join, leave) = (BTreeSet::new(), BTreeSet::new());
    tables.directory.write_user(&UserWrite { old, new, join, leave }).await
}

async fn numbers(database: &Database, names: &TableNames, after: Option<&str>) -> Vec<String> {
    let page = database.stream_page(&names.directory, after, 1_000).await.unwrap();
    page.records.into_iter().map(|record| record.dynamodb.sequence_number).collect()
}

#[tokio::test]
async fn the_real_client_reaches_the_embedded_tables_and_every_write_is_noticed() {
    let database = Database::in_memory().unwrap();
    let (tables, _) = tables(&database).await;
    let mut writes = database.writes();
    writes.borrow_and_update();
    let before = database.usage();
    write(&tables, None, user("ada", "Countess")).await.unwrap();
    assert!(writes.has_changed().unwrap());
    assert_eq!(
        tables.directory.user(&"ada".parse().unwrap()).await.unwrap().unwrap().user,
        Some(user("ada", "Countess"))
    );
    let usage = database.usage().since(&before);
    assert_eq!((usage.writes(), usage.reads()), (1, 1), "{usage:?}");
    let taken = write(&tables, None, User { id: "eve".parse().unwrap(), ..user("ADA", "Impostor") }).await;
    assert!(matches!(taken, Err(DirectoryWriteError::NameTaken(_))), "errors come through: {taken:?}");
}

#[tokio::test]
async fn a_file_keeps_tables_streams_and_checkpoints() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rollcall.db");
    let done = {
        let database = Database::at(&path, ()).unwrap();
        let (tables, names) = tables(&database).await;
        database.checkpoint(&names.directory, "reader").await.unwrap();
        for title in 0..3 {
            write(&tables, None, user(&format!("user-{title}"), "x")).await.unwrap();
        }
        let done = numbers(&database, &names, None).await.remove(1);
        database.save_checkpoint(&names.directory, "reader", &done).await.unwrap();
        done
    };
    let database = Database::at(&path, ()).unwrap();
    let (tables, names) = tables(&database).await;
    let checkpoint = database.checkpoint(&names.directory, "reader").await.unwrap();
    assert_eq!(checkpoint, Checkpoint { after: Some(done.clone()), gap: false });
    assert!(tables.directory.user(&"user-2".parse().unwrap()).await.unwrap().is_some());
    let behind = numbers(&database, &names, Some(&done)).await;
    assert!(!behind.is_empty() && behind.iter().all(|number| *number > done));
}

#[tokio::test]
async fn records_are_trimmed_once_every_function_has_done_them_and_numbers_go_on_rising() {
    let database = Database::in_memory().unwrap();
    let (tables, names) = tables(&database).await;
    let table = &names.directory;
    for function in ["first", "second"] {
        assert_eq!(
            database.checkpoint(table, function).await.unwrap(),
            Checkpoint { after: None, gap: false }
        );
    }
    let group =
        |id: &str| Group { id: id.parse().unwrap(), source_id: None, name: id.into(), deleting: false };
    for id in ["a", "b", "c"] {
        tables.directory.write_group(&GroupWrite { old: None, new: group(id) }).await.unwrap();
    }
    let all = numbers(&database, &names, None).await;
    let last = all.last().unwrap();
    database.save_checkpoint(table, "first", last).await.unwrap();
    assert_eq!(numbers(&database, &names, None).await, all, "the second has done nothing yet");
    database.save_checkpoint(table, "second", last).await.unwrap();
    assert_eq!(numbers(&database, &names, None).await, std::slice::from_ref(last), "the last one stays");
    tables.directory.write_group(&GroupWrite { old: None, new: group("d") }).await.unwrap();
    assert!(numbers(&database, &names, Some(last)).await.iter().all(|number| number > last));
    assert!(
        database.checkpoint(table, "newcomer").await.unwrap().gap,
        "who comes later has missed something"
    );
}

/// dynoxide looks for the newest record at every write: without our index that is as slow as there are records.
#[tokio::test]
async fn the_newest_stream_record_is_found_by_an_index() {
    let database = Database::in_memory().unwrap();
    let plan = database.run(|stored| {
        let sql = "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
                   FROM _stream_records WHERE table_name = ?1";
        stored.beside.query_row(sql, ["t"], |row| row.get::<_, String>(3)).unwrap()
    });
    let plan = plan.await.unwrap();
    assert!(plan.contains("INDEX _rollcall_stream_order"), "{plan}");
}

#[test]
fn sqlite_was_compiled_to_write_without_waiting_for_the_disk_and_to_keep_64_megabytes() {
    // What dynoxide's own connection has cannot be asked; every connection begins with the same.
    let place = tempfile::tempdir().expect("a directory");
    let connection = rusqlite::Connection::open(place.path().join("any")).expect("a database");
    connection.pragma_update(None, "journal_mode", "WAL").expect("a write-ahead log");
    let setting =
        |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    assert_eq!(setting("synchronous"), Ok(1));
    assert_eq!(setting("cache_size"), Ok(-65536));
}
