//! A directory in memory that keeps the promises of its port: names and ids are unique at every moment, a write is
//! refused if its object has changed, and nobody joins a group that is not there.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Snapshot;
use crate::directory::{Group, User, UserRecord};
use crate::folding::folded;
use crate::ids::{GroupId, SourceId, UserId};
use crate::ports::{
    Bearers, DirectoryItem, DirectoryPage, DirectoryStore, DirectoryWriteError, GroupWrite, Proposed,
    StoreError, StoreResult, UserWrite,
};

/// The directory, and how many writes it still takes before it fails.
pub(super) struct ModelDirectory {
    state: Mutex<(Snapshot, usize)>,
}

impl ModelDirectory {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new((Snapshot::default(), usize::MAX)) }
    }

    pub(super) fn fail_after(&self, writes: usize) {
        self.state.lock().expect("lock").1 = writes;
    }

    fn write<T>(
        &self,
        write: impl FnOnce(&mut Snapshot) -> Result<T, DirectoryWriteError>,
    ) -> Result<T, DirectoryWriteError> {
        let mut state = self.state.lock().expect("lock");
        if state.1 == 0 {
            return Err(StoreError::Unavailable { what: "the model", detail: "told to fail".into() }.into());
        }
        state.1 = state.1.saturating_sub(1);
        write(&mut state.0)
    }
}

fn unique<'a>(
    mut others: impl Iterator<Item = (&'a str, Option<&'a SourceId>)>,
    name: &str,
    id: Option<&SourceId>,
) -> Result<(), DirectoryWriteError> {
    others.try_for_each(|(other, other_id)| {
        if folded(other) == folded(name) {
            Err(DirectoryWriteError::NameTaken(name.to_owned()))
        } else if let Some(id) = id
            && other_id == Some(id)
        {
            Err(DirectoryWriteError::SourceIdTaken(id.clone()))
        } else {
            Ok(())
        }
    })
}

#[async_trait]
impl DirectoryStore for ModelDirectory {
    async fn user(&self, id: &UserId) -> StoreResult<Option<UserRecord>> {
        let state = self.state.lock().expect("lock");
        let groups = state.0.memberships.get(id).cloned().unwrap_or_default();
        Ok(Some(UserRecord { user: state.0.users.get(id).cloned(), groups }))
    }

    async fn users(&self, ids: &[UserId]) -> StoreResult<HashMap<UserId, User>> {
        let state = self.state.lock().expect("lock");
        Ok(ids.iter().filter_map(|id| Some((id.clone(), state.0.users.get(id)?.clone()))).collect())
    }

    async fn members_among(&self, _: &GroupId, _: &[UserId]) -> StoreResult<BTreeSet<UserId>> {
        unreachable!("imports do not ask")
    }

    async fn group(&self, id: &GroupId) -> StoreResult<Option<Group>> {
        Ok(self.state.lock().expect("lock").0.groups.get(id).cloned())
    }

    async fn members_page(&self, _: &GroupId, _: Option<&UserId>, _: usize) -> StoreResult<Vec<UserId>> {
        unreachable!("imports do not ask")
    }

    async fn user_named(&self, _: &str) -> StoreResult<Option<UserId>> {
        unreachable!("imports do not ask")
    }

    async fn group_named(&self, _: &str) -> StoreResult<Option<GroupId>> {
        unreachable!("imports do not ask")
    }

    async fn user_from_source(&self, _: &SourceId) -> StoreResult<Option<UserId>> {
        unreachable!("imports do not ask")
    }

    async fn group_from_source(&self, _: &SourceId) -> StoreResult<Option<GroupId>> {
        unreachable!("imports do not ask")
    }

    async fn users_bearing(
        &self,
        _: &BTreeSet<String>,
        _: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<UserId>> {
        unreachable!("whole files do not ask")
    }

    async fn groups_bearing(
        &self,
        _: &BTreeSet<String>,
        _: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<GroupId>> {
        unreachable!("whole files do not ask")
    }

    async fn propose_users(&self, _: Option<String>, _: usize) -> StoreResult<Proposed<UserId>> {
        unreachable!("whole files do not ask")
    }

    async fn propose_groups(&self, _: Option<String>, _: usize) -> StoreResult<Proposed<GroupId>> {
        unreachable!("whole files do not ask")
    }

    /// Pages of three, so that paging is seen to.
    async fn everything(&self, cursor: Option<String>) -> StoreResult<DirectoryPage> {
        let state = self.state.lock().expect("lock");
        let users = state.0.users.values().cloned().map(DirectoryItem::User);
        let groups = state.0.groups.values().cloned().map(DirectoryItem::Group);
        let memberships = state.0.memberships.iter().flat_map(|(user, groups)| {
            groups.iter().map(|group| DirectoryItem::Membership(group.clone(), user.clone()))
        });
        let start: usize = cursor.map_or(0, |cursor| cursor.parse().expect("a number"));
        let items: Vec<_> = users.chain(groups).chain(memberships).skip(start).take(3).collect();
        let next = (items.len() == 3).then(|| (start + 3).to_string());
        Ok(DirectoryPage { items, next })
    }

    async fn write_user(&self, write: &UserWrite) -> Result<(), DirectoryWriteError> {
        self.write(|state| {
            if state.users.get(&write.new.id) != write.old.as_ref() {
                return Err(DirectoryWriteError::Changed);
            }
            if !write.join.iter().all(|group| state.groups.contains_key(group)) {
                return Err(DirectoryWriteError::Changed);
            }
            let others = state.users.values().filter(|user| user.id != write.new.id);
            let others = others.map(|user| (user.username.as_str(), user.source_id.as_ref()));
            unique(others, &write.new.username, write.new.source_id.as_ref())?;
            state.users.insert(write.new.id.clone(), write.new.clone());
            let groups = state.memberships.entry(write.new.id.clone()).or_default();
            groups.extend(write.join.iter().cloned());
            groups.retain(|group| !write.leave.contains(group));
            Ok(())
        })
    }

    async fn begin_group_deletion(&self, _: &GroupId) -> StoreResult<()> {
        unreachable!("imports delete at once")
    }

    async fn take_down_user(&self, _: &UserId) -> StoreResult<bool> {
        unreachable!("imports delete at once")
    }

    async fn take_down_group(&self, _: &GroupId) -> StoreResult<bool> {
        unreachable!("imports delete at once")
    }

    async fn delete_user(&self, id: &UserId) -> StoreResult<()> {
        let deleted = self.write(|state| {
            state.users.remove(id);
            state.memberships.remove(id);
            Ok(())
        });
        deleted.map_err(|_| StoreError::Unavailable { what: "the model", detail: "told to fail".into() })
    }

    async fn write_group(&self, write: &GroupWrite) -> Result<(), DirectoryWriteError> {
        self.write(|state| {
            if state.groups.get(&write.new.id) != write.old.as_ref() {
                return Err(DirectoryWriteError::Changed);
            }
            let others = state.groups.values().filter(|group| group.id != write.new.id);
            let others = others.map(|group| (group.name.as_str(), group.source_id.as_ref()));
            unique(others, &write.new.name, write.new.source_id.as_ref())?;
            state.groups.insert(write.new.id.clone(), write.new.clone());
            Ok(())
        })
    }

    async fn delete_group(&self, id: &GroupId) -> StoreResult<()> {
        let deleted = self.write(|state| {
            state.groups.remove(id);
            state.memberships.values_mut().for_each(|groups| {
                groups.remove(id);
            });
            Ok(())
        });
        deleted.map_err(|_| StoreError::Unavailable { what: "the model", detail: "told to fail".into() })
    }
}
