//! Adoption by hand: a person says whose an account at a target is, or that it is nobody's any more (DESIGN section 13).
//! What he says is written down and marked; a worker carries it out like any other work.

use std::sync::Arc;

use crate::application::Configured;
use crate::clock::{Clock, after};
use crate::desired::Desired;
use crate::detect::RING_AGAIN;
use crate::ids::{RemoteId, UserId};
use crate::link::{Link, LinkKey, Mark, State};
use crate::ports::{Bell, Doorbell, Lane, Ownership, StoreError, StoreResult, Tables, Written};
use crate::target::Kind;

/// How often a link may change under the hands of who writes it.
const SURPRISES: usize = 5;

/// Takes down what a person says of one user's account.
#[derive(Clone)]
pub struct Adoptions {
    /// The tables.
    pub tables: Tables,
    /// Rings for the work.
    pub bell: Arc<dyn Bell>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Why what a person said cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    /// The user is in no selected group, or not active: there is nothing to be adopted for him.
    #[error("the user is {0}, so no account is wanted for him")]
    Unwanted(Desired),
    /// The account is the counterpart of another object.
    #[error("the account is the counterpart of {0}")]
    Owned(LinkKey),
    /// The user has another account; it is to be forgotten first.
    #[error("the user's account is '{0}'; forget that link first")]
    Linked(RemoteId),
    /// A worker is at it.
    #[error("the user is being synchronised at this moment; try again")]
    Busy,
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Adoptions {
    /// Chooses an account for a user. He is linked to it at the next attempt, which is rung at once, whatever the account bears:
    /// the person has seen it.
    ///
    /// # Errors
    ///
    /// [`AdoptionError`].
    pub async fn choose(
        &self,
        configured: &Configured,
        user: &UserId,
        chosen: &RemoteId,
    ) -> Result<Link, AdoptionError> {
        let application = &configured.application;
        let record = self.tables.directory.user(user).await?;
        let desired = Desired::of(record.as_ref(), &configured.selection);
        if desired != Desired::Active {
            return Err(AdoptionError::Unwanted(desired));
        }
        let key = LinkKey::user(&application.id, user);
        let generation = application.target_generation;
        let owner = self.tables.links.owner(&application.id, generation, Kind::User, chosen).await?;
        if let Some(owner) = owner.filter(|owner| *owner != key) {
            return Err(AdoptionError::Owned(owner));
        }
        self.write(&key, generation, None, |link| {
            let has = link.owned_remote(generation).filter(|has| *has != chosen);
            if let Some(has) = has {
                return Err(AdoptionError::Linked(has.clone()));
            }
            if link.target_generation != generation {
                // What is known of another target says nothing of this one.
                let (work, references) = (link.work.clone(), link.references.clone());
                *link = Link { work, references, ..Link::new(key.clone()) };
                link.target_generation = generation;
            }
            link.chosen = Some(chosen.clone());
            link.work.generation += 1;
            link.work.application_version = application.version;
            link.work.by_sweep = false;
            link.work.due_at = Some(after(self.clock.now(), RING_AGAIN));
            Ok(())
        })
        .await
        .map(|(_, link)| link)
    }

    /// Rings for what was chosen.
    ///
    /// # Errors
    ///
    /// The bell was not heard: the work comes due by itself.
    pub async fn ring(&self, link: &Link) -> StoreResult<()> {
        let bell = Doorbell::Link { key: link.key.clone(), generation: link.work.generation };
        self.bell.ring(Lane::Live, "", &[bell]).await
    }

    /// Marks a user or group to be looked at now, as an ordinary task.
    ///
    /// # Errors
    ///
    /// A table or the bell did not answer.
    pub async fn provision(&self, configured: &Configured, key: &LinkKey) -> StoreResult<()> {
        let mark = Mark {
            application_version: configured.application.version,
            due_at: after(self.clock.now(), RING_AGAIN),
            by_sweep: false,
            compare: key.kind() == Kind::Group,
        };
        let generation = self.tables.links.mark(key, &mark).await?;
        self.bell.ring(Lane::Live, "", &[Doorbell::Link { key: key.clone(), generation }]).await
    }

    /// Forgets the counterpart of a user: the account stays as it is and is nobody's, and he is matched anew when something
    /// of him changes or the application is synced. `false`: there was none.
    ///
    /// # Errors
    ///
    /// [`AdoptionError::Busy`], [`AdoptionError::Store`].
    pub async fn forget(&self, configured: &Configured, user: &UserId) -> Result<bool, AdoptionError> {
        let key = LinkKey::user(&configured.application.id, user);
        let here = configured.application.target_generation;
        let Some(link) = self.tables.links.link(&key).await? else { return Ok(false) };
        let give = link.remote_id.clone().map(Ownership::Give);
        let (before, _) = self
            .write(&key, here, give.as_ref(), |link| {
                if link.create_is_open(here) {
                    // Forgotten, it would leave an account that nobody turns off.
                    return Err(AdoptionError::Busy);
                }
                let Link { work, target_generation, references, .. } = link.clone();
                let presence_changed = true;
                *link =
                    Link { work, target_generation, references, presence_changed, ..Link::new(key.clone()) };
                link.work.due_at = None;
                link.work.attempts = 0;
                link.work.problem = None;
                Ok(())
            })
            .await?;
        Ok(before.remote_id.is_some() || before.state != State::New)
    }

    /// Writes the link unless somebody works on it; gives it as it was and as it is.
    async fn write(
        &self,
        key: &LinkKey,
        target_generation: u64,
        ownership: Option<&Ownership>,
        change: impl Fn(&mut Link) -> Result<(), AdoptionError>,
    ) -> Result<(Link, Link), AdoptionError> {
        for _ in 0..SURPRISES {
            let before = self.tables.links.link(key).await?.unwrap_or_else(|| Link::new(key.clone()));
            // A create that is in doubt is looked for first, unless that has led to a conflict, which only a person ends.
            let creating = before.state == State::Creating && before.create_is_open(target_generation);
            if before.work.is_claimed(self.clock.now()) || creating {
                return Err(AdoptionError::Busy);
            }
            let mut changed = before.rewritten();
            change(&mut changed)?;
            match self.tables.links.write(&before, &changed, ownership).await? {
                Written::Yes => return Ok((before, changed)),
                Written::Owned(owner) => return Err(AdoptionError::Owned(owner)),
                Written::Lost(_) => {}
            }
        }
        Err(AdoptionError::Busy)
    }
}
