//! The rows of users: everybody in a selected group, then the links whose user is wanted no more.

use std::collections::HashSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use scim::AttributePath;

use super::{Page, PreviewPhase, PreviewPosition, PreviewRow, RowAction};
use crate::desired::Desired;
use crate::directory::{User, UserRecord};
use crate::drift::Subject;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey, Object, Origin, State};
use crate::matching::{Candidates, MADE_BY_US, Match, decide};
use crate::plan::{CounterpartKeys, UserPlan, adoption_changes, creation_changes, plan_user};
use crate::ports::{StoreResult, Target as _};
use crate::sweep::Step;
use crate::sync::{Keys, baseline, listed, with_owners};
use crate::target::{Found, Kind, TargetError};
use crate::value::Attributes;

/// How many members or links are read at a time, and how many of them are looked at together.
const AT_ONCE: usize = 200;
const CONCURRENT: usize = 16;
/// Most members of one page of the job, so that its progress is kept and it ends in time.
const MEMBERS_OF_A_PAGE: usize = 2_000;

/// What was found about one user.
struct Look {
    row: Option<PreviewRow>,
    /// His account is in use, and whether it would be no more.
    in_use: bool,
    goes: bool,
}

impl Page<'_> {
    /// Looks at the members of the selected groups, in the order of the groups' ids. Each is taken from his smallest.
    pub(super) async fn users(&mut self, step: Step) -> StoreResult<Option<PreviewPosition>> {
        let (mut group, mut behind) = match step {
            Step::Behind(group, user) => (Some(group), user),
            _ => (self.configured.selection.groups.first().cloned(), None),
        };
        let mut looked_at = 0;
        while let Some(current) = group.clone() {
            if looked_at >= MEMBERS_OF_A_PAGE {
                let step = Step::Behind(current, behind);
                return Ok(Some(PreviewPosition { phase: PreviewPhase::Users, step }));
            }
            let directory = &self.previewer.tables.directory;
            let members = directory.members_page(&current, behind.as_ref(), AT_ONCE).await?;
            looked_at += members.len();
            self.look_at_members(&current, &members).await?;
            behind = members.last().filter(|_| members.len() == AT_ONCE).cloned();
            if behind.is_none() {
                group = self.group_behind(&current);
            }
        }
        Ok(Some(PreviewPosition { phase: PreviewPhase::Leavers, step: Step::Start }))
    }

    async fn look_at_members(&mut self, group: &GroupId, members: &[UserId]) -> StoreResult<()> {
        let looks: Vec<_> = members.iter().map(|user| self.member(group, user)).collect();
        let looks: Vec<Option<Look>> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        let looks: Vec<_> = looks.into_iter().flatten().collect();
        self.job.counts.users_seen += looks.len() as u64;
        self.keep(looks).await
    }

    /// A user of whom this is the smallest selected group, and who is to have an account. Who is to be turned off comes with the
    /// leavers.
    async fn member(&self, group: &GroupId, user: &UserId) -> StoreResult<Option<Look>> {
        let Some(record) = self.previewer.tables.directory.user(user).await? else { return Ok(None) };
        let selection = &self.configured.selection;
        let smallest = record.groups.iter().find(|group| selection.includes(group));
        if smallest != Some(group) || Desired::of(Some(&record), selection) != Desired::Active {
            return Ok(None);
        }
        let key = LinkKey::user(&self.job.application, user);
        let link = self.previewer.tables.links.link(&key).await?.unwrap_or_else(|| Link::new(key));
        self.look(Some(&record), &link).await.map(Some)
    }

    /// Looks at the links whose user is wanted no more.
    pub(super) async fn leavers(&mut self, step: Step) -> StoreResult<Option<PreviewPosition>> {
        let cursor = match step {
            Step::Cursor(_, cursor) => cursor,
            _ => None,
        };
        let links = &self.previewer.tables.links;
        let page = links.propose_links(&self.job.application, Kind::User, cursor, AT_ONCE).await?;
        let looks: Vec<_> = page.keys.iter().map(|key| self.leaver(key)).collect();
        let looks: Vec<Option<Look>> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        self.keep(looks.into_iter().flatten().collect()).await?;
        Ok(Some(match page.next {
            Some(next) => {
                let step = Step::Cursor(Kind::User, Some(next));
                PreviewPosition { phase: PreviewPhase::Leavers, step }
            }
            None => PreviewPosition { phase: PreviewPhase::Groups, step: Step::Start },
        }))
    }

    async fn leaver(&self, key: &LinkKey) -> StoreResult<Option<Look>> {
        let Object::User(user) = &key.object else { return Ok(None) };
        let Some(link) = self.previewer.tables.links.link(key).await? else { return Ok(None) };
        let record = self.previewer.tables.directory.user(user).await?;
        if Desired::of(record.as_ref(), &self.configured.selection) == Desired::Active {
            return Ok(None);
        }
        self.look(record.as_ref(), &link).await.map(Some)
    }

    /// Keeps rows and counts. Of two rows that would take one account the second is a conflict, as it would be.
    async fn keep(&mut self, looks: Vec<Look>) -> StoreResult<()> {
        let mut taken = HashSet::new();
        let mut rows = Vec::with_capacity(looks.len());
        for Look { row, in_use, goes } in looks {
            self.job.counts.linked += u64::from(in_use);
            self.job.counts.removals += u64::from(in_use && goes);
            let Some(mut row) = row else { continue };
            if let Some(remote_id) = row.takes().cloned()
                && !taken.insert(remote_id.clone())
            {
                let reason =
                    format!("the account '{remote_id}' becomes the counterpart of another user first");
                row = PreviewRow {
                    reason: Some(reason),
                    ..PreviewRow::new(&row.object, &row.name, RowAction::Conflict)
                };
            }
            self.job.counts.add(&row);
            rows.push(row);
        }
        self.previewer.tables.previews.put_rows(&self.job, &rows).await
    }

    async fn look(&self, record: Option<&UserRecord>, link: &Link) -> StoreResult<Look> {
        let generation = self.configured.application.target_generation;
        let in_use = link.usable_remote(generation).is_some() || link.create_is_open(generation);
        let row = self.user_row(record, link).await?;
        let desired = Desired::of(record, &self.configured.selection);
        Ok(Look { row, in_use, goes: desired != Desired::Active && !self.configured.keeps(link, desired) })
    }

    /// What the workers' planner says of him, and where it says that he is matched, what matching says.
    pub(super) async fn user_row(
        &self,
        record: Option<&UserRecord>,
        link: &Link,
    ) -> StoreResult<Option<PreviewRow>> {
        let foreseen = match record {
            Some(record) => Some(self.seen_in_the_end(record.clone()).await?),
            None => None,
        };
        let record = foreseen.as_ref().map(|foreseen| &foreseen.resolved.record);
        let left_out =
            foreseen.as_ref().map(|foreseen| foreseen.resolved.left_out_paths()).unwrap_or_default();
        let link = &self.as_compared(Subject::User(record), link).await?;
        let user = record.and_then(|record| record.user.as_ref());
        let name = user.map(|user| user.username.clone()).or_else(|| link.shown_name());
        let name = name.unwrap_or_else(|| link.key.object.id().to_owned());
        let row = |action| PreviewRow {
            remote_id: link.remote_id.clone(),
            ..PreviewRow::new(&link.key.object, &name, action)
        };
        let row = match plan_user(&self.configured, record, link, self.previewer.clock.now()) {
            // He is in step, and what follows may still come.
            UserPlan::Nothing
                if link.usable_remote(self.configured.application.target_generation).is_some() =>
            {
                Some(row(RowAction::Update))
            }
            UserPlan::Nothing | UserPlan::WaitForGrace { .. } => None,
            UserPlan::Block { reason } => {
                Some(PreviewRow { reason: Some(reason), ..row(RowAction::Blocked) })
            }
            UserPlan::Match { attributes } => match user {
                Some(user) => Some(self.matched(user, link, &attributes, &left_out).await?),
                None => None,
            },
            UserPlan::Resolve => self.looked_up(record, link, row(RowAction::Conflict)).await?,
            UserPlan::Change { action, changes, .. } => Some(PreviewRow { changes, ..row(action.into()) }),
            UserPlan::Delete { .. } => Some(row(RowAction::Delete)),
            UserPlan::Release => Some(row(RowAction::Release)),
        };
        let follows = foreseen.map(|foreseen| foreseen.follows).unwrap_or_default();
        Ok(row.map(|row| row.followed_by(follows)).filter(PreviewRow::says_something))
    }

    /// A user without a counterpart: the table of matching, on what was listed.
    pub(super) async fn matched(
        &self,
        user: &User,
        link: &Link,
        attributes: &Attributes,
        left_out: &[AttributePath],
    ) -> StoreResult<PreviewRow> {
        let row = |action| PreviewRow::new(&link.key.object, &user.username, action);
        let generation = self.configured.application.target_generation;
        if let Some(chosen) = link.chosen_at(generation) {
            return self.chosen(row(RowAction::Adopt), chosen, link, attributes, left_out).await;
        }
        if !self.job.listed {
            let changes = creation_changes(attributes);
            return Ok(PreviewRow { changes, ..row(RowAction::MatchOrCreate) });
        }
        let keys = CounterpartKeys::of_user(&self.configured, user, link, attributes);
        let open = link.create_is_open(generation);
        let candidates = self.candidates(&link.key, &keys).await?;
        let rules = (&self.configured.application.policy).into();
        Ok(match decide(&candidates, &keys.sought(Kind::User, open), &rules) {
            Match::None => PreviewRow { changes: creation_changes(attributes), ..row(RowAction::Create) },
            Match::Link { found, origin } => PreviewRow {
                remote_id: Some(found.remote_id.clone()),
                changes: adoption_changes(
                    &self.configured,
                    attributes,
                    &baseline(&self.configured, Kind::User, &found, left_out),
                    origin,
                    link,
                ),
                ..row(match origin {
                    Origin::Created => RowAction::Create,
                    Origin::Adopted => RowAction::Adopt,
                })
            },
            Match::Conflict { reason, candidates } => {
                PreviewRow { reason: Some(reason), candidates, ..row(RowAction::Conflict) }
            }
        })
    }

    /// The account that a person chose is read, since a listing is kept by other keys.
    async fn chosen(
        &self,
        row: PreviewRow,
        chosen: &crate::ids::RemoteId,
        link: &Link,
        attributes: &Attributes,
        left_out: &[AttributePath],
    ) -> StoreResult<PreviewRow> {
        let read = match self.target().await? {
            Some(target) => target.get(Kind::User, chosen).await.result,
            None => Err(TargetError::Unauthorized(crate::sync::NO_CREDENTIALS.to_owned())),
        };
        Ok(match read {
            Ok(found) => {
                let baseline = baseline(&self.configured, Kind::User, &found, left_out);
                let changes =
                    adoption_changes(&self.configured, attributes, &baseline, Origin::Adopted, link);
                PreviewRow { remote_id: Some(chosen.clone()), changes, ..row }
            }
            Err(error) => {
                let reason = format!("the account '{chosen}' that was chosen could not be read: {error}");
                PreviewRow { reason: Some(reason), action: RowAction::Conflict, ..row }
            }
        })
    }

    /// A create may have been sent for somebody who is wanted no more: if it was, he goes as one who is linked.
    async fn looked_up(
        &self,
        record: Option<&UserRecord>,
        link: &Link,
        row: PreviewRow,
    ) -> StoreResult<Option<PreviewRow>> {
        match self.made_by_open_create(link).await? {
            Match::None => Ok(None),
            Match::Link { found, origin } => {
                Box::pin(self.user_row(record, &found_again(link, &found, origin))).await
            }
            Match::Conflict { reason, candidates } => {
                Ok(Some(PreviewRow { reason: Some(reason), candidates, ..row }))
            }
        }
    }

    /// What an open create made, as a worker finds it, in what was listed.
    pub(super) async fn made_by_open_create(&self, link: &Link) -> StoreResult<Match> {
        let Some(external_id) = link.external_id.clone() else { return Ok(Match::None) };
        let name = link.asked_name.clone().unwrap_or_default();
        let keys = CounterpartKeys { external_id, name, email: None };
        let found = self.candidates(&link.key, &keys).await?;
        let found = found.made_by_open_create(&keys.external_id, link.asked_at);
        Ok(decide(&found, &keys.sought(link.key.kind(), true), &MADE_BY_US))
    }

    /// What the listing found under these keys, and whose each is, by a link or by this preview.
    pub(super) async fn candidates(&self, key: &LinkKey, keys: &CounterpartKeys) -> StoreResult<Candidates> {
        let CounterpartKeys { external_id, name, email } = keys;
        let keys = Keys {
            external_id,
            name: Some(name.as_str()).filter(|name| !name.is_empty()),
            email: email.as_deref(),
            thorough: false,
        };
        let (tables, generation) = (&self.previewer.tables, self.configured.application.target_generation);
        let found = listed(tables, &self.job.application, &self.job.listing, key.kind(), &keys).await?;
        let mut found = with_owners(tables, key, generation, found).await?;
        let ids: Vec<_> = found.all().iter().take(4).map(|found| found.remote_id.clone()).collect();
        for remote_id in ids {
            let previews = &tables.previews;
            let taken =
                previews.taken_by(&self.job.application, &self.job.id, key.kind(), &remote_id).await?;
            if let Some(object) = taken.filter(|object| *object != key.object) {
                let owner = LinkKey { application: self.job.application.clone(), object };
                found.owned.entry(remote_id).or_insert(owner);
            }
        }
        Ok(found)
    }
}

/// The link once what its open create made is found.
pub(super) fn found_again(link: &Link, found: &Found, origin: Origin) -> Link {
    let remote_id = Some(found.remote_id.clone());
    Link { state: State::Linked, remote_id, origin: Some(origin), ..link.clone() }
}
