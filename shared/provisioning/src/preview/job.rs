//! A preview's progress, as it is kept between pages.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PreviewRow, RowAction};
use crate::application::Listing;
use crate::clock::after;
use crate::fuse::{Counted, Linked};
use crate::ids::{ApplicationId, JobId};
use crate::link::Object;
use crate::ports::{Bell, Doorbell, Lane, StoreResult};
use crate::sweep::Step;
use crate::target::Change;

/// How long a preview and its rows are kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// When the next page is rung again, should its bell be lost. Longer than any page takes.
pub(super) const RING_AGAIN: Duration = Duration::from_secs(120);

/// A preview: a walk like a sweep's that stores what would be done and does nothing. One page is done per message; `step` counts
/// them, and only who holds the current step advances it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewJob {
    /// Which.
    pub id: JobId,
    /// Whose.
    pub application: ApplicationId,
    /// The version of the application it is about: with another one it says nothing any more.
    pub version: u64,
    /// Raised by every page.
    pub step: u64,
    /// Where it stands; `None` once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<PreviewPosition>,
    /// Why it ended before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When its next page is rung again, should its doorbell be lost.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// When it began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub started_at: Timestamp,
    /// When it was over.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub ended_at: Option<Timestamp>,
    /// The listing it makes.
    pub listing: Listing,
    /// The listing is complete.
    #[serde(default)]
    pub listed: bool,
    /// What it found.
    #[serde(default)]
    pub counts: PreviewCounts,
    /// Why the fuse would hold what is taken away, if it would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The row of a group whose members are walked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<PreviewRow>,
    /// Failures of its pages in a row.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last page failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Where a preview stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewPosition {
    /// The phase.
    pub phase: PreviewPhase,
    /// Where in it. In the phases of users and of groups, `Behind` is at this group, behind this member.
    pub step: Step,
}

/// The phases of a preview, in order. Groups come last: who is a member depends on who has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreviewPhase {
    /// Reading what the target has.
    Listing,
    /// The users of the selected groups.
    Users,
    /// Links whose user is wanted no more.
    Leavers,
    /// The selected groups.
    Groups,
    /// Links whose group is wanted no more.
    Deselected,
}

/// What a preview found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewCounts {
    /// Users looked at.
    pub users_seen: u64,
    /// Rows of users.
    pub users: Tally,
    /// Rows of groups.
    pub groups: Tally,
    /// Members that groups would gain.
    pub members_added: u64,
    /// Members that groups would lose.
    pub members_removed: u64,
    /// Accounts in use, for the fuse's percentage.
    pub linked: u64,
    /// Of these, accounts no longer wanted.
    pub removals: u64,
    /// Groups that would be deleted, or lose their members and be let go.
    #[serde(default)]
    pub group_removals: u64,
    /// Accounts that would lose a value or their name.
    #[serde(default)]
    pub values_taken: u64,
    /// Memberships that users would lose who keep their accounts, those of whole groups among them.
    #[serde(default)]
    pub memberships_taken: u64,
    /// Of these, lost one by one with nothing in their stead.
    #[serde(default)]
    pub memberships_lost: u64,
    /// Groups that are linked.
    #[serde(default)]
    pub linked_groups: u64,
    /// Memberships that are pushed.
    #[serde(default)]
    pub pushed: u64,
}

/// Rows by action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Made.
    pub create: u64,
    /// Linked with what is there.
    pub adopt: u64,
    /// Changed.
    pub update: u64,
    /// Turned on again.
    pub reactivate: u64,
    /// Turned off.
    pub deactivate: u64,
    /// Deleted.
    pub delete: u64,
    /// Let go.
    pub release: u64,
    /// A person must decide.
    pub conflict: u64,
    /// A required value is missing.
    pub blocked: u64,
    /// Found out when it is done.
    pub match_or_create: u64,
}

impl Tally {
    fn add(&mut self, action: RowAction) {
        *match action {
            RowAction::Create => &mut self.create,
            RowAction::Adopt => &mut self.adopt,
            RowAction::Update => &mut self.update,
            RowAction::Reactivate => &mut self.reactivate,
            RowAction::Deactivate => &mut self.deactivate,
            RowAction::Delete => &mut self.delete,
            RowAction::Release => &mut self.release,
            RowAction::Conflict => &mut self.conflict,
            RowAction::Blocked => &mut self.blocked,
            RowAction::MatchOrCreate => &mut self.match_or_create,
        } += 1;
    }
}

impl Tally {
    fn total(self) -> u64 {
        let Self {
            create,
            adopt,
            update,
            reactivate,
            deactivate,
            delete,
            release,
            conflict,
            blocked,
            match_or_create,
        } = self;
        create
            + adopt
            + update
            + reactivate
            + deactivate
            + delete
            + release
            + conflict
            + blocked
            + match_or_create
    }
}

impl PreviewCounts {
    /// What a group is to the fuse, whether there is anything to be done about it or not.
    pub(super) fn weigh(&mut self, row: &PreviewRow) {
        self.linked_groups += u64::from(row.weight.linked);
        self.pushed += row.weight.pushed;
        self.memberships_taken += row.weight.taken;
        self.memberships_lost += row.weight.lost;
    }

    pub(super) fn add(&mut self, row: &PreviewRow) {
        match row.object {
            Object::User(_) => {
                self.users.add(row.action);
                let takes_away =
                    row.action == RowAction::Update && row.changes.iter().any(Change::takes_away);
                self.values_taken += u64::from(takes_away);
            }
            Object::Group(_) => {
                self.groups.add(row.action);
                let emptied = row.action == RowAction::Release && !row.removed.is_none();
                self.group_removals += u64::from(emptied || row.action == RowAction::Delete);
            }
        }
        self.members_added += row.added.count;
        self.members_removed += row.removed.count;
    }

    /// Users in scope, those who would go, and groups about which something is to be done.
    pub(super) fn seen(&self) -> u64 {
        let Tally { deactivate, delete, release, .. } = self.users;
        self.users_seen + deactivate + delete + release + self.groups.total()
    }

    /// What the fuse would be asked for.
    pub(super) fn taken_away(&self) -> Counted {
        Counted {
            accounts: self.removals,
            groups: self.group_removals,
            values: self.values_taken,
            memberships: self.memberships_taken,
            lost: self.memberships_lost,
        }
    }

    /// Of what the fuse takes shares.
    pub(super) fn linked(&self) -> Linked {
        Linked { accounts: self.linked, groups: self.linked_groups, memberships: self.pushed }
    }
}

impl PreviewJob {
    /// A preview at its beginning.
    pub fn new(id: JobId, application: ApplicationId, version: u64, now: Timestamp) -> Self {
        Self {
            listing: Listing { id: id.clone(), users: 0, groups: 0 },
            id,
            application,
            version,
            step: 0,
            position: Some(PreviewPosition { phase: PreviewPhase::Listing, step: Step::Start }),
            failure: None,
            due_at: Some(after(now, RING_AGAIN)),
            started_at: now,
            ended_at: None,
            listed: false,
            counts: PreviewCounts::default(),
            held: None,
            group: None,
            attempts: 0,
            problem: None,
        }
    }

    /// Whether it is over, well or not.
    pub fn is_over(&self) -> bool {
        self.position.is_none()
    }

    /// Whether it came to its end.
    pub fn is_complete(&self) -> bool {
        self.is_over() && self.failure.is_none()
    }

    /// When it and its rows go.
    pub fn expires_at(&self) -> Timestamp {
        after(self.started_at, KEPT)
    }

    /// Rings for the next page.
    ///
    /// # Errors
    ///
    /// The bell was not heard: the page comes due by itself.
    pub async fn ring(&self, bell: &dyn Bell) -> StoreResult<()> {
        let (application, job) = (self.application.clone(), self.id.clone());
        bell.ring(Lane::Sweep, "", &[Doorbell::Job { application, job, step: self.step }]).await
    }
}
