//! Changing a resource: by PATCH in the target's own forms, and what is done where it does not take it as it stands.

use std::collections::BTreeSet;

use catalog::{MemberRemove, OperationNames, Settings};
use provisioning::ids::RemoteId;
use provisioning::target::{Change, Kind, RequestNote, TargetError};
use reqwest::Method;
use scim::message::{PatchOperation, PatchRequest};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::patch::{all_members, capitalised, named_by_an_object, operations};
use crate::target::HttpTarget;
use crate::wire::{Request, resource_path};

/// What is to change of one resource.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub kind: Kind,
    pub id: &'a RemoteId,
    pub changes: &'a [Change],
    pub add: &'a BTreeSet<RemoteId>,
    pub remove: &'a BTreeSet<RemoteId>,
    /// Who stays in a group, where that is known.
    pub stay: Option<&'a BTreeSet<RemoteId>>,
}

impl Wanted<'_> {
    /// Whether members of a group come or go, and something of the group itself changes.
    fn names_both(&self) -> bool {
        let names_members = !self.add.is_empty() || !self.remove.is_empty();
        names_members && !self.changes.is_empty()
    }
}

impl HttpTarget {
    pub(crate) async fn update(
        &self,
        wanted: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let forms = self.forms(wanted.kind);
        let planned = operations(wanted.changes, wanted.add, wanted.remove, None, forms);
        if planned.is_empty() {
            return Ok(());
        }
        if !self.takes_patch(wanted.kind) {
            return self.replace(wanted, notes).await;
        }
        if forms.member_remove == MemberRemove::Replace && !wanted.remove.is_empty() {
            return self.patch_all_members(wanted, notes).await;
        }
        let answer = self.patch(wanted, planned.clone(), notes).await?;
        match answer.status {
            400 if answer.is_scim_type("noTarget") || may_lack_an_element(&answer, &wanted) => {
                self.patch_what_is_there(answer, wanted, planned, notes).await
            }
            400 if may_be_the_form_of_a_name(&answer, &wanted) => {
                let members = operations(&[], wanted.add, wanted.remove, None, forms);
                self.patch_named_by_an_object(answer, wanted, members, notes).await
            }
            405 | 501 if wanted.names_both() => self.update_apart(wanted, notes).await,
            405 | 501 => {
                self.learn_no_patch(wanted.kind);
                self.replace(wanted, notes).await
            }
            _ => self.done_or_cleared(answer, wanted, notes).await,
        }
    }

    /// A PATCH of a group's members and of the group itself was refused as a whole: the members go by themselves, since the target
    /// may take PATCH of those, and no members in a PUT. Then the group's own attributes.
    async fn update_apart(
        &self,
        wanted: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        if wanted.stay.is_none() {
            // They will have to be known, so nothing is sent until they are.
            return Err(TargetError::WholeList);
        }
        Box::pin(self.update(Wanted { changes: &[], ..wanted }, notes)).await?;
        let nobody = BTreeSet::new();
        self.replace(Wanted { add: &nobody, remove: &nobody, ..wanted }, notes).await
    }

    /// A refusal of a PATCH that takes values away may be one of how that is said: some targets do it by PUT only. Where PUT does
    /// not do it either, the refusal stands.
    async fn done_or_cleared(
        &self,
        answer: Answer,
        wanted: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let clears = wanted.changes.iter().any(|change| change.new.is_none());
        let may_be_the_form = answer.status == 400 && !answer.is_scim_type("mutability");
        let done = answer.accepted_write().map(drop).map_err(|error| self.hinting(error, &wanted));
        if done.is_ok() || wanted.kind != Kind::User || !clears || !may_be_the_form {
            return done;
        }
        match self.replace(wanted, notes).await {
            Err(TargetError::Rejected(_) | TargetError::Unsupported(_) | TargetError::NotFound(_)) => done,
            put => put,
        }
    }

    /// Names a group as some targets have it: without a path, by an object with its id.
    async fn patch_named_by_an_object(
        &self,
        refusal: Answer,
        wanted: Wanted<'_>,
        members: Vec<PatchOperation>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let before = self.shown_of(wanted, notes).await?;
        let named = named_by_an_object(wanted.id, wanted.changes);
        let planned = named.into_iter().chain(members).collect();
        let answer = self.patch(wanted, planned, notes).await?;
        // Some answer 200 to what they ignore.
        let is_done = answer.is_success() && self.shown_of(wanted, notes).await? > before;
        let answer = if answer.status == 400 || (answer.is_success() && !is_done) { refusal } else { answer };
        answer.accepted_write().map(drop).map_err(|error| self.hinting(error, &wanted))
    }

    /// Members are removed in no form that nobody said the target takes: what one target takes for a list of those who go,
    /// another takes for all members (RFC 7644 section 3.5.2.2). A refusal says how to name the form.
    fn hinting(&self, error: TargetError, wanted: &Wanted<'_>) -> TargetError {
        let names_form = self.capabilities.layers.settings().member_remove.is_some();
        match error {
            TargetError::Rejected(detail) if !wanted.remove.is_empty() && !names_form => {
                TargetError::Rejected(format!(
                    "{detail} (members are removed by a filter; where the target takes another form, set member_remove)"
                ))
            }
            other => other,
        }
    }

    /// Sends operations, in as many requests as the target's limit makes of them. The answer is the last one, or the first
    /// that is no success.
    async fn patch(
        &self,
        wanted: Wanted<'_>,
        mut operations: Vec<PatchOperation>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        loop {
            let most = self.capabilities.operations_per_request.max(1).min(operations.len());
            let rest = operations.split_off(most);
            let body = json!(PatchRequest::new(operations));
            let size = body.to_string().len();
            let answer = self.send_patch(wanted, body, notes).await?;
            if answer.status == 413 && wanted.add.len() + wanted.remove.len() > 1 {
                self.learn_largest_body(size);
            }
            if rest.is_empty() || !answer.is_success() {
                return Ok(answer);
            }
            operations = rest;
        }
    }

    /// Sends one body. What a target refuses that may want other verbs is sent once more with them, where nobody said which it
    /// takes. That they are taken is believed, and learned, only where the resource shows more of what is wanted than before: some
    /// targets answer 200 to verbs that they do not know, and do nothing.
    async fn send_patch(
        &self,
        wanted: Wanted<'_>,
        body: Value,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        let patch = |body| Request::send(Method::PATCH, resource_path(wanted.kind, wanted.id), body);
        if self.operation_names() == OperationNames::Capitalised {
            return self.send(patch(capitalised(body)), notes).await;
        }
        let answer = self.send(patch(body.clone()), notes).await?;
        let may_be_the_verbs = answer.status == 400
            && (answer.is_scim_type("invalidSyntax") || answer.names_no_scim_type())
            && self.may_want_other_verbs();
        if answer.is_success() {
            self.note_lower_case_taken();
        }
        if !may_be_the_verbs {
            return Ok(answer);
        }
        let before = self.shown_of(wanted, notes).await?;
        let again = self.send(patch(capitalised(body)), notes).await?;
        if !again.is_success() || self.shown_of(wanted, notes).await? <= before {
            return Ok(answer);
        }
        let operation_names = Some(OperationNames::Capitalised);
        self.learn(Settings { operation_names, ..Settings::default() });
        Ok(again)
    }

    /// Removes members by naming all who stay, for a target that takes no other removal. They are read just before.
    async fn patch_all_members(
        &self,
        wanted: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        if wanted.stay.is_none() {
            return Err(TargetError::WholeList);
        }
        let present = self.read_whole(wanted.kind, wanted.id, notes).await?;
        let members = self.members_laid_over(&present, wanted, notes).await?;
        let nobody = BTreeSet::new();
        let forms = self.forms(wanted.kind);
        let mut operations = operations(wanted.changes, &nobody, &nobody, None, forms);
        let members = all_members(members);
        operations.push(members.clone());
        let answer = self.patch(wanted, operations, notes).await?;
        match answer.status {
            400 if may_be_the_form_of_a_name(&answer, &wanted) => {
                self.patch_named_by_an_object(answer, wanted, vec![members], notes).await
            }
            405 | 501 => self.replace(wanted, notes).await,
            _ => answer.accepted_write().map(drop),
        }
    }

    /// An operation addressed what is not there (`noTarget`), and the target does not say which. The resource is read, and
    /// the operations are made anew from what it holds. Once only.
    async fn patch_what_is_there(
        &self,
        refusal: Answer,
        wanted: Wanted<'_>,
        planned: Vec<PatchOperation>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        let Wanted { kind, id, changes, add, remove, .. } = wanted;
        if changes.is_empty() && add.is_empty() && remove.len() == 1 {
            // The one member to be removed is not there.
            return Ok(());
        }
        if !remove.is_empty() {
            // One of them may be who is not there. A group that does not show him may hide members or cut their list off, and to
            // leave him out could leave somebody in: of each by himself the target tells.
            return refusal.accepted_write().map(drop);
        }
        let present = self.read_whole(kind, id, notes).await?;
        let possible = operations(changes, add, remove, Some(&present), self.forms(kind));
        if possible.is_empty() {
            return Ok(());
        }
        if possible == planned {
            return self.done_or_cleared(refusal, wanted, notes).await;
        }
        let answer = self.patch(wanted, possible, notes).await?;
        self.done_or_cleared(answer, wanted, notes).await
    }
}

/// Whether a refusal may be about the form in which a group is given its name.
fn may_be_the_form_of_a_name(refusal: &Answer, wanted: &Wanted<'_>) -> bool {
    let is_about_another =
        ["mutability", "uniqueness", "tooMany"].iter().any(|name| refusal.is_scim_type(name));
    wanted.kind == Kind::Group && !wanted.changes.is_empty() && !is_about_another
}

/// Whether a refusal that does not say why may be about an element of a list that is not there.
fn may_lack_an_element(refusal: &Answer, wanted: &Wanted<'_>) -> bool {
    refusal.names_no_scim_type() && wanted.changes.iter().any(|change| change.attribute.selector().is_some())
}
