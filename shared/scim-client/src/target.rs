//! The domain's port, carried out over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use catalog::{ContentType, GroupUpdate, OperationNames, Settings, UserUpdate};
use provisioning::ids::RemoteId;
use provisioning::ports::Target;
use provisioning::target::{
    Capabilities, Exchange, Found, FoundPage, Kind, MatchKey, Origin, RequestNote, TargetError, Write,
};
use reqwest::Method;

use crate::answer::Answer;
use crate::patch::Forms;
use crate::update::Wanted;
use crate::wire::{Request, Wire, resource_path};

/// One SCIM target over HTTP.
pub(crate) struct HttpTarget {
    wire: Wire,
    pub capabilities: Capabilities,
    // What the answers showed since it was opened.
    learned: Mutex<Settings>,
    // Whether it took an operation as the RFC writes them.
    took_lower_case: AtomicBool,
}

impl HttpTarget {
    pub fn new(wire: Wire, capabilities: Capabilities) -> Self {
        Self { wire, capabilities, learned: Mutex::default(), took_lower_case: AtomicBool::default() }
    }

    /// Sends a request. A body whose media type the target does not know is sent once more as plain JSON, where nobody said which
    /// one it takes.
    pub async fn send(&self, request: Request, notes: &mut Vec<RequestNote>) -> Result<Answer, TargetError> {
        let content_type = self.content_type();
        let answer = self.wire.send(&request, content_type, notes).await?;
        let may_be_the_type = answer.status == 415
            && request.body.is_some()
            && content_type == ContentType::ScimJson
            && self.capabilities.layers.settings().content_type.is_none();
        if !may_be_the_type {
            return Ok(answer);
        }
        let again = self.wire.send(&request, ContentType::Json, notes).await?;
        if again.status != 415 {
            self.learn(Settings { content_type: Some(ContentType::Json), ..Settings::default() });
        }
        Ok(again)
    }

    fn content_type(&self) -> ContentType {
        match self.capabilities.origin("content_type") {
            Origin::Override | Origin::Profile => self.capabilities.content_type,
            _ => self.learned_settings().content_type.unwrap_or(self.capabilities.content_type),
        }
    }

    /// What the answers showed since it was opened.
    pub fn learned_settings(&self) -> Settings {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what an answer showed. The domain asks for it, writes it down and tells of it.
    pub fn learn(&self, shown: Settings) {
        tracing::info!(learned = ?shown.named(), "the target's answers show how it wants to be spoken to");
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        *learned = shown.over(learned.clone());
    }

    /// Whether a resource is changed by PATCH. Of groups only what is known beforehand counts: a target may refuse one form
    /// of PATCH only, and a PUT of a large group is heavy.
    pub fn takes_patch(&self, kind: Kind) -> bool {
        match kind {
            Kind::User => self.user_update() != UserUpdate::Put,
            Kind::Group => self.capabilities.group_update == GroupUpdate::Patch,
        }
    }

    /// The target refuses PATCH. An administrator's word and the profile's stand: this object was PUT, and no more follows.
    pub fn learn_no_patch(&self, kind: Kind) {
        if kind == Kind::User {
            self.learn(Settings { user_update: Some(UserUpdate::Put), ..Settings::default() });
        }
    }

    /// A body of so many bytes that names members was answered 413: half of it is tried from now on. What an administrator or
    /// the profile says stands.
    pub fn learn_largest_body(&self, refused: usize) {
        if matches!(self.capabilities.origin("bytes_per_request"), Origin::Override | Origin::Profile) {
            return;
        }
        let half = u32::try_from(refused / 2).unwrap_or(u32::MAX).max(1);
        if self.learned_settings().bytes_per_request.is_none_or(|known| half < known) {
            self.learn(Settings { bytes_per_request: Some(half), ..Settings::default() });
        }
    }

    /// In which forms PATCH operations are written.
    pub fn forms(&self, kind: Kind) -> Forms {
        Forms {
            object: kind == Kind::User && self.user_update() == UserUpdate::PatchObject,
            member_add: self.capabilities.member_add,
            member_remove: self.capabilities.member_remove,
        }
    }

    /// How the verbs of operations are written.
    pub fn operation_names(&self) -> OperationNames {
        match self.capabilities.origin("operation_names") {
            Origin::Override | Origin::Profile => self.capabilities.operation_names,
            _ => self.learned_settings().operation_names.unwrap_or(self.capabilities.operation_names),
        }
    }

    /// It took operations with verbs in lower case, so that a later refusal is about something else.
    pub fn note_lower_case_taken(&self) {
        self.took_lower_case.store(true, Ordering::Relaxed);
    }

    /// Whether a refusal may be one of how the verbs are written: nobody said how, and it took none so far.
    pub fn may_want_other_verbs(&self) -> bool {
        let is_said = self.capabilities.layers.settings().operation_names.is_some();
        !is_said && !self.took_lower_case.load(Ordering::Relaxed)
    }

    fn user_update(&self) -> UserUpdate {
        match self.capabilities.origin("user_update") {
            Origin::Override | Origin::Profile => self.capabilities.user_update,
            _ => self.learned_settings().user_update.unwrap_or(self.capabilities.user_update),
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
            version: None,
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
            Write::Update { kind, remote_id, changes, add, remove, stay } => {
                let wanted = Wanted { kind: *kind, id: remote_id, changes, add, remove, stay: stay.as_ref() };
                self.update(wanted, notes).await.map(|()| None)
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

    fn learned(&self) -> Settings {
        self.learned_settings()
    }
}
