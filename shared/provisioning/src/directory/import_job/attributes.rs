//! Custom attributes: a file's values are of the types that are defined, and what is not defined yet is defined by it.

use std::collections::BTreeMap;

use super::Import;
use super::runner::ImportRunner;
use crate::directory::attribute::{AttributeDefinition, AttributeType, is_name};
use crate::directory::file::{Content, Edit, FileLine, Problem, ProblemKind};
use crate::ports::StoreResult;
use crate::value::Value;

impl ImportRunner {
    /// Brings values to the types of their attributes; one that cannot be is a problem of its line. What is not defined is
    /// defined by the first value, as text where that is text.
    pub(super) async fn conform(&mut self, import: &Import, lines: &mut [FileLine]) -> StoreResult<()> {
        if self.attributes.is_none() {
            let defined = self.tables.attributes.list().await?;
            self.attributes = Some(defined.into_iter().map(|one| (one.name, one.kind)).collect());
        }
        let Some(known) = self.attributes.as_mut() else { return Ok(()) };
        let mut new = BTreeMap::new();
        for line in lines {
            let Content::User(user, _) = &mut line.content else { continue };
            for (name, edit) in &mut user.custom {
                let Edit::Set(value) = edit else { continue };
                let kind = match known.get(name) {
                    Some(kind) => *kind,
                    None if !line.problems.is_empty() || !is_name(name) => continue,
                    None => {
                        let kind = kind_of(value);
                        known.insert(name.clone(), kind);
                        new.insert(name.clone(), kind);
                        kind
                    }
                };
                if kind == AttributeType::UserReference && matches!(value, Value::Text(_)) {
                    continue;
                }
                match brought_to(kind, value) {
                    Some(value) => *edit = Edit::Set(value),
                    None => line.problems.push(Problem {
                        line: line.line,
                        column: Some(name.clone()),
                        given: Some(value.to_string().chars().take(60).collect()),
                        kind: ProblemKind::WrongType(kind.describe()),
                    }),
                }
            }
        }
        if import.request.dry_run {
            return Ok(());
        }
        for (name, kind) in new {
            // One whom somebody defined meanwhile with another type keeps it; the value stays as it is.
            self.tables.attributes.define(&AttributeDefinition { name, kind, description: None }).await?;
        }
        Ok(())
    }
}

fn kind_of(value: &Value) -> AttributeType {
    match value {
        Value::Text(_) => AttributeType::String,
        Value::Boolean(_) => AttributeType::Boolean,
        Value::Integer(_) => AttributeType::Integer,
        Value::List(_) => AttributeType::StringList,
        Value::Reference(_) => AttributeType::UserReference,
    }
}

/// The value as one of this type: CSV has text only.
fn brought_to(kind: AttributeType, value: &Value) -> Option<Value> {
    if kind.accepts(value) {
        return Some(value.clone());
    }
    let Value::Text(text) = value else { return None };
    match kind {
        AttributeType::Boolean => text.to_ascii_lowercase().parse().ok().map(Value::Boolean),
        AttributeType::Integer => text.parse().ok().map(Value::Integer),
        AttributeType::StringList => {
            let items: Vec<_> = text.split(';').map(str::trim).filter(|item| !item.is_empty()).collect();
            (!items.is_empty()).then(|| Value::List(items.into_iter().map(str::to_owned).collect()))
        }
        AttributeType::String | AttributeType::Date | AttributeType::UserReference => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_csv_becomes_what_its_attribute_holds_or_is_refused() {
        let read = |kind, text: &str| brought_to(kind, &Value::from(text));
        assert_eq!(read(AttributeType::Boolean, "True"), Some(Value::Boolean(true)));
        assert_eq!(read(AttributeType::Integer, "-7"), Some(Value::Integer(-7)));
        assert_eq!(read(AttributeType::StringList, "a; b"), Some(Value::List(vec!["a".into(), "b".into()])));
        assert_eq!(read(AttributeType::Date, "2026-11-23"), Some(Value::from("2026-11-23")));
        assert_eq!(read(AttributeType::Date, "23.11.2026"), None);
        assert_eq!(read(AttributeType::Boolean, "yes"), None);
    }
}
