//! The functions at work: each invocation may die, each batch may come again.

use std::sync::Arc;
use std::time::Duration;

use provisioning::activity::Outcome;
use provisioning::clock::Clock;
use provisioning::detect::{Detector, StreamChange};
use provisioning::directory::job::DirectoryWorker;
use provisioning::due::Poller;
use provisioning::ports::Doorbell;
use provisioning::preview::Previewer;
use provisioning::sweep::Sweeper;
use provisioning::sync::{Handled, Worker};

use super::{OneSecret, Parts, World};
use crate::queue::{LONG, Queue};
use crate::tables::{Record, Stream, Weather};

/// Whom a stream wakes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Detection,
    LogWriter,
}

/// How many shards a stream has: records of two partitions may be told out of order.
const SHARDS: u32 = 2;

impl World {
    fn worker(&self, parts: &Parts) -> Worker {
        Worker {
            tables: parts.tables.clone(),
            secrets: Arc::new(OneSecret),
            connector: parts.wire.clone(),
            bell: parts.bell.clone(),
            clock: self.clock.clone(),
            randomness: self.randomness.clone(),
            task_deadline: Duration::from_secs(45),
        }
    }

    /// A worker whose tables have this weather.
    pub fn worker_in(&self, weather: Arc<dyn Weather>) -> Worker {
        Worker { tables: self.memory.tables(weather), ..self.worker(&self.parts()) }
    }

    /// Runs an invocation: `None` where its process died.
    async fn invoke<T>(parts: &Parts, run: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = parts.storm.process.death() => None,
            done = run => Some(done),
        }
    }

    /// Starts every function, on the local set this is called on.
    pub fn start(&self) {
        for (queue, many) in [(Queue::Users, 2), (Queue::Groups, 2), (Queue::Jobs, 1)] {
            for _ in 0..many {
                let world = self.clone();
                tokio::task::spawn_local(async move { Box::pin(world.serve(queue)).await });
            }
        }
        for (stream, reader) in [
            (Stream::Directory, Reader::Detection),
            (Stream::Provisioning, Reader::Detection),
            (Stream::Provisioning, Reader::LogWriter),
        ] {
            for shard in 0..SHARDS {
                let world = self.clone();
                tokio::task::spawn_local(async move { world.read(stream, reader, shard).await });
            }
        }
        let world = self.clone();
        tokio::task::spawn_local(async move { world.poll().await });
    }

    async fn serve(&self, queue: Queue) {
        loop {
            let most = if queue == Queue::Jobs { 1 } else { 10 };
            let batch = match self.queues.receive(queue, most) {
                Ok(batch) => batch,
                Err(next) => {
                    let now = self.clock.millis();
                    let until =
                        next.map_or(LONG, |next| Duration::from_millis(next.saturating_sub(now).max(1)));
                    tokio::select! {
                        biased;
                        () = self.queues.rung.notified() => {}
                        () = tokio::time::sleep(until) => {}
                    }
                    continue;
                }
            };
            let parts = self.parts();
            let doorbells: Vec<Doorbell> = batch.iter().map(|(_, doorbell)| doorbell.clone()).collect();
            let handled = match queue {
                Queue::Users | Queue::Groups => {
                    let worker = self.worker(&parts);
                    let run = async move { worker.work_off(&doorbells).await };
                    let handled = Self::invoke(&parts, run).await;
                    handled.map(|handled| handled.iter().map(|one| *one == Handled::Yes).collect())
                }
                Queue::Jobs => Box::pin(self.page(&parts, doorbells)).await,
            };
            let handled: Vec<bool> = handled.unwrap_or_else(|| vec![false; batch.len()]);
            let numbers: Vec<_> = batch.iter().map(|(number, _)| *number).zip(handled).collect();
            self.queues.give_back(&numbers);
        }
    }

    async fn page(&self, parts: &Parts, doorbells: Vec<Doorbell>) -> Option<Vec<bool>> {
        let (tables, bell, clock) = (parts.tables.clone(), parts.bell.clone(), self.clock.clone());
        let sweeper = Sweeper {
            tables: tables.clone(),
            secrets: Arc::new(OneSecret),
            connector: parts.wire.clone(),
            bell: bell.clone(),
            clock: clock.clone(),
        };
        let previewer = Previewer::from(sweeper.clone());
        let directory = DirectoryWorker { tables, bell, clock };
        let run = async move {
            let mut handled = Vec::new();
            for doorbell in doorbells {
                handled.push(match doorbell {
                    Doorbell::Job { application, job, step } => {
                        sweeper.page(&application, &job, step).await.is_ok()
                            && previewer.page(&application, &job, step).await.is_ok()
                    }
                    Doorbell::DirectoryJob { job, step } => directory.page(&job, step).await.is_ok(),
                    Doorbell::Link { .. } => true,
                });
            }
            handled
        };
        Box::pin(Self::invoke(parts, run)).await
    }

    /// Reads one shard of a stream in order: batches are split, done again, and given up now and then.
    async fn read(&self, stream: Stream, reader: Reader, shard: u32) {
        let mut behind = 0;
        loop {
            let records: Vec<(usize, Record)> = {
                let state = self.memory.state();
                let new = state.records(stream).iter().enumerate().skip(behind);
                let of_shard =
                    |record: &Record| provisioning::ports::shard(&record.partition, SHARDS) == shard;
                let many = usize::try_from(1 + self.chance.below(12)).unwrap();
                new.filter(|(_, record)| of_shard(record))
                    .take(many)
                    .map(|(at, one)| (at, one.clone()))
                    .collect()
            };
            let Some((last, _)) = records.last().cloned() else {
                self.memory.changed.notified().await;
                continue;
            };
            tokio::time::sleep(self.chance.latency()).await;
            if reader == Reader::Detection && self.chance.hits(self.climate.get().discarded) {
                let _ = self.setup.start_sweep(&self.application, false, None).await;
                behind = last + 1;
                continue;
            }
            let changes: Vec<StreamChange> =
                records.into_iter().flat_map(|(_, record)| record.changes).collect();
            let parts = self.parts();
            let done = match reader {
                Reader::Detection => self.detect(&parts, changes).await,
                Reader::LogWriter => Self::log(&parts, changes).await,
            };
            // A batch whose end was not noted comes again.
            if done && !self.chance.hits(self.climate.get().messages / 2) {
                behind = last + 1;
            }
        }
    }

    async fn detect(&self, parts: &Parts, changes: Vec<StreamChange>) -> bool {
        let detector =
            Detector { tables: parts.tables.clone(), bell: parts.bell.clone(), clock: self.clock.clone() };
        let done = Self::invoke(parts, async move { detector.detect(&changes).await }).await;
        done.is_some_and(|done| done.is_ok())
    }

    async fn log(parts: &Parts, changes: Vec<StreamChange>) -> bool {
        let outcomes = changes.into_iter().filter_map(|change| match change {
            StreamChange::Outcome(outcome) => Some(*outcome),
            _ => None,
        });
        let (outcomes, activity) = (outcomes.collect::<Vec<Outcome>>(), parts.tables.activity.clone());
        let done = Self::invoke(parts, async move { activity.put(&outcomes).await }).await;
        done.is_some_and(|done| done.is_ok())
    }

    /// Rings what is due once a minute, and sleeps through minutes in which nothing is.
    async fn poll(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(60)).await;
            let soon = self.clock.now() + jiff::SignedDuration::from_secs(60);
            let next = {
                let state = self.memory.state();
                let links = state.links.values().filter_map(|link| link.work.due_at);
                let jobs = state.jobs.values().filter_map(|job| job.due_at);
                let directory = state.directory_jobs.values().filter_map(|job| job.due_at);
                let sweep = state.configured(&self.application).and_then(|configured| {
                    provisioning::sweep::due_at(configured.application.lifecycle, &configured.condition)
                });
                links.chain(jobs).chain(state.previews_due()).chain(directory).chain(sweep).min()
            };
            if next.is_none_or(|next| next > soon) {
                let wait = next.map_or(LONG, |next| Duration::try_from(next.duration_since(soon)).unwrap());
                tokio::select! {
                    biased;
                    () = self.memory.changed.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                continue;
            }
            let parts = self.parts();
            let poller =
                Poller { tables: parts.tables.clone(), bell: parts.bell.clone(), clock: self.clock.clone() };
            let _ = Self::invoke(&parts, async move { poller.ring_due().await }).await;
        }
    }
}
