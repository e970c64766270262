//! The functions behind their queues and streams: the handlers that Lambda calls, called here.

use std::sync::Arc;

use async_trait::async_trait;
use aws::lambda::{DynamoDbEventResponse, SqsBatchResponse, SqsEvent};
use aws::stream::StreamEvent;
use provisioning::detect::Detector;
use provisioning::directory::job::DirectoryWorker;
use provisioning::ports::ActivityStore;
use provisioning::sweep::Sweeper;
use provisioning::sync::Worker;

use super::Parts;
use crate::queue::QueueFunction;
use crate::streams::StreamFunction;

pub(super) fn user_sync(parts: &Parts) -> Arc<dyn QueueFunction> {
    Arc::new(UserSync(worker(parts)))
}

pub(super) fn group_sync(parts: &Parts) -> Arc<dyn QueueFunction> {
    Arc::new(GroupSync(worker(parts)))
}

pub(super) fn jobs(parts: &Parts) -> Arc<dyn QueueFunction> {
    let Parts { tables, secrets, connector, bell, clock, .. } = parts.clone();
    let directory = DirectoryWorker { tables: tables.clone(), bell: bell.clone(), clock: clock.clone() };
    let sweeper = Sweeper { tables, secrets, connector, bell, clock };
    let previewer = sweeper.clone().into();
    Arc::new(Jobs(jobs::Jobs { sweeper, previewer, directory }))
}

pub(super) fn detection(parts: &Parts) -> Arc<dyn StreamFunction> {
    let Parts { tables, bell, clock, .. } = parts.clone();
    // One process has one clock.
    Arc::new(ChangeDetection(Detector { tables, bell, clock }))
}

pub(super) fn log_writer(parts: &Parts) -> Arc<dyn StreamFunction> {
    Arc::new(LogWriter(Arc::clone(&parts.tables.activity)))
}

fn worker(parts: &Parts) -> Worker {
    let Parts { tables, secrets, connector, bell, clock, randomness, task_deadline } = parts.clone();
    Worker { tables, secrets, connector, bell, clock, randomness, task_deadline }
}

struct UserSync(Worker);

#[async_trait]
impl QueueFunction for UserSync {
    async fn invoke(&self, event: SqsEvent) -> Result<Vec<String>, String> {
        Ok(failed_messages(user_sync::handle(event, &self.0).await))
    }
}

struct GroupSync(Worker);

#[async_trait]
impl QueueFunction for GroupSync {
    async fn invoke(&self, event: SqsEvent) -> Result<Vec<String>, String> {
        Ok(failed_messages(group_sync::handle(event, &self.0).await))
    }
}

struct Jobs(jobs::Jobs);

#[async_trait]
impl QueueFunction for Jobs {
    async fn invoke(&self, event: SqsEvent) -> Result<Vec<String>, String> {
        let jobs = self.0.clone();
        let response = apart(move || async move { jobs::handle(event, &jobs).await }).await?;
        Ok(failed_messages(response))
    }
}

struct ChangeDetection(Detector);

#[async_trait]
impl StreamFunction for ChangeDetection {
    async fn invoke(&self, event: StreamEvent) -> Result<Option<String>, String> {
        let detector = self.0.clone();
        let response =
            apart(move || async move { change_detection::handle_stream(&event, &detector).await }).await?;
        Ok(first_failed(response))
    }
}

struct LogWriter(Arc<dyn ActivityStore>);

#[async_trait]
impl StreamFunction for LogWriter {
    async fn invoke(&self, event: StreamEvent) -> Result<Option<String>, String> {
        let activity = Arc::clone(&self.0);
        let response =
            apart(move || async move { log_writer::handle(&event, activity.as_ref()).await }).await?;
        Ok(first_failed(response))
    }
}

/// Runs a handler on a thread of its own, as Lambda runs it in an environment of its own. The compiler cannot prove of every
/// handler's future that it may move between threads, and Lambda does not ask for it.
async fn apart<T, F>(handler: impl FnOnce() -> F + Send + 'static) -> Result<T, String>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let runtime = tokio::runtime::Handle::current();
    let invocation = tokio::task::spawn_blocking(move || runtime.block_on(handler()));
    invocation.await.map_err(|_| "the function panicked, or the process is stopping".to_owned())
}

fn failed_messages(response: SqsBatchResponse) -> Vec<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// Lambda goes on from the lowest number reported; an empty one means the whole batch.
fn first_failed(response: DynamoDbEventResponse) -> Option<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier.unwrap_or_default()).min()
}
