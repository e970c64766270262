//! The fuse's windows.

use async_trait::async_trait;
use provisioning::fuse::Window;
use provisioning::ids::ApplicationId;
use provisioning::link::Link;
use provisioning::ports::{FuseStore, FuseWritten, StoreResult, Written};

use super::{State, Store};

impl State {
    fn write_window(
        &mut self,
        application: &ApplicationId,
        before: &Window,
        after: &Window,
        link: Option<(&Link, &Link)>,
    ) -> FuseWritten {
        if self.windows.get(application).cloned().unwrap_or_default() != *before {
            return FuseWritten::WindowChanged;
        }
        if let Some((before, after)) = link
            && self.write_link(before, after, None) != Written::Yes
        {
            return FuseWritten::LinkChanged;
        }
        self.windows.insert(application.clone(), after.clone());
        FuseWritten::Yes
    }
}

#[async_trait]
impl FuseStore for Store {
    async fn window(&self, application: &ApplicationId) -> StoreResult<Window> {
        self.read("fuse.window", |state| state.windows.get(application).cloned().unwrap_or_default()).await
    }

    async fn write(
        &self,
        application: &ApplicationId,
        before: &Window,
        after: &Window,
        link: Option<(&Link, &Link)>,
    ) -> StoreResult<FuseWritten> {
        self.write("fuse.write", |state| state.write_window(application, before, after, link)).await
    }
}
