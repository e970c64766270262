//! Groups as the API shows and takes them.

use provisioning::directory::{Group, User};
use provisioning::ids::{GroupId, SourceId};
use serde::{Deserialize, Serialize};

use crate::merge_patch::{self, Patched};
use crate::text::Name;

/// A group of the directory.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Group, example = json!({"id": "0198c0de-7a10-7c21-8d52-4b6a9e0f1c37", "name": "Engineering", "source_id": "g-1"}))]
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
#[schema(example = json!({"name": "Engineering", "source_id": "g-1"}))]
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
#[schema(example = json!({"name": "Platform"}))]
pub struct GroupPatch {
    #[serde(default, deserialize_with = "merge_patch::kept")]
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
#[schema(example = json!({"id": "0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60", "username": "ada"}))]
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
