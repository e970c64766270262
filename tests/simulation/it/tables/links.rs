//! Links, their marks, and the guards of remote ids.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use provisioning::ids::{ApplicationId, RemoteId, UserId};
use provisioning::link::{Link, LinkKey, Mark, Object, Trouble};
use provisioning::ports::{DueItem, DueKey, LinkPage, LinkStore, Ownership, StoreResult, Written};
use provisioning::target::Kind;

use super::{OwnershipChange, State, Store};

impl State {
    fn put_link(&mut self, link: &Link) {
        let old = self.links.insert(link.key.clone(), link.clone());
        let asked_before = old.as_ref().and_then(|old| old.asked_at);
        if let Some(at) = link.asked_at.filter(|_| link.asked_at != asked_before) {
            self.creates.push((at, link.key.clone(), link.asked_name.clone().unwrap_or_default()));
        }
        self.index_link(link);
        self.tell_link(old.as_ref(), link);
    }

    /// Why the link is not as it was read: the one there is now. The same fields count as in DynamoDB.
    fn changed_since(&self, before: &Link, after: &Link) -> Option<Written> {
        let fresh = Link::new(before.key.clone());
        let Some(current) = self.links.get(&before.key) else {
            return (*before != fresh).then(|| Written::Lost(Box::new(fresh)));
        };
        let token = |link: &Link| link.work.claim.as_ref().map(|claim| claim.token.clone());
        let as_read = *before != fresh
            && current.work.generation == before.work.generation
            && current.work.revision == before.work.revision
            && current.target_generation == before.target_generation
            && current.state == before.state
            && current.remote_id == before.remote_id
            && current.external_id == before.external_id
            && current.sent == before.sent
            && current.work.settlements == before.work.settlements
            && current.work.attempts == before.work.attempts
            && current.work.due_at.is_some() == before.work.due_at.is_some()
            && token(current) == token(before);
        match as_read {
            true => None,
            false if current == after => Some(Written::Yes),
            false => Some(Written::Lost(Box::new(current.clone()))),
        }
    }

    pub(super) fn write_link(
        &mut self,
        before: &Link,
        after: &Link,
        ownership: Option<&Ownership>,
    ) -> Written {
        if let Some(written) = self.changed_since(before, after) {
            return written;
        }
        let guard = |generation: u64, remote_id: &RemoteId| {
            (after.key.application.clone(), generation, after.key.kind(), remote_id.clone())
        };
        match ownership {
            Some(Ownership::Take(remote_id)) => {
                let guard = guard(after.target_generation, remote_id);
                match self.owners.get(&guard) {
                    Some(owner) if *owner != after.key => return Written::Owned(owner.clone()),
                    Some(_) => {}
                    None => {
                        self.owners.insert(guard, after.key.clone());
                        self.note_ownership(&after.key, remote_id, true);
                    }
                }
            }
            Some(Ownership::Give(remote_id)) => {
                let guard = guard(before.target_generation, remote_id);
                if self.owners.get(&guard) == Some(&after.key) {
                    self.owners.remove(&guard);
                    self.note_ownership(&after.key, remote_id, false);
                }
            }
            None => {}
        }
        self.put_link(after);
        Written::Yes
    }

    fn note_ownership(&mut self, owner: &LinkKey, remote_id: &RemoteId, taken: bool) {
        let (remote_id, owner) = (remote_id.clone(), owner.clone());
        self.ownerships.push(OwnershipChange { at: self.now, remote_id, owner, taken });
    }

    fn mark_link(&mut self, key: &LinkKey, mark: &Mark) -> u64 {
        let mut link = self.links.get(key).cloned().unwrap_or_else(|| Link::new(key.clone()));
        link.work.generation += 1;
        link.work.due_at = Some(mark.due_at);
        link.work.application_version = mark.application_version;
        link.work.by_sweep = mark.by_sweep;
        link.compare |= mark.compare;
        link.outcome = None;
        link.presence_changed = false;
        self.put_link(&link);
        link.work.generation
    }

    fn postpone_item(&mut self, item: &DueItem, until: Timestamp) -> bool {
        match &item.key {
            DueKey::Link(key) => {
                let found = self.links.get(key).cloned();
                let Some(mut link) = found.filter(|link| link.work.due_at == Some(item.due_at)) else {
                    return false;
                };
                link.work.due_at = Some(until);
                link.outcome = None;
                link.presence_changed = false;
                self.put_link(&link);
            }
            DueKey::Job(application, id) if self.is_preview(application, id) => {
                return self.postpone_preview(application, id, item.due_at, until);
            }
            DueKey::Job(application, id) => {
                let found = self.jobs.get_mut(&(application.clone(), id.clone()));
                let Some(job) = found.filter(|job| job.due_at == Some(item.due_at)) else { return false };
                job.due_at = Some(until);
                let job = job.clone();
                self.index_job(&job);
            }
            DueKey::DirectoryJob(id) => {
                let found = self.directory_jobs.get_mut(id);
                let Some(job) = found.filter(|job| job.due_at == Some(item.due_at)) else { return false };
                job.due_at = Some(until);
                let job = job.clone();
                self.index_directory_job(&job);
            }
        }
        true
    }
}

fn page(mut keys: Vec<LinkKey>, limit: usize) -> LinkPage {
    let limit = limit.max(1);
    let full = keys.len() >= limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| full).map(ToString::to_string);
    LinkPage { keys, next }
}

#[async_trait]
impl LinkStore for Store {
    async fn link(&self, key: &LinkKey) -> StoreResult<Option<Link>> {
        self.read("links.link", |state| state.links.get(key).cloned()).await
    }

    async fn links_of(&self, user: &UserId) -> StoreResult<Vec<Link>> {
        let his = |link: &&Link| link.key.object == Object::User(user.clone());
        self.read("links.links_of", |state| state.links.values().filter(his).cloned().collect()).await
    }

    async fn links_among(
        &self,
        application: &ApplicationId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, Link>> {
        self.read("links.links_among", |state| {
            let found = users.iter().map(|user| (user.clone(), LinkKey::user(application, user)));
            found.filter_map(|(user, key)| Some((user, state.links.get(&key)?.clone()))).collect()
        })
        .await
    }

    async fn mark(&self, key: &LinkKey, mark: &Mark) -> StoreResult<u64> {
        self.write("links.mark", |state| state.mark_link(key, mark)).await
    }

    async fn write(
        &self,
        before: &Link,
        after: &Link,
        ownership: Option<&Ownership>,
    ) -> StoreResult<Written> {
        Store::write(self, "links.write", |state| state.write_link(before, after, ownership)).await
    }

    async fn forget(&self, link: &Link) -> StoreResult<()> {
        Store::write(self, "links.forget", |state| {
            state.links.remove(&link.key);
            state.index_forgotten(&link.key);
            if let Some(remote_id) = &link.remote_id {
                let (application, kind) = (link.key.application.clone(), link.key.kind());
                let guard = (application, link.target_generation, kind, remote_id.clone());
                if state.owners.get(&guard) == Some(&link.key) {
                    state.owners.remove(&guard);
                    state.note_ownership(&link.key, remote_id, false);
                }
            }
        })
        .await
    }

    async fn postpone(&self, item: &DueItem, until: Timestamp) -> StoreResult<bool> {
        Store::write(self, "links.postpone", |state| state.postpone_item(item, until)).await
    }

    async fn propose_due(
        &self,
        application: &ApplicationId,
        until: Timestamp,
        limit: usize,
    ) -> StoreResult<Vec<DueItem>> {
        self.read("links.propose_due", |state| state.due(application.as_str(), until, limit)).await
    }

    async fn propose_pending(
        &self,
        application: &ApplicationId,
        kind: Kind,
        sweep_only: bool,
        cap: usize,
    ) -> StoreResult<usize> {
        let count = |state: &mut State| state.pending(application.as_str(), kind, sweep_only, cap);
        self.read("links.propose_pending", count).await
    }

    async fn propose_trouble(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage> {
        let list =
            |state: &mut State| state.links_in_trouble(application.as_str(), trouble, cursor.as_deref());
        Ok(page(self.read("links.propose_trouble", list).await?, limit))
    }

    async fn propose_trouble_count(
        &self,
        application: &ApplicationId,
        trouble: Trouble,
        cap: usize,
    ) -> StoreResult<usize> {
        let list = |state: &mut State| state.links_in_trouble(application.as_str(), trouble, None);
        Ok(self.read("links.propose_trouble_count", list).await?.len().min(cap))
    }

    async fn propose_links(
        &self,
        application: &ApplicationId,
        kind: Kind,
        cursor: Option<String>,
        limit: usize,
    ) -> StoreResult<LinkPage> {
        let list = |state: &mut State| state.links_listed(application.as_str(), kind, cursor.as_deref());
        Ok(page(self.read("links.propose_links", list).await?, limit))
    }

    async fn owner(
        &self,
        application: &ApplicationId,
        target_generation: u64,
        kind: Kind,
        remote_id: &RemoteId,
    ) -> StoreResult<Option<LinkKey>> {
        let guard = (application.clone(), target_generation, kind, remote_id.clone());
        self.read("links.owner", |state| state.owners.get(&guard).cloned()).await
    }
}
