//! Carrying an import out.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, TryStreamExt, stream};

use super::ImportPlan;
use crate::ids::UserId;
use crate::ports::{DirectoryStore, DirectoryWriteError, StoreError};

/// Writes in flight.
const CONCURRENCY: usize = 16;

/// How much of a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What adds; nothing is taken away.
    Additions,
    /// All of it.
    Everything,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Objects written.
    pub done: u64,
    /// Objects to write.
    pub total: u64,
}

/// What was carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Objects written.
    pub written: u64,
    /// What was refused, each alone.
    pub failures: Vec<ImportFailure>,
}

/// One object that was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {error}")]
pub struct ImportFailure {
    /// Its name.
    pub name: String,
    /// Why.
    pub error: DirectoryWriteError,
}

/// Carries a plan out: all additions, then the removals. Whoever could not be given something loses nothing, and no
/// group is deleted after a failure. It may be broken off at any time: planning again from the directory finishes it.
///
/// # Errors
///
/// The table did not answer; what was written until then stays.
pub async fn apply(
    plan: &ImportPlan,
    extent: Extent,
    store: &dyn DirectoryStore,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Applied, StoreError> {
    let removals = plan.departures.len() + plan.deleted_users.len() + plan.deleted_groups.len();
    let additions =
        plan.groups.iter().map(Vec::len).sum::<usize>() + plan.users.iter().map(Vec::len).sum::<usize>();
    let total = if extent == Extent::Everything { additions + removals } else { additions } as u64;
    let done = AtomicU64::new(0);
    let told = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(Progress { done, total });
    };
    let mut failures = Vec::new();
    let mut failed: HashSet<UserId> = HashSet::new();

    for wave in &plan.groups {
        let writes = wave.iter().map(|write| async {
            let failure = sorted(store.write_group(write).await, &write.new.name)?;
            told();
            Ok(failure)
        });
        failures.extend(in_flight(writes).await?);
    }
    for wave in &plan.users {
        let writes = wave.iter().map(|write| async {
            let failure = sorted(store.write_user(write).await, &write.new.username)?;
            told();
            Ok(failure.map(|failure| (write.new.id.clone(), failure)))
        });
        for (user, failure) in in_flight(writes).await? {
            failed.insert(user);
            failures.push(failure);
        }
    }
    if extent == Extent::Everything {
        let departures = plan.departures.iter().filter(|write| !failed.contains(&write.new.id));
        let writes = departures.map(|write| async {
            let failure = sorted(store.write_user(write).await, &write.new.username)?;
            told();
            Ok(failure)
        });
        failures.extend(in_flight(writes).await?);
        let deletions = plan.deleted_users.iter().map(|user| async {
            store.delete_user(&user.id).await?;
            told();
            Ok(None::<ImportFailure>)
        });
        in_flight(deletions).await?;
        if failures.is_empty() {
            let deletions = plan.deleted_groups.iter().map(|group| async {
                store.delete_group(&group.id).await?;
                told();
                Ok(None::<ImportFailure>)
            });
            in_flight(deletions).await?;
        }
    }
    let written = done.load(Ordering::Relaxed) - failures.len() as u64;
    Ok(Applied { written, failures })
}

/// Runs writes, some at a time, and gathers what was refused.
async fn in_flight<T, F>(writes: impl Iterator<Item = F>) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<Option<T>, StoreError>>,
{
    let refused =
        stream::iter(writes).buffer_unordered(CONCURRENCY).try_filter_map(|failure| async { Ok(failure) });
    refused.try_collect().await
}

/// A refusal concerns one object; a table that does not answer ends the import.
fn sorted(result: Result<(), DirectoryWriteError>, name: &str) -> Result<Option<ImportFailure>, StoreError> {
    match result {
        Ok(()) => Ok(None),
        Err(DirectoryWriteError::Store(error)) => Err(error),
        Err(error) => Ok(Some(ImportFailure { name: name.to_owned(), error })),
    }
}
