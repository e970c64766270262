//! Stores and the bell that die by plan.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::activity::Outcome;
use provisioning::application::{Condition, Configured, SweepNote};
use provisioning::directory::{Group, User, UserRecord};
use provisioning::ids::{ApplicationId, GroupId, JobId, RemoteId, SourceId, UserId};
use provisioning::link::{Link, LinkKey, Mark};
use provisioning::ports::{
    ActivityPage, ActivityStore, ApplicationStore, ApplicationSummary, Bell, ConfigurationWrite,
    DirectoryPage, DirectoryStore, DirectoryWriteError, Doorbell, DueItem, GroupWrite, JobStore, Lane,
    LinkPage, LinkStore, MembershipStore, Ownership, Pushed, StoreResult, Tables, Todo, UserWrite, Written,
};
use provisioning::sweep::SweepJob;
use provisioning::target::{Found, Kind, MatchKey};

use super::{CrashPlan, Crashing, unavailable};

/// Passes every method of a port on, as the plan has it.
macro_rules! dies_by_plan {
    ($port:ident { $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port for Crashing<dyn $port> {
            $(async fn $method(&self, $($argument: $type),*) -> $answer {
                let what = concat!(stringify!($port), "::", stringify!($method));
                self.plan.run(what, self.inner.$method($($argument),*), || Err(unavailable().into())).await
            })*
        }
    };
}

dies_by_plan!(LinkStore {
    link(key: &LinkKey) -> StoreResult<Option<Link>>;
    links_of(user: &UserId) -> StoreResult<Vec<Link>>;
    links_among(application: &ApplicationId, users: &[UserId]) -> StoreResult<HashMap<UserId, Link>>;
    mark(key: &LinkKey, mark: &Mark) -> StoreResult<u64>;
    write(before: &Link, after: &Link, ownership: Option<&Ownership>) -> StoreResult<Written>;
    postpone(item: &DueItem, until: Timestamp) -> StoreResult<bool>;
    propose_due(application: &ApplicationId, until: Timestamp, limit: usize) -> StoreResult<Vec<DueItem>>;
    propose_pending(application: &ApplicationId, kind: Kind, sweep_only: bool, cap: usize) -> StoreResult<usize>;
    propose_links(application: &ApplicationId, kind: Kind, cursor: Option<String>, limit: usize)
        -> StoreResult<LinkPage>;
    owner(application: &ApplicationId, target_generation: u64, kind: Kind, remote_id: &RemoteId)
        -> StoreResult<Option<LinkKey>>;
});

dies_by_plan!(MembershipStore {
    put_todo(application: &ApplicationId, group: &GroupId, users: &[UserId]) -> StoreResult<()>;
    todo(application: &ApplicationId, group: &GroupId, limit: usize) -> StoreResult<Vec<Todo>>;
    finish_todo(application: &ApplicationId, group: &GroupId, rows: &[Todo]) -> StoreResult<()>;
    record_pushed(application: &ApplicationId, group: &GroupId, members: &[Pushed]) -> StoreResult<()>;
    forget_pushed(application: &ApplicationId, group: &GroupId, users: &[UserId]) -> StoreResult<()>;
    pushed_among(application: &ApplicationId, group: &GroupId, users: &[UserId])
        -> StoreResult<HashMap<UserId, Pushed>>;
    pushed_page(application: &ApplicationId, group: &GroupId, after: Option<&UserId>, limit: usize)
        -> StoreResult<Vec<Pushed>>;
    groups_pushed_in(application: &ApplicationId, user: &UserId) -> StoreResult<Vec<GroupId>>;
});

dies_by_plan!(ApplicationStore {
    list() -> StoreResult<Vec<ApplicationSummary>>;
    load(id: &ApplicationId) -> StoreResult<Option<Configured>>;
    write(write: &ConfigurationWrite) -> StoreResult<bool>;
    hold_off(id: &ApplicationId, until: Timestamp) -> StoreResult<()>;
    pause(id: &ApplicationId, reason: Option<&str>) -> StoreResult<()>;
    note_sweep(id: &ApplicationId, sweep: Option<&SweepNote>) -> StoreResult<()>;
    condition(id: &ApplicationId) -> StoreResult<Condition>;
});

dies_by_plan!(DirectoryStore {
    user(id: &UserId) -> StoreResult<Option<UserRecord>>;
    users(ids: &[UserId]) -> StoreResult<HashMap<UserId, User>>;
    members_among(group: &GroupId, users: &[UserId]) -> StoreResult<BTreeSet<UserId>>;
    group(id: &GroupId) -> StoreResult<Option<Group>>;
    members_page(group: &GroupId, after: Option<&UserId>, limit: usize) -> StoreResult<Vec<UserId>>;
    user_named(username: &str) -> StoreResult<Option<UserId>>;
    group_named(name: &str) -> StoreResult<Option<GroupId>>;
    user_from_source(source_id: &SourceId) -> StoreResult<Option<UserId>>;
    group_from_source(source_id: &SourceId) -> StoreResult<Option<GroupId>>;
    everything(cursor: Option<String>) -> StoreResult<DirectoryPage>;
    write_user(write: &UserWrite) -> Result<(), DirectoryWriteError>;
    delete_user(id: &UserId) -> StoreResult<()>;
    write_group(write: &GroupWrite) -> Result<(), DirectoryWriteError>;
    delete_group(id: &GroupId) -> StoreResult<()>;
});

dies_by_plan!(JobStore {
    start(job: &SweepJob, note: &SweepNote) -> StoreResult<()>;
    job(application: &ApplicationId, id: &JobId) -> StoreResult<Option<SweepJob>>;
    advance(before: &SweepJob, after: &SweepJob, note: Option<&SweepNote>) -> StoreResult<bool>;
    put_found(application: &ApplicationId, listing: &JobId, kind: Kind, found: &[Found]) -> StoreResult<()>;
    found(application: &ApplicationId, listing: &JobId, kind: Kind, key: &MatchKey) -> StoreResult<Vec<Found>>;
});

dies_by_plan!(ActivityStore {
    put(outcomes: &[Outcome]) -> StoreResult<()>;
    of_application(application: &ApplicationId, cursor: Option<String>, limit: usize) -> StoreResult<ActivityPage>;
});

dies_by_plan!(Bell {
    ring(lane: Lane, cause: &str, doorbells: &[Doorbell]) -> StoreResult<()>;
});

/// All tables of a worker, dying by one plan.
pub fn crashing_tables(tables: &Tables, plan: &Arc<CrashPlan>) -> Tables {
    Tables {
        directory: Arc::new(Crashing::new(Arc::clone(&tables.directory), plan)),
        applications: Arc::new(Crashing::new(Arc::clone(&tables.applications), plan)),
        links: Arc::new(Crashing::new(Arc::clone(&tables.links), plan)),
        memberships: Arc::new(Crashing::new(Arc::clone(&tables.memberships), plan)),
        jobs: Arc::new(Crashing::new(Arc::clone(&tables.jobs), plan)),
        activity: Arc::new(Crashing::new(Arc::clone(&tables.activity), plan)),
    }
}
