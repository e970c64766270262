//! The members of a group as a whole, for targets that take no single ones. Whoever is left out of the list is out of the group,
//! so it is made only from a list that is known to be whole: some targets hide members, and some cut a long list off.

use std::collections::BTreeSet;

use provisioning::ids::RemoteId;
use provisioning::target::{Kind, RequestNote, TargetError};
use scim::{AttributePath, Resource};
use serde_json::{Value, json};

use crate::create::{member_id, shown_members};
use crate::target::HttpTarget;
use crate::update::Wanted;

/// How many who are not shown are looked up one by one. Where more are missing, the list is no list of all.
const MOST_LOOKED_UP: usize = 5;

impl HttpTarget {
    /// The members a group has once these came and went, laid over those it shows.
    ///
    /// # Errors
    ///
    /// [`TargetError::WholeList`] where it is not said who stays; [`TargetError::Unsupported`] where somebody who stays is not
    /// shown and may be a member all the same.
    pub(crate) async fn members_laid_over(
        &self,
        group: &Resource,
        Wanted { id, add, remove, stay, .. }: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Value, TargetError> {
        let stay = stay.ok_or(TargetError::WholeList)?;
        let shown = shown_members(group);
        let missing: Vec<_> = stay.iter().filter(|member| !shown.contains(member.as_str())).collect();
        // We pushed the ones to remove, so there are members; where none is shown, they are hidden.
        let hidden = !(shows_members(group) || remove.is_empty() && stay.is_empty());
        if hidden || missing.len() > MOST_LOOKED_UP {
            return Err(not_whole(shown.len(), missing.len()));
        }
        for member in &missing {
            if !self.is_out(member, id, notes).await? {
                return Err(not_whole(shown.len(), missing.len()));
            }
        }
        Ok(laid_over(group, add, remove))
    }

    /// Whether somebody is not in a group for certain: he is gone, or shows his groups, and this one is none of them.
    async fn is_out(
        &self,
        member: &RemoteId,
        group: &RemoteId,
        notes: &mut Vec<RequestNote>,
    ) -> Result<bool, TargetError> {
        let user = match self.read_whole(Kind::User, member, notes).await {
            Ok(user) => user,
            Err(TargetError::NotFound(_)) => return Ok(true),
            Err(error) => return Err(error),
        };
        let groups = user.as_json().iter().find(|(name, _)| name.eq_ignore_ascii_case("groups"));
        let groups = groups.and_then(|(_, groups)| groups.as_array());
        Ok(groups
            .is_some_and(|groups| groups.iter().all(|one| member_id(one).as_deref() != Some(group.as_str()))))
    }
}

fn not_whole(shown: usize, missing: usize) -> TargetError {
    TargetError::Unsupported(format!(
        "the target takes all members of a group at once only, and shows {shown} of this one; {missing} whom Rollcall put in it are \
         not among them, so the list may be cut off or hidden and is not sent: it would take them out. Have the target take PATCH \
         of single members, or put back who was taken out there"
    ))
}

fn shows_members(group: &Resource) -> bool {
    group.as_json().iter().any(|(name, members)| name.eq_ignore_ascii_case("members") && members.is_array())
}

/// Whoever is shown as he is shown, without those who go, and with those who come.
fn laid_over(group: &Resource, add: &BTreeSet<RemoteId>, remove: &BTreeSet<RemoteId>) -> Value {
    let path = "members".parse::<AttributePath>().ok();
    let shown = path.and_then(|path| group.read(&path)).and_then(Value::as_array).cloned();
    let mut members = shown.unwrap_or_default();
    let names = |member: &Value, id: &RemoteId| member_id(member).as_deref() == Some(id.as_str());
    members.retain(|member| !remove.iter().any(|id| names(member, id)));
    for id in add {
        if !members.iter().any(|member| names(member, id)) {
            members.push(json!({"value": id.as_str()}));
        }
    }
    Value::Array(members)
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
        let members = laid_over(&group, &ids(&["1", "3"]), &ids(&["2", "9"]));
        assert_eq!(members, json!([{"value": "1", "display": "One"}, {"value": "3"}]));
    }

    #[test]
    fn members_with_numeric_ids_are_removed_too() {
        let group = Resource::from_json(json!({"members": [{"value": 7}, {"Value": 8}]})).expect("an object");
        assert_eq!(laid_over(&group, &ids(&[]), &ids(&["7", "8"])), json!([]));
    }
}
