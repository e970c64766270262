//! A limit on requests, as real targets have one, and the record of what came.

use std::collections::VecDeque;
use std::time::Duration;

/// The limit is so many requests in this time.
const WINDOW: Duration = Duration::from_secs(1);

/// How many requests a second are taken. What is beyond is answered 429 with `Retry-After: 1`, whoever asks, and has no
/// effect. A refused request uses nothing of the limit up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// So many in each second counted from the start of the stand-in: up to twice as many in a second that lies across two.
    FixedWindow(u32),
    /// So many in any second.
    SlidingWindow(u32),
}

/// A request that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Arrival {
    at: Duration,
    refused: bool,
}

/// Every request since the start of the stand-in, in the order of arrival; [`StandIn::clear_log`](super::StandIn::clear_log)
/// leaves it alone. Times count from the start of the stand-in.
#[derive(Debug, Clone, Default)]
pub struct Arrivals(Vec<Arrival>);

impl Arrivals {
    /// How many requests came.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many of them were refused for the limit.
    pub fn refused(&self) -> usize {
        self.0.iter().filter(|arrival| arrival.refused).count()
    }

    /// When the last came; `None` where none did.
    pub fn last(&self) -> Option<Duration> {
        self.0.last().map(|arrival| arrival.at)
    }

    /// Only those that came at `from` or later.
    pub fn since(&self, from: Duration) -> Self {
        Self(self.0[self.0.partition_point(|arrival| arrival.at < from)..].to_vec())
    }

    /// The most that came within any window of this length, refused ones among them.
    pub fn most_within(&self, window: Duration) -> usize {
        most_within(self.0.iter().map(|arrival| arrival.at), window)
    }

    /// The most that were taken within any window of this length.
    pub fn most_taken_within(&self, window: Duration) -> usize {
        most_within(self.0.iter().filter(|arrival| !arrival.refused).map(|arrival| arrival.at), window)
    }

    /// How many were taken and how many refused in each second; also in those in which none came.
    pub fn by_second(&self) -> Vec<(usize, usize)> {
        let seconds = self.last().map_or(0, |last| last.as_secs() as usize + 1);
        let mut counts = vec![(0, 0); seconds];
        for arrival in &self.0 {
            let (taken, refused) = &mut counts[arrival.at.as_secs() as usize];
            *(if arrival.refused { refused } else { taken }) += 1;
        }
        counts
    }

    /// Notes a request, and says whether it is within the limit.
    pub(super) fn admit(&mut self, at: Duration, limit: Option<RateLimit>) -> bool {
        let taken = |from: Duration| {
            let recent = self.0.iter().rev().take_while(|arrival| arrival.at >= from);
            recent.filter(|arrival| !arrival.refused).count()
        };
        let free = match limit {
            None => true,
            Some(RateLimit::FixedWindow(most)) => taken(Duration::from_secs(at.as_secs())) < most as usize,
            Some(RateLimit::SlidingWindow(most)) => {
                // A request exactly one second old is out of the window.
                let from =
                    at.checked_sub(WINDOW).map_or(Duration::ZERO, |from| from + Duration::from_nanos(1));
                taken(from) < most as usize
            }
        };
        self.0.push(Arrival { at, refused: !free });
        free
    }
}

fn most_within(times: impl Iterator<Item = Duration>, window: Duration) -> usize {
    let mut within = VecDeque::new();
    times.fold(0, |most, at| {
        while within.front().is_some_and(|first| *first + window <= at) {
            within.pop_front();
        }
        within.push_back(at);
        most.max(within.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(limit: RateLimit, millis: &[u64]) -> (Arrivals, Vec<bool>) {
        let mut arrivals = Arrivals::default();
        let admitted = millis.iter().map(|at| arrivals.admit(Duration::from_millis(*at), Some(limit)));
        let admitted = admitted.collect();
        (arrivals, admitted)
    }

    #[test]
    fn a_fixed_window_begins_anew_with_each_second() {
        let (arrivals, admitted) = arrivals(RateLimit::FixedWindow(2), &[900, 950, 990, 1_000, 1_001, 1_002]);
        assert_eq!(admitted, [true, true, false, true, true, false]);
        assert_eq!((arrivals.count(), arrivals.refused()), (6, 2));
        assert_eq!(arrivals.by_second(), [(2, 1), (2, 1)]);
        assert_eq!(arrivals.most_taken_within(WINDOW), 4, "across two windows");
    }

    #[test]
    fn a_sliding_window_takes_no_more_in_any_second() {
        let times: Vec<u64> = (0..300).map(|step| step * 37).collect();
        let (arrivals, _) = arrivals(RateLimit::SlidingWindow(5), &times);
        assert_eq!(arrivals.most_taken_within(WINDOW), 5);
        assert_eq!(arrivals.most_within(WINDOW), 28);
        assert!(arrivals.refused() > 200, "{arrivals:?}");
    }

    #[test]
    fn a_request_a_second_old_is_out_of_a_sliding_window() {
        let (_, admitted) = arrivals(RateLimit::SlidingWindow(1), &[0, 999, 1_000, 1_999, 2_000]);
        assert_eq!(admitted, [true, false, true, false, true]);
    }

    #[test]
    fn a_refused_request_uses_nothing_up() {
        let (_, admitted) = arrivals(RateLimit::SlidingWindow(1), &[0, 500, 900, 1_100, 1_200]);
        assert_eq!(admitted, [true, false, false, true, false]);
    }

    #[test]
    fn any_window_is_looked_at_wherever_it_begins() {
        let (arrivals, _) = arrivals(RateLimit::FixedWindow(99), &[0, 4_000, 9_000, 12_000, 13_900, 30_000]);
        assert_eq!(arrivals.most_within(Duration::from_secs(10)), 4, "4 to 13.9 s");
        assert_eq!(arrivals.since(Duration::from_secs(12)).most_within(Duration::from_secs(10)), 2);
        assert_eq!(arrivals.last(), Some(Duration::from_secs(30)));
    }
}
