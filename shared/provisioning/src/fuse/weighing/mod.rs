//! Before somebody who knows how much he takes away takes any of it: what people lose is counted at each application, so that
//! either all of it may go or, where it is too much, the fuse blows first.

mod group;

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use group::GroupWeighing;

use super::{Counted, Fuse, Loss};
use crate::application::{Configured, Departure, Lifecycle};
use crate::desired::Desired;
use crate::directory::UserRecord;
use crate::ids::{ApplicationId, GroupId, UserId};
use crate::link::{Link, RemovalKind};
use crate::plan::{UserPlan, plan_user};
use crate::ports::{StoreResult, Tables};

/// Reads under way at a time.
const CONCURRENT: usize = 16;

/// Somebody as the directory has him, and as it is about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub id: UserId,
    /// As he is.
    pub now: UserRecord,
    /// As he is to be; `None`: deleted.
    pub then: Option<UserRecord>,
}

/// What would be taken away at each application, as far as it is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weight(BTreeMap<ApplicationId, Counted>);

impl Weight {
    /// Adds what these people lose, whatever they lose it for.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn add(&mut self, tables: &Tables, turns: &[Turn], now: Timestamp) -> StoreResult<()> {
        if turns.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = turns.iter().map(|turn| turn.id.clone()).collect();
        for configured in enabled(tables).await? {
            let links = tables.links.links_among(&configured.application.id, &ids).await?;
            let linked = turns.iter().filter_map(|turn| Some((turn, links.get(&turn.id)?)));
            let losses = linked.map(|(turn, link)| turn.loses(tables, &configured, link, now));
            let losses: Vec<Counted> = stream::iter(losses).buffered(CONCURRENT).try_collect().await?;
            self.count(&configured, losses.into_iter().fold(Counted::default(), Counted::and));
        }
        Ok(())
    }

    /// Adds these groups, which are deleted; who is in them is added by himself.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn add_groups(
        &mut self,
        tables: &Tables,
        groups: &[GroupId],
        now: Timestamp,
    ) -> StoreResult<()> {
        if groups.is_empty() {
            return Ok(());
        }
        for configured in enabled(tables).await? {
            let counts = groups.iter().map(|group| group::of_a_group(tables, &configured, group, now));
            let counts: Vec<Counted> = stream::iter(counts).buffered(CONCURRENT).try_collect().await?;
            self.count(&configured, counts.into_iter().fold(Counted::default(), Counted::and));
        }
        Ok(())
    }

    /// Of it, the values alone.
    #[must_use]
    pub fn of_values(&self) -> Self {
        let values = |counted: &Counted| Counted { values: counted.values, ..Counted::default() };
        Self(self.0.iter().map(|(application, counted)| (application.clone(), values(counted))).collect())
    }

    fn count(&mut self, configured: &Configured, more: Counted) {
        let counted = self.0.entry(configured.application.id.clone()).or_default();
        *counted = counted.and(more);
    }

    /// The fuse of each application judges. Over too much it blows: what goes is held then, one by one, until a person decided.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn judge(&self, tables: &Tables, now: Timestamp) -> StoreResult<()> {
        for configured in enabled(tables).await? {
            let application = &configured.application.id;
            let takes = self.0.get(application).copied().unwrap_or_default();
            let fuse = Fuse { tables, application, limits: configured.application.policy.fuse };
            let window = tables.fuse.window(application).await?;
            if let Some(why) = window.would_blow(takes, &fuse.limits, now) {
                tracing::warn!(%application, ?takes, "what is taken away at once is held");
                fuse.change(|window| window.blow(why.clone(), now)).await?;
            }
        }
        Ok(())
    }
}

impl Turn {
    /// What he loses at an application: his account, or, where he keeps that, memberships and a value. Whoever loses it for another
    /// reason asks for himself.
    async fn loses(
        &self,
        tables: &Tables,
        configured: &Configured,
        link: &Link,
        now: Timestamp,
    ) -> StoreResult<Counted> {
        let mut loses = self.account_or_value(configured, link, now);
        let stays = Desired::of(self.then.as_ref(), &configured.selection) == Desired::Active;
        if let Some(then) = self.then.as_ref().filter(|_| stays) {
            loses = loses.and(self.memberships(tables, configured, then, now).await?);
        }
        Ok(loses)
    }

    /// His account, or a value of it.
    fn account_or_value(&self, configured: &Configured, link: &Link, now: Timestamp) -> Counted {
        let none = Counted::default();
        let desired = |record: Option<&UserRecord>| Desired::of(record, &configured.selection);
        let (before, then) = (desired(Some(&self.now)), desired(self.then.as_ref()));
        let generation = configured.application.target_generation;
        let in_use = link.usable_remote(generation).is_some() || link.create_is_open(generation);
        if !in_use || !matches!(before, Desired::Active | Desired::Suspended) {
            return none;
        }
        let decided = configured.keeps(link, then) || link.may_lose(configured.removal_kind(then), now);
        match then {
            Desired::Unassigned | Desired::Deleted if !decided => Counted { accounts: 1, ..none },
            Desired::Suspended if before == Desired::Active && !decided => {
                let goes = configured.departure(then) != Departure::Leave;
                Counted { accounts: u64::from(goes), ..none }
            }
            Desired::Active if before == Desired::Active => {
                let takes = |record: Option<&UserRecord>| match plan_user(configured, record, link, now) {
                    UserPlan::Change { changes, .. } => changes.iter().any(|change| change.takes_away()),
                    _ => false,
                };
                let new = takes(self.then.as_ref()) && !takes(Some(&self.now));
                let values = new && !link.may_lose(RemovalKind::Change, now);
                Counted { values: u64::from(values), ..none }
            }
            _ => none,
        }
    }

    /// Memberships that were pushed, of groups that he leaves.
    async fn memberships(
        &self,
        tables: &Tables,
        configured: &Configured,
        then: &UserRecord,
        now: Timestamp,
    ) -> StoreResult<Counted> {
        let (application, selection) = (&configured.application.id, &configured.selection);
        let mut counted = Counted::default();
        let mut left = self.now.groups.difference(&then.groups);
        if !left.any(|group| selection.provisions_group(group)) {
            return Ok(counted);
        }
        for (group, pushed) in tables.memberships.pushed_of(application, &self.id).await? {
            let leaves = self.now.groups.contains(&group) && !then.groups.contains(&group);
            let here = pushed.target_generation == configured.application.target_generation;
            if leaves && here && selection.provisions_group(&group) {
                let loss = Loss::of(tables, (application, selection), then, (&group, &pushed), now).await?;
                counted = counted.and(loss.removes().into());
            }
        }
        Ok(counted)
    }
}

/// The applications that lose what is taken away. One that is not enabled is swept when it is, which counts first.
async fn enabled(tables: &Tables) -> StoreResult<Vec<Configured>> {
    let mut found = Vec::new();
    for summary in tables.applications.list().await? {
        let configured = tables.applications.load(&summary.id).await?;
        found.extend(configured.filter(|found| found.application.lifecycle == Lifecycle::Enabled));
    }
    Ok(found)
}
