//! CSV.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ByteRecord, StringRecord};

use super::columns::Column;
use super::draft::Draft;
use super::line::FileLine;
use super::quoting::{RecordPlace, records};
use super::records::Record;
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
        checked_line(&row, place.line, &columns, draft);
    }
}

fn checked_line(row: &StringRecord, number: u64, columns: &[Option<Column>], draft: &mut Draft) {
    if row.len() == columns.len() {
        line(row, number, columns, draft);
    } else {
        let kind = ProblemKind::FieldCount { found: row.len(), expected: columns.len() };
        draft.problem(number, None, row.get(0), kind);
    }
}

/// The columns that the first record names, all of which must be understood.
pub(super) fn columns(first: &Record, draft: &mut Draft) -> Vec<Column> {
    let row = one_by_one(std::slice::from_ref(first)).pop().unwrap_or_default();
    match text(first, row, draft) {
        Some(row) => header(&row, first.line, draft).into_iter().flatten().collect(),
        None => Vec::new(),
    }
}

/// The lines of records.
pub(super) fn read_records(records: &[Record], columns: &[Column]) -> Vec<FileLine> {
    let columns: Vec<_> = columns.iter().cloned().map(Some).collect();
    let lines = records.iter().zip(one_by_one(records)).map(|(record, row)| {
        let mut draft = Draft::of_line(record.line);
        for column in columns.iter().flatten() {
            draft.has_column(column);
        }
        if let Some(row) = text(record, row, &mut draft) {
            checked_line(&row, record.line, &columns, &mut draft);
        }
        draft.finish_line()
    });
    lines.collect()
}

/// The fields of each record; none of one whose quotes are broken.
fn one_by_one(records: &[Record]) -> Vec<ByteRecord> {
    // Behind a line ending nothing is taken for a byte order mark.
    let mut sound = vec![b'\n'];
    for record in records.iter().filter(|record| record.fault.is_none()) {
        sound.extend_from_slice(&record.bytes);
        sound.push(b'\n');
    }
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(sound.as_slice());
    let mut rows = reader.into_byte_records();
    let row = |record: &Record| match record.fault {
        Some(_) => ByteRecord::new(),
        // Reading from memory and in bytes, the reader has nothing to fail at.
        None => rows.next().and_then(Result::ok).unwrap_or_default(),
    };
    records.iter().map(row).collect()
}

fn text(record: &Record, row: ByteRecord, draft: &mut Draft) -> Option<StringRecord> {
    if let Some((line, fault)) = &record.fault {
        draft.problem(*line, None, None, fault.clone());
        return None;
    }
    if let Err(error) = std::str::from_utf8(&record.bytes) {
        let offset = usize::try_from(record.offset).unwrap_or(usize::MAX).saturating_add(error.valid_up_to());
        draft.problem(record.line, None, None, ProblemKind::NotUtf8 { offset });
        return None;
    }
    StringRecord::from_byte_record(row).ok()
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
    draft.user(user);
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
