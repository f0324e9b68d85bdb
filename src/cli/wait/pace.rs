//! How long to pause between two looks: pure.
//!
//! The bucket of `DescribeStoreImageTasks` holds 50 calls and gains one in two seconds, for a whole
//! account and Region. Ten `wait`s at once, each of which pauses 20 seconds for each call that it made,
//! take as much as it gains; what they take at their start is ten calls or some more of 50. EC2's other
//! listings allow forty times as much.

use std::time::Duration;

use fastrand::Rng;

/// A pause for each call of the last look.
pub(super) const FOR_EACH_CALL: Duration = Duration::from_secs(20);

/// The longest pause.
const LONGEST: Duration = Duration::from_mins(5);

/// So many looks may fail in a row before waiting is given up.
pub(super) const FAILURES_MAX: u32 = 10;

/// The pause after a look that made so many calls, and after so many looks in a row that failed. A fifth
/// of it is random, so that `wait`s that began together part.
pub(super) fn pause(each: Duration, calls: u32, failures: u32, rng: &mut Rng) -> Duration {
    let base = each.saturating_mul(calls.max(1)).saturating_mul(1 << failures.min(4)).min(LONGEST);
    base.mul_f64(rng.f64().mul_add(0.2, 0.9))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How full EC2's bucket is at least while so many `wait`s run for six hours, of which each needs so
    /// many calls a look.
    fn emptiest(waits: usize, calls: u32) -> f64 {
        const HOUR: f64 = 3_600.0;
        let mut rng = Rng::with_seed(7);
        let mut next = vec![0.0_f64; waits];
        let (mut level, mut emptiest, mut at) = (50.0_f64, 50.0_f64, 0.0_f64);
        while at < 6.0 * HOUR {
            let (index, time) =
                next.iter().copied().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
            level = (level + (time - at) * 0.5).min(50.0) - f64::from(calls);
            emptiest = emptiest.min(level);
            at = time;
            next[index] = time + pause(FOR_EACH_CALL, calls, 0, &mut rng).as_secs_f64();
        }
        emptiest
    }

    #[test]
    fn several_waits_leave_the_bucket_half_full() {
        for (waits, calls) in [(1, 1), (1, 10), (5, 1), (5, 4), (8, 2)] {
            assert!(
                emptiest(waits, calls) >= 25.0,
                "{waits} waits of {calls}: {}",
                emptiest(waits, calls)
            );
        }
    }

    #[test]
    fn the_pause_grows_with_calls_and_failures_and_has_an_end() {
        let mut rng = Rng::with_seed(1);
        let mut pause =
            |calls, failures| pause(FOR_EACH_CALL, calls, failures, &mut rng).as_secs_f64();
        assert!((18.0..=22.0).contains(&pause(0, 0)));
        assert!((54.0..=66.0).contains(&pause(3, 0)));
        assert!((72.0..=88.0).contains(&pause(1, 2)));
        assert!((270.0..=330.0).contains(&pause(100, 9)));
    }
}
