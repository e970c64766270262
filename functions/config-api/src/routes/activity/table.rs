//! Events as comma-separated values (RFC 4180), safe to open in a spreadsheet.

use serde::Serialize;

use super::event::Event;

/// The first line of the first page.
const COLUMNS: [&str; 18] = [
    "ts",
    "activity_id",
    "event",
    "result",
    "reason",
    "action",
    "actor",
    "application",
    "application_name",
    "target_type",
    "target",
    "target_name",
    "remote_id",
    "changes",
    "members_added",
    "members_removed",
    "members_changed_count",
    "requests",
];

/// The events as lines. Only the first page has the line of names, so that pages can be put one behind another.
pub fn text(events: &[Event], with_names: bool) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing into memory does not fail, and every line has as many cells.
    if with_names {
        let _ = writer.write_record(COLUMNS);
    }
    for event in events {
        let _ = writer.write_record(cells(event).map(neutral));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn cells(Event(outcome): &Event) -> [String; COLUMNS.len()] {
    let target = outcome.target.as_ref();
    let remote_id = target.and_then(|target| target.remote_id.as_ref());
    let changes: Vec<_> = outcome.changes.iter().map(ToString::to_string).collect();
    [
        outcome.at.to_string(),
        outcome.id.clone(),
        word(&outcome.event),
        word(&outcome.result),
        outcome.reason.clone(),
        word(&outcome.action),
        outcome.actor.name().to_owned(),
        outcome.application.to_string(),
        outcome.application_name.clone(),
        target.map(|target| target.kind.to_string()).unwrap_or_default(),
        target.map(|target| target.key.clone()).unwrap_or_default(),
        target.map(|target| target.name.clone()).unwrap_or_default(),
        remote_id.map(ToString::to_string).unwrap_or_default(),
        changes.join("; "),
        outcome.added.join("; "),
        outcome.removed.join("; "),
        (outcome.added_count + outcome.removed_count).to_string(),
        serde_json::to_string(&outcome.requests).unwrap_or_default(),
    ]
}

/// A name as it is in JSON.
fn word(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// A cell that a spreadsheet would take for a formula is made text (OWASP, "CSV injection").
fn neutral(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_begins_as_a_formula_is_text() {
        for cell in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(neutral(cell.to_owned()), format!("'{cell}"));
        }
        for cell in ["", "a=1", "1-1", " =1"] {
            assert_eq!(neutral(cell.to_owned()), cell);
        }
    }
}
