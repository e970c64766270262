//! How an import stands, as it is kept between pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Tally;
use crate::directory::file::{Format, Place};
use crate::fuse::Weight;
use crate::target::Kind;

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// How its file is written.
    pub format: Format,
    /// Whether anything is to be done.
    pub state: ImportState,
    /// What was asked for when it was committed.
    pub request: Request,
    /// Counts the commits that began anew; what is noted of lines belongs to one of them.
    pub run: u32,
    /// When it was committed last.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub committed_at: Option<Timestamp>,
    /// A digest of all parts as they were then: none may be replaced afterwards.
    pub sealed: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Bytes that were read.
    pub bytes_done: u64,
    /// Lines that were read. Not all need be records.
    pub lines_done: u64,
    /// Where it stands.
    pub position: Position,
    /// Pages of lines there are.
    pub pages: u32,
    /// What became of lines, memberships and groups.
    pub tally: Tally,
    /// Lines with something that is taken only after the fuse was asked.
    pub departing: u64,
    /// Of those, users who would be disabled or be in no group any more.
    pub departing_users: u64,
    /// Lines that wait for a name.
    pub waiting: u64,
    /// The file speaks of groups.
    pub names_groups: bool,
    /// Lines of which is known whom they are about.
    pub attributed: u64,
    /// The first line of which is not known whom it is about.
    pub unattributed: Option<u64>,
    /// The first line of which is not known which groups it names.
    pub groups_unattributed: Option<u64>,
    /// Users in the directory, as they were counted for the fuse.
    pub users_counted: u64,
    /// Users that a complete file does not name.
    pub unnamed_users: u64,
    /// Groups that it does not name.
    pub unnamed_groups: u64,
    /// They were counted, and noted one by one: nobody else is deleted.
    #[serde(default)]
    pub counted: bool,
    /// What would be taken away at each application, as far as it is counted.
    #[serde(default)]
    pub weight: Weight,
    /// What a person should know: why it failed, why it is held, why nobody was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether anything is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    /// Parts are taken.
    Open,
    /// It is under way.
    Running,
    /// All was done.
    Finished,
    /// It could not be done; what was written stays.
    Failed,
    /// It takes more away than goes unasked: a person must allow it. Everything else was done.
    Held,
    /// A person ended it; what was written stays.
    Cancelled,
}

/// What is asked for by a commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The file is the whole truth: whom it does not name is deleted.
    pub complete: bool,
    /// Plan and count, and write nothing to the directory.
    pub dry_run: bool,
    /// Removals that a person allowed.
    pub allow_removals: Option<u64>,
}

/// Where an import stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Position {
    /// Groups of NDJSON, which users may name before their lines; the next record is here.
    Groups(Place),
    /// All that adds; the next record is here.
    Additions(Place),
    /// Counting what would be taken.
    Counting(Walk),
    /// Counting what lines from this page on would take at each application.
    Weighing(u32),
    /// Departures of this page of lines.
    Departures(u32),
    /// Deleting whom the file does not name.
    Deletions(Walk),
    /// Lines of this page that waited for a name; whether any of this round was given one.
    Waiting(u32, bool),
    /// Saying what still waits on this page.
    Closing(u32),
    /// Nothing is left.
    Ended,
}

/// What an import does, in words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Reading the groups of the file.
    Groups,
    /// Creating and changing.
    Additions,
    /// Counting what would be taken.
    Counting,
    /// Disabling, leaving groups, clearing values.
    Departures,
    /// Deleting whom the file does not name.
    Deletions,
    /// Trying lines again whose name was taken.
    Retrying,
}

/// A walk over everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Users first, then groups.
    pub kind: Kind,
    /// Where in the index.
    pub cursor: Option<String>,
    /// Found and counted, to be deleted before the walk goes on.
    pub doomed: Vec<String>,
}

impl Walk {
    /// At its beginning.
    pub const START: Self = Self { kind: Kind::User, cursor: None, doomed: Vec::new() };
}

impl Import {
    /// An import that waits for its parts.
    pub fn open(format: Format) -> Self {
        Self {
            format,
            state: ImportState::Open,
            request: Request::default(),
            run: 0,
            committed_at: None,
            sealed: 0,
            bytes_total: 0,
            bytes_done: 0,
            lines_done: 0,
            position: Position::Ended,
            pages: 0,
            tally: Tally::default(),
            departing: 0,
            departing_users: 0,
            waiting: 0,
            names_groups: false,
            attributed: 0,
            unattributed: None,
            groups_unattributed: None,
            users_counted: 0,
            unnamed_users: 0,
            unnamed_groups: 0,
            counted: false,
            weight: Weight::default(),
            note: None,
        }
    }

    /// It runs from the beginning.
    pub(super) fn begun(&self, request: Request, sealed: u64, bytes_total: u64, now: Timestamp) -> Self {
        let position = match self.format {
            Format::CommaSeparated => Position::Additions(Place::START),
            Format::JsonLines => Position::Groups(Place::START),
        };
        Self {
            state: ImportState::Running,
            request,
            run: self.run + 1,
            committed_at: Some(now),
            sealed,
            bytes_total,
            position,
            ..Self::open(self.format)
        }
    }

    /// It runs on from where a person was asked. What is taken is counted anew, among those whom the first count saw.
    pub(super) fn allowed(&self, request: Request, now: Timestamp) -> Self {
        Self {
            state: ImportState::Running,
            request,
            committed_at: Some(now),
            position: Position::Counting(Walk::START),
            note: None,
            ..self.clone()
        }
    }

    /// What it does; `None` where it does nothing.
    pub fn phase(&self) -> Option<Phase> {
        Some(match self.position {
            Position::Groups(_) => Phase::Groups,
            Position::Additions(_) => Phase::Additions,
            Position::Counting(_) | Position::Weighing(_) => Phase::Counting,
            Position::Departures(_) => Phase::Departures,
            Position::Deletions(_) => Phase::Deletions,
            Position::Waiting(..) | Position::Closing(_) => Phase::Retrying,
            Position::Ended => return None,
        })
    }

    /// Users that are removed: deleted, disabled, or left in no group.
    pub fn removals(&self) -> u64 {
        self.departing_users + self.unnamed_users
    }

    /// Whether a person allowed as many removals as there are; fewer allow none.
    pub fn removals_are_allowed(&self) -> bool {
        self.request.allow_removals.is_some_and(|allowed| allowed >= self.removals())
    }

    /// Why a complete file deletes nobody; `None` where it may, or is not complete.
    pub(super) fn deletes_nobody(&self) -> Option<String> {
        match self.unattributed {
            _ if !self.request.complete => None,
            Some(line) => Some(format!(
                "nobody was deleted: of line {line} it is not known whom it is about, so he might be taken for one who left"
            )),
            None if self.attributed == 0 => Some("nobody was deleted: the file names nobody".into()),
            None => None,
        }
    }

    /// Whether users are deleted whom the file does not name.
    pub(super) fn deletes_users(&self) -> bool {
        self.request.complete && self.deletes_nobody().is_none()
    }

    /// Whether groups are deleted that the file does not name.
    pub(super) fn deletes_groups(&self) -> bool {
        self.deletes_users() && self.names_groups && self.groups_unattributed.is_none()
    }

    /// It ends here.
    pub(super) fn ended(self, state: ImportState, note: Option<String>) -> Self {
        Self { state, note: note.or(self.note), position: Position::Ended, ..self }
    }
}
