//! What changed since a preview was made: its objects are planned again and held against its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Page, PreviewJob, PreviewRow, Previewer, RowAction};
use crate::application::{Configured, Policy};
use crate::clock::after;
use crate::desired::Desired;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey, Object};
use crate::ports::StoreResult;

/// Most rows, and most members of the selected groups, that are looked at again: what one call does.
const MOST: usize = 1_000;
/// Most objects that are named.
const MOST_NAMED: usize = 100;
/// How many are looked at together.
const CONCURRENT: usize = 16;
/// How long a preview may be relied on: what was listed at the target is kept for two days.
const FRESH_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What changed since a preview was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Of whom something else would be done now; the first hundred of them.
    pub objects: Vec<ChangedObject>,
    /// How many they are.
    pub count: usize,
    /// How many were looked at again.
    pub checked: usize,
    /// How many there are. Where the preview is so large that only its first part was looked at, that is as it counted them.
    pub of: usize,
}

impl Changed {
    /// Whether everything was looked at.
    pub fn is_complete(&self) -> bool {
        self.checked == self.of
    }
}

/// Somebody of whom something else would be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedObject {
    /// Who.
    pub object: Object,
    /// His name.
    pub name: String,
    /// What the preview says; `None`: nothing.
    pub previewed: Option<RowAction>,
    /// What would be done now.
    pub now: Option<RowAction>,
}

/// Why a preview says nothing of what would happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outdated {
    /// It is under way.
    #[error("the preview is not complete yet; wait for its end")]
    UnderWay,
    /// It ended before its end.
    #[error("the preview did not come to its end; make another one")]
    Failed,
    /// It is about another configuration.
    #[error("the configuration was changed since the preview was made; make another one")]
    Configuration,
    /// It is older than a day.
    #[error("the preview is older than a day; make another one")]
    Age,
}

impl Previewer {
    /// What changed since the preview was made.
    ///
    /// # Errors
    ///
    /// [`Outdated`] where that is not a matter of single objects; a store that did not answer.
    pub async fn changed_since(
        &self,
        configured: &Configured,
        job: &PreviewJob,
    ) -> StoreResult<Result<Changed, Outdated>> {
        let outdated = match job {
            job if !job.is_over() => Some(Outdated::UnderWay),
            job if !job.is_complete() => Some(Outdated::Failed),
            job if job.version != configured.application.version => Some(Outdated::Configuration),
            job if after(job.started_at, FRESH_FOR) <= self.clock.now() => Some(Outdated::Age),
            _ => None,
        };
        if let Some(outdated) = outdated {
            return Ok(Err(outdated));
        }
        let mut configured = configured.clone();
        let policy = configured.application.policy.clone();
        configured.application.policy = Policy { grace_seconds: 0, ..policy };
        let page = Page { previewer: self, configured, job: job.clone() };
        page.changed().await.map(Ok)
    }
}

impl Page<'_> {
    async fn changed(&self) -> StoreResult<Changed> {
        let (application, preview) = (&self.job.application, &self.job.id);
        let rows = self.previewer.tables.previews.rows(application, preview, None, MOST + 1).await?;
        let all_rows = rows.len() <= MOST;
        let mut said: BTreeMap<Object, PreviewRow> =
            rows.into_iter().take(MOST).map(|row| (row.object.clone(), row)).collect();
        let (members, all_members) = self.members_in_scope().await?;
        // Of whom there was no row before, there may be one now; beyond the rows that were read, there may have been one.
        let unread: Vec<_> = members
            .iter()
            .filter(|user| !said.contains_key(&Object::User((*user).clone())))
            .cloned()
            .collect();
        let further = self.previewer.tables.previews.rows_among(application, preview, &unread).await?;
        said.extend(further.into_values().map(|row| (row.object.clone(), row)));
        let objects: BTreeSet<Object> =
            said.keys().cloned().chain(members.into_iter().map(Object::User)).collect();
        let checked = objects.len();
        let looks: Vec<_> = objects.iter().map(|object| self.now(object)).collect();
        let now: Vec<Option<PreviewRow>> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        let differ = objects.into_iter().zip(now).filter_map(|(object, now)| {
            let before = said.get(&object);
            let name = now.as_ref().or(before).map(|row| row.name.clone());
            (!same(before, now.as_ref())).then(|| ChangedObject {
                name: name.unwrap_or_else(|| object.id().to_owned()),
                previewed: before.map(|row| row.action),
                now: now.as_ref().map(|row| row.action),
                object,
            })
        });
        let differ: Vec<ChangedObject> = differ.collect();
        let count = differ.len();
        let of = match all_rows && all_members {
            true => checked,
            false => (checked + 1).max(usize::try_from(self.job.counts.seen()).unwrap_or(usize::MAX)),
        };
        Ok(Changed { objects: differ.into_iter().take(MOST_NAMED).collect(), count, checked, of })
    }

    /// The first members of the selected groups, and whether they are all.
    async fn members_in_scope(&self) -> StoreResult<(BTreeSet<UserId>, bool)> {
        let mut members = BTreeSet::new();
        for group in &self.configured.selection.groups {
            let left = MOST - members.len();
            let directory = &self.previewer.tables.directory;
            let page = directory.members_page(group, None, left + 1).await?;
            let more = page.len() > left;
            members.extend(page.into_iter().take(left));
            if more {
                return Ok((members, false));
            }
        }
        Ok((members, true))
    }

    /// What would be done now.
    async fn now(&self, object: &Object) -> StoreResult<Option<PreviewRow>> {
        match object {
            Object::User(user) => self.user_now(user).await,
            Object::Group(group) => self.group_now(group).await,
        }
    }

    async fn user_now(&self, user: &UserId) -> StoreResult<Option<PreviewRow>> {
        let tables = &self.previewer.tables;
        let key = LinkKey::user(&self.job.application, user);
        let (record, link) = tokio::try_join!(tables.directory.user(user), tables.links.link(&key))?;
        let wanted = Desired::of(record.as_ref(), &self.configured.selection) == Desired::Active;
        match link {
            Some(link) => self.user_row(record.as_ref(), &link).await,
            None if wanted => self.user_row(record.as_ref(), &Link::new(key)).await,
            None => Ok(None),
        }
    }

    /// A group's row with all its members, as far as the preview's own rows say who has an account.
    async fn group_now(&self, group: &GroupId) -> StoreResult<Option<PreviewRow>> {
        let (mut row, mut behind) = (None, None);
        loop {
            let Some((next, end)) = self.group_page(group, behind.as_ref(), row).await? else {
                return Ok(None);
            };
            (row, behind) = (Some(next), end);
            if behind.is_none() {
                return Ok(row.filter(PreviewRow::says_something));
            }
        }
    }
}

/// Whether the two say the same; the name is not what is done.
fn same(one: Option<&PreviewRow>, other: Option<&PreviewRow>) -> bool {
    let deed = |row: &PreviewRow| PreviewRow { name: String::new(), ..row.clone() };
    one.map(deed) == other.map(deed)
}
