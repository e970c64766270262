//! Replacing a resource by PUT, for targets without PATCH: it is read, the changes are laid over, and it is sent back whole
//! (RFC 7644 section 3.5.1), so that what we do not keep stays.

use provisioning::target::{Kind, RequestNote, TargetError};
use reqwest::Method;
use scim::{AttributePath, Resource};
use serde_json::Value;

use crate::answer::{Answer, Content};
use crate::create::{cleared, write};
use crate::patch::whole_list;
use crate::target::HttpTarget;
use crate::update::Wanted;
use crate::wire::{Request, resource_path};

/// How often a resource is read that somebody else changes meanwhile.
const MOST_READS: usize = 3;

impl HttpTarget {
    pub(crate) async fn replace(
        &self,
        wanted: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<(), TargetError> {
        if wanted.kind == Kind::Group && wanted.stay.is_none() {
            return Err(TargetError::WholeList);
        }
        let (mut refused, mut nulls) = (None, false);
        for _ in 0..MOST_READS {
            let resource = self.read_whole(wanted.kind, wanted.id, notes).await?;
            // A target that refuses the version it shows itself does not know what it asks for.
            let version = version(&resource).filter(|version| refused.as_ref() != Some(version));
            let answer = self.put(wanted, resource, (version.clone(), nulls), notes).await?;
            if answer.status == 412 && !nulls {
                refused = version;
                continue;
            }
            let answer = match answer.accepted_write() {
                // The one without nulls was accepted: what is shown all the same is what the target makes of it.
                Err(TargetError::Rejected(_) | TargetError::Unsupported(_)) if nulls => return Ok(()),
                answer => answer?,
            };
            // What is left out stays at some targets (RFC 7644 section 3.5.1 leaves it to them); there null takes it away.
            if nulls || !still_shows_what_was_cleared(&answer, wanted) {
                return Ok(());
            }
            nulls = true;
        }
        Err(TargetError::Failed(format!(
            "the {} is being changed by somebody else all the time",
            wanted.kind
        )))
    }

    /// Lays the changes over what was read, and sends it back.
    async fn put(
        &self,
        wanted: Wanted<'_>,
        mut resource: Resource,
        (version, nulls): (Option<String>, bool),
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        let Wanted { kind, id, changes, add, remove, .. } = wanted;
        if kind == Kind::Group {
            // A new name goes with all members, too.
            let members = self.members_laid_over(&resource, wanted, notes).await?;
            if let (false, Ok(path)) = (add.is_empty() && remove.is_empty(), "members".parse()) {
                resource.write(&path, members);
            }
        }
        for change in changes {
            match &change.new {
                Some(value) => write(&mut resource, &change.attribute, value),
                None => resource.clear(&cleared(&change.attribute)),
            }
            let rest = left_behind(&change.attribute);
            if nulls && change.new.is_none() && resource.read(&rest).is_none() {
                resource.write(&rest, Value::Null);
            }
        }
        // Some show the text they were sent once; what is sent is a boolean (RFC 7643 section 2.3.2).
        if let (Kind::User, Some(active), Ok(path)) = (kind, resource.active(), "active".parse()) {
            resource.write(&path, active.into());
        }
        for read_only in ["meta", "groups"] {
            resource.drop_attribute(read_only);
        }
        let request = Request::send(Method::PUT, resource_path(kind, id), resource.into_json());
        self.send(request.of_version(version), notes).await
    }
}

/// What is null when nothing of an attribute is left: of an element its list.
fn left_behind(attribute: &AttributePath) -> AttributePath {
    match attribute.selector() {
        Some(_) => whole_list(attribute),
        None => cleared(attribute),
    }
}

fn still_shows_what_was_cleared(answer: &Answer, wanted: Wanted<'_>) -> bool {
    let Content::Json(shown) = &answer.content else { return false };
    let Some(shown) = Resource::from_json(shown.clone()) else { return false };
    let mut cleared = wanted.changes.iter().filter(|change| change.new.is_none());
    cleared.any(|change| shown.read(&change.attribute).is_some())
}

/// The version that a resource shows (RFC 7644 section 3.14).
fn version(resource: &Resource) -> Option<String> {
    let path: AttributePath = "meta.version".parse().ok()?;
    resource.read(&path)?.as_str().map(str::to_owned)
}
