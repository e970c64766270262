//! The window of the fuse.

use async_trait::async_trait;

use super::{Pushed, StoreResult};
use crate::fuse::Window;
use crate::ids::{ApplicationId, GroupId};
use crate::link::Link;

/// Most memberships that are stamped with one write of the window: a transaction has 100 parts at most.
pub const MOST_STAMPS: usize = 90;

/// Keeps what was taken away from each application of late. Every read is consistent.
#[async_trait]
pub trait FuseStore: Send + Sync {
    /// The window of an application; an empty one where nothing was taken away yet.
    async fn window(&self, application: &ApplicationId) -> StoreResult<Window>;
    /// Writes the window, and with it what is stamped, all or nothing: a removal that is counted is stamped, and one that is
    /// stamped is counted.
    async fn write(
        &self,
        application: &ApplicationId,
        before: &Window,
        after: &Window,
        stamps: Stamps<'_>,
    ) -> StoreResult<FuseWritten>;
}

/// What is stamped with a write of the window.
#[derive(Debug, Clone, Copy)]
pub enum Stamps<'a> {
    /// Nothing.
    None,
    /// A link, as it was read and as it is to be.
    Link(&'a Link, &'a Link),
    /// Members of a group, each as he was read and as he is to be; [`MOST_STAMPS`] at most.
    Members(&'a GroupId, &'a [(Pushed, Pushed)]),
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FuseWritten {
    /// It was written.
    Yes,
    /// Somebody else wrote the window first.
    WindowChanged,
    /// What was to be stamped is not as it was read.
    StampChanged,
}
