//! Attributes that name users: by username, id or source id. Who comes later in the file, or is called so only later, is
//! waited for, like a name that is not free yet.

use std::collections::{BTreeSet, HashMap};

use super::LineProblem;
use super::runner::ImportRunner;
use crate::directory::attribute::AttributeType;
use crate::directory::file::{Content, Edit, FileLine, Unresolved};
use crate::folding::folded;
use crate::ids::{SourceId, UserId};
use crate::ports::StoreResult;
use crate::value::Value;

impl ImportRunner {
    /// Puts users in the place of what names them, with a few reads for all lines. Where nobody is found, the attribute stays
    /// as it is for now, and the line says so.
    pub(super) async fn refer(&self, lines: &mut [FileLine]) -> StoreResult<()> {
        let names = |name: &String| {
            self.attributes.as_ref().and_then(|known| known.get(name)) == Some(&AttributeType::UserReference)
        };
        let mut texts = BTreeSet::new();
        for line in lines.iter() {
            let Content::User(user, _) = &line.content else { continue };
            for (name, edit) in &user.custom {
                if let (true, Edit::Set(Value::Text(text))) = (names(name), edit) {
                    texts.insert(text.clone());
                }
            }
        }
        if texts.is_empty() {
            return Ok(());
        }
        let found = self.users_named(texts).await?;
        for line in lines {
            let Content::User(user, _) = &mut line.content else { continue };
            for (name, edit) in &mut user.custom {
                let (true, Edit::Set(Value::Text(text))) = (names(name), &*edit) else { continue };
                match found.get(text) {
                    Some(user) => *edit = Edit::Set(Value::reference(user)),
                    None => {
                        line.unresolved.push(Unresolved { column: name.clone(), given: text.clone() });
                        *edit = Edit::Keep;
                    }
                }
            }
        }
        Ok(())
    }

    /// The users who are there, by what names them: a username before an id, an id before a source id.
    async fn users_named(&self, texts: BTreeSet<String>) -> StoreResult<HashMap<String, UserId>> {
        let directory = &self.tables.directory;
        let source_ids = texts.iter().cloned().map(SourceId).collect();
        let bearers = directory.users_bearing(&texts, &source_ids).await?;
        let by_id = texts.iter().filter_map(|text| text.parse::<UserId>().ok());
        let bearing = bearers.by_name.values().chain(bearers.by_source_id.values()).cloned();
        let ids: BTreeSet<UserId> = by_id.chain(bearing).collect();
        let ids: Vec<UserId> = ids.into_iter().collect();
        let users = directory.users(&ids).await?;
        let present = |id: &UserId| users.get(id).is_some_and(|user| !user.deleting);
        let named = |text: &String| {
            let by_name = bearers.by_name.get(&folded(text)).cloned().filter(|id| present(id));
            let by_id = || text.parse().ok().filter(|id| present(id));
            let by_source_id =
                || bearers.by_source_id.get(&SourceId(text.clone())).cloned().filter(|id| present(id));
            by_name.or_else(by_id).or_else(by_source_id)
        };
        Ok(texts.iter().filter_map(|text| Some((text.clone(), named(text)?))).collect())
    }
}

/// What is wrong with a line that names somebody who never came.
pub(super) fn unknown_user(unresolved: &Unresolved) -> LineProblem {
    LineProblem {
        column: Some(unresolved.column.clone()),
        given: Some(unresolved.given.chars().take(60).collect()),
        detail: "names no user of the directory, neither by username nor by id nor by source id; the attribute stays \
                 as it was"
            .into(),
    }
}

/// The keys under which a file's own lines note whom they create.
pub(super) fn noted_under(unresolved: &Unresolved) -> [String; 2] {
    [format!("n#{}", folded(&unresolved.given)), format!("s#{}", unresolved.given)]
}
