//! How many listing calls the objects of stored AMIs may start.
//!
//! Whoever may write to a bucket may write objects that look like stored AMIs, as often as he likes. What they
//! start in a process is bounded, so that most of what EC2 refills is left to the schedule and to others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Calls that may be made at once after a quiet time.
const BURST: i64 = 10;

/// The time after which one more call may be made.
const REFILL: SignedDuration = SignedDuration::from_secs(8);

/// Instances of the function that take objects at the same time, as the template bounds them.
const INSTANCES: i64 = 2;

/// Together they take no more than EC2 refills in a minute, one call in two seconds, less the ten that the
/// schedule's poll may take.
const _: () = assert!(INSTANCES * 60 / REFILL.as_secs() <= 60 / 2 - 10);

/// The calls that are left, by Region.
#[derive(Debug, Default)]
pub(super) struct Allowance(Mutex<HashMap<String, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    calls: i64,
    /// Up to when it has been refilled.
    filled: Timestamp,
}

impl Bucket {
    fn at(self, now: Timestamp) -> Self {
        let passed = now.duration_since(self.filled).as_secs() / REFILL.as_secs();
        if passed <= 0 {
            return self;
        }
        let filled = REFILL.as_secs().saturating_mul(passed);
        let filled = self.filled.saturating_add(SignedDuration::from_secs(filled)).unwrap_or(now);
        Self { calls: self.calls.saturating_add(passed).min(BURST), filled }
    }
}

impl Allowance {
    /// Whether another poll of the Region may begin.
    pub(super) fn is_left(&self, region: &str, now: Timestamp) -> bool {
        self.bucket(region, now).calls > 0
    }

    /// Notes what a poll of the Region took.
    pub(super) fn take(&self, region: &str, calls: u32, now: Timestamp) {
        let bucket = self.bucket(region, now);
        // What was taken beyond what was left has to be refilled first.
        let calls = bucket.calls.saturating_sub(calls.into());
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.insert(region.to_owned(), Bucket { calls, ..bucket });
    }

    fn bucket(&self, region: &str, now: Timestamp) -> Bucket {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Bucket { calls: BURST, filled: now };
        buckets.get(region).map_or(full, |bucket| bucket.at(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls of polls that are asked for each second, each of so many calls.
    fn made(seconds: i64, calls: u32) -> i64 {
        let allowance = Allowance::default();
        let start: Timestamp = "2026-11-26T00:00:00Z".parse().unwrap();
        (0..seconds)
            .map(|second| start + SignedDuration::from_secs(second))
            .filter(|now| {
                let is_left = allowance.is_left("us-east-1", *now);
                if is_left {
                    allowance.take("us-east-1", calls, *now);
                }
                is_left
            })
            .count()
            .try_into()
            .map(|polls: i64| polls * i64::from(calls))
            .unwrap()
    }

    #[test]
    fn a_stream_of_objects_takes_what_is_refilled_and_no_more() {
        for calls in [1, 2, 5, 10] {
            let hour = made(3600, calls);
            let refilled = 3600 / REFILL.as_secs();
            let most = BURST + refilled + i64::from(calls);
            assert!((refilled - 10..=most).contains(&hour), "{hour} of {calls} each");
        }
    }

    #[test]
    fn after_a_quiet_time_several_polls_may_begin_at_once_and_no_more_than_the_burst() {
        let allowance = Allowance::default();
        let start: Timestamp = "2026-11-26T00:00:00Z".parse().unwrap();
        let day = start + SignedDuration::from_hours(24);
        allowance.take("us-east-1", 10, start);
        assert!(!allowance.is_left("us-east-1", start + SignedDuration::from_secs(7)));
        assert!(allowance.is_left("us-east-1", start + SignedDuration::from_secs(8)));
        assert!(allowance.is_left("eu-west-1", start), "each Region has its own");
        allowance.take("us-east-1", 10, day);
        assert!(!allowance.is_left("us-east-1", day));
        // A clock that was set back refills nothing.
        assert!(!allowance.is_left("us-east-1", start));
    }
}
