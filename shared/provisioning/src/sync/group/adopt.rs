//! The members a group already has at the target when it is linked. They are ours to keep from then on, and are not
//! added once more: not every target takes a member that is there for what it is.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::super::task::Task;
use crate::ids::{GroupId, RemoteId, UserId};
use crate::link::Object;
use crate::plan::MemberPlan;
use crate::ports::StoreResult;
use crate::target::{Found, Kind, RequestNote};

/// How many owners are looked up at once.
const CONCURRENT: usize = 16;

impl Task<'_> {
    /// Reads the members of a group that was found, and records those who are accounts of ours. A target that does not show
    /// members shows none: they are added as if they were not there.
    pub(super) async fn members_there(
        &self,
        group: &GroupId,
        found: &Found,
        requests: &mut Vec<RequestNote>,
    ) -> StoreResult<BTreeMap<UserId, RemoteId>> {
        let connection = self.configured().application.connection.as_ref();
        if !connection.is_some_and(|connection| connection.capabilities.shows_members) {
            return Ok(BTreeMap::new());
        }
        let read = self.target().get(Kind::Group, &found.remote_id).await;
        requests.extend(read.requests);
        let shown = read.result.map(|group| shown_members(&group)).unwrap_or_default();
        let owners = shown.into_iter().map(|remote_id| async move {
            let links = &self.tables().links;
            let owner = links.owner(&self.key.application, self.generation(), Kind::User, &remote_id).await?;
            Ok(owner.and_then(|owner| match owner.object {
                Object::User(user) => Some((user, remote_id)),
                Object::Group(_) => None,
            }))
        });
        let owned: Vec<Option<(UserId, RemoteId)>> =
            stream::iter(owners).buffered(CONCURRENT).try_collect().await?;
        let members: BTreeMap<_, _> = owned.into_iter().flatten().collect();
        self.record_since(group, &MemberPlan { add: members.clone(), ..MemberPlan::default() }, None).await?;
        Ok(members)
    }
}

/// The members a group shows.
pub(crate) fn shown_members(group: &Found) -> Vec<RemoteId> {
    let members = "members".parse().ok().and_then(|path| group.resource.read(&path)?.as_array());
    let value = |member: &serde_json::Value| match member.get("value")? {
        serde_json::Value::String(id) => RemoteId::new(id),
        serde_json::Value::Number(id) => RemoteId::new(&id.to_string()),
        _ => None,
    };
    members.into_iter().flatten().filter_map(value).collect()
}
