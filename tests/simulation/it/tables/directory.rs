//! Users, groups and memberships. Every write is a transaction, but large deletions, which go in pages.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use provisioning::directory::{Group, User, UserRecord};
use provisioning::folding::folded;
use provisioning::ids::{GroupId, SourceId, UserId};
use provisioning::ports::{
    Bearers, DirectoryItem, DirectoryPage, DirectoryStore, DirectoryWriteError, GroupWrite, Proposed,
    StoreResult, UserWrite,
};

use super::{State, Store};

/// Most memberships that go in one transaction with what is deleted.
const AT_ONCE: usize = 40;

impl State {
    fn record(&self, id: &UserId) -> Option<UserRecord> {
        let user = self.users.get(id).cloned();
        let groups: BTreeSet<GroupId> =
            self.memberships.iter().filter(|(_, user)| user == id).map(|(group, _)| group.clone()).collect();
        (user.is_some() || !groups.is_empty()).then_some(UserRecord { user, groups })
    }

    fn members(&self, group: &GroupId) -> Vec<UserId> {
        self.memberships.iter().filter(|(of, _)| of == group).map(|(_, user)| user.clone()).collect()
    }

    fn join(&mut self, group: &GroupId, user: &UserId) {
        if self.memberships.insert((group.clone(), user.clone())) {
            self.tell_membership(group, user, false);
        }
    }

    fn leave(&mut self, group: &GroupId, user: &UserId) {
        if self.memberships.remove(&(group.clone(), user.clone())) {
            self.tell_membership(group, user, true);
        }
    }

    fn put_user(&mut self, write: &UserWrite) -> Result<(), DirectoryWriteError> {
        let UserWrite { old, new, join, leave } = write;
        let current = self.users.get(&new.id);
        let there = |group: &GroupId| self.groups.get(group).is_some_and(|group| !group.deleting);
        if current != old.as_ref() || current.is_some_and(|user| user.deleting) || !join.iter().all(there) {
            return Err(DirectoryWriteError::Changed);
        }
        let others = || self.users.values().filter(|user| user.id != new.id);
        if others().any(|user| folded(&user.username) == folded(&new.username)) {
            return Err(DirectoryWriteError::NameTaken(new.username.clone()));
        }
        if let Some(source_id) = &new.source_id
            && others().any(|user| user.source_id.as_ref() == Some(source_id))
        {
            return Err(DirectoryWriteError::SourceIdTaken(source_id.clone()));
        }
        self.users.insert(new.id.clone(), new.clone());
        self.tell_user(old.clone(), Some(new.clone()));
        join.iter().for_each(|group| self.join(group, &new.id));
        leave.difference(join).for_each(|group| self.leave(group, &new.id));
        Ok(())
    }

    fn put_group(&mut self, write: &GroupWrite) -> Result<(), DirectoryWriteError> {
        let GroupWrite { old, new } = write;
        let current = self.groups.get(&new.id);
        if current != old.as_ref() || current.is_some_and(|group| group.deleting) {
            return Err(DirectoryWriteError::Changed);
        }
        let mut others = self.groups.values().filter(|group| group.id != new.id);
        if others.any(|group| folded(&group.name) == folded(&new.name)) {
            return Err(DirectoryWriteError::NameTaken(new.name.clone()));
        }
        self.groups.insert(new.id.clone(), new.clone());
        self.tell_group(old.clone(), Some(new.clone()));
        Ok(())
    }

    /// At once what is small; what is large is marked.
    fn begin_user_deletion(&mut self, id: &UserId) {
        let Some(UserRecord { user: Some(user), groups }) = self.record(id) else { return };
        if user.deleting {
            return;
        }
        if groups.len() <= AT_ONCE {
            self.users.remove(id);
            self.tell_user(Some(user), None);
            groups.iter().for_each(|group| self.leave(group, id));
        } else {
            let deleting = User { deleting: true, ..user.clone() };
            self.users.insert(id.clone(), deleting.clone());
            self.tell_user(Some(user), Some(deleting));
        }
    }

    fn begin_group_deletion(&mut self, id: &GroupId) {
        let Some(group) = self.groups.get(id).filter(|group| !group.deleting).cloned() else { return };
        let members = self.members(id);
        if members.len() <= AT_ONCE {
            self.groups.remove(id);
            self.tell_group(Some(group), None);
            members.iter().for_each(|user| self.leave(id, user));
        } else {
            let deleting = Group { deleting: true, ..group.clone() };
            self.groups.insert(id.clone(), deleting.clone());
            self.tell_group(Some(group), Some(deleting));
        }
    }

    /// One page of who is being deleted; `true` once nothing was found.
    fn take_user_down(&mut self, id: &UserId) -> bool {
        let Some(UserRecord { user, groups }) = self.record(id) else { return true };
        if user.as_ref().is_some_and(|user| !user.deleting) {
            return true;
        }
        if groups.len() <= AT_ONCE
            && let Some(user) = user
        {
            self.users.remove(id);
            self.tell_user(Some(user), None);
        }
        groups.iter().for_each(|group| self.leave(group, id));
        false
    }

    fn take_group_down(&mut self, id: &GroupId) -> bool {
        let (group, members) = (self.groups.get(id).cloned(), self.members(id));
        if group.as_ref().map_or(members.is_empty(), |group| !group.deleting) {
            return true;
        }
        if members.len() <= AT_ONCE
            && let Some(group) = group
        {
            self.groups.remove(id);
            self.tell_group(Some(group), None);
        }
        members.iter().for_each(|user| self.leave(id, user));
        false
    }
}

fn proposed<Id: Clone + Ord + ToString>(ids: Vec<Id>, cursor: Option<&str>, limit: usize) -> Proposed<Id> {
    let behind = ids.into_iter().filter(|id| cursor.is_none_or(|cursor| id.to_string().as_str() > cursor));
    let ids: Vec<Id> = behind.take(limit).collect();
    let next = ids.last().filter(|_| ids.len() == limit).map(ToString::to_string);
    Proposed { ids, next }
}

#[async_trait]
impl DirectoryStore for Store {
    async fn user(&self, id: &UserId) -> StoreResult<Option<UserRecord>> {
        self.read("directory.user", |state| state.record(id)).await
    }

    async fn users(&self, ids: &[UserId]) -> StoreResult<HashMap<UserId, User>> {
        self.read("directory.users", |state| {
            let found = ids.iter().filter_map(|id| state.users.get(id)).filter(|user| !user.deleting);
            found.map(|user| (user.id.clone(), user.clone())).collect()
        })
        .await
    }

    async fn members_among(&self, group: &GroupId, users: &[UserId]) -> StoreResult<BTreeSet<UserId>> {
        self.read("directory.members_among", |state| {
            let member = |user: &&UserId| state.memberships.contains(&(group.clone(), (*user).clone()));
            users.iter().filter(member).cloned().collect()
        })
        .await
    }

    async fn group(&self, id: &GroupId) -> StoreResult<Option<Group>> {
        self.read("directory.group", |state| state.groups.get(id).cloned()).await
    }

    async fn members_page(
        &self,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<UserId>> {
        self.read("directory.members_page", |state| {
            let behind = |user: &UserId| after.is_none_or(|after| user > after);
            state.members(group).into_iter().filter(behind).take(limit).collect()
        })
        .await
    }

    async fn user_named(&self, username: &str) -> StoreResult<Option<UserId>> {
        let named = |user: &&User| folded(&user.username) == folded(username);
        self.read("directory.user_named", |state| {
            state.users.values().find(named).map(|user| user.id.clone())
        })
        .await
    }

    async fn group_named(&self, name: &str) -> StoreResult<Option<GroupId>> {
        let named = |group: &&Group| folded(&group.name) == folded(name);
        self.read("directory.group_named", |state| {
            state.groups.values().find(named).map(|group| group.id.clone())
        })
        .await
    }

    async fn user_from_source(&self, source_id: &SourceId) -> StoreResult<Option<UserId>> {
        let from = |user: &&User| user.source_id.as_ref() == Some(source_id);
        self.read("directory.user_from_source", |state| {
            state.users.values().find(from).map(|user| user.id.clone())
        })
        .await
    }

    async fn group_from_source(&self, source_id: &SourceId) -> StoreResult<Option<GroupId>> {
        let from = |group: &&Group| group.source_id.as_ref() == Some(source_id);
        self.read("directory.group_from_source", |state| {
            state.groups.values().find(from).map(|group| group.id.clone())
        })
        .await
    }

    async fn users_bearing(
        &self,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<UserId>> {
        self.read("directory.users_bearing", |state| {
            let all = || state.users.values();
            let by_name = all().map(|user| (folded(&user.username), user.id.clone()));
            let by_source_id = all().filter_map(|user| Some((user.source_id.clone()?, user.id.clone())));
            Bearers {
                by_name: by_name.filter(|(name, _)| names.contains(name)).collect(),
                by_source_id: by_source_id.filter(|(id, _)| source_ids.contains(id)).collect(),
            }
        })
        .await
    }

    async fn groups_bearing(
        &self,
        names: &BTreeSet<String>,
        source_ids: &BTreeSet<SourceId>,
    ) -> StoreResult<Bearers<GroupId>> {
        self.read("directory.groups_bearing", |state| {
            let all = || state.groups.values();
            let by_name = all().map(|group| (folded(&group.name), group.id.clone()));
            let by_source_id = all().filter_map(|group| Some((group.source_id.clone()?, group.id.clone())));
            Bearers {
                by_name: by_name.filter(|(name, _)| names.contains(name)).collect(),
                by_source_id: by_source_id.filter(|(id, _)| source_ids.contains(id)).collect(),
            }
        })
        .await
    }

    async fn propose_users(&self, cursor: Option<String>, limit: usize) -> StoreResult<Proposed<UserId>> {
        let ids = self.read("directory.propose_users", |state| state.users.keys().cloned().collect()).await?;
        Ok(proposed(ids, cursor.as_deref(), limit))
    }

    async fn propose_groups(&self, cursor: Option<String>, limit: usize) -> StoreResult<Proposed<GroupId>> {
        let ids =
            self.read("directory.propose_groups", |state| state.groups.keys().cloned().collect()).await?;
        Ok(proposed(ids, cursor.as_deref(), limit))
    }

    async fn everything(&self, _: Option<String>) -> StoreResult<DirectoryPage> {
        self.read("directory.everything", |state| {
            let users = state.users.values().cloned().map(DirectoryItem::User);
            let groups = state.groups.values().cloned().map(DirectoryItem::Group);
            let memberships = state.memberships.iter().cloned();
            let memberships = memberships.map(|(group, user)| DirectoryItem::Membership(group, user));
            DirectoryPage { items: users.chain(groups).chain(memberships).collect(), next: None }
        })
        .await
    }

    async fn write_user(&self, write: &UserWrite) -> Result<(), DirectoryWriteError> {
        self.write("directory.write_user", |state| state.put_user(write)).await?
    }

    async fn begin_group_deletion(&self, id: &GroupId) -> StoreResult<()> {
        self.write("directory.begin_group_deletion", |state| state.begin_group_deletion(id)).await
    }

    async fn take_down_user(&self, id: &UserId) -> StoreResult<bool> {
        self.write("directory.take_down_user", |state| state.take_user_down(id)).await
    }

    async fn take_down_group(&self, id: &GroupId) -> StoreResult<bool> {
        self.write("directory.take_down_group", |state| state.take_group_down(id)).await
    }

    async fn delete_user(&self, id: &UserId) -> StoreResult<()> {
        self.write("directory.begin_user_deletion", |state| state.begin_user_deletion(id)).await?;
        while !self.take_down_user(id).await? {}
        Ok(())
    }

    async fn write_group(&self, write: &GroupWrite) -> Result<(), DirectoryWriteError> {
        self.write("directory.write_group", |state| state.put_group(write)).await?
    }

    async fn delete_group(&self, id: &GroupId) -> StoreResult<()> {
        self.begin_group_deletion(id).await?;
        while !self.take_down_group(id).await? {}
        Ok(())
    }
}
