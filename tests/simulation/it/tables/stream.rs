//! The tables' streams: what each write tells, in the domain's words. Records of one partition keep their order.

use provisioning::activity::Outcome;
use provisioning::detect::{DirectoryChange, StreamChange};
use provisioning::directory::{Group, User};
use provisioning::ids::{GroupId, UserId};
use provisioning::link::{Link, Object};

use super::State;

/// Which stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    Directory = 0,
    Provisioning = 1,
}

/// One record.
#[derive(Debug, Clone)]
pub struct Record {
    /// The item's partition.
    pub partition: String,
    pub changes: Vec<StreamChange>,
}

impl State {
    /// The records of a stream from the first on.
    pub fn records(&self, stream: Stream) -> &[Record] {
        &self.streams[stream as usize]
    }

    fn tell(&mut self, stream: Stream, partition: String, changes: Vec<StreamChange>) {
        if !changes.is_empty() {
            let record = Record { partition, changes };
            self.streams[stream as usize].push(record);
        }
    }

    /// One that is being deleted counts as deleted.
    pub(super) fn tell_user(&mut self, old: Option<User>, new: Option<User>) {
        let id = old.as_ref().or(new.as_ref()).map(|user| user.id.to_string()).unwrap();
        let present = |user: Option<User>| user.filter(|user| !user.deleting);
        let (old, new) = (present(old), present(new));
        if old != new {
            let change = StreamChange::Directory(DirectoryChange::User { old, new });
            self.tell(Stream::Directory, format!("U#{id}"), vec![change]);
        }
    }

    pub(super) fn tell_group(&mut self, old: Option<Group>, new: Option<Group>) {
        let id = old.as_ref().or(new.as_ref()).map(|group| group.id.to_string()).unwrap();
        let present = |group: Option<Group>| group.filter(|group| !group.deleting);
        let (old, new) = (present(old), present(new));
        if old != new {
            let change = StreamChange::Directory(DirectoryChange::Group { old, new });
            self.tell(Stream::Directory, format!("G#{id}"), vec![change]);
        }
    }

    pub(super) fn tell_membership(&mut self, group: &GroupId, user: &UserId, removed: bool) {
        let (group, user) = (group.clone(), user.clone());
        let partition = format!("G#{group}");
        let change = StreamChange::Directory(DirectoryChange::Membership { group, user, removed });
        self.tell(Stream::Directory, partition, vec![change]);
    }

    /// Whatever of a link's last settlement its item still bears is told by every write of it.
    pub(super) fn tell_link(&mut self, old: Option<&Link>, link: &Link) {
        let mut changes = Vec::new();
        if link.presence_changed {
            changes.push(StreamChange::Presence(link.key.clone()));
            if old.and_then(Link::account) != link.account() {
                changes.push(StreamChange::Account(link.key.clone()));
            }
        }
        changes.extend(link.outcome.clone().map(|outcome| StreamChange::Outcome(Box::new(outcome))));
        let partition = match &link.key.object {
            Object::User(user) => format!("U#{user}"),
            Object::Group(_) => format!("A#{}", link.key.application),
        };
        self.tell(Stream::Provisioning, partition, changes);
    }

    pub(super) fn tell_configuration(&mut self, outcome: &Outcome) {
        let partition = format!("A#{}", outcome.application);
        let change = StreamChange::Outcome(Box::new(outcome.clone()));
        self.tell(Stream::Provisioning, partition, vec![change]);
    }
}
