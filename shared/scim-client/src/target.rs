//! The domain's port, carried out over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use provisioning::ids::RemoteId;
use provisioning::ports::Target;
use provisioning::target::{
    Capabilities, Exchange, Found, FoundPage, Kind, MatchKey, RequestNote, TargetError, Write,
};
use reqwest::Method;

use crate::answer::Answer;
use crate::wire::{Request, Wire, resource_path};

/// One SCIM target over HTTP.
pub(crate) struct HttpTarget {
    wire: Wire,
    pub capabilities: Capabilities,
    // Learned while running: users are PUT from then on. Groups are tried anew each time, since a target may refuse one
    // form of PATCH only, and a PUT of a large group is heavy.
    refuses_user_patch: AtomicBool,
}

impl HttpTarget {
    pub fn new(wire: Wire, capabilities: Capabilities) -> Self {
        Self { wire, capabilities, refuses_user_patch: AtomicBool::new(false) }
    }

    pub async fn send(&self, request: Request, notes: &mut Vec<RequestNote>) -> Result<Answer, TargetError> {
        self.wire.send(request, notes).await
    }

    pub fn takes_patch(&self, kind: Kind) -> bool {
        self.capabilities.patch && !(kind == Kind::User && self.refuses_user_patch.load(Ordering::Relaxed))
    }

    pub fn learn_no_patch(&self, kind: Kind) {
        tracing::info!(%kind, "the target refuses PATCH; the resource is read and replaced by PUT");
        if kind == Kind::User {
            self.refuses_user_patch.store(true, Ordering::Relaxed);
        }
    }

    async fn delete(
        &self,
        kind: Kind,
        id: &RemoteId,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let request = Request {
            method: Method::DELETE,
            path: resource_path(kind, id),
            query: String::new(),
            body: None,
        };
        self.send(request, notes).await?.accepted_write().map(drop)
    }
}

#[async_trait]
impl Target for HttpTarget {
    async fn write(&self, write: &Write) -> Exchange<Option<Found>> {
        let mut requests = Vec::new();
        let notes = &mut requests;
        let result = match write {
            Write::Create { kind, external_id, attributes, members } => {
                self.create(*kind, external_id, attributes, members, notes).await.map(Some)
            }
            Write::Update { kind, remote_id, changes, add, remove } => {
                self.update(*kind, remote_id, changes, add, remove, notes).await.map(|()| None)
            }
            Write::Delete { kind, remote_id } => self.delete(*kind, remote_id, notes).await.map(|()| None),
        };
        Exchange { requests, result }
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        let mut requests = Vec::new();
        let result = self.search(kind, key, &mut requests).await;
        Exchange { requests, result }
    }

    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found> {
        let mut requests = Vec::new();
        let result = self.read(kind, remote_id, &mut requests).await;
        Exchange { requests, result }
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        let mut requests = Vec::new();
        let result = self.page(kind, start.max(1), None, &mut requests).await;
        Exchange { requests, result }
    }

    async fn control(&self) -> Exchange<()> {
        let mut requests = Vec::new();
        let result = self.control_read(&mut requests).await;
        Exchange { requests, result }
    }
}
