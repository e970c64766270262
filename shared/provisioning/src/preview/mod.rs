//! The preview: a walk like the sweep's that plans with the workers' own planner and stores what would be done instead of
//! doing it (DESIGN section 9). It lists the target once, and never writes there.
//!
//! It is about one version of the application: once that is another, it ends. Grace is not waited for: what would be done
//! at its end is shown.

mod changed;
mod groups;
mod job;
mod listing;
mod members;
mod read;
mod references;
mod row;
mod users;

use std::sync::Arc;
use std::time::Duration;

pub use changed::{Changed, ChangedObject, Outdated};
pub use job::{PreviewCounts, PreviewJob, PreviewPhase, PreviewPosition, Tally};
pub use read::rows;
pub use references::Follows;
pub use row::{GroupWeight, Members, PreviewRow, RowAction};

use crate::application::{Configured, Policy};
use crate::clock::{Clock, after};
use crate::ids::{ApplicationId, GroupId, JobId};
use crate::ports::{Bell, Connector, SecretStore, StoreResult, Tables};
use crate::sweep::Sweeper;

/// Does the pages of previews.
#[derive(Clone)]
pub struct Previewer {
    /// The tables.
    pub tables: Tables,
    /// Credentials.
    pub secrets: Arc<dyn SecretStore>,
    /// Opens targets.
    pub connector: Arc<dyn Connector>,
    /// The bell.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl From<Sweeper> for Previewer {
    /// A previewer with the parts of a sweeper.
    fn from(sweeper: Sweeper) -> Self {
        let Sweeper { tables, secrets, connector, bell, clock } = sweeper;
        Self { tables, secrets, connector, bell, clock }
    }
}

/// One page of one preview, under way.
struct Page<'a> {
    previewer: &'a Previewer,
    /// As the application is, without grace.
    configured: Configured,
    job: PreviewJob,
}

/// Starts a preview of the application as it is, in place of one under way.
///
/// # Errors
///
/// A table did not answer. Where only the bell failed, the preview comes due by itself.
pub async fn start(
    tables: &Tables,
    bell: &dyn Bell,
    clock: &dyn Clock,
    id: JobId,
    configured: &Configured,
) -> StoreResult<PreviewJob> {
    let application = &configured.application;
    let job = PreviewJob::new(id, application.id.clone(), application.version, clock.now());
    tables.previews.start(&job).await?;
    if let Err(error) = job.ring(bell).await {
        tracing::warn!(application = %application.id, %error, "a preview was not rung; it comes due by itself");
    }
    Ok(job)
}

impl Previewer {
    /// Does page `step` of a preview and rings the next. A page that was done already is done by nobody.
    ///
    /// # Errors
    ///
    /// A store did not answer: the page must come again.
    pub async fn page(&self, application: &ApplicationId, job: &JobId, step: u64) -> StoreResult<()> {
        let Some(before) = self.tables.previews.preview(application, job).await? else { return Ok(()) };
        let Some(position) = before.position.clone().filter(|_| before.step == step) else { return Ok(()) };
        let configured = match self.still_wanted(&before).await? {
            Ok(configured) => configured,
            Err(reason) => {
                let over = PreviewJob { position: None, failure: Some(reason), ..before.clone() };
                return self.advance(&before, over).await;
            }
        };
        let mut page = Page { previewer: self, configured, job: before.clone() };
        let next = match (position.phase, position.step) {
            (PreviewPhase::Listing, step) => page.list(step).await?,
            (PreviewPhase::Users, step) => page.users(step).await?,
            (PreviewPhase::Leavers, step) => page.leavers(step).await?,
            (PreviewPhase::Groups, step) => page.groups(step).await?,
            (PreviewPhase::Deselected, step) => page.deselected(step).await?,
        };
        let held = match next {
            None => page.foreseen().await?,
            Some(_) => None,
        };
        let job = PreviewJob { position: next, held, ..page.job };
        self.advance(&before, job).await
    }

    /// The application as the preview plans it, or why it does not go on.
    async fn still_wanted(&self, job: &PreviewJob) -> StoreResult<Result<Configured, String>> {
        let (application, id) = (&job.application, &job.id);
        let (configured, current) = tokio::try_join!(
            self.tables.applications.load(application),
            self.tables.previews.current(application),
        )?;
        let Some(mut configured) = configured else { return Ok(Err("the application is gone".into())) };
        if configured.application.version != job.version {
            return Ok(Err("the configuration was changed while the preview was made".into()));
        }
        if current.as_ref() != Some(id) {
            return Ok(Err("a newer preview was started".into()));
        }
        let policy = configured.application.policy.clone();
        configured.application.policy = Policy { grace_seconds: 0, ..policy };
        Ok(Ok(configured))
    }

    async fn advance(&self, before: &PreviewJob, job: PreviewJob) -> StoreResult<()> {
        let now = self.clock.now();
        let failed = job.attempts > before.attempts;
        let pause = if failed { retry_after(job.attempts) } else { job::RING_AGAIN };
        let over = job.position.is_none();
        let next = PreviewJob {
            step: before.step + 1,
            due_at: (!over).then(|| after(now, pause)),
            ended_at: over.then_some(now),
            attempts: if failed { job.attempts } else { 0 },
            ..job
        };
        if self.tables.previews.advance(before, &next).await? && !over && !failed {
            next.ring(self.bell.as_ref()).await?;
        }
        Ok(())
    }
}

/// A page that failed comes again soon, then at growing distances.
fn retry_after(attempts: u32) -> Duration {
    Duration::from_secs(match attempts {
        0 | 1 => 2,
        2 => 10,
        _ => 60,
    })
}

impl Page<'_> {
    /// Why the fuse would hold what is taken away, if it would.
    async fn foreseen(&self) -> StoreResult<Option<String>> {
        let (counts, now) = (&self.job.counts, self.previewer.clock.now());
        let window = self.previewer.tables.fuse.window(&self.job.application).await?;
        let limits = self.configured.application.policy.fuse;
        Ok(window.foresees(counts.taken_away(), counts.linked(), &limits, now))
    }

    /// Ends the preview before its end.
    fn fail(&mut self, reason: &str) -> Option<PreviewPosition> {
        self.job.failure = Some(reason.to_owned());
        None
    }

    /// Whether groups are kept at the target.
    fn keeps_groups(&self) -> bool {
        !self.configured.selection.exclude_group_information && self.target_has_groups()
    }

    fn target_has_groups(&self) -> bool {
        let connection = self.configured.application.connection.as_ref();
        connection.is_some_and(|connection| connection.capabilities.groups)
    }

    fn group_behind(&self, group: &GroupId) -> Option<GroupId> {
        let beyond = (std::ops::Bound::Excluded(group), std::ops::Bound::Unbounded);
        self.configured.selection.groups.range::<GroupId, _>(beyond).next().cloned()
    }
}
