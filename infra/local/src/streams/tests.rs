use std::collections::BTreeSet;
use std::sync::Mutex;

use aws::tables::TableNames;
use provisioning::clock::SteppedClock;
use provisioning::directory::{Status, User};
use provisioning::ports::{Tables, UserWrite};
use tokio::task::JoinHandle;

use super::*;

/// Writes down the users it was told of, and fails when it is told of some.
#[derive(Default)]
struct Told {
    users: Mutex<Vec<String>>,
    fails: Mutex<Vec<(String, u32)>>,
}

impl Told {
    fn users(&self) -> Vec<String> {
        self.users.lock().unwrap().clone()
    }

    fn fail(&self, user: &str, times: u32) {
        self.fails.lock().unwrap().push((user.to_owned(), times));
    }
}

#[async_trait]
impl StreamFunction for Told {
    async fn invoke(&self, event: StreamEvent) -> Result<Option<String>, String> {
        for record in &event.records {
            let key = serde_json::to_value(&record.change.keys).unwrap();
            let user = key["pk"].as_str().or(key["pk"]["S"].as_str()).unwrap().to_owned();
            let mut fails = self.fails.lock().unwrap();
            if let Some((_, times)) = fails.iter_mut().find(|(failing, times)| *failing == user && *times > 0)
            {
                *times -= 1;
                drop(fails);
                if user == "U#panics" {
                    panic!("as told");
                }
                return Err("as told".into());
            }
            drop(fails);
            self.users.lock().unwrap().push(user);
        }
        Ok(None)
    }
}

struct World {
    database: Database,
    tables: Tables,
    names: TableNames,
    told: Arc<Told>,
}

impl World {
    async fn new() -> Self {
        let database = Database::in_memory().unwrap();
        let names = TableNames::default();
        let client = database.client();
        aws::tables::create(&client, &names).await.unwrap();
        Self { tables: aws::stores::tables(client, names.clone()), database, names, told: Arc::default() }
    }

    async fn write(&self, id: &str) {
        let new = User {
            id: id.parse().unwrap(),
            source_id: None,
            username: id.to_owned(),
            email: None,
            first_name: None,
            last_name: None,
            display_name: None,
            status: Status::Active,
            custom: Default::default(),
            deleting: false,
        };
        let (join, leave) = (BTreeSet::new(), BTreeSet::new());
        self.tables.directory.write_user(&UserWrite { old: None, new, join, leave }).await.unwrap();
    }

    async fn start(&self, stop: &watch::Sender<bool>) -> (Progress, JoinHandle<()>) {
        let mapping = Mapping {
            function: "told",
            table: self.names.directory.clone(),
            filter: Filter::DIRECTORY,
            batch: 100,
            window: Duration::ZERO,
        };
        let checkpoint = self.database.checkpoint(&mapping.table, "told").await.unwrap();
        let clock = Arc::new(SteppedClock::at(jiff::Timestamp::UNIX_EPOCH));
        let source = EventSource::new(mapping, self.database.clone(), self.told.clone(), clock);
        (source.progress(), tokio::spawn(source.run(checkpoint.after, stop.subscribe())))
    }

    async fn read(&self, progress: &Progress) {
        let writes = self.database.writes();
        while !progress.covers(*writes.borrow()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn named(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("U#{number}")).collect()
}

#[tokio::test]
async fn records_are_told_in_order_also_those_from_before_the_start() {
    let world = World::new().await;
    world.write("0").await;
    let stop = watch::Sender::new(false);
    let (progress, _task) = world.start(&stop).await;
    world.write("1").await;
    world.write("2").await;
    world.read(&progress).await;
    assert_eq!(world.told.users(), named(0..3), "name guards pass no filter");
}

#[tokio::test]
async fn after_a_restart_it_goes_on_where_it_was() {
    let world = World::new().await;
    let stop = watch::Sender::new(false);
    let (progress, task) = world.start(&stop).await;
    world.write("0").await;
    world.read(&progress).await;
    stop.send_replace(true);
    task.await.unwrap();
    world.write("1").await;
    let (progress, _task) = world.start(&watch::Sender::new(false)).await;
    world.read(&progress).await;
    assert_eq!(world.told.users(), named(0..2));
}

#[tokio::test]
async fn a_record_that_fails_for_a_while_holds_up_those_behind_it_and_none_is_lost() {
    let world = World::new().await;
    world.told.fail("U#panics", 1);
    world.told.fail("U#2", 3);
    for id in ["0", "1", "2", "panics", "3"] {
        world.write(id).await;
    }
    let (progress, _task) = world.start(&watch::Sender::new(false)).await;
    world.read(&progress).await;
    let users = world.told.users();
    let in_order: BTreeSet<_> = users.iter().collect();
    assert_eq!(in_order.len(), 5, "{users:?}");
    let last = |user: &str| users.iter().rposition(|told| told == user);
    assert!(
        last("U#1") < last("U#2") && last("U#2") < last("U#panics") && last("U#panics") < last("U#3"),
        "{users:?}"
    );
    assert_eq!(progress.given_up(), 0);
}

#[tokio::test]
async fn a_record_that_always_fails_is_given_up_alone_and_counted() {
    let world = World::new().await;
    world.told.fail("U#1", u32::MAX);
    for id in ["0", "1", "2"] {
        world.write(id).await;
    }
    let (progress, _task) = world.start(&watch::Sender::new(false)).await;
    world.read(&progress).await;
    let told: BTreeSet<_> = world.told.users().into_iter().collect();
    assert_eq!(told, BTreeSet::from(["U#0".to_owned(), "U#2".to_owned()]));
    assert_eq!(progress.given_up(), 1);
}
