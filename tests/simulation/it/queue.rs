//! The queues: messages come late, twice, out of order across message groups, and some never.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use provisioning::ports::{Bell, Doorbell, Lane, StoreResult};
use provisioning::target::Kind;
use tokio::sync::Notify;

use crate::chance::{Chance, SimulatedClock};
use crate::tables::{Weather, unavailable};
use crate::weather::{Now, Storm};

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    Users,
    Groups,
    Jobs,
}

#[derive(Debug, Clone)]
struct Message {
    number: u64,
    queue: Queue,
    group: String,
    doorbell: Doorbell,
    visible_at: u64,
    receives: u32,
    in_flight: bool,
}

/// After so many receives a message is given up.
const MOST_RECEIVES: u32 = 5;
/// How long a message that was not worked off stays hidden, in milliseconds.
const HIDDEN: u64 = 30_000;

/// All queues.
pub struct Queues {
    messages: Mutex<(u64, Vec<Message>)>,
    pub rung: Notify,
    clock: Arc<SimulatedClock>,
    chance: Arc<Chance>,
    climate: Arc<Now>,
}

impl Queues {
    pub fn new(clock: Arc<SimulatedClock>, chance: Arc<Chance>, climate: Arc<Now>) -> Arc<Self> {
        Arc::new(Self { messages: Mutex::default(), rung: Notify::new(), clock, chance, climate })
    }

    fn put(&self, lane: Lane, doorbell: &Doorbell) {
        let queue = match doorbell {
            Doorbell::Link { key, .. } if key.kind() == Kind::User => Queue::Users,
            Doorbell::Link { .. } => Queue::Groups,
            Doorbell::Job { .. } | Doorbell::DirectoryJob { .. } => Queue::Jobs,
        };
        let mut copies = 1;
        let mut delay = self.chance.below(60);
        if self.chance.hits(self.climate.get().messages) {
            match self.chance.below(4) {
                0 => copies = 0,
                1 => copies = 2,
                _ => delay = self.chance.below(90_000),
            }
        }
        let mut messages = self.messages.lock().unwrap();
        for _ in 0..copies {
            messages.0 += 1;
            let message = Message {
                number: messages.0,
                queue,
                group: doorbell.message_group(lane, 3),
                doorbell: doorbell.clone(),
                visible_at: self.clock.millis() + delay,
                receives: 0,
                in_flight: false,
            };
            messages.1.push(message);
        }
    }

    /// Up to `most` messages that may be worked on, in the order of their groups, and else when there may be some.
    pub fn receive(&self, queue: Queue, most: usize) -> Result<Vec<(u64, Doorbell)>, Option<u64>> {
        let now = self.clock.millis();
        let mut messages = self.messages.lock().unwrap();
        let of_queue = || messages.1.iter().filter(|message| message.queue == queue);
        // Within a group the first goes first, and none beside one that is worked on.
        let mut seen = std::collections::BTreeSet::new();
        let busy = |group: &str| of_queue().any(|message| message.group == group && message.in_flight);
        let groups: Vec<&str> = of_queue()
            .filter(|message| seen.insert(message.group.as_str()))
            .filter(|message| message.visible_at <= now && !busy(&message.group))
            .map(|message| message.group.as_str())
            .collect();
        let Some(group) = groups.get(usize::try_from(self.chance.below(groups.len() as u64)).unwrap()) else {
            return Err(of_queue().map(|message| message.visible_at).filter(|at| *at > now).min());
        };
        let group = (*group).to_owned();
        let of_group = |message: &&mut Message| message.queue == queue && message.group == group;
        let heads = messages.1.iter_mut().filter(of_group).take_while(|message| message.visible_at <= now);
        let taken = heads.take(most).map(|message| {
            message.in_flight = true;
            message.receives += 1;
            (message.number, message.doorbell.clone())
        });
        Ok(taken.collect())
    }

    /// Gives messages back: those that were worked off go, the others come again.
    pub fn give_back(&self, numbers: &[(u64, bool)]) {
        let now = self.clock.millis();
        let mut messages = self.messages.lock().unwrap();
        for (number, handled) in numbers {
            let twice = self.chance.hits(self.climate.get().messages / 4);
            if let Some(message) = messages.1.iter_mut().find(|message| message.number == *number) {
                message.in_flight = false;
                message.visible_at = now + HIDDEN;
                if (*handled && !twice) || message.receives >= MOST_RECEIVES {
                    message.receives = u32::MAX;
                }
            }
        }
        messages.1.retain(|message| message.receives != u32::MAX);
        drop(messages);
        self.rung.notify_waiters();
    }
}

/// The bell as one process rings it.
pub struct StormyBell {
    pub queues: Arc<Queues>,
    pub storm: Arc<Storm>,
}

#[async_trait]
impl Bell for StormyBell {
    async fn ring(&self, lane: Lane, _: &str, doorbells: &[Doorbell]) -> StoreResult<()> {
        self.storm.before("the queue").await?;
        let accepted = self.storm.rows_written(doorbells.len());
        doorbells[..accepted.unwrap_or(doorbells.len())].iter().for_each(|bell| self.queues.put(lane, bell));
        self.queues.rung.notify_waiters();
        self.storm.after("the queue").await?;
        accepted.map_or(Ok(()), |_| Err(unavailable("the queue")))
    }
}

/// The bell as an administrator rings it, in good weather.
pub struct CalmBell(pub Arc<Queues>);

#[async_trait]
impl Bell for CalmBell {
    async fn ring(&self, lane: Lane, _: &str, doorbells: &[Doorbell]) -> StoreResult<()> {
        doorbells.iter().for_each(|bell| self.0.put(lane, bell));
        self.0.rung.notify_waiters();
        Ok(())
    }
}

/// How long a receiver sleeps where nothing is to come.
pub const LONG: Duration = Duration::from_secs(7 * 24 * 3_600);
