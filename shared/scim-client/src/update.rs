//! Changing a resource: one PATCH, and what is done where a target does not take it as it stands.

use std::collections::BTreeSet;

use provisioning::ids::RemoteId;
use provisioning::target::{Change, Kind, RequestNote, TargetError};
use reqwest::Method;
use scim::message::{PatchOperation, PatchRequest};
use serde_json::json;

use crate::answer::Answer;
use crate::create::shown_members;
use crate::patch::operations;
use crate::target::HttpTarget;
use crate::wire::{Request, resource_path};

impl HttpTarget {
    pub(crate) async fn update(
        &self,
        kind: Kind,
        id: &RemoteId,
        changes: &[Change],
        add: &BTreeSet<RemoteId>,
        remove: &BTreeSet<RemoteId>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let planned = operations(changes, add, remove, None);
        if planned.is_empty() {
            return Ok(());
        }
        if !self.takes_patch(kind) {
            return self.replace(kind, id, changes, add, remove, notes).await;
        }
        let answer = self.patch(kind, id, planned, notes).await?;
        match answer.status {
            405 | 501 => {
                self.learn_no_patch(kind);
                self.replace(kind, id, changes, add, remove, notes).await
            }
            400 if answer.is_scim_type("noTarget") => {
                self.patch_what_is_there(answer, (kind, id), changes, add, remove, notes).await
            }
            _ => answer.accepted_write().map(drop),
        }
    }

    async fn patch(
        &self,
        kind: Kind,
        id: &RemoteId,
        operations: Vec<PatchOperation>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        let body = json!(PatchRequest::new(operations));
        self.send(Request::send(Method::PATCH, resource_path(kind, id), body), notes).await
    }

    /// An operation addressed what is not there (`noTarget`), and the target does not say which. The resource is read, and
    /// the operations are made anew from what it holds. Once only.
    async fn patch_what_is_there(
        &self,
        refusal: Answer,
        (kind, id): (Kind, &RemoteId),
        changes: &[Change],
        add: &BTreeSet<RemoteId>,
        remove: &BTreeSet<RemoteId>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        if changes.is_empty() && add.is_empty() && remove.len() == 1 {
            // The one member to be removed is not there.
            return Ok(());
        }
        let present = self.read_whole(kind, id, notes).await?;
        let shown = shown_members(&present);
        if !remove.is_empty() && shown.is_empty() {
            // Members may be hidden: dropping these removals could leave somebody in. One by one the target tells.
            return refusal.accepted_write().map(drop);
        }
        let remove = remove.iter().filter(|member| shown.contains(member.as_str())).cloned().collect();
        let possible = operations(changes, add, &remove, Some(&present));
        if possible.is_empty() {
            return Ok(());
        }
        self.patch(kind, id, possible, notes).await?.accepted_write().map(drop)
    }
}
