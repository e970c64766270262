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
                match kind.read(value) {
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
