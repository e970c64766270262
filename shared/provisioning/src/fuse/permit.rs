//! Asking for a permit before something is taken away.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Limits, Loss, Removes, Window};
use crate::ids::{ApplicationId, GroupId, UserId};
use crate::link::{Link, MemberRemoval, Removal, RemovalKind};
use crate::ports::{FuseWritten, MOST_STAMPS, Pushed, Stamps, StoreError, StoreResult, Tables};

/// How often others may count something at the same moment.
const SURPRISES: usize = 100;

/// The fuse of one application.
pub struct Fuse<'a> {
    /// The tables.
    pub tables: &'a Tables,
    /// Whose.
    pub application: &'a ApplicationId,
    /// How much goes unasked.
    pub limits: Limits,
}

/// The fuse's answer.
#[derive(Debug)]
pub enum Permit {
    /// It may go: the link with its stamp, as it is now.
    Granted(Box<Link>),
    /// It waits for a person, for this reason.
    Held(String),
    /// The link is not as it was read.
    Changed,
}

/// The fuse's answer about memberships.
#[derive(Debug)]
pub enum MemberPermits {
    /// These may go. The others wait for a person, for this reason.
    Answered {
        /// Those who may go.
        granted: BTreeSet<UserId>,
        /// Why others wait, if any do.
        held: Option<String>,
    },
    /// One of them is not as it was read.
    Changed,
}

impl Fuse<'_> {
    /// Asks to take so much of this counterpart away. Asked again for the same, by whomever, it counts once; what is graver than
    /// what was asked for before counts by itself.
    ///
    /// # Errors
    ///
    /// A table did not answer: nothing may go.
    pub async fn ask(
        &self,
        link: &Link,
        (kind, removes): (RemovalKind, Removes),
        now: Timestamp,
    ) -> StoreResult<Permit> {
        if link.may_lose(kind, now) {
            return Ok(Permit::Granted(Box::new(link.clone())));
        }
        let stamped = stamped(link, kind, now);
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let (after, granted) = match window.let_through(removes, &self.limits, now) {
                Ok(after) => (after, Stamps::Link(link, &stamped)),
                // Somebody else may have counted this very removal since the link was read.
                Err(_) if !self.is_as_read(link).await? => return Ok(Permit::Changed),
                Err(after) => (*after, Stamps::None),
            };
            let why = after.blown.as_ref().map(|blown| blown.why.clone()).unwrap_or_default();
            let written = match after == window {
                true => FuseWritten::Yes,
                false => self.tables.fuse.write(self.application, &window, &after, granted).await?,
            };
            match (written, granted) {
                (FuseWritten::Yes, Stamps::None) => return Ok(Permit::Held(why)),
                (FuseWritten::Yes, _) => return Ok(Permit::Granted(Box::new(stamped))),
                (FuseWritten::StampChanged, _) => return Ok(Permit::Changed),
                (FuseWritten::WindowChanged, _) => {}
            }
        }
        Err(contended())
    }

    /// Lets one removal go that a person made himself: it counts and is never held. `false`: the link is not as it was read.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn grant(
        &self,
        link: &Link,
        (kind, removes): (RemovalKind, Removes),
        now: Timestamp,
    ) -> StoreResult<bool> {
        if link.may_lose(kind, now) {
            return Ok(true);
        }
        let stamped = stamped(link, kind, now);
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let after = window.with(removes, now);
            let stamp = Stamps::Link(link, &stamped);
            match self.tables.fuse.write(self.application, &window, &after, stamp).await? {
                FuseWritten::Yes => return Ok(true),
                FuseWritten::StampChanged => return Ok(false),
                FuseWritten::WindowChanged => {}
            }
        }
        Err(contended())
    }

    /// Counts what bears no stamp of its own. The answer is why it may not go, where it may not.
    ///
    /// # Errors
    ///
    /// A table did not answer: nothing may go.
    pub async fn count(&self, removes: Removes, now: Timestamp) -> StoreResult<Option<String>> {
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let (after, why) = match window.let_through(removes, &self.limits, now) {
                Ok(after) => (after, None),
                Err(after) => {
                    let why = after.blown.as_ref().map(|blown| blown.why.clone()).unwrap_or_default();
                    (*after, Some(why))
                }
            };
            if after == window {
                return Ok(why);
            }
            let written = self.tables.fuse.write(self.application, &window, &after, Stamps::None).await?;
            if written == FuseWritten::Yes {
                return Ok(why);
            }
        }
        Err(contended())
    }

    /// Changes the window by itself: blown, begun anew, or with a new count of what is linked.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn change(&self, change: impl Fn(&Window) -> Window) -> StoreResult<()> {
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let after = change(&window);
            let written = self.tables.fuse.write(self.application, &window, &after, Stamps::None).await?;
            if written == FuseWritten::Yes {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Asks to take these members out of a group who keep their accounts. They are counted together first: too many, and none
    /// of them goes. Asked again for the same membership, by whomever, it counts once.
    ///
    /// # Errors
    ///
    /// A table did not answer: nobody may be taken out but who was stamped already.
    pub async fn ask_members(
        &self,
        group: &GroupId,
        asked: &[(Pushed, Loss)],
        now: Timestamp,
    ) -> StoreResult<MemberPermits> {
        let mut granted = BTreeSet::new();
        if let Err(why) = self.let_members_through(group, asked, &[], now).await? {
            return Ok(why
                .map_or(MemberPermits::Changed, |why| MemberPermits::Answered { granted, held: Some(why) }));
        }
        for part in asked.chunks(MOST_STAMPS) {
            let stamps: Vec<_> = part
                .iter()
                .map(|(before, _)| {
                    let removal = Some(MemberRemoval::Permitted(now));
                    (before.clone(), Pushed { removal, ..before.clone() })
                })
                .collect();
            match self.let_members_through(group, part, &stamps, now).await? {
                Ok(()) => granted.extend(part.iter().map(|(member, _)| member.user.clone())),
                Err(None) => return Ok(MemberPermits::Changed),
                Err(Some(why)) => return Ok(MemberPermits::Answered { granted, held: Some(why) }),
            }
        }
        Ok(MemberPermits::Answered { granted, held: None })
    }

    /// Counts these memberships with their stamps; without stamps they are only weighed. Inside: why they may not go, or, with
    /// `None`, that one is not as it was read.
    async fn let_members_through(
        &self,
        group: &GroupId,
        members: &[(Pushed, Loss)],
        stamps: &[(Pushed, Pushed)],
        now: Timestamp,
    ) -> StoreResult<Result<(), Option<String>>> {
        let moved = members.iter().filter(|(_, loss)| *loss == Loss::Moved).count() as u64;
        let removes = Removes::Memberships { lost: members.len() as u64 - moved, moved };
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let (after, stamps, answer) = match window.let_through(removes, &self.limits, now) {
                Ok(_) if stamps.is_empty() => return Ok(Ok(())),
                Ok(after) => (after, Stamps::Members(group, stamps), Ok(())),
                // Somebody else may have counted these very members since they were read.
                Err(_) if !self.are_as_read(group, members).await? => return Ok(Err(None)),
                Err(after) => {
                    let after = *after;
                    let why = after.blown.as_ref().map(|blown| blown.why.clone()).unwrap_or_default();
                    if after == window {
                        return Ok(Err(Some(why)));
                    }
                    (after, Stamps::None, Err(Some(why)))
                }
            };
            match self.tables.fuse.write(self.application, &window, &after, stamps).await? {
                FuseWritten::Yes => return Ok(answer),
                FuseWritten::StampChanged => return Ok(Err(None)),
                FuseWritten::WindowChanged => {}
            }
        }
        Err(contended())
    }

    /// Read after the window: whoever counts it meanwhile changes the window too.
    async fn is_as_read(&self, link: &Link) -> StoreResult<bool> {
        let current = self.tables.links.link(&link.key).await?;
        let is_it = |current: Link| {
            (current.work.revision, current.work.generation) == (link.work.revision, link.work.generation)
        };
        Ok(current.is_some_and(is_it))
    }

    /// The same of memberships.
    async fn are_as_read(&self, group: &GroupId, members: &[(Pushed, Loss)]) -> StoreResult<bool> {
        let users: Vec<UserId> = members.iter().map(|(member, _)| member.user.clone()).collect();
        let current = self.tables.memberships.pushed_among(self.application, group, &users).await?;
        Ok(members.iter().all(|(member, _)| current.get(&member.user) == Some(member)))
    }

    /// Lets one membership go that a person ended himself: it counts and is never held. `false`: it is not as it was read.
    ///
    /// # Errors
    ///
    /// A table did not answer.
    pub async fn grant_member(
        &self,
        group: &GroupId,
        (member, loss): (&Pushed, Loss),
        now: Timestamp,
    ) -> StoreResult<bool> {
        if member.removal.is_some_and(|removal| removal.is_permitted(now)) {
            return Ok(true);
        }
        let stamps =
            [(member.clone(), Pushed { removal: Some(MemberRemoval::Permitted(now)), ..member.clone() })];
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let after = window.with(loss.removes(), now);
            let stamps = Stamps::Members(group, &stamps);
            match self.tables.fuse.write(self.application, &window, &after, stamps).await? {
                FuseWritten::Yes => return Ok(true),
                FuseWritten::StampChanged => return Ok(false),
                FuseWritten::WindowChanged => {}
            }
        }
        Err(contended())
    }
}

fn stamped(link: &Link, kind: RemovalKind, now: Timestamp) -> Link {
    Link { removal: Some(Removal::Permitted { kind, at: now }), ..link.rewritten() }
}

fn contended() -> StoreError {
    StoreError::Unavailable { what: "the fuse", detail: "others kept counting at the same time".into() }
}
