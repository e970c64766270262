//! CSV.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ByteRecord, StringRecord};

use super::columns::Column;
use super::draft::Draft;
use super::quoting::{RecordPlace, records};
use super::{BYTE_ORDER_MARK, Edit, FileUser, MAXIMUM_COLUMNS, ProblemKind, cells, without_mark};
use crate::ids::SourceId;
use crate::value::Value;

/// Reads a CSV file into the draft.
pub(super) fn read(bytes: &[u8], draft: &mut Draft) {
    let content = without_mark(bytes);
    let skipped = if content.len() == bytes.len() { 0 } else { BYTE_ORDER_MARK.len() };
    let places = records(content);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
    let mut rows = reader.byte_records().zip(&places);
    let Some((Ok(first), place)) = rows.next() else {
        draft.problem(1, None, None, ProblemKind::NoUsernameColumn);
        return;
    };
    let Some(first) = readable(first, place, content, skipped, draft) else {
        return draft.distrust_all();
    };
    let columns = header(&first, place.line, draft);
    for (row, place) in rows {
        // Reading from memory and in bytes, the reader has nothing to fail at.
        let Ok(row) = row else { continue };
        let Some(row) = readable(row, place, content, skipped, draft) else { continue };
        if row.len() == columns.len() {
            line(&row, place.line, &columns, draft);
        } else {
            let kind = ProblemKind::FieldCount { found: row.len(), expected: columns.len() };
            draft.problem(place.line, None, row.get(0), kind);
        }
    }
}

/// The record as text, unless its quotes or bytes are broken.
fn readable(
    row: ByteRecord,
    place: &RecordPlace,
    content: &[u8],
    skipped: usize,
    draft: &mut Draft,
) -> Option<StringRecord> {
    if let Some((line, fault)) = &place.fault {
        draft.problem(*line, None, None, fault.clone());
        return None;
    }
    if let Err(error) = std::str::from_utf8(&content[place.bytes.clone()]) {
        let offset = skipped + place.bytes.start + error.valid_up_to();
        draft.problem(place.line, None, None, ProblemKind::NotUtf8 { offset });
        return None;
    }
    StringRecord::from_byte_record(row).ok()
}

/// The columns. `None` stands for one that is not understood; the lines are still checked, but none is trusted.
fn header(row: &StringRecord, line: u64, draft: &mut Draft) -> Vec<Option<Column>> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    if row.len() > MAXIMUM_COLUMNS {
        problems.push((None, ProblemKind::TooManyColumns(row.len())));
    }
    let mut columns = Vec::with_capacity(row.len());
    for given in row {
        match Column::named(given) {
            Ok(column) if seen.insert(column.key()) => {
                draft.has_column(&column);
                columns.push(Some(column));
                continue;
            }
            Ok(_) => problems.push((Some(given), ProblemKind::DuplicateColumn)),
            Err(kind) => problems.push((Some(given), kind)),
        }
        columns.push(None);
    }
    if !columns.contains(&Some(Column::Username)) {
        problems.push((None, ProblemKind::NoUsernameColumn));
    }
    for (given, kind) in problems {
        draft.problem(line, None, given, kind);
        draft.distrust_all();
    }
    columns
}

fn line(row: &StringRecord, line: u64, columns: &[Option<Column>], draft: &mut Draft) {
    let mut user = FileUser {
        line,
        source_id: None,
        username: String::new(),
        email: Edit::Keep,
        first_name: Edit::Keep,
        last_name: Edit::Keep,
        display_name: Edit::Keep,
        status: None,
        groups: None,
        custom: BTreeMap::new(),
    };
    for (column, cell) in columns.iter().zip(row) {
        let Some(column) = column else { continue };
        if let Err(kind) = fill(&mut user, column, cell, draft) {
            let given = (!cell.trim().is_empty()).then_some(cell);
            draft.problem(line, Some(column.name()), given, kind);
        }
    }
    if !user.username.is_empty() {
        draft.user(user);
    }
}

fn fill(user: &mut FileUser, column: &Column, cell: &str, draft: &mut Draft) -> Result<(), ProblemKind> {
    let text = |cell: &str| cells::value(cell).map(|value| Edit::written(value.map(str::to_owned)));
    match column {
        Column::Username => cells::name(cell)?.clone_into(&mut user.username),
        Column::Email => user.email = text(cell)?,
        Column::FirstName => user.first_name = text(cell)?,
        Column::LastName => user.last_name = text(cell)?,
        Column::DisplayName => user.display_name = text(cell)?,
        Column::Status => user.status = Some(cells::status(cell)?),
        Column::Id if cell.trim().is_empty() => {}
        Column::Id => user.source_id = Some(SourceId(cells::name(cell)?.to_owned())),
        Column::Groups => {
            let names = cell.split(';').map(str::trim).filter(|name| !name.is_empty());
            let groups = names.map(|name| draft.group_named(user.line, name)).collect::<Result<_, _>>()?;
            user.groups = Some(groups);
        }
        Column::Custom(name) => {
            let value = Edit::written(cells::value(cell)?.and_then(Value::text));
            user.custom.insert(name.clone(), value);
        }
    }
    Ok(())
}
