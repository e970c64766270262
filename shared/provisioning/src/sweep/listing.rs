//! The listing phase: what the target has is read once, so that creates need no look-up of their own.

use std::sync::Arc;

use tracing::warn;

use super::{Page, Position, Step};
use crate::application::SweepPhase;
use crate::ports::{StoreResult, Target as _};
use crate::sync::{Haste, Paced};
use crate::target::{Kind, TargetError};

/// After so many failures in a row a sweep goes on without a listing.
const LISTING_ATTEMPTS: u32 = 4;

impl Page<'_> {
    pub(super) async fn list(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let (kind, start) = match step {
            Step::Page(kind, start) => (kind, start),
            _ => (Kind::User, 1),
        };
        let Some(connection) = &self.configured.application.connection else { return Ok(None) };
        let Some(token) = self.sweeper.secrets.secret(&connection.secret).await? else {
            let reason = crate::sync::NO_CREDENTIALS;
            let version = self.configured.application.version;
            self.tables().applications.pause(self.application(), version, reason).await?;
            self.job.problem = Some(reason.to_owned());
            self.job.attempts += 1;
            return Ok(self.job.position.clone());
        };
        let target = Paced::new(
            self.sweeper.connector.open(connection, &token),
            self.configured,
            Arc::clone(&self.tables().applications),
            Arc::clone(&self.sweeper.clock),
            Haste::Sweep,
        );
        match target.list(kind, start).await.result {
            Ok(page) => {
                self.tables().jobs.put_found(self.application(), &self.job.id, kind, &page.found).await?;
                let count = page.found.len() as u64;
                match kind {
                    Kind::User => self.job.listing.users += count,
                    Kind::Group => self.job.listing.groups += count,
                }
                Ok(Some(match page.next {
                    Some(next) => at(Step::Page(kind, next)),
                    None => self.after_kind(kind),
                }))
            }
            Err(error) => self.list_failed(kind, &error).await,
        }
    }

    /// Groups are listed too, where they are kept.
    fn after_kind(&mut self, kind: Kind) -> Position {
        if kind == Kind::User && self.lists_groups() {
            return at(Step::Page(Kind::Group, 1));
        }
        self.job.listed = true;
        Position { phase: SweepPhase::Comparing, step: Step::Start }
    }

    /// Whether groups are kept at the target.
    pub(super) fn lists_groups(&self) -> bool {
        let connection = self.configured.application.connection.as_ref();
        !self.configured.selection.exclude_group_information
            && connection.is_some_and(|connection| connection.capabilities.groups)
    }

    async fn list_failed(&mut self, kind: Kind, error: &TargetError) -> StoreResult<Option<Position>> {
        let here = self.job.position.clone();
        match error {
            TargetError::Unauthorized(reason) | TargetError::Refused(reason) => {
                let version = self.configured.application.version;
                self.tables().applications.pause(self.application(), version, reason).await?;
                self.job.problem = Some(reason.clone());
                self.job.attempts += 1;
                Ok(here)
            }
            TargetError::Unknown(reason) | TargetError::Failed(reason)
                if self.job.attempts < LISTING_ATTEMPTS =>
            {
                warn!(application = %self.application(), reason, "the target could not be listed");
                self.job.problem = Some(reason.clone());
                self.job.attempts += 1;
                Ok(here)
            }
            TargetError::Unsent(_) => {
                self.job.attempts += 1;
                Ok(here)
            }
            TargetError::Throttled(wait) => {
                let until = crate::clock::after(self.sweeper.clock.now(), *wait);
                self.tables().applications.hold_off(self.application(), until).await?;
                self.job.problem = Some(error.to_string());
                self.job.attempts += 1;
                Ok(here)
            }
            // It cannot be listed: users without a link are looked up one by one.
            other => {
                warn!(application = %self.application(), %kind, reason = %other, "the target does not let itself be listed");
                Ok(Some(Position { phase: SweepPhase::Users, step: Step::Start }))
            }
        }
    }
}

fn at(step: Step) -> Position {
    Position { phase: SweepPhase::Listing, step }
}
