//! Groups as the API shows and takes them.

use provisioning::directory::{Group, User};
use provisioning::ids::{GroupId, SourceId};
use serde::{Deserialize, Serialize};

use crate::merge_patch::Patched;
use crate::text::Name;

/// A group of the directory.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Group)]
pub struct ShownGroup {
    /// Ours; it never changes.
    id: String,
    /// Unique without regard to case.
    name: String,
    /// The immutable key of the source that feeds the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source_id: Option<String>,
}

impl From<&Group> for ShownGroup {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            source_id: group.source_id.as_ref().map(ToString::to_string),
        }
    }
}

/// A group that is to be made.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// Unique without regard to case.
    name: Name,
    /// The immutable key of the source, unique too.
    source_id: Option<Name>,
}

impl NewGroup {
    /// As the directory has it.
    pub fn into_group(self, id: GroupId) -> Group {
        let source_id = self.source_id.map(|id| SourceId(id.into()));
        Group { id, source_id, name: self.name.into(), deleting: false }
    }
}

/// A change of a group as JSON merge patch (RFC 7396): what is absent stays, null clears.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupPatch {
    #[schema(nullable = false)]
    name: Option<Name>,
    #[serde(default)]
    #[schema(value_type = Option<Name>)]
    source_id: Patched<Name>,
}

impl GroupPatch {
    /// Lays the patch over a group.
    pub fn over(self, group: &Group) -> Group {
        let mut source_id = group.source_id.clone().map(|id| id.0);
        self.source_id.over(&mut source_id);
        let name = self.name.map_or_else(|| group.name.clone(), Into::into);
        Group { name, source_id: source_id.map(SourceId), ..group.clone() }
    }
}

/// A member of a group.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Member {
    /// The user's id.
    id: String,
    /// The user's name.
    username: String,
}

impl From<&User> for Member {
    fn from(user: &User) -> Self {
        Self { id: user.id.to_string(), username: user.username.clone() }
    }
}
