//! Who lines are about: by the source's id, else by name.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};

use super::runner::ImportRunner;
use super::{CONCURRENCY, Import};
use crate::directory::UserRecord;
use crate::directory::file::{Content, FileLine, Format};
use crate::folding::folded;
use crate::ids::{SourceId, UserId};
use crate::ports::StoreResult;

/// Who a line is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    /// He, where he is there.
    pub(super) id: Option<UserId>,
    /// Somebody else who bears the name on the line.
    pub(super) name_of: Option<UserId>,
}

/// The people of a page's lines.
pub(super) struct People {
    /// One for each line.
    pub(super) of_line: Vec<Person>,
    /// Those who are there, by id.
    pub(super) records: HashMap<UserId, UserRecord>,
}

impl ImportRunner {
    /// Finds who lines are about: a few batches of guards, and the partitions of those alone who are there.
    pub(super) async fn people_of(&self, import: &Import, lines: &[FileLine]) -> StoreResult<People> {
        let mut names = BTreeSet::new();
        let mut source_ids = BTreeSet::new();
        for (name, source_id) in lines.iter().filter_map(key) {
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
            source_ids.extend(source_id.cloned());
        }
        let bearers = self.tables.directory.users_bearing(&names, &source_ids).await?;
        let ids: BTreeSet<_> =
            bearers.by_name.values().chain(bearers.by_source_id.values()).cloned().collect();
        let records = self.records(import, ids).await?;
        let person = |line: &FileLine| {
            let Some((name, source_id)) = key(line) else { return Person::default() };
            let by_id =
                source_id.and_then(|id| bearers.by_source_id.get(id)).filter(|id| records.contains_key(id));
            let by_name = bearers.by_name.get(&folded(name));
            match (by_id, by_name) {
                (Some(id), bearer) => {
                    Person { id: Some(id.clone()), name_of: bearer.filter(|bearer| *bearer != id).cloned() }
                }
                (None, Some(bearer)) => {
                    let present = records.get(bearer).and_then(UserRecord::present);
                    // Two different ids are two people, whatever their name.
                    match present.is_some_and(|user| user.source_id.is_none() || source_id.is_none()) {
                        true => Person { id: Some(bearer.clone()), name_of: None },
                        false => Person { id: None, name_of: Some(bearer.clone()) },
                    }
                }
                (None, None) => Person::default(),
            }
        };
        Ok(People { of_line: lines.iter().map(person).collect(), records })
    }

    /// Those who are there and not being deleted, with their groups where the file speaks of groups.
    async fn records(
        &self,
        import: &Import,
        ids: BTreeSet<UserId>,
    ) -> StoreResult<HashMap<UserId, UserRecord>> {
        let directory = &self.tables.directory;
        if import.format == Format::CommaSeparated && !self.has_groups() {
            let ids: Vec<_> = ids.into_iter().collect();
            let users = directory.users(&ids).await?.into_iter();
            return Ok(users
                .map(|(id, user)| (id, UserRecord { user: Some(user), groups: BTreeSet::new() }))
                .collect());
        }
        let reads = ids.into_iter().map(|id| async move {
            let record = directory.user(&id).await?.filter(|record| record.present().is_some());
            Ok(record.map(|record| (id, record)))
        });
        let found: Vec<Option<_>> = stream::iter(reads).buffer_unordered(CONCURRENCY).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn key(line: &FileLine) -> Option<(&str, Option<&SourceId>)> {
    match &line.content {
        Content::User(user, _) => Some((user.username.as_str(), user.source_id.as_ref())),
        _ => None,
    }
}
