//! Writing a group: what stands in the way.

use provisioning::directory::Group;
use provisioning::ids::GroupId;
use provisioning::ports::{DirectoryWriteError, GroupWrite};

use super::wire::ShownGroup;
use crate::Api;
use crate::etag::{ETag, IfMatch};
use crate::problem::{Problem, ProblemKind};

/// How often a write is tried on a group that others change at the same time.
const ATTEMPTS: u32 = 5;

/// Reads a group, unless it is deleted.
pub async fn present(api: &Api, id: &GroupId) -> Result<Group, Problem> {
    let group = api.tables.directory.group(id).await?.filter(|group| !group.deleting);
    group.ok_or_else(|| Problem::not_found("group", id.as_str()))
}

/// Writes a new group.
pub async fn create(api: &Api, group: Group) -> Result<Group, Problem> {
    let write = GroupWrite { old: None, new: group };
    match api.tables.directory.write_group(&write).await {
        Ok(()) => Ok(write.new),
        Err(error) => Err(refused(api, error).await),
    }
}

/// Changes a group. `change` is laid over it as it is, again where somebody else was faster.
pub async fn change(
    api: &Api,
    id: &GroupId,
    precondition: Option<&IfMatch>,
    change: impl Fn(&Group) -> Group,
) -> Result<Group, Problem> {
    for _ in 0..ATTEMPTS {
        let old = present(api, id).await?;
        if let Some(precondition) = precondition {
            precondition.check(&ETag::of_content(&ShownGroup::from(&old)))?;
        }
        let new = change(&old);
        if new == old {
            return Ok(old);
        }
        let write = GroupWrite { old: Some(old), new };
        match api.tables.directory.write_group(&write).await {
            Ok(()) => return Ok(write.new),
            Err(DirectoryWriteError::Changed) => {}
            Err(error) => return Err(refused(api, error).await),
        }
    }
    Err(Problem::new(ProblemKind::ChangedMeanwhile, ProblemKind::ChangedMeanwhile.example()))
}

/// Names the other that has the name or the source id.
async fn refused(api: &Api, error: DirectoryWriteError) -> Problem {
    let directory = &api.tables.directory;
    match error {
        DirectoryWriteError::NameTaken(name) => {
            let other = directory.group_named(&name).await.ok().flatten();
            Problem::taken(ProblemKind::NameTaken, "name", &name, other.as_ref().map(GroupId::as_str))
        }
        DirectoryWriteError::SourceIdTaken(id) => {
            let other = directory.group_from_source(&id).await.ok().flatten();
            Problem::taken(
                ProblemKind::SourceIdTaken,
                "source_id",
                &id.0,
                other.as_ref().map(GroupId::as_str),
            )
        }
        DirectoryWriteError::Changed => {
            Problem::new(ProblemKind::ChangedMeanwhile, ProblemKind::ChangedMeanwhile.example())
        }
        DirectoryWriteError::Store(error) => error.into(),
    }
}
