//! Before a group is deleted: whom it takes with it is counted at each application that selects it, so that either all of it may go
//! or, where it is too much, the fuse blows before anything went.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Counted, Fuse};
use crate::application::{Configured, Lifecycle};
use crate::desired::Desired;
use crate::directory::UserRecord;
use crate::ids::{ApplicationId, GroupId, UserId};
use crate::link::{Link, LinkKey};
use crate::plan::{GroupPlan, plan_group};
use crate::ports::{StoreResult, Tables};

/// Members counted at a time.
const MEMBERS: usize = 200;
/// Reads under way at a time.
const CONCURRENT: usize = 16;

/// How far the members of a group are counted that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupWeighing {
    /// Which group.
    pub group: GroupId,
    /// Behind whom the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<UserId>,
    /// What would be taken away at each application, as far as it is counted.
    #[serde(default)]
    takes: BTreeMap<ApplicationId, Counted>,
}

/// A member as he is, and as he is once the group is gone.
struct Member {
    id: UserId,
    now: UserRecord,
    then: UserRecord,
}

impl GroupWeighing {
    /// Of this group, from its first member on.
    pub fn of(group: GroupId) -> Self {
        Self { group, after: None, takes: BTreeMap::new() }
    }

    /// Counts a page of members. `None`: that was the last, and the fuse of each application has judged.
    ///
    /// # Errors
    ///
    /// A table did not answer: the group may not go yet.
    pub async fn page(&self, tables: &Tables, now: Timestamp) -> StoreResult<Option<Self>> {
        let ids = tables.directory.members_page(&self.group, self.after.as_ref(), MEMBERS).await?;
        let applications = self.applications(tables).await?;
        let members = self.members(tables, &applications, &ids).await?;
        let mut takes = self.takes.clone();
        for configured in &applications {
            let application = &configured.application.id;
            let links = tables.links.links_among(application, &ids).await?;
            let counted = takes.entry(application.clone()).or_default();
            for member in &members {
                let Some(link) = links.get(&member.id) else { continue };
                *counted = counted.and(self.lost(configured, member, link, now));
            }
        }
        if let Some(last) = ids.last().filter(|_| ids.len() == MEMBERS && !applications.is_empty()) {
            return Ok(Some(Self { after: Some(last.clone()), takes, ..self.clone() }));
        }
        for configured in &applications {
            let members = takes.get(&configured.application.id).copied().unwrap_or_default();
            let group = self.of_the_group(tables, configured, now).await?;
            judge(tables, configured, members.and(group), now).await?;
        }
        Ok(None)
    }

    /// The applications that lose what they have of it. One that is not enabled is swept when it is, which counts first.
    async fn applications(&self, tables: &Tables) -> StoreResult<Vec<Configured>> {
        let mut found = Vec::new();
        for summary in tables.applications.list().await? {
            let configured = tables.applications.load(&summary.id).await?;
            found.extend(configured.filter(|configured| {
                let enabled = configured.application.lifecycle == Lifecycle::Enabled;
                enabled && configured.selection.includes(&self.group)
            }));
        }
        Ok(found)
    }

    async fn members(
        &self,
        tables: &Tables,
        applications: &[Configured],
        ids: &[UserId],
    ) -> StoreResult<Vec<Member>> {
        if applications.is_empty() {
            return Ok(Vec::new());
        }
        let selected =
            |group: &&GroupId| applications.iter().any(|configured| configured.selection.includes(group));
        let reads = ids.iter().map(|id| tables.directory.user(id));
        let records: Vec<Option<UserRecord>> = stream::iter(reads).buffered(CONCURRENT).try_collect().await?;
        let groups = records.iter().flatten().flat_map(|record| &record.groups);
        let others: BTreeSet<&GroupId> = groups.filter(selected).collect();
        // Another group that is being deleted keeps nobody.
        let mut going = BTreeSet::from([self.group.clone()]);
        let reads = others.into_iter().map(|group| async move {
            let found = tables.directory.group(group).await?;
            StoreResult::Ok((found.is_none_or(|found| found.deleting)).then(|| group.clone()))
        });
        let gone: Vec<Option<GroupId>> = stream::iter(reads).buffered(CONCURRENT).try_collect().await?;
        going.extend(gone.into_iter().flatten());
        let members = ids.iter().zip(records).filter_map(|(id, record)| {
            let now = record?;
            let then = UserRecord { groups: &now.groups - &going, ..now.clone() };
            Some(Member { id: id.clone(), now, then })
        });
        Ok(members.collect())
    }

    /// What one member loses at an application: his account, or, where he keeps that, his membership. Whoever leaves for another
    /// reason asks for himself.
    fn lost(&self, configured: &Configured, member: &Member, link: &Link, now: Timestamp) -> Counted {
        let none = Counted::default();
        let generation = configured.application.target_generation;
        let desired = |record| Desired::of(Some(record), &configured.selection);
        let (before, then) = (desired(&member.now), desired(&member.then));
        if !matches!(before, Desired::Active | Desired::Suspended) {
            return none;
        }
        let in_use = link.usable_remote(generation).is_some() || link.create_is_open(generation);
        match then {
            Desired::Unassigned if in_use => {
                let decided =
                    configured.keeps(link, then) || link.may_lose(configured.removal_kind(then), now);
                if decided { none } else { Counted { accounts: 1, ..none } }
            }
            Desired::Active if in_use && configured.selection.provisions_group(&self.group) => {
                Counted { memberships: 1, ..none }
            }
            _ => none,
        }
    }

    /// What the group itself is to the fuse.
    async fn of_the_group(
        &self,
        tables: &Tables,
        configured: &Configured,
        now: Timestamp,
    ) -> StoreResult<Counted> {
        let link = tables.links.link(&LinkKey::group(&configured.application.id, &self.group)).await?;
        let goes = link.is_some_and(|link| {
            let taken = matches!(plan_group(configured, None, &link), GroupPlan::Empty | GroupPlan::Delete);
            taken && !link.may_lose(configured.group_removal_kind(&link), now)
        });
        Ok(Counted { groups: u64::from(goes), ..Counted::default() })
    }
}

/// Over too much the fuse blows: whatever goes with the group is held then, one by one, until a person decided.
async fn judge(tables: &Tables, configured: &Configured, takes: Counted, now: Timestamp) -> StoreResult<()> {
    let application = &configured.application.id;
    let fuse = Fuse { tables, application, limits: configured.application.policy.fuse };
    let window = tables.fuse.window(application).await?;
    let Some(why) = window.would_blow(takes, &fuse.limits, now) else { return Ok(()) };
    tracing::warn!(%application, accounts = takes.accounts, "what the deletion of a group takes is held");
    fuse.change(|window| window.blow(why.clone(), now)).await
}
