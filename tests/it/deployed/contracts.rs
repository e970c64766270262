//! The adapters for SQS and Secrets Manager keep the ports' contracts, over the wire.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws::queue::{QueueUrls, SqsBell};
use aws::secrets::AwsSecretStore;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use aws_sdk_sqs::{Client, types};
use provisioning::link::LinkKey;
use provisioning::ports::{Bell, Doorbell, Lane};

use super::ministack::Ministack;
use crate::queue_contract::{self, FifoQueue, MAX_RECEIVES, Message, VISIBILITY};
use crate::secret_contract;

/// A FIFO queue with a dead-letter queue, as the template makes them.
struct SqsQueue {
    client: Client,
    url: String,
    dead_letters: String,
}

impl SqsQueue {
    async fn create(client: &Client, name: &str) -> Self {
        let dead_letters = create(client, &format!("{name}-dead-letters"), vec![]).await;
        let asked = client
            .get_queue_attributes()
            .queue_url(&dead_letters)
            .attribute_names(QueueAttributeName::QueueArn);
        let attributes = asked.send().await.expect("attributes").attributes.expect("attributes");
        let arn = &attributes[&QueueAttributeName::QueueArn];
        let redrive = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{MAX_RECEIVES}}}"#);
        let visibility = VISIBILITY.as_secs().to_string();
        let settings = vec![
            (QueueAttributeName::RedrivePolicy, redrive),
            (QueueAttributeName::VisibilityTimeout, visibility),
        ];
        Self { client: client.clone(), url: create(client, name, settings).await, dead_letters }
    }
}

async fn create(client: &Client, name: &str, settings: Vec<(QueueAttributeName, String)>) -> String {
    let mut create = client
        .create_queue()
        .queue_name(format!("{name}.fifo"))
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::ContentBasedDeduplication, "false");
    for (name, value) in settings {
        create = create.attributes(name, value);
    }
    create.send().await.expect("a queue").queue_url.expect("its URL")
}

async fn receive(client: &Client, url: &str) -> Vec<types::Message> {
    let received = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await;
    received.expect("an answer").messages.unwrap_or_default()
}

#[async_trait]
impl FifoQueue for SqsQueue {
    async fn send(&self, group: &str, deduplication_id: &str, body: &str) {
        let send = self.client.send_message().queue_url(&self.url).message_body(body);
        let send = send.message_group_id(group).message_deduplication_id(deduplication_id);
        send.send().await.expect("it is accepted");
    }

    async fn receive(&self, max: usize) -> Vec<Message> {
        let max = i32::try_from(max).expect("a small number");
        let received =
            self.client.receive_message().queue_url(&self.url).max_number_of_messages(max).send().await;
        let messages = received.expect("an answer").messages.unwrap_or_default();
        let message = |message: types::Message| Message {
            body: message.body.unwrap_or_default(),
            receipt: message.receipt_handle.unwrap_or_default(),
        };
        messages.into_iter().map(message).collect()
    }

    async fn delete(&self, receipt: &str) {
        self.client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .send()
            .await
            .expect("it goes");
    }

    async fn make_visible(&self, receipt: &str) {
        let change = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        change.visibility_timeout(0).send().await.expect("it is visible");
    }

    async fn dead_letters(&self) -> usize {
        receive(&self.client, &self.dead_letters).await.len()
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn is_timed_by_hand(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn sqs_keeps_the_contract_of_queues() {
    let Some(ministack) = Ministack::start().await else { return };
    let client = Client::new(&ministack.config().await);
    let queues = AtomicU64::new(0);
    let new = async || {
        SqsQueue::create(&client, &format!("contract-{}", queues.fetch_add(1, Ordering::Relaxed))).await
    };
    queue_contract::holds_for(new).await;
}

#[tokio::test]
async fn secrets_manager_keeps_the_contract_of_secrets() {
    let Some(ministack) = Ministack::start().await else { return };
    let client = aws_sdk_secretsmanager::Client::new(&ministack.config().await);
    secret_contract::holds_for(&AwsSecretStore::new(client, "rollcall/")).await;
}

fn mark(key: LinkKey) -> Doorbell {
    Doorbell::Link { key, generation: 1 }
}

#[tokio::test]
async fn the_bell_rings_each_queue_once_per_cause() {
    let Some(ministack) = Ministack::start().await else { return };
    let client = Client::new(&ministack.config().await);
    let queues = QueueUrls {
        user_sync: create(&client, "user-sync", vec![]).await,
        group_sync: create(&client, "group-sync", vec![]).await,
        jobs: create(&client, "jobs", vec![]).await,
    };
    let bell = SqsBell::new(client.clone(), queues.clone(), 4);
    let application = "crm".parse().expect("an id");
    let users = (0..23)
        .map(|number| mark(LinkKey::user(&application, &format!("u-{number}").parse().expect("an id"))));
    let group = mark(LinkKey::group(&application, &"g-1".parse().expect("an id")));
    let job = Doorbell::Job { application: application.clone(), job: "j-1".parse().expect("an id"), step: 3 };
    let all: Vec<_> = users.chain([group.clone(), job.clone()]).collect();
    bell.ring(Lane::Live, "", &all).await.expect("all are accepted");

    let mut rung = Vec::new();
    loop {
        let messages = receive(&client, &queues.user_sync).await;
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let doorbell: Doorbell =
                serde_json::from_str(message.body().expect("a body")).expect("a doorbell");
            let attributes = message.attributes.expect("attributes");
            assert_eq!(
                attributes[&MessageSystemAttributeName::MessageGroupId],
                doorbell.message_group(Lane::Live, 4)
            );
            assert_eq!(
                attributes[&MessageSystemAttributeName::MessageDeduplicationId],
                doorbell.deduplication_id("")
            );
            let receipt = message.receipt_handle.expect("a receipt");
            client
                .delete_message()
                .queue_url(&queues.user_sync)
                .receipt_handle(receipt)
                .send()
                .await
                .expect("it goes");
            rung.push(doorbell);
        }
    }
    assert_eq!(rung.len(), 23);
    assert!(all.iter().take(23).all(|doorbell| rung.contains(doorbell)));
    for (url, doorbell) in [(&queues.group_sync, &group), (&queues.jobs, &job)] {
        let bodies = receive(&client, url).await.into_iter().map(|message| message.body.expect("a body"));
        assert_eq!(bodies.collect::<Vec<_>>(), [serde_json::to_string(doorbell).expect("JSON")]);
    }

    bell.ring(Lane::Live, "", &all[..1]).await.expect("the same again is accepted");
    assert!(receive(&client, &queues.user_sync).await.is_empty(), "and delivered to nobody");
    bell.ring(Lane::Live, "a retry", &all[..1]).await.expect("another occasion");
    assert_eq!(receive(&client, &queues.user_sync).await.len(), 1, "is delivered");
}
