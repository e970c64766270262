//! The pace at which requests go to a target that asked for rest: learned from its refusals, shared by all who send.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Requests a second at which a target is met after its first refusal.
const FIRST: f64 = 20.0;
/// The slowest pace, in requests a second; a target that wants less says so by longer rests.
pub const SLOWEST: f64 = 0.5;
/// A pace above this is none: the target has taken so much for so long that nobody need count.
const FASTEST: f64 = 200.0;
/// By how much requests are further apart than a declared rate has them: exactly as far, and one that is on its way a little
/// longer than the next is one too many for a target that counts by the second.
const HEADROOM: f64 = 1.05;
/// How long a pace is kept before it is raised, and how long refusals after a change still belong to what came before it.
const RAISED_AFTER: SignedDuration = SignedDuration::from_secs(5);
const LOWERED_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Requests a second that a target takes, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Requests a second.
    pub rate: f64,
    /// The pace at which it refused the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<f64>,
    /// The most the target is declared to take: it is met at this rate, and never beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<f64>,
    /// When the rate was changed last.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub changed_at: Timestamp,
}

impl Pace {
    /// The pace of a target that is declared to take so many requests a second, from the first request on.
    pub fn declared(rate: f64, now: Timestamp) -> Self {
        Self { rate, refused_at: None, declared: Some(rate), changed_at: now }
    }

    /// The pace after the target refused at `now`, or `None` where it stays as it is: one burst of refusals lowers it once.
    pub fn lowered(before: Option<Self>, now: Timestamp) -> Option<Self> {
        match before {
            None => Some(Self { rate: FIRST, refused_at: None, declared: None, changed_at: now }),
            Some(pace) if now.duration_since(pace.changed_at) < LOWERED_AFTER => None,
            Some(pace) => Some(Self {
                rate: (pace.rate * pace.after_refusal()).max(SLOWEST),
                refused_at: Some(pace.rate),
                changed_at: now,
                ..pace
            }),
        }
    }

    /// By how much a refusal lowers it: much where the target refused for the first time, or far below where it last did,
    /// so that a slow target is met at its pace after a few refusals; little near there.
    fn after_refusal(self) -> f64 {
        match self.refused_at {
            Some(limit) if self.rate >= 0.7 * limit => 0.8,
            _ => 0.5,
        }
    }

    /// The pace once it has held for a while: quickly up to where the target is known to refuse, slowly from there. `None`
    /// where it is not time yet.
    pub fn raised(self, now: Timestamp) -> Option<Self> {
        if now.duration_since(self.changed_at) < RAISED_AFTER {
            return None;
        }
        let rate = match self.refused_at {
            Some(limit) if self.rate * 1.4 > limit => self.rate * 1.05,
            _ => self.rate * 1.4,
        };
        let rate = rate.min(self.declared.unwrap_or(f64::INFINITY));
        if rate <= self.rate {
            return None;
        }
        Some(Self { rate, changed_at: now, ..self })
    }

    /// Whether it is so fast that nobody need count.
    pub fn is_none(self) -> bool {
        self.rate > FASTEST && self.declared.is_none()
    }

    /// The distance between two requests.
    pub fn distance(self) -> Duration {
        let headroom = if self.declared.is_some() { HEADROOM } else { 1.0 };
        Duration::from_secs_f64(headroom / self.rate.clamp(SLOWEST, FASTEST))
    }

    /// The distance at the most that the target is declared to take.
    pub fn least_distance(self) -> Option<Duration> {
        self.declared.map(|rate| Self { rate, ..self }.distance())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_burst_of_refusals_lowers_the_pace_once() {
        let first = Pace::lowered(None, at(0)).expect("a pace");
        assert_eq!(Pace::lowered(Some(first), at(1)), None);
        let second = Pace::lowered(Some(first), at(3)).expect("lowered");
        assert_eq!((second.rate, second.refused_at), (FIRST * 0.5, Some(FIRST)));
    }

    #[test]
    fn it_rises_quickly_until_the_target_refuses_and_slowly_near_there() {
        let pace = Pace { rate: 20.0, refused_at: None, declared: None, changed_at: at(0) };
        assert_eq!(pace.raised(at(4)), None);
        assert_eq!(pace.raised(at(5)).expect("raised").rate, 28.0);
        let near = Pace { rate: 40.0, refused_at: Some(50.0), declared: None, changed_at: at(0) };
        assert_eq!(near.raised(at(5)).expect("raised").rate, 42.0);
    }

    #[test]
    fn a_declared_pace_is_kept_from_the_first_request_on_and_never_passed() {
        let mut pace = Pace::declared(3.0, at(0));
        assert_eq!(pace.raised(at(3_600)), None);
        pace = Pace::lowered(Some(pace), at(4_000)).expect("lowered");
        for minute in 1..20 {
            pace = pace.raised(at(4_000 + 60 * minute)).unwrap_or(pace);
        }
        assert_eq!((pace.rate, pace.is_none()), (3.0, false));
    }

    #[test]
    fn requests_at_a_declared_pace_are_a_little_further_apart_than_it_says() {
        let pace = Pace::declared(3.0, at(0));
        assert_eq!(
            pace.distance(),
            Duration::from_millis(350),
            "the fourth comes more than a second after the first"
        );
        let lowered = Pace::lowered(Some(pace), at(9)).expect("lowered");
        assert_eq!(
            (lowered.distance(), lowered.least_distance()),
            (pace.distance() * 2, Some(pace.distance()))
        );
    }

    /// A target that takes 3 requests a second, of which nobody knew.
    #[test]
    fn a_slow_target_is_met_at_its_pace_after_a_few_refusals() {
        let mut pace = Pace::lowered(None, at(0)).expect("a pace");
        let mut refusals = 0;
        for second in 1..60 {
            if pace.rate > 3.0 {
                refusals += 1;
                pace = Pace::lowered(Some(pace), at(3 * second)).unwrap_or(pace);
            }
        }
        assert_eq!((refusals, pace.rate), (3, 2.5));
    }

    #[test]
    fn it_never_falls_below_the_slowest() {
        let mut pace = Pace { rate: 0.6, refused_at: None, declared: None, changed_at: at(0) };
        for refusal in 1..10 {
            pace = Pace::lowered(Some(pace), at(refusal * 10)).expect("lowered");
        }
        assert_eq!(pace.rate, SLOWEST);
        assert_eq!(pace.distance(), Duration::from_secs(2));
    }

    /// A target that takes 50 requests a second: what is sent to it over five minutes comes near that.
    #[test]
    fn it_comes_near_what_the_target_takes() {
        let mut pace = Pace::lowered(None, at(0)).expect("a pace");
        let mut sent = 0.0;
        for second in 1..300 {
            sent += pace.rate.min(50.0);
            if pace.rate > 50.0 {
                pace = Pace::lowered(Some(pace), at(second)).unwrap_or(pace);
            }
            pace = pace.raised(at(second)).unwrap_or(pace);
        }
        assert!((0.8..=1.0).contains(&(sent / 300.0 / 50.0)), "{sent} in 300 s");
    }
}
