//! The comparing phases: what was listed is held against what was sent (DESIGN section 9, drift). Each link is read
//! consistently; the listing only proposes, so what it lacks is marked to be looked for and nothing more.

use futures::stream::{self, StreamExt, TryStreamExt};
use tracing::warn;

use super::{Page, Position, Step};
use crate::application::SweepPhase;
use crate::clock::after;
use crate::drift::{self, Subject};
use crate::fuse::{TARGET_CHANGED, Verdict};
use crate::link::{Link, LinkKey, Object, State};
use crate::ports::{Doorbell, Lane, StoreResult, Written};
use crate::reference::resolved;
use crate::target::{Found, Kind};

/// How many links are read at a time, and how many of them are looked at together.
const LINKS: usize = 200;
const CONCURRENT: usize = 16;

/// What was seen of one link.
enum Seen {
    /// It has no counterpart that is to be there, or somebody is at it.
    Elsewhere,
    /// Its counterpart was listed.
    There,
    /// Its counterpart was not listed.
    Lacking(Box<Link>),
    /// Its counterpart was listed, and something is sent to it again.
    Repaired(Doorbell),
}

impl Page<'_> {
    /// Compares a page of links with what was listed.
    pub(super) async fn compare(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let (kind, cursor) = match step {
            Step::Cursor(kind, cursor) => (kind, cursor),
            _ => {
                self.job.lacking = super::job::Lacking::default();
                (Kind::User, None)
            }
        };
        self.room(kind).await?;
        let page = self.tables().links.propose_links(self.application(), kind, cursor, LINKS).await?;
        let looks = page.keys.iter().map(|key| self.seen(key, true));
        let seen: Vec<Seen> = stream::iter(looks).buffered(CONCURRENT).try_collect().await?;
        let mut bells = Vec::new();
        for seen in seen {
            self.job.lacking.count(kind, !matches!(seen, Seen::Elsewhere), matches!(seen, Seen::Lacking(_)));
            if let Seen::Repaired(bell) = seen {
                bells.push(bell);
            }
        }
        self.ring(&bells).await?;
        match (kind, page.next) {
            (kind, Some(next)) => Ok(Some(comparing(kind, Some(next)))),
            (Kind::User, None) if self.lists_groups() => Ok(Some(comparing(Kind::Group, None))),
            (_, None) => self.after_comparing().await,
        }
    }

    /// With more lacking than goes unasked the target is likely another one than it was: nothing is sent to it until a person
    /// said that it is not. Then, as with fewer, each is looked for.
    async fn after_comparing(&self) -> StoreResult<Option<Position>> {
        let lacking = &self.job.lacking;
        if lacking.users + lacking.groups == 0 {
            return Ok(Some(Position { phase: SweepPhase::Users, step: Step::Start }));
        }
        let now = self.sweeper.clock.now();
        let recent = self.tables().fuse.window(self.application()).await?.missing(now);
        let limits = self.configured.application.policy.fuse;
        let verdict = limits.guard().verdict(lacking.users + recent, lacking.linked + recent);
        if matches!(verdict, Verdict::Held(_)) || lacking.groups > limits.groups {
            let reason = format!(
                "{TARGET_CHANGED}: {} of {} accounts and {} groups that were provisioned are not at the target any more; it is \
                 likely another one than it was",
                lacking.users, lacking.linked, lacking.groups
            );
            warn!(application = %self.application(), reason, "the target seems to be another one");
            let version = self.configured.application.version;
            self.tables().applications.pause(self.application(), version, &reason).await?;
        }
        Ok(Some(Position { phase: SweepPhase::Confirming, step: Step::Start }))
    }

    /// Marks what was not listed, so that it is looked for.
    pub(super) async fn confirm(&mut self, step: Step) -> StoreResult<Option<Position>> {
        let (kind, cursor) = match step {
            Step::Cursor(kind, cursor) => (kind, cursor),
            _ => (Kind::User, None),
        };
        self.room(kind).await?;
        let page = self.tables().links.propose_links(self.application(), kind, cursor, LINKS).await?;
        let marks = page.keys.iter().map(|key| self.mark_lacking(key));
        let bells: Vec<Option<Doorbell>> = stream::iter(marks).buffered(CONCURRENT).try_collect().await?;
        self.ring(&bells.into_iter().flatten().collect::<Vec<_>>()).await?;
        let phase = SweepPhase::Confirming;
        Ok(Some(match (kind, page.next) {
            (kind, Some(next)) => Position { phase, step: Step::Cursor(kind, Some(next)) },
            (Kind::User, None) if self.lists_groups() => {
                Position { phase, step: Step::Cursor(Kind::Group, None) }
            }
            (_, None) => Position { phase: SweepPhase::Users, step: Step::Start },
        }))
    }

    async fn mark_lacking(&self, key: &LinkKey) -> StoreResult<Option<Doorbell>> {
        let Seen::Lacking(link) = self.seen(key, false).await? else { return Ok(None) };
        let mut marked = link.rewritten();
        marked.observed.lacking = true;
        let bell = self.due(&mut marked);
        let written = self.tables().links.write(&link, &marked, None).await?;
        Ok((written == Written::Yes).then_some(bell))
    }

    /// Holds one link against the listing. `judging`: what came of it is written; a link that changed meanwhile is compared the
    /// next time.
    async fn seen(&self, key: &LinkKey, judging: bool) -> StoreResult<Seen> {
        let Some(link) = self.tables().links.link(key).await? else { return Ok(Seen::Elsewhere) };
        let here = link.target_generation == self.configured.application.target_generation;
        let comparable =
            matches!(link.state, State::Linked | State::Deactivated | State::Missing | State::Tombstone);
        if !here || !comparable || link.remote_id.is_none() || link.work.is_claimed(self.sweeper.clock.now())
        {
            return Ok(Seen::Elsewhere);
        }
        let counts = link.state == State::Linked;
        let elsewhere = || if counts { Seen::There } else { Seen::Elsewhere };
        if link.observed.is_newer_than(self.job.started_at) {
            return Ok(elsewhere());
        }
        let Some(found) = drift::listed_as(self.tables(), &self.job.listing, &link).await? else {
            return Ok(if counts { Seen::Lacking(Box::new(link)) } else { Seen::Elsewhere });
        };
        if !judging || drift::is_as_known(self.configured, &link, &found) {
            return Ok(elsewhere());
        }
        let bell = self.judge(&link, &found).await?;
        Ok(bell.map_or_else(elsewhere, Seen::Repaired))
    }

    /// Writes what comes of a comparison; gives the bell of what is sent again.
    async fn judge(&self, link: &Link, found: &Found) -> StoreResult<Option<Doorbell>> {
        let directory = &self.tables().directory;
        let now = self.sweeper.clock.now();
        let judged = match &link.key.object {
            Object::User(user) => {
                let seen = resolved(self.tables(), self.configured, directory.user(user).await?).await?;
                let record = seen.as_ref().map(|seen| &seen.record);
                drift::judge(self.configured, Subject::User(record), link, found, now)
            }
            Object::Group(group) => {
                let group = directory.group(group).await?;
                drift::judge(self.configured, Subject::Group(group.as_ref()), link, found, now)
            }
        };
        let Some(mut judged) = judged else { return Ok(None) };
        if let Some(outcome) = &judged.outcome {
            judged.after.tell(outcome);
        }
        let bell = judged.repairs.then(|| self.due(&mut judged.after));
        let written = self.tables().links.write(link, &judged.after, judged.ownership.as_ref()).await?;
        Ok(bell.filter(|_| written == Written::Yes))
    }

    /// Marks the link in the write that is about to be made.
    fn due(&self, link: &mut Link) -> Doorbell {
        link.work.generation += 1;
        link.work.application_version = self.configured.application.version;
        link.work.by_sweep = true;
        link.work.due_at = Some(after(self.sweeper.clock.now(), crate::detect::RING_AGAIN));
        Doorbell::Link { key: link.key.clone(), generation: link.work.generation }
    }

    async fn ring(&self, bells: &[Doorbell]) -> StoreResult<()> {
        if bells.is_empty() {
            return Ok(());
        }
        self.sweeper.bell.ring(Lane::Sweep, "", bells).await
    }
}

fn comparing(kind: Kind, cursor: Option<String>) -> Position {
    Position { phase: SweepPhase::Comparing, step: Step::Cursor(kind, cursor) }
}
