//! What the target keeps, and what each write makes of it: strictly, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::folding::folded;
use provisioning::ids::RemoteId;
use provisioning::target::{Change, Found, Kind, TargetError, Write};
use provisioning::value::{Attributes, Value};
use serde_json::json;

use super::written::{Asked, Done, Request};
use super::{Answer, MANAGER};
use crate::effect::Effect;
use crate::oracle::Circle;

/// An account as the target keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub external_id: Option<String>,
    pub name: String,
    pub active: bool,
    pub title: Option<String>,
    /// The id of his manager's account.
    pub manager: Option<String>,
    /// An attribute that nobody maps.
    pub nick_name: Option<String>,
    /// When it was made.
    pub created: String,
}

#[derive(Default)]
pub struct Contents {
    pub accounts: BTreeMap<String, Account>,
    pub groups: BTreeMap<String, Circle>,
    pub log: Vec<Done>,
    /// What each write of the log made of what was there.
    pub effects: Vec<Effect>,
    pub refusals: Refusals,
    last: u64,
}

/// What is refused, by ids.
#[derive(Default)]
pub struct Refusals {
    /// Everything: our credentials are not taken.
    pub locked: bool,
    /// Every change of these accounts.
    pub protected: BTreeSet<String>,
    /// These accounts as members.
    pub shunned: BTreeSet<String>,
}

fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

impl Contents {
    pub fn next_id(&mut self) -> String {
        self.last += 1;
        format!("r{:04}", self.last)
    }

    fn name_taken(&self, kind: Kind, name: &str, but: &str) -> bool {
        let mut names: Vec<(&String, &String)> = match kind {
            Kind::User => self.accounts.iter().map(|(id, account)| (id, &account.name)).collect(),
            Kind::Group => self.groups.iter().map(|(id, group)| (id, &group.name)).collect(),
        };
        names.retain(|(id, _)| *id != but);
        names.iter().any(|(_, other)| folded(other) == folded(name))
    }

    pub(super) fn found(&self, kind: Kind, id: &str) -> Option<Found> {
        let remote_id = RemoteId::new(id)?;
        let resource = |json| scim::Resource::from_json(json).unwrap();
        Some(match kind {
            Kind::User => {
                let account = self.accounts.get(id)?;
                let json = json!({"id": id, "userName": account.name, "active": account.active, "title": account.title,
                    scim::ENTERPRISE_SCHEMA: {"manager": {"value": account.manager}},
                    "externalId": account.external_id, "meta": {"created": account.created}});
                Found {
                    remote_id,
                    external_id: account.external_id.clone(),
                    name: account.name.clone(),
                    active: Some(account.active),
                    resource: resource(json),
                }
            }
            Kind::Group => {
                let group = self.groups.get(id)?;
                let members: Vec<_> = group.members.iter().map(|id| json!({"value": id})).collect();
                let json = json!({"id": id, "displayName": group.name, "externalId": group.external_id,
                    "members": members});
                Found {
                    remote_id,
                    external_id: group.external_id.clone(),
                    name: group.name.clone(),
                    active: None,
                    resource: resource(json),
                }
            }
        })
    }

    pub(super) fn ids(&self, kind: Kind) -> Vec<String> {
        match kind {
            Kind::User => self.accounts.keys().cloned().collect(),
            Kind::Group => self.groups.keys().cloned().collect(),
        }
    }

    fn know(&self, members: &BTreeSet<RemoteId>) -> Answer<BTreeSet<String>> {
        let members: BTreeSet<String> = members.iter().map(ToString::to_string).collect();
        let taken = |id: &String| self.accounts.contains_key(id) && !self.refusals.shunned.contains(id);
        match members.iter().find(|id| !taken(id)) {
            Some(stranger) => Err(TargetError::Rejected(format!("{stranger} can be no member"))),
            None => Ok(members),
        }
    }

    /// Applies a write, and notes what it made of what was there.
    pub(super) fn carry_out(
        &mut self,
        write: &Write,
        request: Request,
        at: u64,
        now: &str,
    ) -> Answer<Option<Found>> {
        let (kind, named) = match write {
            Write::Create { kind, .. } => (*kind, None),
            Write::Update { kind, remote_id, .. } | Write::Delete { kind, remote_id } => {
                (*kind, Some(remote_id.to_string()))
            }
        };
        if let Some(id) = named.as_ref().filter(|id| self.refusals.protected.contains(*id)) {
            return Err(TargetError::Forbidden(format!("{id} is protected")));
        }
        let before = named.as_ref().and_then(|id| self.kept(kind, id));
        let (id, answer) = match write {
            Write::Create { external_id, attributes, members, .. } => {
                let id = self.create(kind, external_id, attributes, members, now)?;
                (id.clone(), self.found(kind, &id))
            }
            Write::Update { remote_id, changes, add, remove, .. } => {
                self.update(kind, remote_id.as_str(), changes, add, remove)?;
                (remote_id.to_string(), None)
            }
            Write::Delete { remote_id, .. } => {
                self.delete(kind, remote_id.as_str())?;
                (remote_id.to_string(), None)
            }
        };
        let asked = Asked::by(write);
        let off = asked.attributes.get("active").is_some_and(|active| active.as_deref() != Some("true"));
        let (deleted, what) = (asked.method == "DELETE", format!("{} {kind} {id}{asked}", asked.method));
        let after = self.kept(kind, &id);
        self.effects.push(Effect { kind, id: id.clone(), before, after });
        self.log.push(Done { at, kind, id, what, off, deleted, asked, request });
        Ok(answer)
    }

    fn create(
        &mut self,
        kind: Kind,
        external_id: &str,
        attributes: &Attributes,
        members: &BTreeSet<RemoteId>,
        now: &str,
    ) -> Answer<String> {
        let text = |name: &str| text(attributes.get(&name.parse().unwrap()));
        let name = if kind == Kind::User { "userName" } else { "displayName" };
        let name = text(name).ok_or_else(|| TargetError::Rejected("a name is required".into()))?;
        if self.name_taken(kind, &name, "") {
            return Err(TargetError::Conflict(format!("{name} is taken")));
        }
        let members = self.know(members)?;
        let id = self.next_id();
        let external_id = Some(external_id.to_owned());
        match kind {
            Kind::User => {
                let (title, manager, active) = (text("title"), text(MANAGER), true);
                let created = now.to_owned();
                let account = Account { external_id, name, active, title, manager, nick_name: None, created };
                self.accounts.insert(id.clone(), account);
            }
            Kind::Group => {
                self.groups.insert(id.clone(), Circle { external_id, name, members });
            }
        }
        Ok(id)
    }

    fn update(
        &mut self,
        kind: Kind,
        id: &str,
        changes: &[Change],
        add: &BTreeSet<RemoteId>,
        remove: &BTreeSet<RemoteId>,
    ) -> Answer<()> {
        if self.kept(kind, id).is_none() {
            return Err(TargetError::NotFound(format!("no {kind} {id}")));
        }
        let add = self.know(add)?;
        for change in changes {
            let is_name = ["userName", "displayName"].contains(&change.attribute.to_string().as_str());
            if is_name && self.name_taken(kind, &text(change.new.as_ref()).unwrap_or_default(), id) {
                return Err(TargetError::Conflict(format!("{:?} is taken", change.new)));
            }
        }
        for change in changes {
            self.set(kind, id, &change.attribute.to_string(), change.new.as_ref())?;
        }
        if kind == Kind::Group {
            let members = &mut self.groups.get_mut(id).unwrap().members;
            members.extend(add);
            members.retain(|member| !remove.iter().any(|gone| gone.as_str() == member));
        }
        Ok(())
    }

    fn set(&mut self, kind: Kind, id: &str, attribute: &str, new: Option<&Value>) -> Answer<()> {
        if kind == Kind::Group {
            self.groups.get_mut(id).unwrap().name = text(new).unwrap();
            return Ok(());
        }
        let account = self.accounts.get_mut(id).unwrap();
        match attribute {
            "userName" => account.name = text(new).unwrap(),
            "title" => account.title = text(new),
            MANAGER => account.manager = text(new),
            "active" => account.active = new == Some(&Value::Boolean(true)),
            other => return Err(TargetError::Rejected(format!("no attribute {other}"))),
        }
        Ok(())
    }

    fn delete(&mut self, kind: Kind, id: &str) -> Answer<()> {
        if self.kept(kind, id).is_none() {
            return Err(TargetError::NotFound(format!("no {kind} {id}")));
        }
        self.accounts.remove(id);
        self.groups.remove(id);
        self.groups.values_mut().for_each(|group| {
            group.members.remove(id);
        });
        Ok(())
    }
}
