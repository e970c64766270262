//! The deployed form: `template.yaml` in a local AWS that runs our own function binaries behind its queues, streams and
//! event source mappings, and the adapters over the wire.

mod contracts;
mod ministack;
mod stack;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws::clock::SystemClock;
use aws::queue::{QueueUrls, SqsBell};
use aws::randomness::UuidTokens;
use aws::secrets::AwsSecretStore;
use aws::tables::TableNames;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use ministack::Ministack;
use provisioning::activity::{EventName, Outcome};
use provisioning::application::{Configuration, Links, Selection, Setup};
use provisioning::directory::{Group, Status, User};
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::link::LinkKey;
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{Bell, Doorbell, GroupWrite, Lane, Tables, UserWrite};
use scim_client::{AddressPolicy, HttpConnector};
use stack::STACK;
use testkit::{StandIn, StandInConfig};

/// How long a change may take to arrive. The emulated Lambda takes a tenth of a second an invocation and polls.
const PATIENCE: Duration = Duration::from_secs(90);

/// A deployed stack, a target, and the administrator's hands.
struct Deployed {
    // Dropped in this order: the functions end before the target does.
    _ministack: Ministack,
    target: StandIn,
    tables: Tables,
    bell: Arc<dyn Bell>,
    sqs: aws_sdk_sqs::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    queues: QueueUrls,
    setup: Setup,
    application: ApplicationId,
}

impl Deployed {
    async fn new() -> Option<Self> {
        let ministack = Ministack::start().await?;
        if !stack::deploy(&ministack) {
            return None;
        }
        let config = ministack.config().await;
        let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(&config), aws_sdk_sqs::Client::new(&config));
        let tables = aws::stores::tables(dynamodb.clone(), TableNames::with_prefix(STACK));
        let url = async |name: &str| {
            let asked = sqs.get_queue_url().queue_name(format!("{STACK}-{name}.fifo")).send().await;
            asked.expect("the queue").queue_url.expect("its URL")
        };
        let queues = QueueUrls {
            user_sync: url("user-sync").await,
            group_sync: url("group-sync").await,
            jobs: url("jobs").await,
        };
        let bell: Arc<dyn Bell> = Arc::new(SqsBell::new(sqs.clone(), queues.clone(), 4));
        let secrets = aws_sdk_secretsmanager::Client::new(&config);
        let setup = Setup {
            tables: tables.clone(),
            secrets: Arc::new(AwsSecretStore::new(secrets, format!("{STACK}/"))),
            connector: Arc::new(HttpConnector::new(AddressPolicy::AllowLocal)),
            bell: bell.clone(),
            clock: Arc::new(SystemClock),
            randomness: Arc::new(UuidTokens),
            expected_version: None,
            actor: provisioning::activity::Actor::System,
        };
        let target = StandIn::start(StandInConfig::default()).await.expect("a target");
        let application = "crm".parse().expect("an id");
        Some(Self { _ministack: ministack, target, tables, bell, sqs, dynamodb, queues, setup, application })
    }

    /// Sets the application up as an administrator does.
    async fn enable(&self, group: &GroupId) {
        let (setup, id) = (&self.setup, &self.application);
        setup.create(id, "CRM", "generic-saml").await.expect("created");
        setup
            .connect(id, self.target.base_url(), &self.target.token(), Links::Keep)
            .await
            .expect("connected");
        let mapped = |target: &str, source| MappedAttribute {
            target: target.parse().expect("a path"),
            source: Source::Directory(source),
            required: target == "userName",
        };
        let attributes = vec![
            mapped("userName", DirectoryAttribute::Username),
            mapped("displayName", DirectoryAttribute::DisplayName),
        ];
        let selection = Selection { groups: [group.clone()].into(), ..Selection::default() };
        let new = Configuration {
            mapping: Some(Mapping { attributes }),
            selection: Some(selection),
            ..Configuration::default()
        };
        setup.configure(id, new).await.expect("configured");
        setup.enable(id, None).await.expect("enabled");
    }

    async fn write_group(&self, id: &str, name: &str) -> GroupId {
        let id: GroupId = id.parse().expect("an id");
        let new = Group { id: id.clone(), source_id: None, name: name.to_owned(), deleting: false };
        self.tables.directory.write_group(&GroupWrite { old: None, new }).await.expect("written");
        id
    }

    /// Creates a user in a group, or changes him.
    async fn write_user(&self, id: &str, group: &GroupId, change: impl FnOnce(&mut User)) {
        let id: UserId = id.parse().expect("an id");
        let old = self.tables.directory.user(&id).await.expect("an answer").and_then(|record| record.user);
        let join = if old.is_none() { [group.clone()].into() } else { [].into() };
        let mut new = old.clone().unwrap_or_else(|| User {
            username: id.to_string(),
            id,
            source_id: None,
            email: None,
            first_name: None,
            last_name: None,
            display_name: None,
            status: Status::Active,
            custom: BTreeMap::new(),
            deleting: false,
        });
        change(&mut new);
        let write = UserWrite { old, new, join, leave: [].into() };
        self.tables.directory.write_user(&write).await.expect("written");
    }

    /// The value of a user's attribute at the target, as JSON; null where there is no such user or value.
    fn at_target(&self, user: &str, attribute: &str) -> serde_json::Value {
        let user = self.target.user(user).and_then(|user| serde_json::to_value(user).ok());
        user.and_then(|user| user.get(attribute).cloned()).unwrap_or_default()
    }

    async fn events(&self) -> Vec<Outcome> {
        self.tables.activity.of_application(&self.application, None, 1_000).await.expect("events").outcomes
    }

    /// Messages in the queue, waiting or in flight.
    async fn messages_in(&self, queue: &str) -> u32 {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asked =
            self.sqs.get_queue_attributes().queue_url(queue).set_attribute_names(Some(counts.to_vec()));
        let attributes = asked.send().await.expect("attributes").attributes.expect("attributes");
        counts.iter().filter_map(|name| attributes.get(name)?.parse::<u32>().ok()).sum()
    }
}

/// Waits until it is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let becomes_so = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, becomes_so).await.is_err() {
        panic!("{what}: not within {PATIENCE:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_directory_reaches_the_target_through_the_deployed_stack() {
    let Some(deployed) = Deployed::new().await else { return };
    let sales = deployed.write_group("g-sales", "Sales").await;
    deployed.write_user("ann", &sales, |user| user.display_name = Some("Ann Lee".to_owned())).await;
    deployed.enable(&sales).await;

    // The sweep: jobs.fifo, then user-sync.fifo, then group-sync.fifo.
    until("the account is created", async || deployed.at_target("ann", "displayName") == "Ann Lee").await;
    until("the group holds him", async || deployed.target.members_of("Sales").len() == 1).await;
    until("the sweep ends", async || {
        let condition =
            deployed.tables.applications.condition(&deployed.application).await.expect("an answer");
        condition.sweep.is_none()
    })
    .await;

    // Live: the directory's stream, change-detection, user-sync.fifo. The second change has the same body but for its
    // generation, and comes within the five minutes for which SQS remembers a deduplication id.
    for name in ["Ann Smith", "Ann Jones"] {
        deployed.write_user("ann", &sales, |user| user.display_name = Some(name.to_owned())).await;
        until(name, async || deployed.at_target("ann", "displayName") == name).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    // A newcomer: the directory's stream, and the provisioning table's for the group once he has an account.
    deployed.write_user("bob", &sales, |_| {}).await;
    until("the newcomer is in the group", async || deployed.target.members_of("Sales").len() == 2).await;

    // A leaver.
    deployed.write_user("ann", &sales, |user| user.status = Status::Disabled).await;
    until("the leaver is turned off", async || deployed.at_target("ann", "active") == false).await;

    // What was settled is told, each once.
    until("the events are written", async || {
        let events = deployed.events().await;
        let of = |name| events.iter().filter(|event| event.event == name).count();
        // Ann: created, changed twice, turned off; Bob: created.
        of(EventName::UserSync) >= 5 && of(EventName::GroupSync) >= 2 && of(EventName::Enable) == 1
    })
    .await;
    let creations: Vec<_> =
        deployed.target.writes().into_iter().filter(|write| write.method == "POST").collect();
    assert_eq!(creations.len(), 3, "two accounts and a group, each created once: {creations:?}");

    what_was_given_up_is_swept_for(&deployed).await;
    one_bad_message_of_a_batch_comes_back_alone(&deployed, &sales).await;
}

/// Lambda tells that it gave records up: change-detection sweeps, and the message goes.
async fn what_was_given_up_is_swept_for(deployed: &Deployed) {
    let queue = deployed.sqs.get_queue_url().queue_name(format!("{STACK}-discarded-records")).send().await;
    let queue = queue.expect("the queue").queue_url.expect("its URL");
    let sweeps = async || {
        let jobs = deployed.dynamodb.query().table_name(format!("{STACK}-provisioning"));
        let jobs = jobs.key_condition_expression("pk = :pk AND begins_with(sk, :gap)");
        let jobs =
            jobs.expression_attribute_values(":pk", AttributeValue::S(format!("A#{}", deployed.application)));
        let jobs =
            jobs.expression_attribute_values(":gap", AttributeValue::S("JOB#gap-".into())).send().await;
        jobs.expect("an answer").count()
    };
    assert_eq!(sweeps().await, 0);
    let told = deployed.sqs.send_message().queue_url(&queue).message_body("{}").send().await;
    told.expect("sent");
    until("a sweep is started for it", async || sweeps().await == 1).await;
    until("the message is consumed", async || deployed.messages_in(&queue).await == 0).await;
}

/// A message about an application that cannot be read is not handled; the one sent with it is.
async fn one_bad_message_of_a_batch_comes_back_alone(deployed: &Deployed, sales: &GroupId) {
    until("the queue is empty", async || deployed.messages_in(&deployed.queues.user_sync).await == 0).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = deployed.dynamodb.put_item().table_name(format!("{STACK}-provisioning"));
    let put = put
        .item("pk", text("A#broken"))
        .item("sk", text("APP#CONFIG"))
        .item("item", text("application_config"));
    put.send().await.expect("put");
    let bob: UserId = "bob".parse().expect("an id");
    let broken: ApplicationId = "broken".parse().expect("an id");
    let rung = [&broken, &deployed.application]
        .map(|application| Doorbell::Link { key: LinkKey::user(application, &bob), generation: 99 });
    deployed.bell.ring(Lane::Live, "a test", &rung).await.expect("rung");
    until("the good message is consumed", async || {
        deployed.messages_in(&deployed.queues.user_sync).await == 1
    })
    .await;

    // And the bad one holds up nobody.
    deployed.write_user("bob", sales, |user| user.display_name = Some("Bob Ray".to_owned())).await;
    until("a change behind it arrives", async || deployed.at_target("bob", "displayName") == "Bob Ray").await;
    until("the bad message stays", async || deployed.messages_in(&deployed.queues.user_sync).await == 1)
        .await;
}
