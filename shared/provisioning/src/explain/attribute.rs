//! One attribute of the target: where its value comes from, what was last sent, and what would be.

use std::collections::BTreeMap;

use scim::AttributePath;

use crate::application::Configured;
use crate::directory::User;
use crate::ids::UserId;
use crate::link::{Link, State};
use crate::mapping::{MappedAttribute, Source};
use crate::plan::{UserPlan, active};
use crate::target::Change;
use crate::value::Value;

/// One attribute of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedAttribute {
    /// Which.
    pub target: AttributePath,
    /// Where its value comes from; `None` where the engine sets it (`active`), or it is mapped no more.
    pub source: Option<Source>,
    /// The target needs a value.
    pub required: bool,
    /// The user's value.
    pub value: Option<Value>,
    /// What was last sent and accepted.
    pub sent: Option<Value>,
    /// A request named it whose outcome is not known.
    pub in_doubt: bool,
    /// What becomes of it.
    pub fate: Fate,
    /// The user whom it names, whose account's id is its value.
    pub names: Option<NamedUser>,
}

/// A user whom an attribute names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUser {
    /// Who.
    pub user: UserId,
    /// His name; `None` of somebody who is deleted.
    pub username: Option<String>,
    /// Why he has no account that could be named; `None` where he has one.
    pub absent: Option<String>,
}

/// What becomes of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The plan sends it: from what was last sent to what is wanted. No new value clears it.
    Sent(Change),
    /// It is sent with the account where that is made; of an account that is found it is sent where it differs.
    SentIfNew,
    /// The target has it as it should be.
    InStep,
    /// He has no value, and none was sent.
    NoValue,
    /// He has no value and the target needs one: all of him waits for it.
    Blocks,
    /// It names somebody who has no account at the target: it is left out until he has one.
    LeftOut,
    /// He waits for the value of another attribute, is wanted no more, or is let go: nothing of it is sent.
    NotSent,
    /// It was sent once and is mapped no more: it stays as it is.
    Unmapped,
}

/// Every attribute that is mapped, then `active`, then what was sent and is mapped no more.
pub(super) fn attributes(
    configured: &Configured,
    user: Option<&User>,
    link: &Link,
    plan: &UserPlan,
) -> Vec<ExplainedAttribute> {
    let here = link.target_generation == configured.application.target_generation;
    let mapped = configured.mapping.attributes.iter().map(|entry| of_mapping(entry, user, link, plan));
    let mapping = &configured.mapping;
    let unmapped = |path: &&AttributePath| mapping.of(path).is_none() && !path.same_as(&active());
    let unmapped = link.sent.keys().filter(unmapped).map(|path| explained(path, None, link, Fate::Unmapped));
    let mut all: Vec<_> = mapped.chain([of_engine(link, plan)]).chain(unmapped).collect();
    if !here {
        // What was sent to another target says nothing of this one.
        all.retain(|attribute| attribute.fate != Fate::Unmapped);
        all.iter_mut().for_each(|attribute| (attribute.sent, attribute.in_doubt) = (None, false));
    }
    all
}

fn of_mapping(
    entry: &MappedAttribute,
    user: Option<&User>,
    link: &Link,
    plan: &UserPlan,
) -> ExplainedAttribute {
    let value = user.and_then(|user| entry.source.value(user));
    let fate = match (plan, &value) {
        (UserPlan::Block { .. }, None) if entry.required => Fate::Blocks,
        (UserPlan::Match { .. }, Some(_)) => Fate::SentIfNew,
        (UserPlan::Match { .. } | UserPlan::Nothing, None) if !link.sent.contains_key(&entry.target) => {
            Fate::NoValue
        }
        (UserPlan::Nothing, _) if is_kept(link) && link.sent.get(&entry.target) == value.as_ref() => {
            Fate::InStep
        }
        (UserPlan::Change { changes, .. }, _) => of_changes(changes, &entry.target, value.is_some()),
        _ => Fate::NotSent,
    };
    let explained = explained(&entry.target, value, link, fate);
    ExplainedAttribute { source: Some(entry.source.clone()), required: entry.required, ..explained }
}

/// Whether what was last sent is what the account has.
fn is_kept(link: &Link) -> bool {
    matches!(link.state, State::Linked | State::Deactivated)
}

fn of_changes(changes: &[Change], path: &AttributePath, has_value: bool) -> Fate {
    // A change of `active` alone ends or suspends: the other attributes are not looked at.
    let departs = changes.iter().all(|change| change.attribute == active())
        && changes.iter().any(|change| change.new == Some(Value::Boolean(false)));
    match changes.iter().find(|change| change.attribute == *path) {
        Some(change) => Fate::Sent(change.clone()),
        None if departs => Fate::NotSent,
        None if has_value => Fate::InStep,
        None => Fate::NoValue,
    }
}

fn of_engine(link: &Link, plan: &UserPlan) -> ExplainedAttribute {
    let path = active();
    let (value, fate) = match plan {
        UserPlan::Match { attributes } => (attributes.get(&path).cloned(), Fate::SentIfNew),
        UserPlan::Change { changes, .. } => match changes.iter().find(|change| change.attribute == path) {
            Some(change) => (change.new.clone(), Fate::Sent(change.clone())),
            None => (link.sent.get(&path).cloned(), Fate::InStep),
        },
        UserPlan::Nothing if is_kept(link) => (link.sent.get(&path).cloned(), Fate::InStep),
        _ => (link.sent.get(&path).cloned(), Fate::NotSent),
    };
    let fate = if value.is_none() && fate == Fate::InStep { Fate::NoValue } else { fate };
    explained(&path, value, link, fate)
}

fn explained(path: &AttributePath, value: Option<Value>, link: &Link, fate: Fate) -> ExplainedAttribute {
    ExplainedAttribute {
        target: path.clone(),
        source: None,
        required: false,
        value,
        sent: link.sent.get(path).cloned(),
        in_doubt: link.doubt.contains(path),
        fate,
        names: None,
    }
}

/// Says whom attributes name, and that one is left out where he has no account.
pub(super) fn with_names(
    attributes: &mut [ExplainedAttribute],
    mut names: BTreeMap<AttributePath, NamedUser>,
) {
    for attribute in attributes {
        attribute.names = names.remove(&attribute.target);
        let absent = attribute.names.as_ref().is_some_and(|named| named.absent.is_some());
        if absent && attribute.fate == Fate::NoValue {
            attribute.fate = Fate::LeftOut;
        }
    }
}
