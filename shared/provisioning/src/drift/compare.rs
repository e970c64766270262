//! One counterpart as the target shows it, held against its link.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scim::AttributePath;

use crate::link::{Link, State};
use crate::plan::active;
use crate::target::Found;
use crate::value::Value;

/// How a counterpart shows what was sent, where it shows something else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Shown otherwise from the first.
    pub normalised: BTreeMap<AttributePath, Option<Value>>,
    /// Shown otherwise since somebody changed it.
    pub drift: BTreeMap<AttributePath, Option<Value>>,
}

/// What a resource shows of an attribute, as a value that could have been sent.
pub fn shown(found: &Found, path: &AttributePath) -> Option<Value> {
    match path.same_as(&active()) {
        true => found.active.map(Value::Boolean),
        false => Value::from_json(found.resource.read(path)?),
    }
}

/// Compares what was sent and accepted of the attributes that are `kept` with what the counterpart shows. What is in doubt, or
/// was never sent, is not looked at; of an account that is off, nothing but that: some targets hide the rest while it is.
/// `listed_at`: when the last whole reading of the target before this one began.
pub fn compare(
    link: &Link,
    found: &Found,
    kept: impl Fn(&AttributePath) -> bool,
    listed_at: Option<Timestamp>,
) -> Comparison {
    let mut comparison = Comparison::default();
    let observed = &link.observed;
    let is_off = link.state == State::Deactivated || found.active == Some(false);
    for (path, sent) in &link.sent {
        let is_active = path.same_as(&active());
        if link.doubt.contains(path) || (is_off && !is_active) {
            // Not looked at now, so what was known of it stands.
            keep(&observed.normalised, path, &mut comparison.normalised);
            keep(&observed.drift, path, &mut comparison.drift);
            continue;
        }
        if !kept(path) {
            continue;
        }
        let value = shown(found, path);
        if value.as_ref() == Some(sent) || (is_active && value.is_none()) {
            continue;
        }
        let known = observed.normalised.get(path) == Some(&value);
        // An account that stays on although we turned it off is nothing to get used to.
        let stays_on = is_active && *sent == Value::Boolean(false);
        let into = match (known || observed.is_unseen(path, listed_at)) && !stays_on {
            true => &mut comparison.normalised,
            false => &mut comparison.drift,
        };
        into.insert(path.clone(), value);
    }
    comparison
}

fn keep(
    known: &BTreeMap<AttributePath, Option<Value>>,
    path: &AttributePath,
    into: &mut BTreeMap<AttributePath, Option<Value>>,
) {
    if let Some(value) = known.get(path) {
        into.insert(path.clone(), value.clone());
    }
}
