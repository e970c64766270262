//! Jobs of applications and of the directory, and what listings found.

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::application::SweepNote;
use provisioning::directory::job::{DirectoryJob, Work};
use provisioning::folding::folded;
use provisioning::fuse::GroupWeighing;
use provisioning::ids::{ApplicationId, JobId};
use provisioning::ports::{DirectoryJobStore, DueItem, ImportRun, JobStore, Started, StoreResult};
use provisioning::sweep::SweepJob;
use provisioning::target::{Found, Kind, MatchKey};

use super::index::DIRECTORY;
use super::{State, Store};

impl State {
    fn put_job(&mut self, job: &SweepJob) {
        self.jobs.insert((job.application.clone(), job.id.clone()), job.clone());
        self.index_job(job);
    }

    /// Puts a sweep in the place of the one that is noted, which is due no more.
    pub(super) fn start_sweep(&mut self, job: &SweepJob) {
        let condition = self.conditions.entry(job.application.clone()).or_default();
        let replaced = condition.sweep.take().map(|note| note.job).filter(|replaced| *replaced != job.id);
        condition.sweep = job.first_note();
        condition.held = 0;
        self.put_job(job);
        if let Some(mut replaced) =
            replaced.and_then(|id| self.jobs.get(&(job.application.clone(), id)).cloned())
        {
            replaced.due_at = None;
            self.put_job(&replaced);
        }
    }

    fn advance_sweep(&mut self, before: &SweepJob, after: &SweepJob, note: Option<&SweepNote>) -> bool {
        let kept = self.jobs.get(&(before.application.clone(), before.id.clone()));
        let condition = self.conditions.entry(before.application.clone()).or_default();
        let current = condition.sweep.as_ref().is_some_and(|note| note.job == before.id);
        if !current || kept.is_none_or(|kept| kept.step != before.step) {
            return false;
        }
        match (after.is_done(), note) {
            (true, _) => {
                condition.sweep = None;
                condition.held = after.held;
                if after.read_target {
                    condition.read_at = Some(after.started_at);
                }
                if after.listed {
                    condition.listed_at = Some(after.started_at);
                }
            }
            (false, Some(note)) => {
                condition.sweep = Some(note.clone());
                condition.held = 0;
            }
            (false, None) => {}
        }
        self.put_job(after);
        true
    }

    fn begin_deletion(&mut self, job: &DirectoryJob) -> Started {
        let marked = match &job.work {
            Work::DeleteUser(user) => self.users.get(user).cloned().map(|mut user| {
                let old = user.clone();
                user.deleting = true;
                self.users.insert(user.id.clone(), user.clone());
                self.tell_user(Some(old.clone()), Some(user));
                old.deleting
            }),
            Work::WeighGroup(GroupWeighing { group, .. }) | Work::DeleteGroup(group) => {
                self.groups.get(group).cloned().map(|mut group| {
                    let old = group.clone();
                    group.deleting = true;
                    self.groups.insert(group.id.clone(), group.clone());
                    self.tell_group(Some(old.clone()), Some(group));
                    old.deleting
                })
            }
            Work::Import(_) => None,
        };
        if marked.is_none() {
            return Started::NotThere;
        }
        if self.directory_jobs.get(&job.id).is_some_and(|kept| kept.due_at.is_some()) {
            return Started::UnderWay;
        }
        self.put_directory_job(job);
        Started::Yes
    }

    fn put_directory_job(&mut self, job: &DirectoryJob) {
        self.directory_jobs.insert(job.id.clone(), job.clone());
        self.index_directory_job(job);
    }
}

/// Longest resource that an item holds whole, in bytes of JSON.
const LONGEST_RESOURCE: usize = 200_000;

/// A resource too long for an item goes without its members.
fn row(found: &Found) -> Found {
    let mut found = found.clone();
    let mut resource = found.resource.as_json().clone();
    if serde_json::Value::Object(resource.clone()).to_string().len() > LONGEST_RESOURCE {
        resource.remove("members");
        found.resource = scim::Resource::from_json(resource.into()).unwrap();
    }
    found
}

/// Where a found row is kept: ids have case, names have none.
fn shelf(application: &ApplicationId, listing: &JobId, kind: Kind, key: &MatchKey) -> String {
    match key {
        MatchKey::ExternalId(id) => format!("{application}#{listing}#{kind}#id#{id}"),
        MatchKey::Name(name) => format!("{application}#{listing}#{kind}#name#{}", folded(name)),
        MatchKey::Email(address) => format!("{application}#{listing}#{kind}#email#{}", folded(address)),
    }
}

#[async_trait]
impl JobStore for Store {
    async fn start(&self, job: &SweepJob, version: Option<u64>) -> StoreResult<bool> {
        self.write("jobs.start", |state| {
            if version.is_some() && state.version(&job.application) != version {
                return false;
            }
            state.start_sweep(job);
            true
        })
        .await
    }

    async fn start_unless_read(&self, job: &SweepJob, read_at: Option<Timestamp>) -> StoreResult<bool> {
        self.write("jobs.start_unless_read", |state| {
            let condition = state.conditions.entry(job.application.clone()).or_default();
            let due = condition.sweep.is_none() && condition.read_at == read_at;
            if due {
                state.start_sweep(job);
            }
            due
        })
        .await
    }

    async fn job(&self, application: &ApplicationId, id: &JobId) -> StoreResult<Option<SweepJob>> {
        let key = (application.clone(), id.clone());
        self.read("jobs.job", |state| state.jobs.get(&key).cloned()).await
    }

    async fn advance(
        &self,
        before: &SweepJob,
        after: &SweepJob,
        note: Option<&SweepNote>,
    ) -> StoreResult<bool> {
        self.write("jobs.advance", |state| state.advance_sweep(before, after, note)).await
    }

    async fn put_found(
        &self,
        application: &ApplicationId,
        listing: &JobId,
        kind: Kind,
        found: &[Found],
    ) -> StoreResult<()> {
        let rows = found.iter().flat_map(|found| {
            let by_external_id = found.external_id.clone().map(MatchKey::ExternalId);
            let by_email = found.emails().map(|address| MatchKey::Email(address.to_owned()));
            let by_email: Vec<_> = by_email.collect();
            let by_name = [MatchKey::Name(found.name.clone())];
            let keys = by_external_id.into_iter().chain(by_name).chain(by_email);
            keys.map(|key| (shelf(application, listing, kind, &key), row(found)))
        });
        self.write_rows("jobs.put_found", rows.collect(), |state, (shelf, found)| {
            state.found.entry(shelf).or_default().insert(found.remote_id.clone(), found);
        })
        .await
    }

    async fn found(
        &self,
        application: &ApplicationId,
        listing: &JobId,
        kind: Kind,
        key: &MatchKey,
    ) -> StoreResult<Vec<Found>> {
        let shelf = shelf(application, listing, kind, key);
        self.read("jobs.found", |state| {
            state.found.get(&shelf).into_iter().flat_map(|rows| rows.values()).cloned().collect()
        })
        .await
    }
}

#[async_trait]
impl DirectoryJobStore for Store {
    async fn start_deletion(&self, job: &DirectoryJob) -> StoreResult<Started> {
        self.write("directory_jobs.start_deletion", |state| state.begin_deletion(job)).await
    }

    async fn put(&self, job: &DirectoryJob) -> StoreResult<()> {
        self.write("directory_jobs.put", |state| {
            if !state.directory_jobs.contains_key(&job.id) {
                state.put_directory_job(job);
            }
        })
        .await
    }

    async fn job(&self, id: &JobId) -> StoreResult<Option<DirectoryJob>> {
        self.read("directory_jobs.job", |state| state.directory_jobs.get(id).cloned()).await
    }

    async fn run_import(&self, _: &DirectoryJob, _: &DirectoryJob) -> StoreResult<ImportRun> {
        Err(super::not_simulated::not_simulated("imports"))
    }

    async fn advance(&self, before: &DirectoryJob, after: &DirectoryJob) -> StoreResult<bool> {
        self.write("directory_jobs.advance", |state| {
            let current = state.directory_jobs.get(&before.id).is_some_and(|kept| kept.step == before.step);
            if current {
                state.put_directory_job(after);
            }
            current
        })
        .await
    }

    async fn propose_due(&self, until: Timestamp, limit: usize) -> StoreResult<Vec<DueItem>> {
        self.read("directory_jobs.propose_due", |state| state.due(DIRECTORY, until, limit)).await
    }
}
