//! The bell where SQS accepts a batch in part. A small server stands in for SQS here: no emulator refuses single entries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws::queue::{QueueUrls, SqsBell};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use axum::routing::post;
use axum::{Json, Router};
use provisioning::link::LinkKey;
use provisioning::ports::{Bell, Doorbell, Lane, StoreError};
use serde_json::{Value, json};

/// Which entries were sent in which request, and how often each is still to be refused, by body.
#[derive(Default)]
struct Queue {
    requests: Vec<Vec<String>>,
    refusals: HashMap<String, (u32, bool)>,
}

fn body(user: &str) -> String {
    serde_json::to_string(&doorbell(user)).expect("JSON")
}

fn doorbell(user: &str) -> Doorbell {
    let key = LinkKey::user(&"crm".parse().expect("an id"), &user.parse().expect("an id"));
    Doorbell::Link { key, generation: 1 }
}

/// A bell on a queue that refuses the entries of these users so many times, by the sender's fault or not.
async fn refusing(refusals: &[(&str, u32, bool)]) -> (SqsBell, Arc<Mutex<Queue>>) {
    let refusals = refusals.iter().map(|(user, times, fault)| (body(user), (*times, *fault))).collect();
    let queue = Arc::new(Mutex::new(Queue { requests: Vec::new(), refusals }));
    let answering = queue.clone();
    let answer = move |text: String| {
        let queue = answering.clone();
        async move {
            Json(accept(
                &mut queue.lock().expect("the queue"),
                &serde_json::from_str(&text).expect("a request"),
            ))
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .build();
    let url = |name: &str| format!("{endpoint}/{name}");
    let queues = QueueUrls { user_sync: url("user"), group_sync: url("group"), jobs: url("jobs") };
    (SqsBell::new(Client::from_conf(config), queues, 4), queue)
}

fn accept(queue: &mut Queue, request: &Value) -> Value {
    let (mut successful, mut failed, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for entry in request["Entries"].as_array().expect("entries") {
        let (id, text) = (&entry["Id"], entry["MessageBody"].as_str().expect("a body"));
        bodies.push(text.to_owned());
        match queue.refusals.get_mut(text) {
            Some((times, fault)) if *times > 0 => {
                *times -= 1;
                failed.push(json!({"Id": id, "SenderFault": *fault, "Code": "InternalError"}));
            }
            _ => successful.push(json!({"Id": id, "MessageId": "m", "MD5OfMessageBody": ""})),
        }
    }
    queue.requests.push(bodies);
    json!({"Successful": successful, "Failed": failed})
}

async fn ring(bell: &SqsBell, users: &[&str]) -> Result<(), StoreError> {
    let doorbells: Vec<_> = users.iter().map(|user| doorbell(user)).collect();
    bell.ring(Lane::Live, "", &doorbells).await
}

#[tokio::test]
async fn an_entry_that_was_refused_is_sent_again_alone() {
    let (bell, queue) = refusing(&[("bob", 2, false)]).await;
    ring(&bell, &["ann", "bob", "eve"]).await.expect("all are accepted in the end");
    let expected = [vec![body("ann"), body("bob"), body("eve")], vec![body("bob")], vec![body("bob")]];
    assert_eq!(queue.lock().unwrap().requests, expected);
}

#[tokio::test]
async fn an_entry_that_stays_refused_is_an_error_after_some_attempts() {
    let (bell, queue) = refusing(&[("bob", 100, false)]).await;
    let error = ring(&bell, &["ann", "bob"]).await.expect_err("one was not accepted");
    assert!(error.to_string().contains("1 messages were not accepted (InternalError)"), "{error}");
    assert_eq!(queue.lock().unwrap().requests.len(), 4);
}

#[tokio::test]
async fn an_entry_that_is_wrong_in_itself_is_not_sent_again() {
    let (bell, queue) = refusing(&[("bob", 100, true)]).await;
    ring(&bell, &["ann", "bob"]).await.expect_err("one was not accepted");
    assert_eq!(queue.lock().unwrap().requests.len(), 1);
}

#[tokio::test]
async fn ringing_for_nothing_asks_nobody() {
    let (bell, queue) = refusing(&[]).await;
    ring(&bell, &[]).await.expect("nothing to do");
    assert!(queue.lock().unwrap().requests.is_empty());
}
