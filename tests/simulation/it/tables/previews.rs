//! Previews and their rows.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::ids::{ApplicationId, JobId, RemoteId, UserId};
use provisioning::link::Object;
use provisioning::ports::{PreviewStore, StoreResult};
use provisioning::preview::{PreviewJob, PreviewRow};
use provisioning::target::Kind;

use super::{State, Store};

type Key = (ApplicationId, JobId);

#[derive(Default)]
pub(super) struct Previews {
    pub(super) jobs: BTreeMap<Key, PreviewJob>,
    current: BTreeMap<ApplicationId, JobId>,
    /// By kind and id, as the table has them.
    rows: BTreeMap<Key, BTreeMap<String, PreviewRow>>,
    taken: BTreeMap<(Key, Kind, RemoteId), Object>,
}

fn place(object: &Object) -> String {
    format!("{}#{}", object.kind(), object.id())
}

fn key(job: &PreviewJob) -> Key {
    (job.application.clone(), job.id.clone())
}

impl State {
    pub(super) fn put_preview(&mut self, job: &PreviewJob) {
        self.previews.jobs.insert(key(job), job.clone());
        self.index_preview(job);
    }

    pub(super) fn is_preview(&self, application: &ApplicationId, id: &JobId) -> bool {
        self.previews.jobs.contains_key(&(application.clone(), id.clone()))
    }

    pub(super) fn postpone_preview(
        &mut self,
        application: &ApplicationId,
        id: &JobId,
        seen: Timestamp,
        until: Timestamp,
    ) -> bool {
        let found = self.previews.jobs.get(&(application.clone(), id.clone()));
        let Some(job) = found.filter(|job| job.due_at == Some(seen)).cloned() else { return false };
        self.put_preview(&PreviewJob { due_at: Some(until), ..job });
        true
    }

    /// When previews come due.
    pub fn previews_due(&self) -> impl Iterator<Item = Timestamp> {
        self.previews.jobs.values().filter_map(|job| job.due_at)
    }
}

#[async_trait]
impl PreviewStore for Store {
    async fn start(&self, job: &PreviewJob) -> StoreResult<()> {
        self.write("previews.start", |state| {
            state.put_preview(job);
            state.previews.current.insert(job.application.clone(), job.id.clone());
        })
        .await
    }

    async fn preview(&self, application: &ApplicationId, id: &JobId) -> StoreResult<Option<PreviewJob>> {
        let key = (application.clone(), id.clone());
        self.read("previews.preview", |state| state.previews.jobs.get(&key).cloned()).await
    }

    async fn current(&self, application: &ApplicationId) -> StoreResult<Option<JobId>> {
        self.read("previews.current", |state| state.previews.current.get(application).cloned()).await
    }

    async fn advance(&self, before: &PreviewJob, after: &PreviewJob) -> StoreResult<bool> {
        self.write("previews.advance", |state| {
            let current = state.previews.jobs.get(&key(before)).is_some_and(|kept| kept.step == before.step);
            if current {
                state.put_preview(after);
            }
            current
        })
        .await
    }

    async fn put_rows(&self, job: &PreviewJob, rows: &[PreviewRow]) -> StoreResult<()> {
        self.write_rows("previews.put_rows", rows.to_vec(), |state, row| {
            let kind = row.object.kind();
            if let Some(remote_id) = row.takes().cloned() {
                state.previews.taken.insert((key(job), kind, remote_id), row.object.clone());
            }
            state.previews.rows.entry(key(job)).or_default().insert(place(&row.object), row);
        })
        .await
    }

    async fn rows_among(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, PreviewRow>> {
        let key = (application.clone(), preview.clone());
        self.read("previews.rows_among", |state| {
            let Some(rows) = state.previews.rows.get(&key) else { return HashMap::new() };
            let row = |user: &UserId| rows.get(&place(&Object::User(user.clone()))).cloned();
            users.iter().filter_map(|user| Some((user.clone(), row(user)?))).collect()
        })
        .await
    }

    async fn taken_by(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        kind: Kind,
        remote_id: &RemoteId,
    ) -> StoreResult<Option<Object>> {
        let key = ((application.clone(), preview.clone()), kind, remote_id.clone());
        self.read("previews.taken_by", |state| state.previews.taken.get(&key).cloned()).await
    }

    async fn rows(
        &self,
        application: &ApplicationId,
        preview: &JobId,
        after: Option<&Object>,
        limit: usize,
    ) -> StoreResult<Vec<PreviewRow>> {
        let key = (application.clone(), preview.clone());
        let after = after.map(place);
        self.read("previews.rows", |state| {
            let rows = state.previews.rows.get(&key).into_iter().flatten();
            let behind = rows.filter(|(place, _)| after.as_ref().is_none_or(|after| *place > after));
            behind.take(limit).map(|(_, row)| row.clone()).collect()
        })
        .await
    }
}
