//! Asking for a permit before something is taken away.

use jiff::Timestamp;

use super::{Limits, Removes, Window};
use crate::ids::ApplicationId;
use crate::link::{Link, Removal};
use crate::ports::{FuseWritten, StoreError, StoreResult, Tables};

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

impl Fuse<'_> {
    /// Asks to take this counterpart out of use. Asked again for the same removal, by whomever, it counts once.
    ///
    /// # Errors
    ///
    /// A table did not answer: nothing may go.
    pub async fn ask(&self, link: &Link, removes: Removes, now: Timestamp) -> StoreResult<Permit> {
        if link.may_be_removed(now) {
            return Ok(Permit::Granted(Box::new(link.clone())));
        }
        let stamped = stamped(link, now);
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let (after, granted) = match window.let_through(removes, &self.limits, now) {
                Ok(after) => (after, Some((link, &stamped))),
                Err(after) => (after, None),
            };
            let why = after.blown.as_ref().map(|blown| blown.why.clone()).unwrap_or_default();
            let written = match after == window {
                true => FuseWritten::Yes,
                false => self.tables.fuse.write(self.application, &window, &after, granted).await?,
            };
            match (written, granted) {
                (FuseWritten::Yes, Some(_)) => return Ok(Permit::Granted(Box::new(stamped))),
                (FuseWritten::Yes, None) => return Ok(Permit::Held(why)),
                (FuseWritten::LinkChanged, _) => return Ok(Permit::Changed),
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
    pub async fn grant(&self, link: &Link, removes: Removes, now: Timestamp) -> StoreResult<bool> {
        if link.may_be_removed(now) {
            return Ok(true);
        }
        let stamped = stamped(link, now);
        for _ in 0..SURPRISES {
            let window = self.tables.fuse.window(self.application).await?;
            let after = window.with(removes, now);
            let link = Some((link, &stamped));
            match self.tables.fuse.write(self.application, &window, &after, link).await? {
                FuseWritten::Yes => return Ok(true),
                FuseWritten::LinkChanged => return Ok(false),
                FuseWritten::WindowChanged => {}
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
            if self.tables.fuse.write(self.application, &window, &after, None).await? == FuseWritten::Yes {
                return Ok(());
            }
        }
        Err(contended())
    }
}

fn stamped(link: &Link, now: Timestamp) -> Link {
    Link { removal: Some(Removal::Permitted(now)), ..link.rewritten() }
}

fn contended() -> StoreError {
    StoreError::Unavailable { what: "the fuse", detail: "others kept counting at the same time".into() }
}
