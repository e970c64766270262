//! A batch of changes folded: each user and group is looked at once, however often he changed.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{DirectoryChange, StreamChange};
use crate::directory::{Group, User};
use crate::ids::{ApplicationId, GroupId, UserId};
use crate::link::Object;

/// What something was, and what it became.
type Became<T> = (Option<T>, Option<T>);

/// What a batch of changes is about.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Folded {
    /// Each user's changes. They are not folded into one: a worker may have acted on what lay between.
    pub(super) users: BTreeMap<UserId, Vec<Became<User>>>,
    /// Groups likewise.
    pub(super) groups: BTreeMap<GroupId, Vec<Became<Group>>>,
    /// Memberships that came or went.
    pub(super) memberships: BTreeSet<(GroupId, UserId)>,
    /// Users whose account came, went or was switched.
    pub(super) presences: BTreeSet<(ApplicationId, UserId)>,
    /// Users whose account became another one, came or went.
    pub(super) accounts: BTreeSet<(ApplicationId, UserId)>,
}

impl Folded {
    pub(super) fn of(changes: &[StreamChange]) -> Self {
        let mut folded = Self::default();
        for change in changes {
            match change {
                StreamChange::Directory(change) => folded.directory(change),
                StreamChange::Presence(key) => {
                    if let Object::User(user) = &key.object {
                        folded.presences.insert((key.application.clone(), user.clone()));
                    }
                }
                StreamChange::Account(key) => {
                    if let Object::User(user) = &key.object {
                        folded.accounts.insert((key.application.clone(), user.clone()));
                    }
                }
                StreamChange::Outcome(_) => {}
            }
        }
        folded
    }

    fn directory(&mut self, change: &DirectoryChange) {
        match change {
            DirectoryChange::User { old, new } => {
                let Some(id) = old.as_ref().or(new.as_ref()).map(|user| user.id.clone()) else { return };
                self.users.entry(id).or_default().push((old.clone(), new.clone()));
            }
            DirectoryChange::Group { old, new } => {
                let Some(id) = old.as_ref().or(new.as_ref()).map(|group| group.id.clone()) else { return };
                self.groups.entry(id).or_default().push((old.clone(), new.clone()));
            }
            DirectoryChange::Membership { group, user, removed: _ } => {
                self.memberships.insert((group.clone(), user.clone()));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { users, groups, memberships, presences, accounts } = self;
        users.is_empty()
            && groups.is_empty()
            && memberships.is_empty()
            && presences.is_empty()
            && accounts.is_empty()
    }
}
