//! From folded changes to marks, todo rows and bells.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::fold::Folded;
use super::{Detector, RING_AGAIN};
use crate::application::Configured;
use crate::clock::after;
use crate::directory::{Group, Status, User};
use crate::ids::{ApplicationId, GroupId, UserId};
use crate::link::{LinkKey, Mark};
use crate::ports::{Doorbell, Lane, StoreResult};

/// How many table calls are under way at once.
pub(super) const CONCURRENT: usize = 16;

/// What is to be looked at: users first, then groups, so that a group meets the marks of its leavers.
#[derive(Default)]
pub(super) struct Concerned {
    pub(super) users: BTreeSet<LinkKey>,
    groups: BTreeSet<LinkKey>,
    todo: BTreeMap<(ApplicationId, GroupId), BTreeSet<UserId>>,
}

impl Concerned {
    fn look_at_member(&mut self, application: &ApplicationId, group: &GroupId, user: &UserId) {
        self.groups.insert(LinkKey::group(application, group));
        self.todo.entry((application.clone(), group.clone())).or_default().insert(user.clone());
    }
}

impl Detector {
    pub(super) async fn mark(&self, folded: &Folded, applications: &[Configured]) -> StoreResult<()> {
        let mut concerned = Concerned::default();
        self.changed_users(folded, applications, &mut concerned).await?;
        changed_memberships(folded, applications, &mut concerned);
        self.changed_groups(folded, applications, &mut concerned).await?;
        self.changed_presences(folded, applications, &mut concerned).await?;
        self.changed_references(folded, applications, &mut concerned).await?;

        let todo = stream::iter(&concerned.todo).map(|((application, group), users)| async move {
            let users: Vec<_> = users.iter().cloned().collect();
            self.tables.memberships.put_todo(application, group, &users).await
        });
        todo.buffer_unordered(CONCURRENT).try_collect::<()>().await?;
        for keys in [&concerned.users, &concerned.groups] {
            let bells = self.mark_all(keys, applications).await?;
            if !bells.is_empty() {
                self.bell.ring(Lane::Live, "", &bells).await?;
            }
        }
        Ok(())
    }

    async fn mark_all(
        &self,
        keys: &BTreeSet<LinkKey>,
        applications: &[Configured],
    ) -> StoreResult<Vec<Doorbell>> {
        let due_at = after(self.clock.now(), RING_AGAIN);
        let marks = keys.iter().filter_map(|key| {
            let configured =
                applications.iter().find(|configured| configured.application.id == key.application)?;
            let application_version = configured.application.version;
            Some((key, Mark { application_version, due_at, by_sweep: false, compare: false }))
        });
        stream::iter(marks)
            .map(|(key, mark)| async move {
                let generation = self.tables.links.mark(key, &mark).await?;
                Ok(Doorbell::Link { key: key.clone(), generation })
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await
    }

    /// A user was created, changed, disabled, enabled or deleted: his links, and the applications that select one of
    /// his groups, where something that is sent differs.
    async fn changed_users(
        &self,
        folded: &Folded,
        applications: &[Configured],
        concerned: &mut Concerned,
    ) -> StoreResult<()> {
        let looked_at = folded.users.iter().map(|(user, changes)| async move {
            let (links, record) =
                tokio::try_join!(self.tables.links.links_of(user), self.tables.directory.user(user))?;
            let mut keys = Vec::new();
            for configured in applications {
                let application = &configured.application.id;
                let linked = links.iter().any(|link| link.key.application == *application);
                let selected =
                    record.as_ref().is_some_and(|record| configured.selection.includes_any(&record.groups));
                let concerned =
                    changes.iter().any(|(old, new)| concerns(configured, old.as_ref(), new.as_ref()));
                if (linked || selected) && concerned {
                    keys.push(LinkKey::user(application, user));
                }
            }
            Ok(keys)
        });
        let keys: Vec<Vec<LinkKey>> = stream::iter(looked_at).buffered(CONCURRENT).try_collect().await?;
        concerned.users.extend(keys.into_iter().flatten());
        Ok(())
    }

    /// A group was created, renamed or deleted: the applications that select it, and those where it has a link.
    async fn changed_groups(
        &self,
        folded: &Folded,
        applications: &[Configured],
        concerned: &mut Concerned,
    ) -> StoreResult<()> {
        for (group, changes) in &folded.groups {
            let shape =
                |group: &Option<Group>| group.as_ref().map(|group| (group.name.clone(), group.deleting));
            if changes.iter().all(|(old, new)| shape(old) == shape(new)) {
                continue;
            }
            for configured in applications {
                let key = LinkKey::group(&configured.application.id, group);
                if configured.selection.provisions_group(group)
                    || self.tables.links.link(&key).await?.is_some()
                {
                    concerned.groups.insert(key);
                }
            }
        }
        Ok(())
    }

    /// An account came, went or was switched: the selected groups its user is a member of, and those he is pushed in.
    /// While a sweep has yet to compare the groups, they need not be told one by one: what is told here was written before.
    async fn changed_presences(
        &self,
        folded: &Folded,
        applications: &[Configured],
        concerned: &mut Concerned,
    ) -> StoreResult<()> {
        let looked_at = folded.presences.iter().map(|(application, user)| async move {
            let configured = applications.iter().find(|configured| configured.application.id == *application);
            let Some(configured) =
                configured.filter(|configured| !configured.selection.exclude_group_information)
            else {
                return Ok(None);
            };
            if configured.sweep_before_groups() {
                return Ok(None);
            }
            let (record, pushed) = tokio::try_join!(
                self.tables.directory.user(user),
                self.tables.memberships.groups_pushed_in(application, user),
            )?;
            let member_of = record.into_iter().flat_map(|record| record.groups);
            let selected = member_of.filter(|group| configured.selection.provisions_group(group));
            let groups: BTreeSet<GroupId> = selected.chain(pushed).collect();
            Ok(Some((application, user, groups)))
        });
        let found: Vec<Option<(&ApplicationId, &UserId, BTreeSet<GroupId>)>> =
            stream::iter(looked_at).buffered(CONCURRENT).try_collect().await?;
        for (application, user, groups) in found.into_iter().flatten() {
            groups.iter().for_each(|group| concerned.look_at_member(application, group, user));
        }
        Ok(())
    }
}

/// A membership came or went: for the applications that select the group, the user and a row for the group.
fn changed_memberships(folded: &Folded, applications: &[Configured], concerned: &mut Concerned) {
    for (group, user) in &folded.memberships {
        for configured in applications.iter().filter(|configured| configured.selection.includes(group)) {
            let application = &configured.application.id;
            concerned.users.insert(LinkKey::user(application, user));
            if configured.selection.provisions_group(group) {
                concerned.look_at_member(application, group, user);
            }
        }
    }
}

/// Whether the change of a user changes anything at the application.
fn concerns(configured: &Configured, old: Option<&User>, new: Option<&User>) -> bool {
    let standing =
        |user: Option<&User>| user.filter(|user| !user.deleting).map(|user| user.status == Status::Active);
    match (old, new) {
        _ if standing(old) != standing(new) => true,
        (Some(old), Some(new)) => configured.mapping.tells_apart(old, new),
        _ => false,
    }
}
