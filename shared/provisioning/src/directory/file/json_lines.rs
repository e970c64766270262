//! NDJSON: one object a line, a user or a group.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Column;
use super::draft::Draft;
use super::json::Json;
use super::line::FileLine;
use super::records::Record;
use super::{BYTE_ORDER_MARK, Edit, FileUser, MAXIMUM_COLUMNS, ProblemKind, cells, without_mark};
use crate::ids::SourceId;
use crate::value::Value;

type Object = Vec<(String, Json)>;

/// Reads an NDJSON file into the draft. Groups first: users name them, before or after their lines.
pub(super) fn read(bytes: &[u8], draft: &mut Draft) {
    let content = without_mark(bytes);
    if content.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        draft.problem(1, None, None, ProblemKind::JsonArray);
        return;
    }
    let mut offset = if content.len() == bytes.len() { 0 } else { BYTE_ORDER_MARK.len() };
    let mut users = Vec::new();
    for (number, text) in (1..).zip(content.split(|byte| *byte == b'\n')) {
        match object(text, offset) {
            Ok(None) => {}
            Ok(Some(object)) if is_group(&object) => group(&object, number, draft),
            Ok(Some(object)) => users.push((number, object)),
            Err(kind) => draft.problem(number, None, None, kind),
        }
        offset += text.len() + 1;
    }
    for (number, object) in users {
        user(object, number, draft);
    }
}

/// The line of a record.
pub(super) fn read_record(record: &Record) -> FileLine {
    let mut draft = Draft::of_line(record.line);
    let offset = usize::try_from(record.offset).unwrap_or(usize::MAX);
    match (&record.fault, object(&record.bytes, offset)) {
        (Some((line, fault)), _) => draft.problem(*line, None, None, fault.clone()),
        (None, Ok(Some(object))) if is_group(&object) => {
            draft.is_group();
            group(&object, record.line, &mut draft);
        }
        (None, Ok(Some(object))) => user(object, record.line, &mut draft),
        (None, Ok(None)) => {}
        (None, Err(kind)) => draft.problem(record.line, None, None, kind),
    }
    draft.finish_line()
}

/// The object on a line; `None` where it is blank.
fn object(text: &[u8], offset: usize) -> Result<Option<Object>, ProblemKind> {
    let text = std::str::from_utf8(text)
        .map_err(|error| ProblemKind::NotUtf8 { offset: offset + error.valid_up_to() })?
        .trim();
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(Json::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(ProblemKind::BadJson("another kind of value".into())),
        Err(error) => {
            Err(ProblemKind::BadJson(error.to_string().replace(" at line 1 column ", " at character ")))
        }
    }
}

fn is_group(object: &Object) -> bool {
    object.iter().any(|(key, value)| key == "group" && matches!(value, Json::Object(_)))
        && !object.iter().any(|(key, _)| key.eq_ignore_ascii_case("username"))
}

fn group(object: &Object, line: u64, draft: &mut Draft) {
    let mut name = None;
    let mut id = None;
    let mut sound = true;
    for (key, value) in object {
        let Json::Object(entries) = value else {
            draft.problem(
                line,
                Some(key),
                None,
                ProblemKind::UnknownKey("\"group\" alone, on a group's line"),
            );
            sound = false;
            continue;
        };
        for (key, value) in entries {
            let read = match key.as_str() {
                "id" => id_of(value).map(|given| id = given),
                "name" => name_of(value).map(|given| name = Some(given)),
                "groups" | "members" | "parent" | "parents" | "group" => Err(ProblemKind::NestedGroup),
                _ => Err(ProblemKind::UnknownKey("id and name")),
            };
            if let Err(kind) = read {
                draft.problem(line, Some(&format!("group.{key}")), Some(&value.to_string()), kind);
                sound = false;
            }
        }
    }
    match name {
        Some(name) if sound => draft.declared_group(line, id, name),
        None if sound => draft.problem(line, Some("group.name"), None, ProblemKind::Empty),
        _ => {}
    }
}

fn user(object: Object, line: u64, draft: &mut Draft) {
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
    let mut seen = BTreeSet::new();
    let mut username_given = false;
    for (key, value) in flattened(object, line, draft) {
        let column = match Column::named(&key) {
            Ok(column) if seen.insert(column.key()) => column,
            Ok(_) => {
                draft.problem(line, Some(&key), None, ProblemKind::DuplicateColumn);
                continue;
            }
            Err(kind) => {
                draft.problem(line, None, Some(&key), kind);
                continue;
            }
        };
        draft.has_column(&column);
        username_given |= column == Column::Username;
        if let Err(kind) = fill(&mut user, &column, &value, draft) {
            draft.problem(line, Some(column.name()), Some(&value.to_string()), kind);
        }
    }
    if seen.len() > MAXIMUM_COLUMNS {
        draft.problem(line, None, None, ProblemKind::TooManyColumns(seen.len()));
    }
    if !username_given {
        draft.problem(line, Some("username"), None, ProblemKind::Empty);
    }
    draft.user(user);
}

/// The keys of a line, those under `custom` beside the others. There a built-in name would be another attribute.
fn flattened(object: Object, line: u64, draft: &mut Draft) -> Object {
    let mut flat = Vec::with_capacity(object.len());
    for (key, value) in object {
        match value {
            Json::Object(custom) if key == "custom" => {
                for (key, value) in custom {
                    match Column::named(&key) {
                        Ok(Column::Custom(_)) => flat.push((key, value)),
                        Ok(_) => {
                            let kind = ProblemKind::UnknownKey("names other than the built-in ones");
                            draft.problem(line, Some("custom"), Some(&key), kind);
                        }
                        Err(kind) => draft.problem(line, Some("custom"), Some(&key), kind),
                    }
                }
            }
            Json::Null if key == "custom" => {}
            value if key == "custom" => {
                let kind = ProblemKind::WrongType("an object of custom attributes");
                draft.problem(line, Some("custom"), Some(&value.to_string()), kind);
            }
            value => flat.push((key, value)),
        }
    }
    flat
}

fn fill(user: &mut FileUser, column: &Column, value: &Json, draft: &mut Draft) -> Result<(), ProblemKind> {
    match column {
        Column::Username => name_of(value)?.clone_into(&mut user.username),
        Column::Email => user.email = text_of(value)?,
        Column::FirstName => user.first_name = text_of(value)?,
        Column::LastName => user.last_name = text_of(value)?,
        Column::DisplayName => user.display_name = text_of(value)?,
        Column::Status => {
            user.status = Some(match value {
                Json::Null => cells::status("")?,
                Json::Text(text) => cells::status(text)?,
                _ => return Err(ProblemKind::UnknownStatus),
            });
        }
        Column::Id => user.source_id = id_of(value)?,
        Column::Groups => user.groups = Some(groups_of(value, user.line, draft)?),
        Column::Custom(name) => {
            user.custom.insert(name.clone(), custom_of(value)?);
        }
    }
    Ok(())
}

fn name_of(value: &Json) -> Result<&str, ProblemKind> {
    match value {
        Json::Text(text) => cells::name(text),
        Json::Null => Err(ProblemKind::Empty),
        _ => Err(ProblemKind::WrongType("a text")),
    }
}

/// An id; whole numbers are read as texts, as many sources number their people.
fn id_of(value: &Json) -> Result<Option<SourceId>, ProblemKind> {
    match value {
        Json::Null => Ok(None),
        Json::Text(text) if text.trim().is_empty() => Ok(None),
        Json::Text(text) => Ok(Some(SourceId(cells::name(text)?.to_owned()))),
        Json::Integer(number) => Ok(Some(SourceId(number.to_string()))),
        _ => Err(ProblemKind::WrongType("a text or a whole number")),
    }
}

fn text_of(value: &Json) -> Result<Edit<String>, ProblemKind> {
    match value {
        Json::Null => Ok(Edit::Clear),
        Json::Text(text) => Ok(Edit::written(cells::value(text)?.map(str::to_owned))),
        _ => Err(ProblemKind::WrongType("a text or null")),
    }
}

fn groups_of(value: &Json, line: u64, draft: &mut Draft) -> Result<BTreeSet<usize>, ProblemKind> {
    let list = match value {
        Json::List(list) => list.as_slice(),
        Json::Null => &[],
        _ => return Err(ProblemKind::WrongType("a list of groups, each a name or {\"id\": …}")),
    };
    list.iter().map(|item| group_reference(item, line, draft)).collect()
}

fn group_reference(item: &Json, line: u64, draft: &mut Draft) -> Result<usize, ProblemKind> {
    match item {
        Json::Text(name) => draft.group_named(line, name),
        Json::Object(entries) => match entries.as_slice() {
            [(key, Json::Text(id))] if key == "id" => draft.group_with_id(line, id),
            [(key, Json::Integer(id))] if key == "id" => draft.group_with_id(line, &id.to_string()),
            _ if entries.iter().any(|(_, value)| matches!(value, Json::List(_) | Json::Object(_))) => {
                Err(ProblemKind::NestedGroup)
            }
            _ => Err(ProblemKind::WrongType("a group's name or {\"id\": …}")),
        },
        Json::List(_) => Err(ProblemKind::NestedGroup),
        _ => Err(ProblemKind::WrongType("a group's name or {\"id\": …}")),
    }
}

fn custom_of(value: &Json) -> Result<Edit<Value>, ProblemKind> {
    const ALLOWED: ProblemKind =
        ProblemKind::WrongType("a text, true, false, a whole number, a list of texts or null");
    let value = match value {
        Json::Null => None,
        Json::Boolean(value) => Some(Value::Boolean(*value)),
        Json::Integer(value) => Some(Value::Integer(*value)),
        Json::Text(text) => cells::value(text)?.and_then(Value::text),
        Json::List(items) => {
            let texts = items.iter().map(|item| match item {
                Json::Text(text) => cells::value(text).map(|text| text.map(str::to_owned)),
                _ => Err(ALLOWED),
            });
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            let texts: Vec<_> = texts.into_iter().flatten().collect();
            (!texts.is_empty()).then_some(Value::List(texts))
        }
        Json::Object(_) | Json::OtherNumber(_) => return Err(ALLOWED),
    };
    Ok(Edit::written(value))
}
