//! Replacing a resource by PUT, for targets without PATCH: it is read, the changes are laid over, and it is sent back whole
//! (RFC 7644 section 3.5.1), so that what we do not keep stays.

use std::collections::BTreeSet;

use provisioning::ids::RemoteId;
use provisioning::target::{Kind, RequestNote, TargetError};
use reqwest::Method;
use scim::{AttributePath, Resource};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::create::{cleared, member_id, write};
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
        let mut refused = None;
        for _ in 0..MOST_READS {
            let resource = self.read_whole(wanted.kind, wanted.id, notes).await?;
            // A target that refuses the version it shows itself does not know what it asks for.
            let version = version(&resource).filter(|version| refused.as_ref() != Some(version));
            let answer = self.put(wanted, resource, version.clone(), notes).await?;
            if answer.status != 412 {
                return answer.accepted_write().map(drop);
            }
            refused = version;
        }
        Err(TargetError::Failed(format!(
            "the {} is being changed by somebody else all the time",
            wanted.kind
        )))
    }

    /// Lays the changes over what was read, and sends it back.
    async fn put(
        &self,
        Wanted { kind, id, changes, add, remove }: Wanted<'_>,
        mut resource: Resource,
        version: Option<String>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        for change in changes {
            match &change.new {
                Some(value) => write(&mut resource, &change.attribute, value),
                None => resource.clear(&cleared(&change.attribute)),
            }
        }
        if !(add.is_empty() && remove.is_empty()) {
            let members = members_laid_over(&resource, add, remove)?;
            let path: AttributePath =
                "members".parse().map_err(|_| TargetError::Unknown("members is no path".into()))?;
            resource.write(&path, members);
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

/// The version that a resource shows (RFC 7644 section 3.14).
fn version(resource: &Resource) -> Option<String> {
    let path: AttributePath = "meta.version".parse().ok()?;
    resource.read(&path)?.as_str().map(str::to_owned)
}

/// The members a group has once these came and went.
pub(crate) fn members_laid_over(
    group: &Resource,
    add: &BTreeSet<RemoteId>,
    remove: &BTreeSet<RemoteId>,
) -> Result<Value, TargetError> {
    let path: AttributePath =
        "members".parse().map_err(|_| TargetError::Unknown("members is no path".into()))?;
    let shows_members = group.as_json().keys().any(|name| name.eq_ignore_ascii_case("members"));
    if !shows_members && !remove.is_empty() {
        // We pushed the ones to remove, so there are members: a PUT of what is shown would take them all away.
        return Err(TargetError::Unsupported(
            "the target wants the whole list of members and does not show it: single members cannot be removed".into(),
        ));
    }
    let mut members = group.read(&path).and_then(Value::as_array).cloned().unwrap_or_default();
    let names = |member: &Value, id: &RemoteId| member_id(member).as_deref() == Some(id.as_str());
    members.retain(|member| !remove.iter().any(|id| names(member, id)));
    for id in add {
        if !members.iter().any(|member| names(member, id)) {
            members.push(json!({"value": id.as_str()}));
        }
    }
    Ok(Value::Array(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> BTreeSet<RemoteId> {
        ids.iter().copied().filter_map(RemoteId::new).collect()
    }

    #[test]
    fn members_are_laid_over_those_that_are_there() {
        let shown = json!({"members": [{"value": "1", "display": "One"}, {"value": "2"}]});
        let group = Resource::from_json(shown).expect("an object");
        let members = members_laid_over(&group, &ids(&["1", "3"]), &ids(&["2", "9"])).expect("members");
        assert_eq!(members, json!([{"value": "1", "display": "One"}, {"value": "3"}]));
    }

    #[test]
    fn members_with_numeric_ids_are_removed_too() {
        let group = Resource::from_json(json!({"members": [{"value": 7}, {"Value": 8}]})).expect("an object");
        let members = members_laid_over(&group, &ids(&[]), &ids(&["7", "8"])).expect("members");
        assert_eq!(members, json!([]));
    }

    #[test]
    fn nobody_is_removed_from_a_group_whose_members_are_hidden() {
        let group = Resource::from_json(json!({"displayName": "Crew"})).expect("an object");
        assert!(matches!(
            members_laid_over(&group, &ids(&[]), &ids(&["2"])),
            Err(TargetError::Unsupported(_))
        ));
        members_laid_over(&group, &ids(&["2"]), &ids(&[])).expect("a first member");
    }
}
