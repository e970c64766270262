//! The members a group shows, held against those that were pushed (DESIGN section 9, drift). Only accounts of ours are looked
//! at: whoever else is in the group is the target's own business.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::super::task::Task;
use super::adopt::shown_members;
use crate::activity::Outcome;
use crate::application::OnDrift;
use crate::drift::{Kind, MOST_MEMBERS_NOTED, MemberDrift, of_link};
use crate::fuse::{Fuse, Removes};
use crate::ids::{RemoteId, UserId};
use crate::link::{Link, Object};
use crate::plan::MemberFacts;
use crate::ports::StoreResult;
use crate::target::{self, Found, MatchKey};

/// How many owners are looked up at once.
const CONCURRENT: usize = 16;

/// What a group shows, and what of it differs so far from what was pushed.
pub(super) struct ShownMembers {
    /// Shown, and not accounted for yet.
    unexplained: BTreeSet<RemoteId>,
    shown: BTreeSet<RemoteId>,
    drift: MemberDrift,
    /// Members whose accounts may be gone: whether they are in the group is not known.
    lacking: BTreeSet<UserId>,
    /// The accounts of those who drifted, where that is repaired: they are in doubt from the settlement on that tells it, and
    /// sent again like any other doubt.
    doubts: BTreeMap<UserId, RemoteId>,
    repairs: bool,
}

impl Task<'_> {
    /// The members a group shows, where a sweep that read the target has it compared and the target shows them. They are taken
    /// from what was listed, or read where the listing does not tell.
    pub(super) async fn members_shown(&self, link: &Link) -> StoreResult<Option<ShownMembers>> {
        let connection = self.configured().application.connection.as_ref();
        let hides = connection.is_some_and(|connection| !connection.capabilities.shows_members);
        if !link.compare || !link.work.by_sweep || hides {
            return Ok(None);
        }
        let sweep = self.configured().condition.sweep.as_ref();
        let Some(listing) = sweep.and_then(|sweep| sweep.listing.as_ref()) else { return Ok(None) };
        let application = &self.key.application;
        let Some(job) = self.tables().jobs.job(application, &listing.id).await? else { return Ok(None) };
        let Some(remote_id) = link.owned_remote(self.generation()) else { return Ok(None) };
        if link.observed.is_newer_than(job.started_at) {
            return Ok(None);
        }
        let by_external_id = link.external_id.clone().map(MatchKey::ExternalId);
        let by_name = link.shown_name().map(MatchKey::Name);
        let mut members = None;
        for key in by_external_id.into_iter().chain(by_name) {
            let found = self.tables().jobs.found(application, &listing.id, target::Kind::Group, &key).await?;
            let its = found.iter().find(|found| found.remote_id == *remote_id);
            members = members.or(its.and_then(told_members));
        }
        if members.is_none() {
            let read = self.target().get(target::Kind::Group, remote_id).await;
            members = read.result.ok().as_ref().and_then(told_members);
        }
        let repairs = self.configured().application.policy.drift.members == OnDrift::Repair;
        Ok(members.map(|shown| ShownMembers {
            unexplained: shown.clone(),
            shown,
            drift: MemberDrift::default(),
            lacking: BTreeSet::new(),
            doubts: BTreeMap::new(),
            repairs,
        }))
    }

    /// The users of ours among those that nothing explains so far. Asked once all who are members or were pushed are looked at.
    pub(super) async fn unexplained(&self, members: &mut ShownMembers) -> StoreResult<BTreeSet<UserId>> {
        let unexplained = std::mem::take(&mut members.unexplained);
        let owners = unexplained.iter().map(|remote_id| {
            let links = &self.tables().links;
            links.owner(&self.key.application, self.generation(), target::Kind::User, remote_id)
        });
        let owners: Vec<_> =
            stream::iter(owners.collect::<Vec<_>>()).buffered(CONCURRENT).try_collect().await?;
        let users = owners.into_iter().flatten().filter_map(|owner| match owner.object {
            Object::User(user) => Some(user),
            Object::Group(_) => None,
        });
        Ok(users.collect())
    }

    /// Whoever is to be taken out and was never pushed bears no stamp of the fuse's, so he is counted before he is in doubt: what
    /// is too much is not repaired.
    pub(super) async fn count_members_out(&self, members: &mut ShownMembers) -> StoreResult<()> {
        let lost = members.to_be_taken_out();
        if lost == 0 {
            return Ok(());
        }
        let fuse = Fuse {
            tables: self.tables(),
            application: &self.key.application,
            limits: self.configured().application.policy.fuse,
        };
        if let Some(why) = fuse.count(Removes::Memberships { lost, moved: 0 }, self.now()).await? {
            tracing::warn!(group = %self.key, lost, why, "members who should not be in a group are left in it");
            members.take_nobody_out();
        }
        Ok(())
    }

    /// What is told of the members' drift that was not known.
    pub(super) async fn told_of_members(
        &self,
        link: &Link,
        members: Option<&ShownMembers>,
    ) -> StoreResult<Option<Outcome>> {
        let Some(members) = members else { return Ok(None) };
        let (known, seen) = (&link.observed.members, &members.drift);
        let gone: Vec<UserId> = seen.gone.difference(&known.gone).cloned().collect();
        let added: Vec<UserId> = seen.added.difference(&known.added).cloned().collect();
        if gone.is_empty() && added.is_empty() {
            return Ok(None);
        }
        let application = &self.configured().application;
        let outcome = of_link(application, link, &[Kind::Members], Vec::new(), self.now());
        Ok(Some(Outcome {
            added: self.names(&added).await?,
            removed: self.names(&gone).await?,
            added_count: added.len(),
            removed_count: gone.len(),
            ..outcome
        }))
    }
}

impl ShownMembers {
    /// Compares some users' facts with what is shown.
    pub(super) fn compare(&mut self, facts: &[MemberFacts]) {
        for facts in facts {
            if let Some(pushed) = &facts.pushed {
                self.unexplained.remove(&pushed.remote_id);
            }
            let Some(remote_id) = facts.remote_id.clone() else { continue };
            self.unexplained.remove(&remote_id);
            if facts.in_doubt.is_some() {
                continue;
            }
            let shown = self.shown.contains(&remote_id);
            let pushed = facts.pushed.as_ref().is_some_and(|pushed| pushed.remote_id == remote_id);
            let kept = match (facts.belongs, pushed, shown) {
                // Who may have been deleted there is told as that.
                (true, true, false) if facts.lacking => {
                    self.lacking.insert(facts.user.clone());
                    continue;
                }
                (true, true, false) => &mut self.drift.gone,
                (false, false, true) if facts.pushed.is_none() => &mut self.drift.added,
                _ => continue,
            };
            if kept.len() < MOST_MEMBERS_NOTED {
                kept.insert(facts.user.clone());
                self.doubts.insert(facts.user.clone(), remote_id);
            }
        }
    }

    /// How many would be taken out who are in the group and not through us.
    fn to_be_taken_out(&self) -> u64 {
        let out = self.doubts.keys().filter(|user| self.drift.added.contains(*user));
        if self.repairs { out.count() as u64 } else { 0 }
    }

    /// Leaves them in. They are noted all the same, and the next sweep asks again.
    fn take_nobody_out(&mut self) {
        let Self { doubts, drift, .. } = self;
        doubts.retain(|user, _| !drift.added.contains(user));
    }

    /// What is to be sent again.
    pub(super) fn doubts(&self) -> Option<&BTreeMap<UserId, RemoteId>> {
        Some(&self.doubts).filter(|doubts| self.repairs && !doubts.is_empty())
    }

    /// What the link notes after what it noted before: who was gone and may have no account any more stays noted.
    pub(super) fn noted(&self, before: &MemberDrift) -> MemberDrift {
        let mut noted = self.drift.clone();
        noted.gone.extend(before.gone.intersection(&self.lacking).cloned());
        noted
    }
}

/// The members a resource tells; `None` where it tells none at all, for then it may be hiding them.
fn told_members(group: &Found) -> Option<BTreeSet<RemoteId>> {
    let tells = group
        .resource
        .as_json()
        .iter()
        .any(|(name, members)| name.eq_ignore_ascii_case("members") && members.is_array());
    tells.then(|| shown_members(group).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Pushed;

    fn id(text: &str) -> RemoteId {
        RemoteId::new(text).expect("an id")
    }

    fn facts(user: &str, belongs: bool, pushed: bool) -> MemberFacts {
        let user: UserId = user.parse().expect("an id");
        let remote_id = id(&format!("r-{user}"));
        let pushed = pushed.then(|| Pushed {
            user: user.clone(),
            remote_id: remote_id.clone(),
            target_generation: 0,
            since: None,
            removal: None,
        });
        MemberFacts {
            user,
            belongs,
            remote_id: Some(remote_id),
            lacking: false,
            pushed,
            in_doubt: None,
            leaves_first: false,
            stays: false,
            loss: None,
        }
    }

    fn compared(shown: &[&str], facts: &[MemberFacts], repairs: bool) -> ShownMembers {
        let shown: BTreeSet<_> = shown.iter().map(|text| id(text)).collect();
        let (drift, lacking, doubts) = (MemberDrift::default(), BTreeSet::new(), BTreeMap::new());
        let mut members = ShownMembers { unexplained: shown.clone(), shown, drift, lacking, doubts, repairs };
        members.compare(facts);
        members
    }

    fn users(set: &BTreeSet<UserId>) -> Vec<&str> {
        set.iter().map(UserId::as_str).collect()
    }

    #[test]
    fn who_was_pushed_and_is_gone_and_who_is_in_and_should_not_be_drifted() {
        let all = [facts("ada", true, true), facts("bob", true, true), facts("cy", false, false)];
        let members = compared(&["r-ada", "r-cy", "r-stranger"], &all, false);
        assert_eq!((users(&members.drift.gone), users(&members.drift.added)), (vec!["bob"], vec!["cy"]));
        assert_eq!(members.doubts(), None, "what is reported is not sent again");
        assert_eq!(members.unexplained, [id("r-stranger")].into());
    }

    #[test]
    fn whose_account_may_be_gone_is_not_gone_from_the_group() {
        let lacking = MemberFacts { lacking: true, ..facts("ada", true, true) };
        let members = compared(&[], &[lacking], true);
        assert!(members.drift.is_empty() && members.doubts().is_none());
        assert!(members.noted(&MemberDrift::default()).is_empty());
        let known = compared(&[], &[facts("ada", true, true)], true).drift;
        assert_eq!(members.noted(&known), known, "what was told is not told again");
        assert_eq!(users(&compared(&[], &[facts("ada", true, true)], true).drift.gone), ["ada"]);
    }

    #[test]
    fn where_members_are_repaired_whoever_drifted_is_in_doubt() {
        let all = [facts("ada", true, true), facts("bob", true, true), facts("cy", false, false)];
        let members = compared(&["r-ada", "r-cy"], &all, true);
        let doubts: BTreeSet<UserId> = members.doubts().expect("doubts").keys().cloned().collect();
        assert_eq!(users(&doubts), ["bob", "cy"]);
    }

    #[test]
    fn who_is_about_to_be_added_or_taken_out_has_not_drifted() {
        let all = [facts("ada", true, false), facts("bob", false, true)];
        assert!(compared(&["r-ada", "r-bob"], &all, true).drift.is_empty());
    }
}
