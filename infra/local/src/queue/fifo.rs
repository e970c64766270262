//! A FIFO queue as SQS keeps it: order within a message group, one delivery of a group at a time, a deduplication window,
//! visibility, receive counts and dead letters. A pure state machine: the time is a parameter.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use provisioning::clock::after;

/// How a queue behaves.
#[derive(Debug, Clone)]
pub struct FifoSettings {
    /// How long a received message is hidden before it comes again. SQS: the queue's visibility timeout.
    pub visibility: Duration,
    /// A message received this many times goes to the dead letters instead of coming again. SQS: `maxReceiveCount`.
    pub max_receives: u32,
    /// Within this time a deduplication id is accepted but not delivered again; SQS fixes it at five minutes.
    pub deduplication: Duration,
    /// Most messages kept, in flight or not; further ones are refused. Their marks bring them back.
    pub capacity: usize,
}

impl Default for FifoSettings {
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(360),
            max_receives: 5,
            deduplication: Duration::from_secs(300),
            capacity: 200_000,
        }
    }
}

/// Dead letters kept for reading; the count tells of all.
const DEAD_LETTERS_KEPT: usize = 1_000;

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message's id.
    pub id: u64,
    /// Valid for this receive only.
    pub receipt: u64,
    /// Its message group.
    pub group: String,
    /// What it says.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// What became of a message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It waits to be delivered.
    Accepted,
    /// Its deduplication id was seen within the window: accepted, and not delivered again.
    Duplicate,
    /// The queue is full.
    Full,
}

#[derive(Debug)]
struct Message {
    id: u64,
    body: String,
    receives: u32,
}

#[derive(Debug)]
struct InFlight {
    group: String,
    message: Message,
    visible_at: Timestamp,
}

#[derive(Debug, Default)]
struct Group {
    waiting: VecDeque<Message>,
    in_flight: usize,
}

/// The queue.
#[derive(Debug)]
pub struct Fifo {
    settings: FifoSettings,
    groups: HashMap<String, Group>,
    /// Groups with something waiting and nothing in flight, in the order in which they became so.
    ready: VecDeque<String>,
    in_flight: BTreeMap<u64, InFlight>,
    seen: HashMap<String, Timestamp>,
    seen_order: VecDeque<(Timestamp, String)>,
    waiting: usize,
    next: u64,
    dead: VecDeque<String>,
    dead_count: u64,
}

impl Fifo {
    /// An empty queue.
    pub fn new(settings: FifoSettings) -> Self {
        Self {
            settings,
            groups: HashMap::new(),
            ready: VecDeque::new(),
            in_flight: BTreeMap::new(),
            seen: HashMap::new(),
            seen_order: VecDeque::new(),
            waiting: 0,
            next: 0,
            dead: VecDeque::new(),
            dead_count: 0,
        }
    }

    /// Takes a message. The deduplication window runs from the first send, and whether the message was received or
    /// deleted since does not matter.
    pub fn send(&mut self, now: Timestamp, group: &str, deduplication_id: &str, body: String) -> Sent {
        while let Some((_, id)) = self.seen_order.pop_front_if(|(until, _)| *until <= now) {
            self.seen.remove(&id);
        }
        if self.seen.contains_key(deduplication_id) {
            return Sent::Duplicate;
        }
        if self.waiting + self.in_flight.len() >= self.settings.capacity {
            return Sent::Full;
        }
        let until = after(now, self.settings.deduplication);
        self.seen.insert(deduplication_id.to_owned(), until);
        self.seen_order.push_back((until, deduplication_id.to_owned()));
        let id = self.number();
        let entry = self.groups.entry(group.to_owned()).or_default();
        if entry.waiting.is_empty() && entry.in_flight == 0 {
            self.ready.push_back(group.to_owned());
        }
        entry.waiting.push_back(Message { id, body, receives: 0 });
        self.waiting += 1;
        Sent::Accepted
    }

    /// Delivers at most `max` messages: of the group that has waited longest as many as fit, then of the next. A group is
    /// delivered again only when nothing of it is in flight.
    pub fn receive(&mut self, now: Timestamp, max: usize) -> Vec<Received> {
        self.expire(now);
        let mut batch = Vec::new();
        while batch.len() < max
            && let Some(name) = self.ready.pop_front()
        {
            self.deliver(now, &name, max, &mut batch);
        }
        batch
    }

    fn deliver(&mut self, now: Timestamp, name: &str, max: usize, batch: &mut Vec<Received>) {
        let visible_at = after(now, self.settings.visibility);
        let Some(group) = self.groups.get_mut(name) else { return };
        while batch.len() < max
            && let Some(mut message) = group.waiting.pop_front()
        {
            self.waiting -= 1;
            if message.receives >= self.settings.max_receives {
                self.dead_count += 1;
                self.dead.push_back(message.body);
                if self.dead.len() > DEAD_LETTERS_KEPT {
                    self.dead.pop_front();
                }
                continue;
            }
            message.receives += 1;
            self.next += 1;
            let receipt = self.next;
            batch.push(Received {
                id: message.id,
                receipt,
                group: name.to_owned(),
                body: message.body.clone(),
                receives: message.receives,
            });
            group.in_flight += 1;
            self.in_flight.insert(receipt, InFlight { group: name.to_owned(), message, visible_at });
        }
        if group.in_flight == 0 && group.waiting.is_empty() {
            self.groups.remove(name);
        }
    }

    /// Deletes a message that was received. `false` where the receipt is void: the message became visible again.
    pub fn delete(&mut self, now: Timestamp, receipt: u64) -> bool {
        self.expire(now);
        match self.in_flight.remove(&receipt) {
            Some(InFlight { group, .. }) => {
                self.settle(&group);
                true
            }
            None => false,
        }
    }

    /// Sets anew when a received message becomes visible again; with nothing to wait, at once. `false` where the receipt is void.
    pub fn change_visibility(&mut self, now: Timestamp, receipt: u64, wait: Duration) -> bool {
        self.expire(now);
        let known = match self.in_flight.get_mut(&receipt) {
            Some(entry) => {
                entry.visible_at = after(now, wait);
                true
            }
            None => false,
        };
        self.expire(now);
        known
    }

    /// When the next message in flight becomes visible again.
    pub fn next_visible(&self) -> Option<Timestamp> {
        self.in_flight.values().map(|entry| entry.visible_at).min()
    }

    /// Messages that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Messages received and neither deleted nor visible again.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How many messages were given up, and the newest of them.
    pub fn dead_letters(&self) -> (u64, Vec<String>) {
        (self.dead_count, self.dead.iter().cloned().collect())
    }

    /// Messages whose time has come go back into their group, in their old order.
    fn expire(&mut self, now: Timestamp) {
        let expired: Vec<u64> =
            self.in_flight.iter().filter(|(_, entry)| entry.visible_at <= now).map(|(id, _)| *id).collect();
        for receipt in expired {
            let Some(InFlight { group: name, message, .. }) = self.in_flight.remove(&receipt) else {
                continue;
            };
            if let Some(group) = self.groups.get_mut(&name) {
                let place = group.waiting.partition_point(|waiting| waiting.id < message.id);
                group.waiting.insert(place, message);
                self.waiting += 1;
            }
            self.settle(&name);
        }
    }

    /// One message of the group is in flight no more.
    fn settle(&mut self, name: &str) {
        let Some(group) = self.groups.get_mut(name) else { return };
        group.in_flight = group.in_flight.saturating_sub(1);
        if group.in_flight > 0 {
            return;
        }
        if group.waiting.is_empty() {
            self.groups.remove(name);
        } else {
            self.ready.push_back(name.to_owned());
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

#[cfg(test)]
#[path = "fifo_tests.rs"]
mod tests;
