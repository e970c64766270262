//! The rows of groups: the selected ones with the members they would gain and lose, then the links whose group is wanted
//! no more. A group's members are walked page by page; its row is kept with the job until the last.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::users::found_again;
use super::{Page, PreviewPhase, PreviewPosition, PreviewRow, RowAction};
use crate::directory::Group;
use crate::drift::Subject;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey, Object, Origin, State};
use crate::matching::{Match, decide};
use crate::plan::{
    CounterpartKeys, GroupPlan, changes, creation_changes, display_name, plan_group, refused_group_name,
};
use crate::ports::StoreResult;
use crate::sweep::Step;
use crate::sync::baseline;
use crate::target::Kind;
use crate::value::Attributes;

/// How many links are read at a time, and how many objects are looked at together.
const LINKS: usize = 200;
const CONCURRENT: usize = 16;
/// Most pages of members of one page of the job, so that its progress is kept and it ends in time.
const MEMBER_PAGES: usize = 8;

/// Where a group's members stand before anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Those recorded as pushed are there.
    Recorded,
    /// The group is still to be made: nobody is there.
    Nobody,
}

/// What becomes of a group: its row without members, and how they are walked.
struct Outlook {
    row: PreviewRow,
    members: Walk,
}

/// How a group's members are walked.
enum Walk {
    /// Not at all: they stay, or go with the group.
    None,
    /// Everybody is compared.
    Compare(Standing),
    /// Those whom we pushed go.
    TakeOut,
    /// They go with the group.
    GoAlong,
}

impl Page<'_> {
    /// Looks at the selected groups in the order of their ids.
    pub(super) async fn groups(&mut self, step: Step) -> StoreResult<Option<PreviewPosition>> {
        let (mut group, mut behind) = match step {
            Step::Behind(group, user) => (Some(group), user),
            _ => (self.configured.selection.groups.first().cloned(), None),
        };
        if !self.keeps_groups() {
            group = None;
        }
        let mut pages = MEMBER_PAGES;
        while let Some(current) = group.clone() {
            if pages == 0 {
                let step = Step::Behind(current, behind);
                return Ok(Some(PreviewPosition { phase: PreviewPhase::Groups, step }));
            }
            pages -= 1;
            behind = self.group(&current, behind.as_ref()).await?;
            if behind.is_none() {
                group = self.group_behind(&current);
            }
        }
        Ok(Some(PreviewPosition { phase: PreviewPhase::Deselected, step: Step::Start }))
    }

    /// Looks at a group and a page of its members, and keeps its row after the last; says behind whom the next page begins.
    async fn group(&mut self, id: &GroupId, behind: Option<&UserId>) -> StoreResult<Option<UserId>> {
        let saved = self.job.group.take();
        match self.group_page(id, behind, saved).await? {
            None => Ok(None),
            Some((row, None)) => self.put_group(row).await.map(|()| None),
            Some((row, next)) => {
                self.job.group = Some(row);
                Ok(next)
            }
        }
    }

    /// A group's row with the members up to this page, and behind whom the next page begins. `saved` is the row as the page before
    /// left it.
    pub(super) async fn group_page(
        &self,
        id: &GroupId,
        behind: Option<&UserId>,
        saved: Option<PreviewRow>,
    ) -> StoreResult<Option<(PreviewRow, Option<UserId>)>> {
        let tables = &self.previewer.tables;
        let key = LinkKey::group(&self.job.application, id);
        let (group, link) = tokio::try_join!(tables.directory.group(id), tables.links.link(&key))?;
        let link = link.unwrap_or_else(|| Link::new(key));
        let Some(outlook) = self.outlook(group.as_ref(), &link).await? else { return Ok(None) };
        let row = match (saved, behind) {
            (Some(row), Some(_)) if row.object == link.key.object => row,
            _ => outlook.row,
        };
        let mut row = row;
        row.weight.linked = link.usable_remote(self.configured.application.target_generation).is_some();
        Ok(Some(match outlook.members {
            Walk::None => (row, None),
            Walk::TakeOut | Walk::GoAlong => self.taken_out(id, behind, row).await?,
            Walk::Compare(standing) => self.compared(id, &link, standing, behind, row).await?,
        }))
    }

    async fn put_group(&mut self, row: PreviewRow) -> StoreResult<()> {
        self.job.counts.weigh(&row);
        if !row.says_something() {
            return Ok(());
        }
        self.job.counts.add(&row);
        self.previewer.tables.previews.put_rows(&self.job, std::slice::from_ref(&row)).await
    }

    /// Looks at the links whose group is wanted no more.
    pub(super) async fn deselected(&mut self, step: Step) -> StoreResult<Option<PreviewPosition>> {
        let cursor = match step {
            Step::Cursor(_, cursor) => cursor,
            _ => None,
        };
        if !self.target_has_groups() {
            return Ok(None);
        }
        let tables = &self.previewer.tables;
        let page = tables.links.propose_links(&self.job.application, Kind::Group, cursor, LINKS).await?;
        let looks: Vec<_> = page.keys.iter().map(|key| self.goes(key)).collect();
        let found: Vec<Option<GroupId>> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        for group in found.into_iter().flatten() {
            let mut behind = None;
            loop {
                behind = self.group(&group, behind.as_ref()).await?;
                if behind.is_none() {
                    break;
                }
            }
        }
        Ok(page.next.map(|next| PreviewPosition {
            phase: PreviewPhase::Deselected,
            step: Step::Cursor(Kind::Group, Some(next)),
        }))
    }

    /// The group, if it is kept no more and something is to be done about it.
    async fn goes(&self, key: &LinkKey) -> StoreResult<Option<GroupId>> {
        let Object::Group(id) = &key.object else { return Ok(None) };
        if self.keeps_groups() && self.configured.selection.includes(id) {
            return Ok(None);
        }
        let link = self.previewer.tables.links.link(key).await?;
        Ok(link.filter(|link| link.state != State::Tombstone).map(|_| id.clone()))
    }

    /// What the workers' planner says of it, and where it says that it is matched, what matching says.
    async fn outlook(&self, group: Option<&Group>, link: &Link) -> StoreResult<Option<Outlook>> {
        let link = &self.as_compared(Subject::Group(group), link).await?;
        let shown = group.map(|group| group.name.clone()).or_else(|| link.shown_name());
        let name = shown.unwrap_or_else(|| link.key.to_string());
        let row = |action| PreviewRow {
            remote_id: link.remote_id.clone(),
            ..PreviewRow::new(&link.key.object, &name, action)
        };
        let some = |row, members| Some(Outlook { row, members });
        Ok(match (plan_group(&self.configured, group, link), group) {
            (GroupPlan::Nothing, _) | (GroupPlan::Match { .. }, None) => None,
            (GroupPlan::Match { attributes }, Some(group)) => {
                Some(self.matched_group(group, link, &attributes).await?)
            }
            (GroupPlan::Keep { changes }, _) => {
                some(PreviewRow { changes, ..row(RowAction::Update) }, Walk::Compare(Standing::Recorded))
            }
            (GroupPlan::Resolve, _) => self.resolved_group(group, link, row(RowAction::Conflict)).await?,
            (GroupPlan::Empty, _) => some(row(RowAction::Release), Walk::TakeOut),
            (GroupPlan::Delete, _) => some(row(RowAction::Delete), Walk::GoAlong),
            (GroupPlan::Release, _) => some(row(RowAction::Release), Walk::None),
        })
    }

    async fn matched_group(
        &self,
        group: &Group,
        link: &Link,
        attributes: &Attributes,
    ) -> StoreResult<Outlook> {
        let row = |action| PreviewRow::new(&link.key.object, &group.name, action);
        let profile = catalog::profile(&self.configured.application.catalog_key);
        if let Some(reason) = profile.and_then(|profile| refused_group_name(profile, &group.name)) {
            let row = PreviewRow { reason: Some(reason), ..row(RowAction::Conflict) };
            return Ok(Outlook { row, members: Walk::None });
        }
        let made = |action| Outlook {
            row: PreviewRow { changes: creation_changes(attributes), ..row(action) },
            members: Walk::Compare(Standing::Nobody),
        };
        if !self.job.listed {
            return Ok(made(RowAction::MatchOrCreate));
        }
        let keys = CounterpartKeys::of_group(&self.configured, group, link);
        let candidates = self.candidates(&link.key, &keys).await?;
        let rules = (&self.configured.application.policy).into();
        Ok(
            match decide(
                &candidates,
                &keys.sought(Kind::Group, link.create_is_open(self.configured.application.target_generation)),
                &rules,
            ) {
                Match::None => made(RowAction::Create),
                Match::Conflict { reason, candidates } => Outlook {
                    row: PreviewRow { reason: Some(reason), candidates, ..row(RowAction::Conflict) },
                    members: Walk::None,
                },
                Match::Link { found, origin } => {
                    let shown = Link {
                        sent: baseline(&self.configured, Kind::Group, &found, &[]),
                        doubt: if origin == Origin::Adopted { BTreeSet::new() } else { link.doubt.clone() },
                        ..link.clone()
                    };
                    let action = match origin {
                        Origin::Created => RowAction::Create,
                        Origin::Adopted => RowAction::Adopt,
                    };
                    Outlook {
                        row: PreviewRow {
                            remote_id: Some(found.remote_id.clone()),
                            changes: changes(attributes, &[display_name()], &shown),
                            ..row(action)
                        },
                        members: Walk::Compare(Standing::Recorded),
                    }
                }
            },
        )
    }

    /// A create may have been sent for a group that is wanted no more: if it was, it goes as one that is linked.
    async fn resolved_group(
        &self,
        group: Option<&Group>,
        link: &Link,
        row: PreviewRow,
    ) -> StoreResult<Option<Outlook>> {
        match self.made_by_open_create(link).await? {
            Match::None => Ok(None),
            Match::Link { found, origin } => {
                Box::pin(self.outlook(group, &found_again(link, &found, origin))).await
            }
            Match::Conflict { reason, candidates } => {
                let row = PreviewRow { reason: Some(reason), candidates, ..row };
                Ok(Some(Outlook { row, members: Walk::None }))
            }
        }
    }
}
