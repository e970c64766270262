//! The plan in a sentence: what is done, and by which choice.

use crate::activity::Action;
use crate::application::{Configured, Departure};
use crate::desired::Desired;
use crate::link::{Link, State};
use crate::plan::UserPlan;

/// Why this is planned.
pub(super) fn because(configured: &Configured, desired: Desired, link: &Link, plan: &UserPlan) -> String {
    let because = planned(configured, desired, link, plan);
    match link.is_held() {
        true => format!("{because}; the fuse holds it until a person decides"),
        false => because,
    }
}

fn planned(configured: &Configured, desired: Desired, link: &Link, plan: &UserPlan) -> String {
    match plan {
        UserPlan::Nothing => nothing(configured, desired, link),
        UserPlan::WaitForGrace { until, .. } => {
            format!("the user is {desired}; his account is looked at again at {until}, when the grace ends")
        }
        UserPlan::Block { reason } => reason.clone(),
        UserPlan::Match { .. } => match link.chosen_at(configured.application.target_generation) {
            Some(chosen) => format!("the account '{chosen}' was chosen for him by hand and is linked next"),
            None => "the user is in a selected group and has no account that is known; one is looked for, and made if there is none"
                .into(),
        },
        UserPlan::Resolve => format!(
            "the user is {desired}, and a create may have been sent whose answer is not known: it is looked up first"
        ),
        UserPlan::Change { action: Action::Deactivate, .. } => {
            format!("the user is {desired}; the policy {} turns his account off", name(desired))
        }
        UserPlan::Change { action: Action::Reactivate, .. } => {
            "the user is wanted again; his account is turned on".into()
        }
        UserPlan::Change { .. } if !link.doubt.is_empty() => {
            "an attribute differs from what was last sent, or an answer was lost; it is sent again".into()
        }
        UserPlan::Change { .. } => "an attribute differs from what was last sent".into(),
        UserPlan::Delete { .. } => {
            format!("the user is {desired}; the policy {} deletes his account", name(desired))
        }
        UserPlan::Release => {
            format!("the user is {desired}; the policy {} leaves his account as it is", name(desired))
        }
    }
}

fn nothing(configured: &Configured, desired: Desired, link: &Link) -> String {
    let here = link.target_generation == configured.application.target_generation;
    match (desired, link.state) {
        (Desired::Active, State::Missing) if here => {
            "somebody else deleted his account at the target; it is not made again by itself".into()
        }
        (Desired::Active, _) if !link.rejected.is_empty() => {
            "a person rejected what differs; the rest of his account is in step".into()
        }
        (Desired::Active, _) => "his account is in step".into(),
        _ if configured.keeps(link, desired) => {
            format!("the user is {desired}; a person decided that his account stays as it is")
        }
        _ if !here && link.remote_id.is_some() => {
            format!("the user is {desired}, and his account is at another target, which is left alone")
        }
        (Desired::Suspended, State::Linked) if configured.departure(desired) == Departure::Leave => {
            "the user is disabled in the directory; the policy on_disable leaves his account as it is".into()
        }
        (_, State::Deactivated) => format!("the user is {desired}; his account is turned off already"),
        (_, State::Tombstone) => format!("the user is {desired}; his account was deleted"),
        (_, State::Released) => format!("the user is {desired}; his account was let go and is left as it is"),
        _ => format!("the user is {desired}, and has no account that is ours"),
    }
}

/// The policy that says what becomes of somebody so desired.
fn name(desired: Desired) -> &'static str {
    match desired {
        Desired::Active | Desired::Suspended => "on_disable",
        Desired::Unassigned => "on_unassign",
        Desired::Deleted => "on_delete",
    }
}
