//! What a target can do and how it is spoken to, with where each part is known from.

use catalog::{
    ContentType, Discovery, GroupRename, GroupUpdate, MatchAttribute, MemberAdd, MemberRemove,
    OperationNames, Paging, UserUpdate,
};
use provisioning::target::{Capabilities, Origin};
use serde::Serialize;
use utoipa::ToSchema;

/// What a target can do and how it is spoken to. The strongest origin counts: override, profile, learned, advertised, default.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownCapabilities {
    /// Where its discovery documents are.
    discovery: Known<Discovery>,
    /// The media type of bodies.
    content_type: Known<ContentType>,
    /// How a user is changed.
    user_update: Known<UserUpdate>,
    /// How the verbs of PATCH operations are written.
    operation_names: Known<OperationNames>,
    /// Whether it has groups.
    groups: Known<bool>,
    /// How a group is changed.
    group_update: Known<GroupUpdate>,
    /// How members are added by PATCH.
    member_add: Known<MemberAdd>,
    /// How members are removed by PATCH.
    member_remove: Known<MemberRemove>,
    /// Most members named in one request.
    members_per_request: Known<usize>,
    /// Most operations in one PATCH.
    operations_per_request: Known<usize>,
    /// Most bytes in the body of one request that names members.
    bytes_per_request: Known<usize>,
    /// Rows asked for per page.
    page_size: Known<u64>,
    /// How a list goes on behind its first page.
    paging: Known<Paging>,
    /// Whether filters work.
    filter: Known<bool>,
    /// By what accounts may be looked for with a filter.
    match_attributes: Known<Vec<MatchAttribute>>,
    /// Whether `excludedAttributes` may be asked for.
    excludes_attributes: Known<bool>,
    /// Whether the members of a group are shown when it is read.
    shows_members: Known<bool>,
    /// What becomes of a group whose name changes.
    group_rename: Known<GroupRename>,
}

/// A value and where it is known from.
#[derive(Debug, Serialize, ToSchema)]
struct Known<T> {
    /// The value.
    value: T,
    /// Where it is known from.
    from: KnownFrom,
}

/// Where a capability is known from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum KnownFrom {
    /// An administrator set it.
    Override,
    /// The application's profile in the catalog has it.
    Profile,
    /// The target's answers showed it.
    Learned,
    /// The target says so itself.
    Advertised,
    /// It is as most targets have it.
    Default,
}

impl From<Origin> for KnownFrom {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Override => Self::Override,
            Origin::Profile => Self::Profile,
            Origin::Learned => Self::Learned,
            Origin::Advertised => Self::Advertised,
            Origin::Default => Self::Default,
        }
    }
}

impl From<&Capabilities> for ShownCapabilities {
    fn from(capabilities: &Capabilities) -> Self {
        fn known<T>(value: T, from: Origin) -> Known<T> {
            Known { value, from: from.into() }
        }
        let from = |name| capabilities.origin(name);
        Self {
            discovery: known(capabilities.discovery, from("discovery")),
            content_type: known(capabilities.content_type, from("content_type")),
            user_update: known(capabilities.user_update, from("user_update")),
            operation_names: known(capabilities.operation_names, from("operation_names")),
            groups: known(capabilities.groups, from("groups")),
            group_update: known(capabilities.group_update, from("group_update")),
            member_add: known(capabilities.member_add, from("member_add")),
            member_remove: known(capabilities.member_remove, from("member_remove")),
            members_per_request: known(capabilities.members_per_request, from("members_per_request")),
            operations_per_request: known(
                capabilities.operations_per_request,
                from("operations_per_request"),
            ),
            bytes_per_request: known(capabilities.bytes_per_request, from("bytes_per_request")),
            page_size: known(capabilities.page_size, from("page_size")),
            paging: known(capabilities.paging, from("paging")),
            filter: known(capabilities.filter, from("filter")),
            match_attributes: known(capabilities.match_attributes.clone(), from("match_attributes")),
            excludes_attributes: known(capabilities.excludes_attributes, from("excludes_attributes")),
            shows_members: known(capabilities.shows_members, from("shows_members")),
            group_rename: known(capabilities.group_rename, from("group_rename")),
        }
    }
}
