//! The listing: what the target has is read once, and kept apart from what sweeps list.

use std::sync::Arc;

use super::{Page, PreviewPhase, PreviewPosition};
use crate::drift::{Subject, foreseen};
use crate::link::Link;
use crate::ports::{StoreResult, Target};
use crate::sweep::Step;
use crate::sync::{Haste, NO_CREDENTIALS, Paced};
use crate::target::{Kind, TargetError};

/// After so many failures in a row a preview goes on without a listing.
const LISTING_ATTEMPTS: u32 = 4;

impl Page<'_> {
    pub(super) async fn list(&mut self, step: Step) -> StoreResult<Option<PreviewPosition>> {
        let (kind, start) = match step {
            Step::Page(kind, start) => (kind, start),
            _ => (Kind::User, 1),
        };
        let Some(target) = self.target().await? else { return Ok(self.fail(NO_CREDENTIALS)) };
        match target.list(kind, start).await.result {
            Ok(page) => {
                let jobs = &self.previewer.tables.jobs;
                jobs.put_found(&self.job.application, &self.job.id, kind, &page.found).await?;
                let count = page.found.len() as u64;
                match kind {
                    Kind::User => self.job.listing.users += count,
                    Kind::Group => self.job.listing.groups += count,
                }
                Ok(Some(match page.next {
                    Some(next) => listing(Step::Page(kind, next)),
                    None if kind == Kind::User && self.keeps_groups() => listing(Step::Page(Kind::Group, 1)),
                    None => {
                        self.job.listed = true;
                        PreviewPosition { phase: PreviewPhase::Users, step: Step::Start }
                    }
                }))
            }
            Err(error) => self.list_failed(&error).await,
        }
    }

    async fn list_failed(&mut self, error: &TargetError) -> StoreResult<Option<PreviewPosition>> {
        if let TargetError::Throttled(wait) = error {
            let until = crate::clock::after(self.previewer.clock.now(), *wait);
            self.previewer.tables.applications.hold_off(&self.job.application, until).await?;
        }
        match error {
            TargetError::Unauthorized(reason) | TargetError::Refused(reason) => Ok(self.fail(reason)),
            TargetError::Unknown(_)
            | TargetError::Failed(_)
            | TargetError::Throttled(_)
            | TargetError::Unsent(_)
                if self.job.attempts < LISTING_ATTEMPTS =>
            {
                self.job.attempts += 1;
                self.job.problem = Some(error.to_string());
                Ok(self.job.position.clone())
            }
            // It cannot be listed: who has no link is matched when it is done.
            other => {
                self.job.problem = Some(other.to_string());
                Ok(Some(PreviewPosition { phase: PreviewPhase::Users, step: Step::Start }))
            }
        }
    }

    /// A link as the sweep leaves it that compares it with what it lists.
    pub(super) async fn as_compared(&self, subject: Subject<'_>, link: &Link) -> StoreResult<Link> {
        let listed = self.job.listed && (link.key.kind() == Kind::User || self.keeps_groups());
        if !listed {
            return Ok(link.clone());
        }
        let listing = (&self.job.listing, self.job.started_at);
        foreseen(&self.previewer.tables, &self.configured, subject, link, listing).await
    }

    /// The target at the application's pace, as other reads of a sweep; `None` without credentials.
    pub(super) async fn target(&self) -> StoreResult<Option<Paced>> {
        let previewer = self.previewer;
        let Some(connection) = &self.configured.application.connection else { return Ok(None) };
        let Some(token) = previewer.secrets.secret(&connection.secret).await? else { return Ok(None) };
        Ok(Some(Paced::new(
            previewer.connector.open(connection, &token),
            &self.configured,
            Arc::clone(&previewer.tables.applications),
            Arc::clone(&previewer.clock),
            Haste::Sweep,
        )))
    }
}

fn listing(step: Step) -> PreviewPosition {
    PreviewPosition { phase: PreviewPhase::Listing, step }
}
