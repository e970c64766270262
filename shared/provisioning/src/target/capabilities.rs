//! How a target is spoken to: the resolved answer, with where each part is known from.

use catalog::{
    ContentType, Discovery as Documents, GroupRename, GroupUpdate, MatchAttribute, MemberAdd, MemberRemove,
    OperationNames, Paging, Settings, UserUpdate,
};
use serde::{Deserialize, Serialize};

use super::{Kind, MatchKey};

/// How a target is spoken to and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Where the discovery documents are.
    pub discovery: Documents,
    /// The media type of bodies.
    pub content_type: ContentType,
    /// How a user is changed.
    pub user_update: UserUpdate,
    /// How the verbs of PATCH operations are written.
    pub operation_names: OperationNames,
    /// It has a `/Groups` endpoint.
    pub groups: bool,
    /// How a group is changed.
    pub group_update: GroupUpdate,
    /// How members are added by PATCH.
    pub member_add: MemberAdd,
    /// How members are removed by PATCH.
    pub member_remove: MemberRemove,
    /// Most members named in one request.
    pub members_per_request: usize,
    /// Most operations in one PATCH.
    pub operations_per_request: usize,
    /// Most bytes in the body of one request that names members.
    pub bytes_per_request: usize,
    /// Rows asked for per page.
    pub page_size: u64,
    /// How a list goes on behind its first page.
    pub paging: Paging,
    /// Filters work.
    pub filter: bool,
    /// By what accounts may be looked for with a filter.
    pub match_attributes: Vec<MatchAttribute>,
    /// `excludedAttributes` may be asked for.
    pub excludes_attributes: bool,
    /// The members of a group are shown when it is read.
    pub shows_members: bool,
    /// What becomes of a group whose name changes.
    pub group_rename: GroupRename,
    /// What all this was resolved from.
    pub layers: Layers,
}

/// What each origin says of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layers {
    /// What an administrator set.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub overrides: Settings,
    /// What the application's profile has.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub profile: Settings,
    /// What the target's answers showed.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub learned: Settings,
    /// What the target says of itself in its discovery documents.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub advertised: Settings,
}

/// Where a part of the capabilities is known from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// An administrator set it.
    Override,
    /// The application's profile in the catalog has it.
    Profile,
    /// The target's answers showed it.
    Learned,
    /// The target says so itself.
    Advertised,
    /// It is as the RFCs have it, or as most targets do.
    Default,
}

/// How much one request that changes members may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimit {
    /// Most members.
    pub members: usize,
    /// Most bytes of its body.
    pub bytes: usize,
}

impl Layers {
    /// Each layer with its origin, the strongest first.
    fn by_strength(&self) -> [(Origin, &Settings); 4] {
        [
            (Origin::Override, &self.overrides),
            (Origin::Profile, &self.profile),
            (Origin::Learned, &self.learned),
            (Origin::Advertised, &self.advertised),
        ]
    }

    /// What is said, of each field by the strongest that says something of it.
    pub fn settings(&self) -> Settings {
        self.by_strength().into_iter().fold(Settings::default(), |said, (_, layer)| said.over(layer.clone()))
    }

    /// Where a field is known from; `name` is one of [`Settings::NAMES`].
    pub fn origin(&self, name: &str) -> Origin {
        let says = |(_, layer): &(Origin, &Settings)| layer.named().contains(&name);
        self.by_strength().into_iter().find(says).map_or(Origin::Default, |(origin, _)| origin)
    }
}

impl Capabilities {
    /// The strongest that each layer says; what none says is as usual. A limit of zero is none that can be kept: it is one.
    pub fn resolved(layers: Layers) -> Self {
        let said = layers.settings();
        let usual = Self::default();
        let at_least_one = |limit: Option<u32>, usual: usize| {
            limit.map_or(usual, |limit| usize::try_from(limit.max(1)).unwrap_or(usual))
        };
        Self {
            discovery: said.discovery.unwrap_or(usual.discovery),
            content_type: said.content_type.unwrap_or(usual.content_type),
            user_update: said.user_update.unwrap_or(usual.user_update),
            operation_names: said.operation_names.unwrap_or(usual.operation_names),
            groups: said.groups.unwrap_or(usual.groups),
            group_update: said.group_update.unwrap_or(usual.group_update),
            member_add: said.member_add.unwrap_or(usual.member_add),
            member_remove: said.member_remove.unwrap_or(usual.member_remove),
            members_per_request: at_least_one(said.members_per_request, usual.members_per_request),
            operations_per_request: at_least_one(said.operations_per_request, usual.operations_per_request),
            bytes_per_request: at_least_one(said.bytes_per_request, usual.bytes_per_request),
            page_size: said.page_size.map_or(usual.page_size, |rows| rows.max(1).into()),
            paging: said.paging.unwrap_or(usual.paging),
            filter: said.filter.unwrap_or(usual.filter),
            match_attributes: said.match_attributes.unwrap_or(usual.match_attributes),
            excludes_attributes: said.excludes_attributes.unwrap_or(usual.excludes_attributes),
            shows_members: said.shows_members.unwrap_or(usual.shows_members),
            group_rename: said.group_rename.unwrap_or(usual.group_rename),
            layers,
        }
    }

    /// The same with other overrides.
    pub fn overridden(&self, overrides: Settings) -> Self {
        Self::resolved(Layers { overrides, ..self.layers.clone() })
    }

    /// Where a field is known from; `name` is one of [`Settings::NAMES`].
    pub fn origin(&self, name: &str) -> Origin {
        self.layers.origin(name)
    }

    /// Whether a resource may be looked for by this with a filter. What a target says of that is said of accounts.
    pub fn looks_up(&self, kind: Kind, key: &MatchKey) -> bool {
        let attribute = match key {
            MatchKey::ExternalId(_) => MatchAttribute::ExternalId,
            MatchKey::Name(_) => MatchAttribute::UserName,
            MatchKey::Email(_) => MatchAttribute::Email,
        };
        self.filter && (kind == Kind::Group || self.match_attributes.contains(&attribute))
    }

    /// How much one request may name: with an operation for each member removed, the limit of operations is one of members
    /// too.
    pub fn request_limit(&self) -> RequestLimit {
        let members = match self.member_remove {
            // One operation is left for those who come, and one for the name.
            MemberRemove::Filter => {
                self.members_per_request.min(self.operations_per_request.saturating_sub(2).max(1))
            }
            MemberRemove::Array | MemberRemove::Replace => self.members_per_request,
        };
        RequestLimit { members, bytes: self.bytes_per_request }
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            discovery: Documents::default(),
            content_type: ContentType::default(),
            user_update: UserUpdate::default(),
            operation_names: OperationNames::default(),
            groups: true,
            group_update: GroupUpdate::default(),
            member_add: MemberAdd::default(),
            member_remove: MemberRemove::default(),
            members_per_request: 1_000,
            operations_per_request: 10_000,
            bytes_per_request: 1_000_000,
            page_size: 200,
            paging: Paging::default(),
            filter: true,
            match_attributes: vec![
                MatchAttribute::ExternalId,
                MatchAttribute::UserName,
                MatchAttribute::Email,
                MatchAttribute::Id,
            ],
            excludes_attributes: true,
            shows_members: true,
            group_rename: GroupRename::default(),
            layers: Layers::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;

    fn said() -> impl Strategy<Value = Settings> {
        let user_update =
            prop_oneof![Just(UserUpdate::PatchPath), Just(UserUpdate::PatchObject), Just(UserUpdate::Put)];
        (of(any::<bool>()), of(1..500_u32), of(user_update)).prop_map(|(filter, page_size, user_update)| {
            Settings { filter, page_size, user_update, ..Settings::default() }
        })
    }

    proptest! {
        #[test]
        fn the_strongest_that_says_something_is_believed(
            overrides in said(), profile in said(), learned in said(), advertised in said(),
        ) {
            let layers = [&overrides, &profile, &learned, &advertised].map(|layer| layer.page_size);
            let origins = [Origin::Override, Origin::Profile, Origin::Learned, Origin::Advertised];
            let strongest = layers.iter().position(Option::is_some);
            let resolved = Capabilities::resolved(Layers { overrides, profile, learned, advertised });
            match strongest {
                Some(strongest) => {
                    prop_assert_eq!(Some(resolved.page_size), layers[strongest].map(u64::from));
                    prop_assert_eq!(resolved.origin("page_size"), origins[strongest]);
                }
                None => {
                    prop_assert_eq!(resolved.page_size, Capabilities::default().page_size);
                    prop_assert_eq!(resolved.origin("page_size"), Origin::Default);
                }
            }
        }

        #[test]
        fn what_nobody_speaks_of_is_as_usual(layer in said()) {
            let layers = Layers { learned: layer, ..Layers::default() };
            let resolved = Capabilities::resolved(layers);
            prop_assert_eq!(resolved.members_per_request, Capabilities::default().members_per_request);
            prop_assert_eq!(resolved.origin("members_per_request"), Origin::Default);
        }
    }

    #[test]
    fn overriding_again_gives_back_what_was_overridden() {
        let page_size = |rows| Settings { page_size: Some(rows), ..Settings::default() };
        let advertised = Capabilities::resolved(Layers { advertised: page_size(50), ..Layers::default() });
        let overridden = advertised.overridden(page_size(10));
        assert_eq!((overridden.page_size, overridden.origin("page_size")), (10, Origin::Override));
        assert_eq!(overridden.overridden(Settings::default()), advertised);
    }

    #[test]
    fn an_operation_for_each_member_removed_counts_against_the_limit_of_operations() {
        let limited = Capabilities { operations_per_request: 100, ..Capabilities::default() };
        assert_eq!(limited.request_limit().members, 98);
        let listed = Capabilities { member_remove: MemberRemove::Array, ..limited };
        assert_eq!(listed.request_limit().members, 1_000);
    }
}
