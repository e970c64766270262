//! The fuse's windows.

use async_trait::async_trait;
use provisioning::fuse::Window;
use provisioning::ids::ApplicationId;
use provisioning::ports::{FuseStore, FuseWritten, Stamps, StoreResult, Written};

use super::{State, Store};

impl State {
    fn write_window(
        &mut self,
        application: &ApplicationId,
        before: &Window,
        after: &Window,
        stamps: Stamps<'_>,
    ) -> FuseWritten {
        if self.windows.get(application).cloned().unwrap_or_default() != *before {
            return FuseWritten::WindowChanged;
        }
        match stamps {
            Stamps::None => {}
            Stamps::Link(before, after) => {
                if self.write_link(before, after, None) != Written::Yes {
                    return FuseWritten::StampChanged;
                }
            }
            Stamps::Members(group, members) => {
                let there = self.pushed.entry((application.clone(), group.clone())).or_default();
                if members.iter().any(|(before, _)| there.get(&before.user) != Some(before)) {
                    return FuseWritten::StampChanged;
                }
                there.extend(members.iter().map(|(_, after)| (after.user.clone(), after.clone())));
            }
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
        stamps: Stamps<'_>,
    ) -> StoreResult<FuseWritten> {
        self.write("fuse.write", |state| state.write_window(application, before, after, stamps)).await
    }
}
