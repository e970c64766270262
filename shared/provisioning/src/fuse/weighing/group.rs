//! Before a group is deleted: whom it takes with it is counted at each application that selects it, so that either all of it may go
//! or, where it is too much, the fuse blows before anything went.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CONCURRENT, Turn, Weight, enabled};
use crate::application::Configured;
use crate::desired::Desired;
use crate::directory::UserRecord;
use crate::fuse::Counted;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey};
use crate::plan::{GroupPlan, plan_group};
use crate::ports::{StoreResult, Tables};

/// Members counted at a time.
const MEMBERS: usize = 200;

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
    takes: Weight,
}

impl GroupWeighing {
    /// Of this group, from its first member on.
    pub fn of(group: GroupId) -> Self {
        Self { group, after: None, takes: Weight::default() }
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
            let links = tables.links.links_among(&configured.application.id, &ids).await?;
            let linked = members.iter().filter_map(|member| Some((member, links.get(&member.id)?)));
            let lost = linked.map(|(member, link)| self.lost(configured, member, link, now));
            takes.count(configured, lost.fold(Counted::default(), Counted::and));
        }
        if let Some(last) = ids.last().filter(|_| ids.len() == MEMBERS && !applications.is_empty()) {
            return Ok(Some(Self { after: Some(last.clone()), takes, ..self.clone() }));
        }
        for configured in &applications {
            takes.count(configured, of_a_group(tables, configured, &self.group, now).await?);
        }
        takes.judge(tables, now).await?;
        Ok(None)
    }

    /// The applications that lose what they have of it.
    async fn applications(&self, tables: &Tables) -> StoreResult<Vec<Configured>> {
        let mut applications = enabled(tables).await?;
        applications.retain(|configured| configured.selection.includes(&self.group));
        Ok(applications)
    }

    async fn members(
        &self,
        tables: &Tables,
        applications: &[Configured],
        ids: &[UserId],
    ) -> StoreResult<Vec<Turn>> {
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
            Some(Turn { id: id.clone(), now, then: Some(then) })
        });
        Ok(members.collect())
    }

    /// What one member loses at an application: his account, or, where he keeps that, his membership.
    fn lost(&self, configured: &Configured, member: &Turn, link: &Link, now: Timestamp) -> Counted {
        let generation = configured.application.target_generation;
        let in_use = link.usable_remote(generation).is_some() || link.create_is_open(generation);
        let stays = Desired::of(member.then.as_ref(), &configured.selection) == Desired::Active;
        if stays && in_use && configured.selection.provisions_group(&self.group) {
            return Counted { memberships: 1, ..Counted::default() };
        }
        member.account_or_value(configured, link, now)
    }
}

/// What a group that is deleted is itself to the fuse.
pub(super) async fn of_a_group(
    tables: &Tables,
    configured: &Configured,
    group: &GroupId,
    now: Timestamp,
) -> StoreResult<Counted> {
    let link = tables.links.link(&LinkKey::group(&configured.application.id, group)).await?;
    let goes = link.is_some_and(|link| {
        let taken = matches!(plan_group(configured, None, &link), GroupPlan::Empty | GroupPlan::Delete);
        taken && !link.may_lose(configured.group_removal_kind(&link), now)
    });
    Ok(Counted { groups: u64::from(goes), ..Counted::default() })
}
