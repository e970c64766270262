//! Planning one group at one application, beside its members (DESIGN section 8).

use catalog::GroupRename;

use crate::application::{Configured, DeselectedGroup, OnDeletion};
use crate::desired::Desired;
use crate::directory::Group;
use crate::link::{Link, Origin, State};
use crate::target::Change;
use crate::value::{Attributes, Value};

/// What to do about one group at one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupPlan {
    /// It is not at the target and should not be.
    Nothing,
    /// It has no counterpart: match, and create with its members if there is none.
    Match {
        /// `displayName`.
        attributes: Attributes,
    },
    /// It has one: these attributes differ, and its members are looked at.
    Keep {
        /// The attributes that differ.
        changes: Vec<Change>,
    },
    /// A create may have been sent and it is no longer wanted: find out.
    Resolve,
    /// Take the members we pushed out and let it go.
    Empty,
    /// Delete it.
    Delete,
    /// Let it go as it is, members and all.
    Release,
}

impl GroupPlan {
    /// Whether the group is kept no more after it.
    pub fn lets_go(&self) -> bool {
        matches!(self, Self::Empty | Self::Delete | Self::Release)
    }
}

/// Plans from one consistent read of the group, the link and the configuration.
pub fn plan_group(configured: &Configured, group: Option<&Group>, link: &Link) -> GroupPlan {
    let group = group.filter(|group| !group.deleting);
    let ours = link.target_generation == configured.application.target_generation;
    let desired = Desired::of_group(group, &configured.selection);
    if desired != Desired::Active && ours && configured.keeps(link, desired) {
        return GroupPlan::Nothing;
    }
    match group.filter(|group| configured.selection.provisions_group(&group.id)) {
        Some(group) => plan_wanted(configured, group, link, ours),
        None if !ours => GroupPlan::Nothing,
        None => plan_unwanted(configured, link),
    }
}

fn plan_wanted(configured: &Configured, group: &Group, link: &Link, ours: bool) -> GroupPlan {
    let stays_away = configured.application.policy.drift.deleted_at_target == OnDeletion::Report;
    let attributes: Attributes = [(display_name(), Value::from(group.name.as_str()))].into();
    let linked = ours && link.remote_id.is_some();
    match link.state {
        State::Missing if ours && stays_away => GroupPlan::Nothing,
        State::Linked if linked => GroupPlan::Keep { changes: nameable(configured, &attributes, link) },
        // What became of it while it was not ours to keep is not known.
        State::Released | State::Deactivated if linked => {
            let doubtful = Link { doubt: [display_name()].into(), ..link.clone() };
            GroupPlan::Keep { changes: nameable(configured, &attributes, &doubtful) }
        }
        _ => GroupPlan::Match { attributes },
    }
}

/// What differs, without a name that the target cannot change.
fn nameable(configured: &Configured, attributes: &Attributes, link: &Link) -> Vec<Change> {
    match renames_groups(configured) {
        true => super::changes(attributes, &[display_name()], link),
        false => Vec::new(),
    }
}

/// The new name of a linked group whose target cannot rename groups: it is not sent, and told once.
pub fn kept_name(configured: &Configured, group: Option<&Group>, link: &Link) -> Option<Change> {
    let group = group.filter(|group| !group.deleting && configured.selection.provisions_group(&group.id))?;
    let new = Some(Value::from(group.name.as_str()));
    let old = link.sent.get(&display_name()).cloned();
    (!renames_groups(configured) && old.is_some() && old != new).then(|| Change {
        attribute: display_name(),
        old,
        new,
    })
}

fn renames_groups(configured: &Configured) -> bool {
    let connection = configured.application.connection.as_ref();
    connection.is_none_or(|connection| connection.capabilities.group_rename == GroupRename::Rename)
}

fn plan_unwanted(configured: &Configured, link: &Link) -> GroupPlan {
    let policy = configured.application.policy.on_deselect;
    if link.create_is_open(configured.application.target_generation) {
        return GroupPlan::Resolve;
    }
    match (link.state, link.origin) {
        (State::Linked, _) if configured.selection.exclude_group_information => GroupPlan::Release,
        (State::Linked, Some(Origin::Created)) => match policy {
            DeselectedGroup::Delete => GroupPlan::Delete,
            DeselectedGroup::Leave => GroupPlan::Release,
            DeselectedGroup::Empty => GroupPlan::Empty,
        },
        // A group that was there before us always loses the members we pushed, and nothing else.
        (State::Linked, _) => GroupPlan::Empty,
        _ => GroupPlan::Nothing,
    }
}

/// The path of a group's name.
pub(crate) fn display_name() -> scim::AttributePath {
    "displayName".parse().unwrap_or_else(|_| unreachable!("'displayName' is a path"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RemoteId;
    use crate::link::LinkKey;
    use crate::testing::configured;

    fn group(name: &str) -> Group {
        Group { id: "sales".parse().expect("an id"), source_id: None, name: name.into(), deleting: false }
    }

    fn link(state: State, origin: Origin) -> Link {
        let key = LinkKey::group(&"app".parse().expect("an id"), &"sales".parse().expect("an id"));
        let sent = [(display_name(), Value::from("Sales"))].into();
        Link { state, origin: Some(origin), remote_id: RemoteId::new("g1"), sent, ..Link::new(key) }
    }

    #[test]
    fn a_renamed_group_is_renamed() {
        let GroupPlan::Keep { changes } =
            plan_group(&configured(), Some(&group("Field Sales")), &link(State::Linked, Origin::Created))
        else {
            panic!("it is kept")
        };
        assert_eq!(
            changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["displayName: \"Sales\" -> \"Field Sales\""]
        );
    }

    #[test]
    fn a_group_that_cannot_be_renamed_is_sent_no_name_and_the_new_one_is_known() {
        let mut configured = configured();
        let connection = configured.application.connection.as_mut().expect("a connection");
        connection.capabilities.group_rename = GroupRename::Skip;
        let renamed = group("Field Sales");
        for state in [State::Linked, State::Released] {
            let link = link(state, Origin::Created);
            let plan = plan_group(&configured, Some(&renamed), &link);
            assert_eq!(plan, GroupPlan::Keep { changes: Vec::new() });
            let kept = kept_name(&configured, Some(&renamed), &link).expect("it is told");
            assert_eq!(kept.to_string(), "displayName: \"Sales\" -> \"Field Sales\"");
            assert_eq!(kept_name(&configured, Some(&group("Sales")), &link), None);
        }
    }

    #[test]
    fn a_deselected_group_goes_as_the_policy_says_and_an_adopted_one_only_loses_our_members() {
        let mut configured = configured();
        configured.selection.groups.clear();
        for (policy, created) in [
            (DeselectedGroup::Empty, GroupPlan::Empty),
            (DeselectedGroup::Delete, GroupPlan::Delete),
            (DeselectedGroup::Leave, GroupPlan::Release),
        ] {
            configured.application.policy.on_deselect = policy;
            let sales = group("Sales");
            assert_eq!(plan_group(&configured, Some(&sales), &link(State::Linked, Origin::Created)), created);
            assert_eq!(
                plan_group(&configured, Some(&sales), &link(State::Linked, Origin::Adopted)),
                GroupPlan::Empty
            );
        }
    }

    #[test]
    fn excluding_group_information_leaves_what_is_there() {
        let mut configured = configured();
        configured.selection.exclude_group_information = true;
        assert_eq!(
            plan_group(&configured, Some(&group("Sales")), &link(State::Linked, Origin::Created)),
            GroupPlan::Release
        );
    }

    #[test]
    fn a_group_deleted_in_the_directory_is_no_longer_wanted() {
        assert_eq!(plan_group(&configured(), None, &link(State::Linked, Origin::Created)), GroupPlan::Empty);
        assert_eq!(
            plan_group(&configured(), None, &link(State::Tombstone, Origin::Created)),
            GroupPlan::Nothing
        );
    }
}
