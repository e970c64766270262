//! Why a user has an account at an application, or has none, and what would be sent: the workers' own plan, shown
//! instead of carried out (DESIGN section 13). Nothing is written, and the target is not asked.

mod attribute;
mod names;
mod reason;

use jiff::Timestamp;

pub use attribute::{ExplainedAttribute, Fate, NamedUser};

use crate::application::{Configured, Lifecycle};
use crate::desired::Desired;
use crate::directory::{Group, Status, UserRecord};
use crate::ids::UserId;
use crate::link::{Link, LinkKey};
use crate::plan::{CounterpartKeys, UserPlan, plan_user};
use crate::ports::{StoreResult, Tables};
use crate::reference::resolved;

/// Most selected groups of a user that are named.
pub const MOST_GROUPS_NAMED: usize = 50;

/// Why, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What he should be.
    pub desired: Desired,
    /// Whether he may sign in; `None` of somebody who is deleted.
    pub status: Option<Status>,
    /// The selected groups he is in, in the order of their ids, [`MOST_GROUPS_NAMED`] at most.
    pub groups: Vec<Group>,
    /// How many there are.
    pub groups_count: usize,
    /// His link, if he ever had one.
    pub link: Option<Link>,
    /// What is planned for him.
    pub plan: UserPlan,
    /// Why, in a sentence.
    pub because: String,
    /// By what his account would be looked for, where he is matched or created.
    pub keys: Option<CounterpartKeys>,
    /// Why it would not be done now, though it is planned.
    pub hindrance: Option<Hindrance>,
    /// Attribute by attribute, in the order of the mapping; `active` is the last of those that are sent.
    pub attributes: Vec<ExplainedAttribute>,
}

/// Why nothing is sent at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// The application is not enabled.
    NotEnabled,
    /// The target refuses the credentials; a person must act.
    Paused(String),
    /// The target asked to be left alone until then.
    NotBefore(Timestamp),
    /// The last attempt failed, and the next is made then.
    Retry(Timestamp),
}

/// Explains one user at one application. `None`: neither the directory nor the application knows of him.
///
/// # Errors
///
/// A table did not answer.
pub async fn explain(
    tables: &Tables,
    configured: &Configured,
    user: &UserId,
    now: Timestamp,
) -> StoreResult<Option<Explanation>> {
    let key = LinkKey::user(&configured.application.id, user);
    let (record, link) = tokio::try_join!(tables.directory.user(user), tables.links.link(&key))?;
    let known = record.as_ref().is_some_and(|record| record.user.is_some());
    if !known && link.is_none() {
        return Ok(None);
    }
    let groups = record.iter().flat_map(|record| &record.groups);
    let selected: Vec<_> = groups.filter(|group| configured.selection.includes(group)).collect();
    let named = selected.iter().take(MOST_GROUPS_NAMED).map(|group| tables.directory.group(group));
    let named = futures::future::try_join_all(named).await?;
    let groups_count = selected.len();
    let names = names::of(tables, configured, record.as_ref()).await?;
    let seen = resolved(tables, configured, record).await?;
    let record = seen.as_ref().map(|seen| &seen.record);
    let mut explanation = explanation(configured, record, &key, link, now);
    attribute::with_names(&mut explanation.attributes, names);
    Ok(Some(Explanation { groups: named.into_iter().flatten().collect(), groups_count, ..explanation }))
}

/// The same from what was read, without the names of groups.
fn explanation(
    configured: &Configured,
    record: Option<&UserRecord>,
    key: &LinkKey,
    link: Option<Link>,
    now: Timestamp,
) -> Explanation {
    let desired = Desired::of(record, &configured.selection);
    let present = record.and_then(UserRecord::present);
    let known = link.clone().unwrap_or_else(|| Link::new(key.clone()));
    let plan = plan_user(configured, record, &known, now);
    let keys = match (&plan, present) {
        (UserPlan::Match { attributes }, Some(user)) => {
            Some(CounterpartKeys::of_user(configured, user, &known, attributes))
        }
        _ => None,
    };
    Explanation {
        desired,
        status: present.map(|user| user.status),
        groups: Vec::new(),
        groups_count: 0,
        because: reason::because(configured, desired, &known, &plan),
        hindrance: hindrance(configured, &known, &plan, now),
        attributes: attribute::attributes(configured, present, &known, &plan),
        link,
        plan,
        keys,
    }
}

fn hindrance(configured: &Configured, link: &Link, plan: &UserPlan, now: Timestamp) -> Option<Hindrance> {
    if matches!(plan, UserPlan::Nothing | UserPlan::WaitForGrace { .. } | UserPlan::Block { .. }) {
        return None;
    }
    let condition = &configured.condition;
    if matches!(configured.application.lifecycle, Lifecycle::Setup | Lifecycle::Disabled) {
        return Some(Hindrance::NotEnabled);
    }
    if let Some(reason) = &condition.paused {
        return Some(Hindrance::Paused(reason.clone()));
    }
    let retry = link.work.due_at.filter(|due_at| link.work.attempts > 0 && *due_at > now);
    let rest = condition.not_before.filter(|until| *until > now);
    rest.map(Hindrance::NotBefore).or(retry.map(Hindrance::Retry))
}

#[cfg(test)]
mod tests;
