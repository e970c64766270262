//! What is looked for at the target in the place of a user or group without a counterpart, and what is sent to one that
//! is found.

use std::collections::BTreeSet;

use scim::AttributePath;

use super::diff::changes;
use super::profile::is_updatable;
use crate::application::Configured;
use crate::directory::{Group, User};
use crate::link::{Link, Origin};
use crate::matching::Sought;
use crate::target::{Change, Kind};
use crate::value::{Attributes, Value};

/// By what the counterpart of one user or group is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterpartKeys {
    /// The externalId we send: the link's at this target, else the source id, else our id.
    pub external_id: String,
    /// `userName` of a user, `displayName` of a group.
    pub name: String,
    /// A user's e-mail address, where an administrator chose that as a key and it is sent.
    pub email: Option<String>,
}

impl CounterpartKeys {
    /// Those of a user of whom `attributes` are sent.
    pub fn of_user(configured: &Configured, user: &User, link: &Link, attributes: &Attributes) -> Self {
        let source_id = user.source_id.as_ref().map(ToString::to_string);
        Self {
            external_id: given(configured, link).or(source_id).unwrap_or_else(|| user.id.to_string()),
            name: user.username.clone(),
            email: email_of(attributes).filter(|_| configured.application.policy.match_email),
        }
    }

    /// Those of a group.
    pub fn of_group(configured: &Configured, group: &Group, link: &Link) -> Self {
        let source_id = group.source_id.as_ref().map(ToString::to_string);
        Self {
            external_id: given(configured, link).or(source_id).unwrap_or_else(|| group.id.to_string()),
            name: group.name.clone(),
            email: None,
        }
    }

    /// What is sought under them. `creating`: a create of ours may have been sent whose answer is not known.
    pub fn sought(&self, kind: Kind, creating: bool) -> Sought<'_> {
        Sought { kind, external_id: &self.external_id, name: &self.name, creating }
    }
}

/// The externalId that was given at this target already; it never changes while the link lives.
fn given(configured: &Configured, link: &Link) -> Option<String> {
    let here = link.target_generation == configured.application.target_generation;
    link.external_id.clone().filter(|_| here)
}

/// The first e-mail address among the attributes that are sent.
fn email_of(attributes: &Attributes) -> Option<String> {
    let is_email = |path: &AttributePath| path.attribute().eq_ignore_ascii_case("emails");
    attributes.iter().find_map(|(path, value)| match value {
        Value::Text(address) if is_email(path) => Some(address.clone()),
        _ => None,
    })
}

/// What is sent to an account that is linked and shows `baseline`: all that differs. What a create of ours sent, whose answer
/// was lost, is not known: all of it is sent again, and cleared where it is wanted no more. What cannot be changed of an account
/// that is there is left as it is.
pub fn adoption_changes(
    configured: &Configured,
    wanted: &Attributes,
    baseline: &Attributes,
    origin: Origin,
    link: &Link,
) -> Vec<Change> {
    let doubt: BTreeSet<_> = match origin {
        Origin::Created => wanted.keys().chain(&link.doubt).cloned().collect(),
        Origin::Adopted => BTreeSet::new(),
    };
    let mapped = configured.mapping.attributes.iter().map(|mapped| mapped.target.clone());
    let known: Vec<_> = mapped.filter(|path| baseline.contains_key(path) || doubt.contains(path)).collect();
    let mut changes = changes(wanted, &known, &Link { sent: baseline.clone(), doubt, ..link.clone() });
    if let Some(profile) = configured.application.profile() {
        changes.retain(|change| is_updatable(profile, &change.attribute));
    }
    changes
}

/// The attributes of something that is made, as changes from nothing.
pub fn creation_changes(attributes: &Attributes) -> Vec<Change> {
    let change = |(path, value): (&AttributePath, &Value)| Change {
        attribute: path.clone(),
        old: None,
        new: Some(value.clone()),
    };
    attributes.iter().map(change).collect()
}
