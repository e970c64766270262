//! How far a sweep is, and when it will be done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Counts, SweepJob};
use crate::application::{Rates, SweepPhase};

/// A pulse is kept for this long before a newer one takes its place: the rate is measured over one to two of them.
const PULSE_SECONDS: f64 = 10.0;
/// Fewer settled objects than this tell nothing of the rate.
const LEAST_SETTLED: u64 = 20;

/// How far a sweep is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The phase it is in.
    pub phase: SweepPhase,
    /// Users and groups that are done with.
    pub done: u64,
    /// Users and groups in all; none while the target is listed, and when an application is removed.
    pub total: Option<u64>,
    /// Seconds until it is done, at the rate of the last seconds; none where the rate is not known yet.
    pub eta_seconds: Option<u64>,
}

/// How much was settled at some moment: what a rate is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Objects marked by the sweep and worked off by then.
    pub settled: u64,
}

/// Marked objects that are still pending, as the index shows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pending {
    /// Users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
}

impl Counts {
    fn settled(&self, pending: Pending) -> u64 {
        (self.users_marked + self.groups).saturating_sub(pending.users + pending.groups)
    }
}

impl SweepJob {
    /// Notes how much is settled, so that the rate of the last seconds can be told.
    pub(super) fn feel_pulse(&mut self, pending: Pending, now: Timestamp) {
        let pulse = Pulse { at: now, settled: self.counts.settled(pending) };
        match self.pulse {
            Some(last) if seconds(last.at, now) < PULSE_SECONDS => {}
            last => {
                self.pulse_before = last;
                self.pulse = Some(pulse);
            }
        }
    }

    /// How far it is. `groups` are the groups it will compare; no more goes in a time than `rates` allow, however fast the last
    /// seconds were.
    pub fn progress(&self, pending: Pending, groups: u64, rates: &Rates, now: Timestamp) -> Option<Progress> {
        let phase = self.position.as_ref()?.phase;
        let counts = &self.counts;
        let total = counts.users_in_scope + groups;
        let done = match phase {
            SweepPhase::Listing | SweepPhase::Comparing | SweepPhase::Confirming | SweepPhase::Purging => 0,
            SweepPhase::Users => counts.users.saturating_sub(pending.users),
            SweepPhase::Memberships => counts.users_in_scope,
            SweepPhase::Groups => counts.users_in_scope + counts.groups.saturating_sub(pending.groups),
            SweepPhase::Counting | SweepPhase::Removals => total,
        };
        let known = phase >= SweepPhase::Users && phase != SweepPhase::Purging;
        let left = match phase {
            SweepPhase::Users if counts.users > 0 => {
                let share = counts.users_marked as f64 / counts.users as f64;
                let to_mark = share * counts.users_in_scope as f64;
                let users = (to_mark - counts.users_marked as f64).max(0.0) + pending.users as f64;
                Some((users, groups as f64))
            }
            SweepPhase::Memberships | SweepPhase::Groups => {
                Some((0.0, (groups - done.saturating_sub(counts.users_in_scope).min(groups)) as f64))
            }
            SweepPhase::Counting | SweepPhase::Removals => Some((0.0, 0.0)),
            _ => None,
        };
        let eta_seconds = left.and_then(|(users, groups)| {
            if users + groups == 0.0 {
                return Some(0);
            }
            let measured = self.rate(pending, now).map(|rate| (users + groups) / rate);
            let least = rates.least_time(users, groups).as_secs_f64();
            let least = Some(least).filter(|seconds| *seconds > 0.0);
            measured.into_iter().chain(least).reduce(f64::max).map(|seconds| seconds.ceil() as u64)
        });
        Some(Progress { phase, done: done.min(total), total: known.then_some(total), eta_seconds })
    }

    /// Objects a second over the last pulses.
    fn rate(&self, pending: Pending, now: Timestamp) -> Option<f64> {
        let settled = self.counts.settled(pending);
        let since = self.pulse_before.or(self.pulse)?;
        let (took, done) = (seconds(since.at, now), settled.saturating_sub(since.settled));
        (took >= 1.0 && done >= LEAST_SETTLED).then(|| done as f64 / took)
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::sweep::{Position, Step, SweepRequest};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn job(phase: SweepPhase, counts: Counts) -> SweepJob {
        let request = SweepRequest {
            job: "j".parse().expect("an id"),
            application: "crm".parse().expect("an id"),
            read_target: true,
            allowed_removals: None,
        };
        let position = Some(Position { phase, step: Step::Start });
        SweepJob { position, counts, ..request.into_job(at(0)) }
    }

    #[test]
    fn the_time_left_follows_the_rate_of_the_last_seconds_and_not_of_the_slow_beginning() {
        // Half of those looked at had work. 1,000 of 10,000 users are looked at, 500 marked; 100 are pending.
        let counts = Counts { users_in_scope: 10_000, users: 1_000, users_marked: 500, ..Counts::default() };
        let mut job = job(SweepPhase::Users, counts);
        job.pulse_before = Some(Pulse { at: at(60), settled: 200 });
        let pending = Pending { users: 100, groups: 0 };
        let progress = job.progress(pending, 20, &Rates::default(), at(64)).expect("under way");
        assert_eq!((progress.done, progress.total), (900, Some(10_020)));
        // 200 in 4 s are 50 a second; 4,500 more users to mark, 100 pending and 20 groups are left.
        assert_eq!(progress.eta_seconds, Some(4_620 / 50 + 1));
    }

    #[test]
    fn without_a_rate_no_time_is_promised() {
        let counts = Counts { users_in_scope: 10, users: 5, users_marked: 5, ..Counts::default() };
        let job = job(SweepPhase::Users, counts);
        assert_eq!(
            job.progress(Pending::default(), 1, &Rates::default(), at(9)).expect("under way").eta_seconds,
            None
        );
    }

    #[test]
    fn no_more_is_promised_than_the_slowest_declared_rate_allows() {
        let mut configured = crate::testing::configured();
        configured.application.catalog_key = "github-emu".into();
        let rates = Rates::of(&configured);
        // 200 in 4 s, but a thousand an hour is all it takes.
        let counts = Counts { users_in_scope: 2_000, users: 1_000, users_marked: 1_000, ..Counts::default() };
        let mut job = job(SweepPhase::Users, counts);
        job.pulse_before = Some(Pulse { at: at(60), settled: 800 });
        let progress = job.progress(Pending::default(), 3, &rates, at(64)).expect("under way");
        assert_eq!(progress.eta_seconds, Some(3_600));
        job.pulse_before = None;
        let unmeasured = job.progress(Pending::default(), 3, &rates, at(64)).expect("under way");
        assert_eq!(unmeasured.eta_seconds, Some(3_600), "known before anything is measured");
    }

    #[test]
    fn while_the_target_is_listed_nothing_is_known_of_the_whole() {
        let job = job(SweepPhase::Listing, Counts::default());
        let progress = job.progress(Pending::default(), 3, &Rates::default(), at(9)).expect("under way");
        assert_eq!((progress.done, progress.total, progress.eta_seconds), (0, None, None));
    }

    #[test]
    fn in_the_last_phases_all_is_done() {
        let counts = Counts { users_in_scope: 7, groups: 3, ..Counts::default() };
        let progress = job(SweepPhase::Removals, counts)
            .progress(Pending::default(), 3, &Rates::default(), at(9))
            .expect("under way");
        assert_eq!((progress.done, progress.total, progress.eta_seconds), (10, Some(10), Some(0)));
    }

    #[test]
    fn a_pulse_is_felt_every_ten_seconds() {
        let mut job = job(SweepPhase::Users, Counts { users_marked: 50, ..Counts::default() });
        job.feel_pulse(Pending::default(), at(0));
        job.feel_pulse(Pending::default(), at(9));
        assert_eq!(job.pulse_before, None);
        job.feel_pulse(Pending { users: 20, groups: 0 }, at(10));
        assert_eq!(job.pulse_before, Some(Pulse { at: at(0), settled: 50 }));
        assert_eq!(job.pulse, Some(Pulse { at: at(10), settled: 30 }));
    }
}
