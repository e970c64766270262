//! What a FIFO queue must do, wherever it runs: order within a message group, one delivery of a group at a time, the
//! deduplication window, redelivery, dead letters. The embedded queue passes it here; SQS passes the same cases.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::clock::SteppedClock;
use rollcall::queue::{EmbeddedQueue, FifoSettings, Sent};

/// How long a received message is hidden in these cases. Queues under test are made with it.
pub const VISIBILITY: Duration = Duration::from_secs(2);
/// After this many receives a message goes to the dead letters. Queues under test are made with it.
pub const MAX_RECEIVES: u32 = 5;

/// A FIFO queue without content-based deduplication, as the cases drive it.
#[async_trait]
pub trait FifoQueue: Send + Sync {
    /// Sends a message; its deduplication id being known is no error.
    async fn send(&self, group: &str, deduplication_id: &str, body: &str);
    /// At most `max` messages that can be received now.
    async fn receive(&self, max: usize) -> Vec<Message>;
    /// Deletes a message that was received.
    async fn delete(&self, receipt: &str);
    /// Makes a received message visible again at once.
    async fn make_visible(&self, receipt: &str);
    /// How many messages are dead letters.
    async fn dead_letters(&self) -> usize;
    /// Lets time pass.
    async fn pass(&self, time: Duration);
    /// Whether minutes pass in no time.
    fn is_timed_by_hand(&self) -> bool;
}

/// A message that was received.
#[derive(Debug, Clone)]
pub struct Message {
    pub body: String,
    pub receipt: String,
}

fn bodies(batch: &[Message]) -> Vec<&str> {
    batch.iter().map(|message| message.body.as_str()).collect()
}

/// Every case in turn, each on a queue of its own.
pub async fn holds_for<Q: FifoQueue>(new: impl AsyncFn() -> Q) {
    messages_of_a_group_come_in_order(&new().await).await;
    a_group_in_flight_holds_back_itself_and_nobody_else(&new().await).await;
    a_batch_has_at_most_ten(&new().await).await;
    a_duplicate_is_not_delivered_even_after_deletion(&new().await).await;
    equal_bodies_with_other_deduplication_ids_are_two_messages(&new().await).await;
    what_is_not_deleted_comes_again_after_its_visibility(&new().await).await;
    what_is_made_visible_comes_again_before_what_was_behind_it(&new().await).await;
    a_message_that_always_fails_becomes_a_dead_letter(&new().await).await;
}

async fn messages_of_a_group_come_in_order(queue: &dyn FifoQueue) {
    for number in 0..5 {
        queue.send("a", &format!("order-{number}"), &number.to_string()).await;
    }
    assert_eq!(bodies(&queue.receive(10).await), ["0", "1", "2", "3", "4"]);
}

async fn a_group_in_flight_holds_back_itself_and_nobody_else(queue: &dyn FifoQueue) {
    queue.send("a", "hold-1", "1").await;
    let first = queue.receive(1).await;
    queue.send("a", "hold-2", "2").await;
    queue.send("b", "hold-3", "3").await;
    assert_eq!(bodies(&queue.receive(10).await), ["3"]);
    queue.delete(&first[0].receipt).await;
    assert_eq!(bodies(&queue.receive(10).await), ["2"]);
}

async fn a_batch_has_at_most_ten(queue: &dyn FifoQueue) {
    for number in 0..12 {
        queue.send("a", &format!("many-{number}"), &number.to_string()).await;
    }
    let batch = queue.receive(10).await;
    assert_eq!(batch.len(), 10);
    for message in batch {
        queue.delete(&message.receipt).await;
    }
    assert_eq!(bodies(&queue.receive(10).await), ["10", "11"]);
}

async fn a_duplicate_is_not_delivered_even_after_deletion(queue: &dyn FifoQueue) {
    queue.send("a", "same", "1").await;
    queue.send("a", "same", "2").await;
    let batch = queue.receive(10).await;
    assert_eq!(bodies(&batch), ["1"]);
    queue.delete(&batch[0].receipt).await;
    queue.send("a", "same", "3").await;
    assert!(queue.receive(10).await.is_empty(), "the id is remembered after the message has gone");
    if queue.is_timed_by_hand() {
        queue.pass(Duration::from_secs(300)).await;
        queue.send("a", "same", "4").await;
        assert_eq!(bodies(&queue.receive(10).await), ["4"], "for five minutes");
    }
}

async fn equal_bodies_with_other_deduplication_ids_are_two_messages(queue: &dyn FifoQueue) {
    queue.send("a", "one", "look").await;
    queue.send("a", "two", "look").await;
    assert_eq!(bodies(&queue.receive(10).await), ["look", "look"]);
}

async fn what_is_not_deleted_comes_again_after_its_visibility(queue: &dyn FifoQueue) {
    queue.send("a", "again", "1").await;
    assert_eq!(bodies(&queue.receive(10).await), ["1"]);
    assert!(queue.receive(10).await.is_empty());
    queue.pass(VISIBILITY + Duration::from_millis(500)).await;
    assert_eq!(bodies(&queue.receive(10).await), ["1"]);
}

async fn what_is_made_visible_comes_again_before_what_was_behind_it(queue: &dyn FifoQueue) {
    for number in 0..3 {
        queue.send("a", &format!("return-{number}"), &number.to_string()).await;
    }
    let first = queue.receive(1).await;
    queue.make_visible(&first[0].receipt).await;
    assert_eq!(bodies(&queue.receive(10).await), ["0", "1", "2"]);
}

async fn a_message_that_always_fails_becomes_a_dead_letter(queue: &dyn FifoQueue) {
    queue.send("a", "bad", "bad").await;
    queue.send("a", "good", "good").await;
    for _ in 0..MAX_RECEIVES {
        let batch = queue.receive(1).await;
        assert_eq!(bodies(&batch), ["bad"]);
        queue.make_visible(&batch[0].receipt).await;
    }
    assert_eq!(bodies(&queue.receive(1).await), ["good"], "it holds up nobody");
    assert_eq!(queue.dead_letters().await, 1);
}

/// The embedded queue, its clock moved by hand.
struct Embedded {
    queue: EmbeddedQueue,
    clock: Arc<SteppedClock>,
}

impl Embedded {
    fn new() -> Self {
        let clock = Arc::new(SteppedClock::at(Timestamp::from_second(1_800_000_000).expect("a time")));
        let settings =
            FifoSettings { visibility: VISIBILITY, max_receives: MAX_RECEIVES, ..FifoSettings::default() };
        Self { queue: EmbeddedQueue::new(settings, clock.clone()), clock }
    }
}

#[async_trait]
impl FifoQueue for Embedded {
    async fn send(&self, group: &str, deduplication_id: &str, body: &str) {
        assert_ne!(self.queue.send(group, deduplication_id, body.to_owned()), Sent::Full);
    }

    async fn receive(&self, max: usize) -> Vec<Message> {
        let received = self.queue.receive(max).into_iter();
        received.map(|message| Message { body: message.body, receipt: message.receipt.to_string() }).collect()
    }

    async fn delete(&self, receipt: &str) {
        assert!(self.queue.delete(receipt.parse().expect("a receipt")));
    }

    async fn make_visible(&self, receipt: &str) {
        assert!(self.queue.change_visibility(receipt.parse().expect("a receipt"), Duration::ZERO));
    }

    async fn dead_letters(&self) -> usize {
        self.queue.dead_letters().1.len()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn is_timed_by_hand(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn the_embedded_queue_keeps_the_contract() {
    holds_for(async || Embedded::new()).await;
}
