//! The walk over everybody: who is not named is counted first, and deleted only once the fuse let it pass.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::runner::ImportRunner;
use super::{Import, ImportState, Named, Position, Walk};
use crate::fuse::{self, RemovalGuard, Verdict, Weight};
use crate::ids::{GroupId, UserId};
use crate::ports::{StoreError, StoreResult, UserWrite};
use crate::target::Kind;

/// Ids looked at for counting at a time.
const COUNTED: usize = 1_000;
/// Ids looked at for deleting at a time.
const DOOMED: usize = 100;
/// Deletions in flight.
const CONCURRENCY: usize = 8;

/// What a page of the walk found.
struct Unnamed {
    seen: u64,
    ids: Vec<String>,
    next: Option<String>,
}

impl ImportRunner {
    /// Counts whom the file does not name, and notes who they are; at the end the fuse judges. Counted again, once a person
    /// was asked, nobody is added to them: he allowed those whom the count saw.
    pub(super) async fn count(&self, import: &Import, walk: &Walk, now: Timestamp) -> StoreResult<Import> {
        let mut import = import.clone();
        if *walk == Walk::START {
            (import.users_counted, import.unnamed_users, import.unnamed_groups) = (0, 0, 0);
            import.weight = Weight::default();
        }
        // The share matters only from the floor on.
        if !import.deletes_users() && import.departing_users < RemovalGuard::default().floor {
            return Ok(judged(import));
        }
        let found = self.unnamed(&import, walk, COUNTED).await?;
        if !import.counted && !import.request.dry_run {
            self.note_counted(&import, walk.kind, &found.ids).await?;
        }
        match walk.kind {
            Kind::User => {
                import.users_counted += found.seen;
                import.unnamed_users += found.ids.len() as u64;
                if !import.request.dry_run {
                    self.weigh_deletions(&mut import, &found.ids, now).await?;
                }
            }
            Kind::Group => {
                import.unnamed_groups += found.ids.len() as u64;
                if !import.request.dry_run {
                    self.weigh_group_deletions(&mut import, &found.ids, now).await?;
                }
            }
        }
        Ok(match onward(&import, walk, found.next) {
            Some(walk) => Import { position: Position::Counting(walk), ..import },
            None => judged(import),
        })
    }

    /// Deletes whom the file does not name. Who is to go is noted, and counted, before the first of them goes, so that a
    /// page that is done again counts nobody twice.
    pub(super) async fn delete(&self, import: &Import, walk: &Walk) -> StoreResult<Import> {
        let mut import = import.clone();
        if !walk.doomed.is_empty() {
            let doomed = self.take_down(&import, walk).await?;
            let left = Walk { doomed, ..walk.clone() };
            let walk =
                if left.doomed.is_empty() { onward(&import, walk, walk.cursor.clone()) } else { Some(left) };
            return Ok(at(import, walk));
        }
        let found = self.unnamed(&import, walk, DOOMED).await?;
        let more = |deleted: u64, judged: u64| deleted + found.ids.len() as u64 > judged;
        let unjudged = match walk.kind {
            Kind::User => more(import.tally.users_deleted, import.unnamed_users),
            Kind::Group => more(import.tally.groups_deleted, import.unnamed_groups),
        };
        if unjudged {
            // Whoever came since is not looked at; should more be found all the same, count and judge again.
            return Ok(Import { position: Position::Counting(Walk::START), ..import });
        }
        match walk.kind {
            Kind::User => import.tally.users_deleted += found.ids.len() as u64,
            Kind::Group => import.tally.groups_deleted += found.ids.len() as u64,
        }
        let walk = match found.ids.is_empty() {
            true => onward(&import, walk, found.next),
            false => Some(Walk { kind: walk.kind, cursor: found.next, doomed: found.ids }),
        };
        Ok(at(import, walk))
    }

    /// Takes down what is doomed, a group a page at a time; gives what is left.
    async fn take_down(&self, import: &Import, walk: &Walk) -> StoreResult<Vec<String>> {
        let directory = &self.tables.directory;
        match walk.kind {
            Kind::User => {
                let deletions = walk.doomed.iter().map(|id| async move {
                    let id: UserId = parsed(id)?;
                    directory.delete_user(&id).await?;
                    self.let_go(import, &id).await
                });
                stream::iter(deletions).buffer_unordered(CONCURRENCY).try_collect::<Vec<()>>().await?;
                Ok(Vec::new())
            }
            Kind::Group => {
                let mut left = walk.doomed.clone();
                if let Some(id) = left.last() {
                    let id: GroupId = parsed(id)?;
                    directory.begin_group_deletion(&id).await?;
                    if directory.take_down_group(&id).await? {
                        left.pop();
                    }
                }
                Ok(left)
            }
        }
    }

    /// Whoever is taken away by a list that a person allowed is not held once more at each application.
    pub(super) async fn let_go(&self, import: &Import, user: &UserId) -> StoreResult<()> {
        if let (Some(at), true) = (import.committed_at, import.removals_are_allowed()) {
            // What was held before is marked by this; it comes due by itself.
            fuse::let_go(&self.tables, user, at).await?;
        }
        Ok(())
    }

    /// The same of memberships.
    pub(super) async fn let_members_go(&self, import: &Import, write: &UserWrite) -> StoreResult<()> {
        if let (Some(at), true) = (import.committed_at, import.removals_are_allowed()) {
            for group in &write.leave {
                fuse::let_member_go(&self.tables, group, &write.new.id, at).await?;
            }
        }
        Ok(())
    }

    /// A page of the walk. The index proposes; who is there, and who was named, is read consistently.
    async fn unnamed(&self, import: &Import, walk: &Walk, limit: usize) -> StoreResult<Unnamed> {
        let directory = &self.tables.directory;
        match walk.kind {
            Kind::User => {
                let page = directory.propose_users(walk.cursor.clone(), limit).await?;
                let seen = page.ids.len() as u64;
                let candidates = match import.deletes_users() {
                    true => self.not_noted(import, "u", &page.ids).await?,
                    false => Vec::new(),
                };
                let there = directory.users(&candidates).await?;
                let mut ids: Vec<_> = there.into_keys().map(String::from).collect();
                ids.sort();
                let ids = self.counted(import, Kind::User, ids).await?;
                Ok(Unnamed { seen, ids, next: page.next })
            }
            Kind::Group => {
                let page = directory.propose_groups(walk.cursor.clone(), limit).await?;
                let mut ids = Vec::new();
                for id in self.not_noted(import, "g", &page.ids).await? {
                    if directory.group(&id).await?.is_some_and(|group| !group.deleting) {
                        ids.push(id.to_string());
                    }
                }
                let ids = self.counted(import, Kind::Group, ids).await?;
                Ok(Unnamed { seen: page.ids.len() as u64, ids, next: page.next })
            }
        }
    }

    /// Notes whom the count saw, so that nobody else is taken, whoever comes before a person has decided.
    async fn note_counted(&self, import: &Import, kind: Kind, ids: &[String]) -> StoreResult<()> {
        let noted: HashMap<_, _> = ids.iter().map(|id| (counted_key(kind, id), Named::at(0, ""))).collect();
        self.tables.imports.put_named(&self.id, import.run, &noted).await
    }

    /// Of these, those whom the count saw; all of them while it is under way.
    async fn counted(&self, import: &Import, kind: Kind, ids: Vec<String>) -> StoreResult<Vec<String>> {
        if !import.counted {
            return Ok(ids);
        }
        let keys = ids.iter().map(|id| counted_key(kind, id)).collect();
        let seen = self.named(import, keys).await?;
        Ok(ids.into_iter().filter(|id| seen.contains_key(&counted_key(kind, id))).collect())
    }

    async fn not_noted<Id: Clone + ToString>(
        &self,
        import: &Import,
        kind: &str,
        ids: &[Id],
    ) -> StoreResult<Vec<Id>> {
        let key = |id: &Id| format!("{kind}#{}", id.to_string());
        let keys: BTreeSet<_> = ids.iter().map(key).collect();
        let noted = self.named(import, keys).await?;
        Ok(ids.iter().filter(|id| !noted.contains_key(&key(id))).cloned().collect())
    }
}

/// Under what it is noted that the count saw somebody.
fn counted_key(kind: Kind, id: &str) -> String {
    format!("counted#{kind}#{id}")
}

pub(super) fn parsed<Id: std::str::FromStr>(id: &str) -> StoreResult<Id> {
    id.parse().map_err(|_| StoreError::Corrupt { what: "an import", detail: "it notes what is no id".into() })
}

/// Where a walk goes on; `None` at its end.
fn onward(import: &Import, walk: &Walk, next: Option<String>) -> Option<Walk> {
    match (walk.kind, next) {
        (kind, Some(cursor)) => Some(Walk { kind, cursor: Some(cursor), doomed: Vec::new() }),
        (Kind::User, None) if import.deletes_groups() => Some(Walk { kind: Kind::Group, ..Walk::START }),
        _ => None,
    }
}

/// A deletion goes on along the walk, or is over.
fn at(import: Import, walk: Option<Walk>) -> Import {
    match walk {
        Some(walk) => Import { position: Position::Deletions(walk), ..import },
        None => Import { position: after_deletions(), ..import },
    }
}

/// What follows the count: the fuse judges, and what it lets pass begins.
fn judged(mut import: Import) -> Import {
    import.counted = !import.request.dry_run;
    let verdict = RemovalGuard::default()
        .verdict(import.removals(), import.users_counted)
        .unless_allowed(import.request.allow_removals);
    let hold = match verdict {
        Verdict::Allowed => None,
        Verdict::Held(hold) => Some(format!(
            "{} of {} users would be deleted, disabled or left in no group, {}; commit with allow_removals of at least {} if \
             that is meant",
            hold.removals, hold.linked, hold.because, hold.removals
        )),
    };
    if import.request.dry_run {
        import.tally.users_deleted = import.unnamed_users;
        import.tally.groups_deleted = import.unnamed_groups;
        let note = hold.or_else(|| import.deletes_nobody());
        return Import { position: Position::Closing(0), note, ..import };
    }
    match hold {
        Some(note) => import.ended(ImportState::Held, Some(note)),
        None => Import { position: Position::Weighing(0), ..import },
    }
}

/// What follows the departures.
pub(super) fn after_departures(import: &Import) -> Position {
    if import.deletes_users() { Position::Deletions(Walk::START) } else { after_deletions() }
}

/// What follows the deletions: lines that waited, if any did.
fn after_deletions() -> Position {
    Position::Waiting(0, false)
}
