//! The groups that lines name.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};

use super::runner::ImportRunner;
use super::{CONCURRENCY, Import, Named, Position};
use crate::directory::Group;
use crate::directory::file::{Content, FileGroup, FileLine, FileUser, Place};
use crate::folding::folded;
use crate::ids::{GroupId, SourceId};
use crate::ports::{DirectoryWriteError, GroupWrite, StoreResult};

/// Most groups whose ids are kept at hand.
const KNOWN: usize = 20_000;

/// The groups of a page's lines.
pub(super) struct Groups {
    by_name: HashMap<String, GroupId>,
    by_source_id: HashMap<SourceId, GroupId>,
    /// Those that are not there yet.
    pub(super) missing: Vec<Group>,
}

impl Groups {
    /// All groups a user is to be in; `Err` with what is given where one is not known.
    pub(super) fn of(
        &self,
        user: &FileUser,
        groups: &[FileGroup],
    ) -> Result<Option<BTreeSet<GroupId>>, String> {
        let Some(indexes) = &user.groups else { return Ok(None) };
        let ids = indexes.iter().filter_map(|index| groups.get(*index)).map(|group| {
            let id = match &group.source_id {
                Some(id) => self.by_source_id.get(id),
                None => self.by_name.get(&folded(&group.name)),
            };
            id.cloned()
                .ok_or_else(|| group.source_id.as_ref().map_or_else(|| group.name.clone(), |id| id.0.clone()))
        });
        ids.collect::<Result<_, _>>().map(Some)
    }
}

/// The keys under which a group that is declared on a line of its own is noted.
pub(super) fn declared(group: &FileGroup) -> Vec<String> {
    let by_id = group.source_id.as_ref().map(|id| format!("gs#{id}"));
    by_id.into_iter().chain([format!("gn#{}", folded(&group.name))]).collect()
}

impl ImportRunner {
    /// Finds the groups of these lines, and notes that they were named. Groups of lines with problems are not created.
    pub(super) async fn groups_of(&mut self, import: &Import, lines: &[FileLine]) -> StoreResult<Groups> {
        let mut names: HashMap<String, (String, bool)> = HashMap::new();
        let mut source_ids = BTreeSet::new();
        for line in lines {
            let Content::User(_, groups) = &line.content else { continue };
            for group in groups {
                match &group.source_id {
                    Some(id) => {
                        source_ids.insert(id.clone());
                    }
                    None => {
                        let (_, wanted) =
                            names.entry(folded(&group.name)).or_insert_with(|| (group.name.clone(), false));
                        *wanted |= line.problems.is_empty();
                    }
                }
            }
        }
        if self.known_groups.len() > KNOWN {
            self.known_groups.clear();
        }
        let unknown: BTreeSet<String> = names
            .iter()
            .filter(|(folded, _)| !self.known_groups.contains_key(*folded))
            .map(|(_, (name, _))| name.clone())
            .collect();
        let found = self.tables.directory.groups_bearing(&unknown, &BTreeSet::new()).await?.by_name;
        let keys = unknown.iter().map(|name| format!("gn#{}", folded(name)));
        let keys = keys.chain(source_ids.iter().map(|id| format!("gs#{id}")));
        let declared = self.named(import, keys.collect()).await?;
        let mut groups =
            Groups { by_name: HashMap::new(), by_source_id: HashMap::new(), missing: Vec::new() };
        let mut seen: HashMap<String, GroupId> = found;
        for name in &unknown {
            let folded_name = folded(name);
            if seen.contains_key(&folded_name) {
                continue;
            }
            let noted = declared.get(&format!("gn#{folded_name}")).and_then(group_id);
            let wanted = names.get(&folded_name).is_some_and(|(_, wanted)| *wanted);
            if let Some(id) = noted {
                seen.insert(folded_name, id);
            } else if wanted {
                let id: GroupId = self.made_id(import, &format!("group:{folded_name}"))?;
                groups.missing.push(Group {
                    id: id.clone(),
                    source_id: None,
                    name: name.clone(),
                    deleting: false,
                });
                seen.insert(folded_name, id);
            }
        }
        if import.request.dry_run {
            let keys = groups.missing.iter().map(|group| format!("g#{}", group.id)).collect();
            let counted = self.named(import, keys).await?;
            groups.missing.retain(|group| !counted.contains_key(&format!("g#{}", group.id)));
        }
        self.fresh_groups = seen.values().cloned().collect();
        self.known_groups.extend(seen);
        for name in names.keys() {
            if let Some(id) = self.known_groups.get(name) {
                groups.by_name.insert(name.clone(), id.clone());
            }
        }
        for id in source_ids {
            if let Some(found) = declared.get(&format!("gs#{id}")).and_then(group_id) {
                self.fresh_groups.insert(found.clone());
                groups.by_source_id.insert(id, found);
            }
        }
        Ok(groups)
    }

    /// Creates groups. One whose name somebody else took meanwhile is looked up again by the next page that names it.
    pub(super) async fn create_groups(&mut self, groups: &[Group]) -> StoreResult<()> {
        let directory = &self.tables.directory;
        let writes = groups.iter().map(|group| async move {
            let written = directory.write_group(&GroupWrite { old: None, new: group.clone() }).await;
            match written {
                Err(DirectoryWriteError::Store(error)) => Err(error),
                Ok(()) => Ok(None),
                Err(_) => Ok(Some(folded(&group.name))),
            }
        });
        let refused: Vec<Option<String>> =
            stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect().await?;
        for name in refused.into_iter().flatten() {
            self.known_groups.remove(&name);
        }
        Ok(())
    }

    /// Declares the groups that have lines of their own, a page of lines at a time.
    pub(super) async fn declare_groups(&mut self, import: &Import, place: Place) -> StoreResult<Import> {
        let batch = match self.batch(import, place).await? {
            Ok(batch) => batch,
            Err(failed) => return Ok(failed),
        };
        let declarations: Vec<_> = batch
            .lines
            .iter()
            .filter(|line| line.problems.is_empty())
            .filter_map(|line| match &line.content {
                Content::Group(group) => Some(group),
                _ => None,
            })
            .collect();
        let keys = declarations.iter().flat_map(|group| declared(group)).collect();
        let mut noted = self.named(import, keys).await?;
        let mut fresh = HashMap::new();
        for group in declarations {
            let keys = declared(group);
            if keys.iter().any(|key| noted.get(key).is_some_and(|noted| noted.line != group.line)) {
                continue;
            }
            let named = self.declare(import, group).await?;
            for key in keys {
                noted.insert(key.clone(), named.clone());
                fresh.insert(key, named.clone());
            }
            if let Some(id) = &named.id {
                fresh.insert(format!("g#{id}"), named.clone());
            }
        }
        self.tables.imports.put_named(&self.id, import.run, &fresh).await?;
        let position =
            if batch.last { Position::Additions(Place::START) } else { Position::Groups(batch.next) };
        Ok(Import { position, bytes_done: batch.next.offset, ..import.clone() })
    }

    async fn declare(&self, import: &Import, group: &FileGroup) -> StoreResult<Named> {
        let directory = &self.tables.directory;
        let names = BTreeSet::from([group.name.clone()]);
        let bearers = directory.groups_bearing(&names, &group.source_id.iter().cloned().collect()).await?;
        let by_id = group.source_id.as_ref().and_then(|id| bearers.by_source_id.get(id));
        let old = match by_id.or_else(|| bearers.by_name.get(&folded(&group.name))) {
            Some(id) => directory.group(id).await?.filter(|group| !group.deleting),
            None => None,
        };
        // Two different ids are two groups, whatever their names.
        let old = old.filter(|old| by_id.is_some() || old.source_id.is_none() || group.source_id.is_none());
        let new = Group {
            id: match &old {
                Some(old) => old.id.clone(),
                None => self.made_id(import, &format!("group:{}", folded(&group.name)))?,
            },
            source_id: group.source_id.clone().or_else(|| old.as_ref()?.source_id.clone()),
            name: group.name.clone(),
            deleting: false,
        };
        let there = old.is_some();
        let mut refused = false;
        if !import.request.dry_run && old.as_ref() != Some(&new) {
            match directory.write_group(&GroupWrite { old, new: new.clone() }).await {
                Ok(()) => {}
                Err(DirectoryWriteError::Store(error)) => return Err(error),
                Err(_) => refused = true,
            }
        }
        let id = (there || !refused).then(|| new.id.to_string());
        Ok(Named { line: group.line, name: folded(&group.name), id, refused })
    }
}

fn group_id(named: &Named) -> Option<GroupId> {
    named.id.as_ref()?.parse().ok()
}
