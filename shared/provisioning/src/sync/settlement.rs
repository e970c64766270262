//! The two conditional writes around every request: intent before it, settlement after it (rule 3).

use jiff::Timestamp;

use super::task::{Next, Task};
use crate::activity::Outcome;
use crate::clock::after;
use crate::link::{Claim, Link};
use crate::ports::{Ownership, StoreResult, Written};

/// What becomes of the mark when a link is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// It is cleared, if it is still the one that was worked off.
    Done,
    /// The link is due again then.
    At(Timestamp),
    /// More requests follow under the same claim.
    Goes,
}

/// What became of a settlement.
#[derive(Debug, Clone)]
pub(super) enum Settled {
    /// It was written, and no newer mark came. The link as it is now.
    Done(Box<Link>),
    /// It was written; a newer mark came and stands. The link as it is now.
    Marked(Box<Link>),
    /// The claim was lost: whoever holds the link now knows of our doubts and goes on from them.
    Lost,
    /// The remote id belongs to another object, so nothing was written.
    Owned(String),
}

impl Settled {
    /// Whether it was written: the link was as it was read, or ours.
    pub(super) fn is_written(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Marked(_))
    }

    /// What a task with nothing more to do does next.
    pub(super) fn next(&self) -> Next {
        match self {
            // The link is another than it was planned on: a person let him go, or somebody else works on it, which is seen then.
            Self::Marked(_) | Self::Lost => Next::Again,
            Self::Done(_) | Self::Owned(_) => Next::Stop,
        }
    }
}

impl Task<'_> {
    /// Records who works on the link until when, and what `change` says is in doubt from now on. `None`: the link has changed
    /// since it was read, so nothing may be sent.
    pub(super) async fn intend(
        &self,
        link: &Link,
        ownership: Option<&Ownership>,
        change: impl Fn(&mut Link),
    ) -> StoreResult<Result<Link, Written>> {
        let mut before = link.clone();
        loop {
            let mut intent = before.rewritten();
            intent.enter(self.generation());
            let token = self.token.clone();
            intent.work.claim = Some(Claim { token, until: after(self.now(), self.claim_lasts()) });
            change(&mut intent);
            match self.tables().links.write(&before, &intent, ownership).await? {
                Written::Yes => return Ok(Ok(intent)),
                // Between two requests of one task a mark came: the claim still stands.
                Written::Lost(current) if holds(&current, link) => before = *current,
                lost => return Ok(Err(lost)),
            }
        }
    }

    /// Settles what was done under a claim (or, for a link nobody claimed, as it was read): `change` is laid over the
    /// link, the mark of generation `seen` is cleared or moved, and the outcome is told once, under a number of its own.
    pub(super) async fn settle(
        &self,
        link: &Link,
        seen: u64,
        due: Due,
        ownership: Option<&Ownership>,
        outcome: Option<Outcome>,
        change: impl Fn(&mut Link),
    ) -> StoreResult<Settled> {
        let mut before = link.clone();
        loop {
            let mut settled = before.rewritten();
            change(&mut settled);
            if let Some(named) = &self.named {
                settled.references.clone_from(&named.users);
            }
            let newest = before.work.generation == seen;
            if due != Due::Goes {
                settled.work.claim = None;
                if !newest {
                    // The newer mark may want a comparison, and so may what was just done.
                    settled.compare |= before.compare;
                } else {
                    settled.work.due_at = match due {
                        Due::At(time) => Some(time),
                        Due::Done | Due::Goes => None,
                    };
                }
            }
            if let Some(outcome) = &outcome {
                settled.tell(outcome);
            }
            match self.tables().links.write(&before, &settled, ownership).await? {
                Written::Yes if newest => return Ok(Settled::Done(Box::new(settled))),
                Written::Yes => return Ok(Settled::Marked(Box::new(settled))),
                Written::Owned(owner) => return Ok(Settled::Owned(owner.to_string())),
                // The write was done and its answer lost, and then a mark came.
                Written::Lost(current)
                    if holds(&current, link)
                        && outcome.is_some()
                        && current.work.settlements == settled.work.settlements =>
                {
                    return Ok(Settled::Marked(current));
                }
                // Only a mark came: our claim still stands, so the settlement is laid over the newer link.
                Written::Lost(current) if holds(&current, link) => {
                    before = *current;
                }
                Written::Lost(_) => return Ok(Settled::Lost),
            }
        }
    }
}

/// Whether the claim of `link`, as its task has it, still stands on `current`.
fn holds(current: &Link, link: &Link) -> bool {
    let token = |link: &Link| link.work.claim.as_ref().map(|claim| claim.token.clone());
    token(link).is_some() && token(current) == token(link)
}
