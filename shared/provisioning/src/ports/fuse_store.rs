//! The window of the fuse.

use async_trait::async_trait;

use super::StoreResult;
use crate::fuse::Window;
use crate::ids::ApplicationId;
use crate::link::Link;

/// Keeps what was taken away from each application of late. Every read is consistent.
#[async_trait]
pub trait FuseStore: Send + Sync {
    /// The window of an application; an empty one where nothing was taken away yet.
    async fn window(&self, application: &ApplicationId) -> StoreResult<Window>;
    /// Writes the window, and with it the link (as it was read, as it is to be), both or neither: a removal that is counted is
    /// stamped, and one that is stamped is counted.
    async fn write(
        &self,
        application: &ApplicationId,
        before: &Window,
        after: &Window,
        link: Option<(&Link, &Link)>,
    ) -> StoreResult<FuseWritten>;
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FuseWritten {
    /// It was written.
    Yes,
    /// Somebody else wrote the window first.
    WindowChanged,
    /// The link is not as it was read.
    LinkChanged,
}
