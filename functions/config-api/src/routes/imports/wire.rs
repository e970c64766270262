//! Imports on the wire.

use jiff::Timestamp;
use provisioning::directory::file::Format;
use provisioning::directory::import_job::{self, Entry, EntryResult, ImportState, Phase, Tally};
use provisioning::directory::job::DirectoryJob;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};

use crate::page::{Cursor, Limit};
use crate::removals::{self, Removals};

/// What an import begins with.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"format": "csv"}))]
pub(super) struct NewImport {
    pub(super) format: WireFormat,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WireFormat {
    /// Comma-separated values (RFC 4180), whose first line names the columns.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl From<WireFormat> for Format {
    fn from(format: WireFormat) -> Self {
        match format {
            WireFormat::Csv => Self::CommaSeparated,
            WireFormat::Ndjson => Self::JsonLines,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportCommit, example = json!({"complete": true, "dry_run": false}))]
pub(super) struct Commit {
    /// The file is the whole truth: whom it does not name is deleted.
    pub(super) complete: bool,
    /// Plan and count, and write nothing to the directory. Afterwards it may be committed without.
    #[serde(default)]
    pub(super) dry_run: bool,
    /// Removals that are meant: users deleted, disabled, or left in no group. More than a tenth of all users are held
    /// unless as many are allowed. What is too much for one application alone is held there, unless as many are allowed here.
    #[serde(default, deserialize_with = "removals::in_body")]
    #[schema(inline)]
    pub(super) allow_removals: Option<Removals>,
}

/// A part of the file: any bytes.
pub(super) struct PartOfFile;

impl utoipa::PartialSchema for PartOfFile {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        let bytes = bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        bytes.min_length(Some(1)).examples([json!("id,username,groups\n1,ada,Engineering\n")]).into()
    }
}

impl utoipa::ToSchema for PartOfFile {}

/// An import.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "format": "csv", "state": "running",
    "phase": "additions", "complete": true, "dry_run": false, "lines_done": 2000, "lines_total": null,
    "bytes_done": 131072, "bytes_total": 655360, "counts": {"created": 12, "updated": 3, "unchanged": 1985, "disabled": 0,
    "pending": 0, "users_deleted": 0, "groups_created": 1, "groups_deleted": 0, "memberships_added": 14,
    "memberships_removed": 0}, "problems": 0, "removals": 0, "note": null, "created_at": "2026-11-23T10:00:00Z",
    "started_at": "2026-11-23T10:00:05Z", "ended_at": null, "eta_seconds": 4}))]
pub(super) struct Import {
    id: String,
    #[schema(inline)]
    format: WireFormat,
    #[schema(inline)]
    state: State,
    /// What it does; null where it does nothing.
    #[schema(inline)]
    phase: Option<WirePhase>,
    complete: bool,
    dry_run: bool,
    lines_done: u64,
    /// Told once all lines were read.
    lines_total: Option<u64>,
    bytes_done: u64,
    bytes_total: u64,
    counts: Counts,
    /// Lines with problems.
    problems: u64,
    /// Users who are, or would be, deleted, disabled, or left in no group.
    removals: u64,
    /// Why it failed, why it is held, why nobody was deleted.
    note: Option<String>,
    /// When it was created.
    created_at: String,
    /// When it was committed.
    started_at: Option<String>,
    ended_at: Option<String>,
    /// Seconds until all lines are read, as far as can be told.
    eta_seconds: Option<u64>,
}

/// Whether anything is to be done.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Parts are taken.
    Open,
    /// It is under way.
    Running,
    /// All was done.
    Finished,
    /// It could not be done; `note` says why. What was written stays.
    Failed,
    /// It takes more away than goes unasked. All else was done.
    Held,
    /// It was ended; what was written stays.
    Cancelled,
}

impl State {
    /// In words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<ImportState> for State {
    fn from(state: ImportState) -> Self {
        match state {
            ImportState::Open => Self::Open,
            ImportState::Running => Self::Running,
            ImportState::Finished => Self::Finished,
            ImportState::Failed => Self::Failed,
            ImportState::Held => Self::Held,
            ImportState::Cancelled => Self::Cancelled,
        }
    }
}

/// What an import does.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum WirePhase {
    Groups,
    Additions,
    Counting,
    Departures,
    Deletions,
    Retrying,
}

impl From<Phase> for WirePhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Groups => Self::Groups,
            Phase::Additions => Self::Additions,
            Phase::Counting => Self::Counting,
            Phase::Departures => Self::Departures,
            Phase::Deletions => Self::Deletions,
            Phase::Retrying => Self::Retrying,
        }
    }
}

/// How much was done.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct Counts {
    created: u64,
    updated: u64,
    unchanged: u64,
    disabled: u64,
    /// Lines of which part is still to be done.
    pending: u64,
    users_deleted: u64,
    groups_created: u64,
    groups_deleted: u64,
    memberships_added: u64,
    memberships_removed: u64,
}

impl From<Tally> for Counts {
    fn from(tally: Tally) -> Self {
        Self {
            created: tally.created,
            updated: tally.updated,
            unchanged: tally.unchanged,
            disabled: tally.disabled,
            pending: tally.pending,
            users_deleted: tally.users_deleted,
            groups_created: tally.groups_created,
            groups_deleted: tally.groups_deleted,
            memberships_added: tally.memberships_added,
            memberships_removed: tally.memberships_removed,
        }
    }
}

impl Import {
    /// An import as it stands now.
    pub(super) fn of(job: &DirectoryJob, import: &import_job::Import, now: Timestamp) -> Self {
        let read = !matches!(import.phase(), Some(Phase::Groups | Phase::Additions));
        let began = import.committed_at.is_some();
        Self {
            id: job.id.to_string(),
            format: match import.format {
                Format::CommaSeparated => WireFormat::Csv,
                Format::JsonLines => WireFormat::Ndjson,
            },
            state: import.state.into(),
            phase: import.phase().map(Into::into),
            complete: import.request.complete,
            dry_run: import.request.dry_run,
            lines_done: import.lines_done,
            lines_total: (began && read).then_some(import.lines_done),
            bytes_done: import.bytes_done,
            bytes_total: import.bytes_total,
            counts: import.tally.into(),
            problems: import.tally.problems,
            removals: import.removals(),
            note: import.note.clone(),
            created_at: job.started_at.to_string(),
            started_at: import.committed_at.as_ref().map(ToString::to_string),
            ended_at: job.ended_at.as_ref().map(ToString::to_string),
            eta_seconds: eta(import, now),
        }
    }
}

/// The time it took until now, for what is left to be read.
fn eta(import: &import_job::Import, now: Timestamp) -> Option<u64> {
    let since = import.committed_at.filter(|_| import.phase() == Some(Phase::Additions))?;
    let took = u64::try_from(now.duration_since(since).as_secs()).ok()?;
    let left = import.bytes_total.saturating_sub(import.bytes_done);
    let eta = u128::from(took) * u128::from(left) / u128::from(import.bytes_done.max(1));
    (import.bytes_done > 0).then(|| u64::try_from(eta).unwrap_or(u64::MAX))
}

/// Which lines are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LineFilter {
    /// Only those of which this became.
    #[param(inline)]
    pub(super) result: Option<WireResult>,
    /// How many at most.
    #[param(inline)]
    pub(super) limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    pub(super) cursor: Option<Cursor>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WireResult {
    Created,
    Updated,
    Unchanged,
    Disabled,
    /// Part of it is still to be done.
    Pending,
    /// It was not taken.
    Problem,
}

impl From<WireResult> for EntryResult {
    fn from(result: WireResult) -> Self {
        match result {
            WireResult::Created => Self::Created,
            WireResult::Updated => Self::Updated,
            WireResult::Unchanged => Self::Unchanged,
            WireResult::Disabled => Self::Disabled,
            WireResult::Pending => Self::Pending,
            WireResult::Problem => Self::Problem,
        }
    }
}

impl From<EntryResult> for WireResult {
    fn from(result: EntryResult) -> Self {
        match result {
            EntryResult::Created => Self::Created,
            EntryResult::Updated => Self::Updated,
            EntryResult::Unchanged => Self::Unchanged,
            EntryResult::Disabled => Self::Disabled,
            EntryResult::Pending => Self::Pending,
            EntryResult::Problem => Self::Problem,
        }
    }
}

/// A line of the file.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ImportLine, example = json!({"line": 7, "username": "ada", "result": "problem", "problems": [
    {"column": "status", "given": "on", "detail": "active or disabled"}]}))]
pub(super) struct Line {
    /// Counted from 1.
    line: u64,
    /// The name on it, shortened; null where it cannot be read.
    username: Option<String>,
    #[schema(inline)]
    result: WireResult,
    /// What is wrong with it.
    problems: Vec<LineProblem>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct LineProblem {
    /// The column, where it lies in one.
    column: Option<String>,
    /// What was given, shortened.
    given: Option<String>,
    /// What is wrong with it, and what is allowed.
    detail: String,
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        let problems = entry.problems.into_iter().map(|problem| LineProblem {
            column: problem.column,
            given: problem.given,
            detail: problem.detail,
        });
        Self {
            line: entry.line,
            username: (!entry.name.is_empty()).then_some(entry.name),
            result: entry.result.into(),
            problems: problems.collect(),
        }
    }
}
