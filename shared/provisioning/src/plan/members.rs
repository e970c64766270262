//! Planning the memberships of one group: who is to be added, who removed, whose turn has not come.

use std::collections::{BTreeMap, BTreeSet};

use crate::fuse::Loss;
use crate::ids::{RemoteId, UserId};
use crate::ports::Pushed;
use crate::target::RequestLimit;

/// What consistent reads say of one user and one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFacts {
    /// Whose membership.
    pub user: UserId,
    /// He is a member in the directory, and active.
    pub belongs: bool,
    /// His account, if it can be a member.
    pub remote_id: Option<RemoteId>,
    /// The target's list lacked his account, and whether it is there is not known yet.
    pub lacking: bool,
    /// What we pushed, at this target.
    pub pushed: Option<Pushed>,
    /// An earlier request named him so, and may or may not have been carried out.
    pub in_doubt: Option<RemoteId>,
    /// His account is about to be turned off, which comes first: access ends at once.
    pub leaves_first: bool,
    /// The fuse, or a person, has it that his account stays as it is, and so do his memberships, or that this one does.
    pub stays: bool,
    /// He keeps his account and would lose this membership: the fuse is asked first.
    pub loss: Option<Loss>,
}

/// The membership changes of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberPlan {
    /// To be added.
    pub add: BTreeMap<UserId, RemoteId>,
    /// To be removed, under the remote id that was pushed.
    pub remove: BTreeMap<UserId, RemoteId>,
    /// Looked at again when their accounts are turned off.
    pub deferred: BTreeSet<UserId>,
}

/// Plans from the facts. A member without an account is not planned: gaining one brings him back.
pub fn plan_members(facts: &[MemberFacts]) -> MemberPlan {
    let mut plan = MemberPlan::default();
    for MemberFacts { user, belongs, remote_id, pushed, in_doubt, leaves_first, stays, .. } in facts {
        match (remote_id.as_ref().filter(|_| *belongs), pushed) {
            (Some(remote_id), pushed) => {
                let there = pushed.as_ref().is_some_and(|pushed| pushed.remote_id == *remote_id);
                if !there || in_doubt.is_some() {
                    plan.add.insert(user.clone(), remote_id.clone());
                }
            }
            (None, Some(_)) if *stays => {}
            (None, Some(_)) if *leaves_first => {
                plan.deferred.insert(user.clone());
            }
            (None, Some(pushed)) => {
                plan.remove.insert(user.clone(), pushed.remote_id.clone());
            }
            // The record goes after the removal, so without one it may be done, but it is not told.
            (None, None) => {
                if let Some(remote_id) = in_doubt {
                    plan.remove.insert(user.clone(), remote_id.clone());
                }
            }
        }
    }
    plan
}

/// Cuts a plan into requests that each name no more than the target takes, removals after additions.
pub fn chunks(plan: &MemberPlan, limit: RequestLimit) -> Vec<MemberPlan> {
    let most = limit.members.max(1);
    // What is no member of the body: its schemas, its operations, and the group's name.
    let bytes = limit.bytes.saturating_sub(ENVELOPE.min(limit.bytes / 4));
    let mut cut = Vec::new();
    let (mut chunk, mut members, mut used) = (MemberPlan::default(), 0, 0);
    let adds = plan.add.iter().map(|named| (named, written(named.1) + ADDITION));
    let removals = plan.remove.iter().map(|named| (named, 2 * written(named.1) + REMOVAL));
    let tagged = adds.map(|named| (true, named)).chain(removals.map(|named| (false, named)));
    for (adding, ((user, id), size)) in tagged {
        if members > 0 && (members == most || used + size > bytes) {
            cut.push(std::mem::take(&mut chunk));
            (members, used) = (0, 0);
        }
        let named = if adding { &mut chunk.add } else { &mut chunk.remove };
        named.insert(user.clone(), id.clone());
        members += 1;
        used += size;
    }
    if members > 0 {
        cut.push(chunk);
    }
    cut
}

/// What a body holds beside its members, in bytes.
const ENVELOPE: usize = 1_024;
/// What one member takes beside his id: `{"value":…},`, and `{"op":"remove","path":"members[value eq …]"},`, in which the id
/// is quoted within quotes.
const ADDITION: usize = 11;
const REMOVAL: usize = 46;

/// How many bytes an id takes in JSON.
fn written(id: &RemoteId) -> usize {
    serde_json::Value::from(id.as_str()).to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RemoteId {
        RemoteId::new(text).expect("an id")
    }

    fn facts(user: &str, belongs: bool, remote: Option<&str>, pushed: Option<&str>) -> MemberFacts {
        let user: UserId = user.parse().expect("an id");
        let pushed = pushed.map(|remote| Pushed {
            user: user.clone(),
            remote_id: id(remote),
            target_generation: 0,
            since: None,
            removal: None,
        });
        MemberFacts {
            user,
            belongs,
            remote_id: remote.map(id),
            lacking: false,
            pushed,
            in_doubt: None,
            leaves_first: false,
            stays: false,
            loss: None,
        }
    }

    fn shown(facts: MemberFacts) -> (usize, usize, usize) {
        let plan = plan_members(&[facts]);
        (plan.add.len(), plan.remove.len(), plan.deferred.len())
    }

    #[test]
    fn who_belongs_is_added_once_and_who_does_not_is_removed_once() {
        assert_eq!(shown(facts("ada", true, Some("1"), None)), (1, 0, 0));
        assert_eq!(shown(facts("ada", true, Some("1"), Some("1"))), (0, 0, 0));
        assert_eq!(shown(facts("ada", false, Some("1"), Some("1"))), (0, 1, 0));
        assert_eq!(shown(facts("ada", false, Some("1"), None)), (0, 0, 0));
    }

    #[test]
    fn who_has_no_account_yet_is_left_for_later() {
        assert_eq!(shown(facts("ada", true, None, None)), (0, 0, 0));
    }

    #[test]
    fn an_account_made_anew_is_pushed_again() {
        assert_eq!(shown(facts("ada", true, Some("2"), Some("1"))), (1, 0, 0));
    }

    #[test]
    fn an_addition_in_doubt_is_sent_again_or_taken_back() {
        let doubtful =
            |belongs| MemberFacts { in_doubt: Some(id("1")), ..facts("ada", belongs, Some("1"), Some("1")) };
        assert_eq!(shown(doubtful(true)), (1, 0, 0));
        assert_eq!(shown(doubtful(false)), (0, 1, 0));
        assert_eq!(
            shown(MemberFacts { pushed: None, ..doubtful(false) }),
            (0, 1, 0),
            "a removal not told yet"
        );
    }

    #[test]
    fn a_leaver_is_removed_after_his_account_is_off() {
        let leaving = MemberFacts { leaves_first: true, ..facts("ada", false, Some("1"), Some("1")) };
        assert_eq!(shown(leaving), (0, 0, 1));
    }

    #[test]
    fn who_is_held_keeps_his_memberships() {
        let held = MemberFacts { stays: true, ..facts("ada", false, Some("1"), Some("1")) };
        assert_eq!(shown(held), (0, 0, 0));
    }

    #[test]
    fn chunks_hold_every_change_once_and_no_more_than_the_target_takes() {
        let mut plan = MemberPlan::default();
        for n in 0..7 {
            plan.add.insert(format!("a{n}").parse().expect("an id"), id(&format!("{n}")));
            plan.remove.insert(format!("r{n}").parse().expect("an id"), id(&format!("x{n}")));
        }
        let cut = chunks(&plan, RequestLimit { members: 5, bytes: 1_000_000 });
        assert_eq!(
            cut.iter().map(|chunk| (chunk.add.len(), chunk.remove.len())).collect::<Vec<_>>(),
            [(5, 0), (2, 3), (0, 4)]
        );
    }

    #[test]
    fn chunks_hold_no_more_bytes_than_the_target_takes() {
        let mut plan = MemberPlan::default();
        for n in 0..400 {
            plan.add.insert(format!("a{n:03}").parse().expect("an id"), id(&format!("{n:036}")));
            plan.remove.insert(format!("r{n:03}").parse().expect("an id"), id(&format!("\"{n:034}\"")));
        }
        let cut = chunks(&plan, RequestLimit { members: 1_000, bytes: 8_000 });
        let named: usize = cut.iter().map(|chunk| chunk.add.len() + chunk.remove.len()).sum();
        assert_eq!(named, 800);
        assert!((5..=20).contains(&cut.len()), "{} requests", cut.len());
    }

    #[test]
    fn a_member_larger_than_a_request_goes_alone() {
        let mut plan = MemberPlan::default();
        for name in ["ada", "bob"] {
            plan.add.insert(name.parse().expect("an id"), id(&format!("{name}{}", "x".repeat(500))));
        }
        let cut = chunks(&plan, RequestLimit { members: 10, bytes: 100 });
        assert_eq!(cut.iter().map(|chunk| chunk.add.len()).collect::<Vec<_>>(), [1, 1]);
    }
}
