//! Which groups are provisioned.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::GroupId;

/// Most groups that can be selected, or permitted: what an item holds.
pub const MOST_GROUPS: usize = 4_000;

/// The groups whose members are provisioned, and whether the groups themselves are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Where the list comes from.
    #[serde(default)]
    pub mode: SelectionMode,
    /// The selected groups, resolved.
    #[serde(default)]
    pub groups: BTreeSet<GroupId>,
    /// The groups that single sign-on permits, whether they are what is selected or not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sso_permitted: BTreeSet<GroupId>,
    /// Users are provisioned, groups are not.
    #[serde(default)]
    pub exclude_group_information: bool,
}

/// Where the list of groups comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectionMode {
    /// An administrator named them.
    #[default]
    List,
    /// The groups that single sign-on permits.
    SsoPermitted,
}

impl Selection {
    /// With these groups permitted by single sign-on; where they are what is selected, the selection follows.
    pub fn permitting(self, sso_permitted: BTreeSet<GroupId>) -> Self {
        let groups = match self.mode {
            SelectionMode::SsoPermitted => sso_permitted.clone(),
            SelectionMode::List => self.groups,
        };
        Self { groups, sso_permitted, ..self }
    }

    /// Whether the group's members are provisioned.
    pub fn includes(&self, group: &GroupId) -> bool {
        self.groups.contains(group)
    }

    /// Whether one of these groups is selected.
    pub fn includes_any<'a>(&self, groups: impl IntoIterator<Item = &'a GroupId>) -> bool {
        groups.into_iter().any(|group| self.includes(group))
    }

    /// Whether the group itself is kept at the target.
    pub fn provisions_group(&self, group: &GroupId) -> bool {
        !self.exclude_group_information && self.includes(group)
    }
}
