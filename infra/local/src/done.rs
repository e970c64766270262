//! What was done at an application, told by its activity events.

use std::fmt;

use jiff::Timestamp;
use provisioning::activity::{Action, Outcome, OutcomeResult};
use provisioning::ids::ApplicationId;
use provisioning::ports::{StoreResult, Tables};
use provisioning::target::Kind;
use serde::Serialize;

const PAGE: usize = 500;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// To accounts.
    pub users: Tally,
    /// To groups.
    pub groups: Tally,
    /// Members added to groups.
    pub memberships_added: u64,
    /// Members removed from groups.
    pub memberships_removed: u64,
}

/// What was done to objects of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub created: u64,
    pub updated: u64,
    pub adopted: u64,
    pub deactivated: u64,
    pub reactivated: u64,
    pub deleted: u64,
    pub released: u64,
}

impl Done {
    /// What the events of an application tell from `start` on.
    pub async fn since(tables: &Tables, application: &ApplicationId, start: Timestamp) -> StoreResult<Self> {
        let mut done = Self::default();
        let mut cursor = None;
        loop {
            let page = tables.activity.of_application(application, cursor, PAGE).await?;
            for outcome in &page.outcomes {
                if outcome.at < start {
                    return Ok(done);
                }
                done.count(outcome);
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(done);
            }
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        let Some(target) = outcome.target.as_ref().filter(|_| outcome.result == OutcomeResult::Success)
        else {
            return;
        };
        match target.kind {
            Kind::User => self.users.count(outcome.action),
            // An event that tells of members only changes nothing of the group itself.
            Kind::Group if outcome.action == Action::Update && outcome.changes.is_empty() => {}
            Kind::Group => self.groups.count(outcome.action),
        }
        if target.kind == Kind::Group {
            self.memberships_added += outcome.added_count as u64;
            self.memberships_removed += outcome.removed_count as u64;
        }
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Users      {}", self.users)?;
        writeln!(f, "Groups     {}", self.groups)?;
        write!(f, "Members    {} added, {} removed", self.memberships_added, self.memberships_removed)
    }
}

impl Tally {
    /// Counts one action. A group that is let go is told as deactivated by its settlement; nothing of it is turned off.
    pub fn count(&mut self, action: Action) {
        match action {
            Action::Create => self.created += 1,
            Action::Update => self.updated += 1,
            Action::Adopt => self.adopted += 1,
            Action::Deactivate => self.deactivated += 1,
            Action::Reactivate => self.reactivated += 1,
            Action::Delete => self.deleted += 1,
            Action::Release => self.released += 1,
            Action::Hold | Action::Drift | Action::Configure => {}
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.created, "created"),
            (self.adopted, "adopted"),
            (self.updated, "updated"),
            (self.reactivated, "reactivated"),
            (self.deactivated, "deactivated"),
            (self.deleted, "deleted"),
            (self.released, "let go"),
        ];
        let told: Vec<_> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if told.is_empty() { f.write_str("nothing to do") } else { f.write_str(&told.join(", ")) }
    }
}
