//! What it is to lose a membership while one keeps one's account.
//!
//! Shares are of the memberships that are pushed at the application, not of one group's: a team that moves empties its group,
//! and nobody means to be asked about that. A user who got another group of the application for it has moved, and counts
//! toward the number of memberships alone.

use jiff::{SignedDuration, Timestamp};

use super::Removes;
use crate::application::Selection;
use crate::directory::UserRecord;
use crate::ids::{ApplicationId, GroupId};
use crate::ports::{Pushed, StoreResult, Tables};

/// What somebody who loses a membership got for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    Lost,
    /// Another group.
    Moved,
}

impl Loss {
    /// What one such membership is to the fuse.
    pub(super) fn removes(self) -> Removes {
        match self {
            Self::Lost => Removes::Memberships { lost: 1, moved: 0 },
            Self::Moved => Removes::Memberships { lost: 0, moved: 1 },
        }
    }

    /// Looks at what the user has and is to have: he moved if he is to be in another group in which he is not yet, or has been
    /// since less than a day and for less long than in the one he loses.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn of(
        tables: &Tables,
        (application, selection): (&ApplicationId, &Selection),
        record: &UserRecord,
        (group, lost): (&GroupId, &Pushed),
        now: Timestamp,
    ) -> StoreResult<Self> {
        let others: Vec<&GroupId> = record
            .groups
            .iter()
            .filter(|other| *other != group && selection.provisions_group(other))
            .collect();
        if others.is_empty() {
            return Ok(Self::Lost);
        }
        let pushed = tables.memberships.pushed_of(application, &lost.user).await?;
        let is_new = |other: &GroupId| {
            let there = pushed
                .iter()
                .find(|(group, pushed)| group == other && pushed.target_generation == lost.target_generation);
            match there.map(|(_, pushed)| pushed.since) {
                None => true,
                Some(None) => false,
                Some(Some(since)) => {
                    let recent = now.duration_since(since) < SignedDuration::from_hours(24);
                    recent && lost.since.is_none_or(|before| before < since)
                }
            }
        };
        Ok(if others.into_iter().any(is_new) { Self::Moved } else { Self::Lost })
    }
}
