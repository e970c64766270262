//! Driving a world: streams are read, doorbells answered, what is due is rung, until nothing is left to do.

use std::time::Duration;

use aws::stream::{StreamEvent, changes};
use jiff::Timestamp;
use provisioning::detect::StreamChange;
use provisioning::due::Poller;
use provisioning::ports::{Doorbell, StoreResult};
use provisioning::sweep::start_after_gap;
use provisioning::sync::Handled;
use provisioning::target::Kind;

use super::{Crash, World};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Nothing is left to do; so many steps were taken.
    Quiet { steps: u64 },
    /// The process died.
    Crashed,
}

/// Streams as the functions read them: whose cursor, which table, and whether outcomes or changes are wanted.
const STREAMS: [(&str, &str, bool); 3] = [
    ("detection of directory", "rollcall-directory", false),
    ("detection of provisioning", "rollcall-provisioning", false),
    ("log-writer", "rollcall-provisioning", true),
];

impl World {
    /// Runs until nothing is left to do, or the process dies at `crash`.
    pub async fn run(&mut self, crash: Option<Crash>) -> Run {
        self.steps.arm(crash);
        let mut waited = 0;
        for _ in 0..20_000 {
            // A sweep's page waits for what it marked, so pages come last.
            let moved = self.read_streams().await | self.answer().await;
            let paged = !moved && self.do_page().await;
            if self.steps.is_dead() {
                return Run::Crashed;
            }
            if moved {
                continue;
            }
            // A page may wait for what was put off meanwhile: that is rung also while pages follow each other.
            if self.poller.ring_due().await.unwrap_or(0) > 0 {
                waited = 0;
                continue;
            }
            if paged {
                continue;
            }
            // What is due later is waited for, up to an hour: retries, and marks whose bell was lost.
            if !self.is_pending().await || waited > 120 {
                return if self.steps.is_dead() {
                    Run::Crashed
                } else {
                    Run::Quiet { steps: self.steps.taken() }
                };
            }
            waited += 1;
            self.clock.advance(Duration::from_secs(30));
        }
        panic!("the world does not come to rest");
    }

    /// Reads streams and answers doorbells until there are none, without waiting for what is due later.
    pub async fn step(&mut self) {
        while self.read_streams().await | self.answer().await {}
    }

    /// Rings what is due; whether anything was.
    pub async fn ring_due(&self) -> bool {
        self.poller.ring_due().await.unwrap_or(0) > 0
    }

    /// A new process after a crash: its claims run out, and `lost` doorbells were never answered.
    pub fn revive(&mut self, lost: bool) {
        self.steps.arm(None);
        self.clock.advance(Duration::from_secs(90));
        if lost {
            self.bell.0.lock().unwrap().clear();
        }
    }

    async fn is_pending(&self) -> bool {
        let links = &self.tables.links;
        let job = self.tables.applications.condition(&self.application).await.unwrap().sweep.is_some();
        let users = links.propose_pending(&self.application, Kind::User, false, 1).await.unwrap();
        let groups = links.propose_pending(&self.application, Kind::Group, false, 1).await.unwrap();
        let directory = self.tables.directory_jobs.propose_due(Timestamp::MAX, 1).await.unwrap();
        job || users + groups > 0 || !directory.is_empty()
    }

    /// Reads the next records of every stream and hands them over; whether there were any.
    pub async fn read_streams(&mut self) -> bool {
        let mut moved = false;
        for (name, table, outcomes) in STREAMS {
            let cursor = self.cursors.get(name).cloned().flatten();
            let page = self.database.stream_page(table, cursor.as_deref(), 50).await.unwrap();
            let Some(last) = page.records.last().map(|record| record.dynamodb.sequence_number.clone()) else {
                continue;
            };
            let event: StreamEvent = serde_json::from_value(serde_json::json!({ "Records": page.records }))
                .expect("a stream event");
            let read = changes(&event).into_iter().map(|(_, change)| change.expect("a readable record"));
            let wanted: Vec<_> =
                read.filter(|change| matches!(change, StreamChange::Outcome(_)) == outcomes).collect();
            if self.take_in(&wanted, outcomes).await.is_ok() {
                self.cursors.insert(name, Some(last));
                moved = true;
            }
        }
        moved
    }

    /// The records that change-detection did not read yet are given up: nobody reads them any more.
    pub async fn lose_records(&mut self) {
        for (name, table, outcomes) in STREAMS {
            let cursor = self.cursors.get(name).cloned().flatten();
            let page = self.database.stream_page(table, cursor.as_deref(), 1_000).await.unwrap();
            if let Some(last) = page.records.last().filter(|_| !outcomes) {
                self.cursors.insert(name, Some(last.dynamodb.sequence_number.clone()));
            }
        }
    }

    /// As change-detection does when it is told of that; how many applications are swept.
    pub async fn sweep_after_gap(&self) -> usize {
        let Poller { tables, bell, clock } = &self.poller;
        start_after_gap(tables, bell.as_ref(), clock.as_ref()).await.unwrap()
    }

    async fn take_in(&self, changes: &[StreamChange], outcomes: bool) -> StoreResult<()> {
        if !outcomes {
            return self.detector.detect(changes).await;
        }
        let told = changes.iter().filter_map(|change| match change {
            StreamChange::Outcome(outcome) => Some((**outcome).clone()),
            _ => None,
        });
        self.worker.tables.activity.put(&told.collect::<Vec<_>>()).await
    }

    /// Answers up to ten doorbells of users and groups; whether there were any.
    pub async fn answer(&mut self) -> bool {
        let batch = self.take_rung(10, |bell| matches!(bell, Doorbell::Link { .. }));
        let handled = self.worker.work_off(&batch).await;
        let again = batch.iter().zip(handled).filter(|(_, handled)| *handled == Handled::No);
        self.bell.0.lock().unwrap().extend(again.map(|(bell, _)| bell.clone()));
        !batch.is_empty()
    }

    /// Answers all doorbells, each by so many workers at the same time.
    pub async fn answer_with_workers(&mut self, workers: usize) {
        let batch = self.take_rung(usize::MAX, |bell| matches!(bell, Doorbell::Link { .. }));
        let answers = (0..workers).map(|_| self.worker.work_off(&batch));
        futures::future::join_all(answers).await;
        self.bell.0.lock().unwrap().extend(batch);
    }

    /// Does the next page of a job; whether there was one.
    pub async fn do_page(&mut self) -> bool {
        let batch = self.take_rung(1, |bell| !matches!(bell, Doorbell::Link { .. }));
        for bell in &batch {
            let done = match bell {
                Doorbell::Job { application, job, step } => self.sweeper.page(application, job, *step).await,
                Doorbell::DirectoryJob { job, step } => self.directory_worker.page(job, *step).await,
                Doorbell::Link { .. } => continue,
            };
            if done.is_err() {
                self.bell.0.lock().unwrap().push_back(bell.clone());
            }
        }
        !batch.is_empty()
    }

    fn take_rung(&self, most: usize, wanted: impl Fn(&Doorbell) -> bool) -> Vec<Doorbell> {
        let mut rung = self.bell.0.lock().unwrap();
        let taken: Vec<_> = rung.iter().filter(|bell| wanted(bell)).take(most).cloned().collect();
        taken.iter().for_each(|bell| {
            if let Some(position) = rung.iter().position(|other| other == bell) {
                rung.remove(position);
            }
        });
        taken
    }
}
